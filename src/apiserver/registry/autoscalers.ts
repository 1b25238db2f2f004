/** HorizontalPodAutoscalers (autoscaling/v2). Mirrors Kubernetes v1.34 pkg/apis/autoscaling/v2/defaults.go. */

import type { HorizontalPodAutoscaler } from '#api';
import { validateAutoscaler } from '../validation/autoscalers.ts';
import type { ResourceDescriptor } from './descriptor.ts';

type Spec = NonNullable<HorizontalPodAutoscaler['spec']>;
type Rules = NonNullable<NonNullable<Spec['behavior']>['scaleUp']>;

/** Without metrics: 80 % of requested CPU. */
const DEFAULT_METRICS: Spec['metrics'] = [
  { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
];
const SCALE_UP: Rules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
};
const SCALE_DOWN: Rules = { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] };

function filled(rules: Rules | undefined, usual: Rules): Rules {
  const next: Rules = { ...usual };
  for (const name in rules) {
    const value = rules[name as keyof Rules];
    if (value !== undefined && value !== null) (next as Record<string, unknown>)[name] = value;
  }
  return next;
}

function defaults(autoscaler: HorizontalPodAutoscaler): HorizontalPodAutoscaler {
  const spec = (autoscaler.spec ?? {}) as Spec;
  const behavior =
    spec.behavior === undefined || spec.behavior === null
      ? undefined
      : { scaleUp: filled(spec.behavior.scaleUp, SCALE_UP), scaleDown: filled(spec.behavior.scaleDown, SCALE_DOWN) };
  return {
    ...autoscaler,
    spec: {
      ...spec,
      minReplicas: spec.minReplicas ?? 1,
      metrics: (spec.metrics ?? []).length === 0 ? DEFAULT_METRICS : spec.metrics,
      ...(behavior === undefined ? {} : { behavior }),
    },
  };
}

function isOtherTarget(next: HorizontalPodAutoscaler, old: HorizontalPodAutoscaler): boolean {
  const [now, before] = [next.spec?.scaleTargetRef, old.spec?.scaleTargetRef];
  return now?.kind !== before?.kind || now?.apiVersion !== before?.apiVersion;
}

export const autoscalers: ResourceDescriptor<HorizontalPodAutoscaler> = {
  resource: 'horizontalpodautoscalers.autoscaling',
  hasStatus: true,
  defaults,
  validate: (autoscaler) => validateAutoscaler(autoscaler),
  validateUpdate: (next, old) => (next.spec === old.spec ? [] : validateAutoscaler(next, isOtherTarget(next, old))),
};
