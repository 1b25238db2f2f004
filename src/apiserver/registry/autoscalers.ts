/** HorizontalPodAutoscalers (autoscaling/v2). Mirrors Kubernetes v1.34 pkg/apis/autoscaling/v2/defaults.go and validation. */

import type { FieldError, HorizontalPodAutoscaler } from '#api';
import { type FieldErrors, invalidValue, required } from '../validation/field-error.ts';
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

const filled = (rules: Rules | undefined, usual: Rules): Rules => ({ ...usual, ...rules });

function defaults(autoscaler: HorizontalPodAutoscaler): HorizontalPodAutoscaler {
  const spec = autoscaler.spec;
  if (spec === undefined) return autoscaler;
  const behavior =
    spec.behavior === undefined
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

function validate({ spec }: HorizontalPodAutoscaler): FieldErrors {
  const errors: FieldError[] = [];
  if (spec === undefined) return [required('spec')];
  const { minReplicas = 1, maxReplicas = 0, scaleTargetRef } = spec;
  if (minReplicas < 1) errors.push(invalidValue('spec.minReplicas', minReplicas, 'must be greater than or equal to 1'));
  if (maxReplicas < 1) errors.push(invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than 0'));
  if (maxReplicas < minReplicas)
    errors.push(invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`'));
  if (!scaleTargetRef?.kind) errors.push(required('spec.scaleTargetRef.kind'));
  if (!scaleTargetRef?.name) errors.push(required('spec.scaleTargetRef.name'));
  return errors;
}

export const autoscalers: ResourceDescriptor<HorizontalPodAutoscaler> = {
  resource: 'horizontalpodautoscalers.autoscaling',
  hasStatus: true,
  defaults,
  validate,
  validateUpdate: (next, old) => (next.spec === old.spec ? [] : validate(next)),
};
