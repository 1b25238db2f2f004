/** HorizontalPodAutoscalers: two metrics are shown, each as current/target. Mirrors Kubernetes v1.34 pkg/printers/internalversion/printers.go
 *  (formatHPAMetrics). */

import type { HorizontalPodAutoscaler, QuantityText } from '#api';
import { NONE } from './label-text.ts';
import { AGE, ageOf, NAME, nameOf, type Printer, text } from './printer.ts';
import { quantityText } from './storage.ts';

type Spec = NonNullable<NonNullable<HorizontalPodAutoscaler['spec']>['metrics']>[number];
type Status = NonNullable<NonNullable<HorizontalPodAutoscaler['status']>['currentMetrics']>[number];
interface Values {
  readonly value?: QuantityText;
  readonly averageValue?: QuantityText;
  readonly averageUtilization?: number;
}

const SHOWN_MAX = 2;
const UNKNOWN = '<unknown>';
/** Go prints a pointer to no quantity so. */
const amount = (quantity: QuantityText | undefined): string => (quantity === undefined ? '<nil>' : quantityText(quantity));

/** Of an external or object metric: an average over pods, or the value itself. */
function whole(target: Values | undefined, current: Values | undefined): string {
  if (target?.averageValue !== undefined)
    return `${current?.averageValue === undefined ? UNKNOWN : quantityText(current.averageValue)}/${quantityText(target.averageValue)} (avg)`;
  return `${current === undefined ? UNKNOWN : amount(current.value)}/${amount(target?.value)}`;
}

/** Of processor time or memory: an amount, or a share of what pods request. */
function ofResource(name: string, target: Values | undefined, current: Values | undefined): string {
  if (target?.averageValue !== undefined)
    return `${name}: ${current === undefined ? UNKNOWN : amount(current.averageValue)}/${quantityText(target.averageValue)}`;
  const now = current?.averageUtilization === undefined ? UNKNOWN : `${current.averageUtilization}%`;
  return `${name}: ${now}/${target?.averageUtilization === undefined ? '<auto>' : `${target.averageUtilization}%`}`;
}

function metricText(spec: Spec, status: Status | undefined): string {
  switch (spec.type) {
    case 'External':
      return whole(spec.external?.target, status?.external?.current);
    case 'Object':
      return whole(spec.object?.target, status?.object?.current);
    case 'Pods': {
      const current = status?.pods?.current;
      return `${current === undefined ? UNKNOWN : amount(current.averageValue)}/${amount(spec.pods?.target.averageValue)}`;
    }
    case 'Resource':
      return ofResource(spec.resource?.name ?? '', spec.resource?.target, status?.resource?.current);
    case 'ContainerResource':
      return ofResource(spec.containerResource?.name ?? '', spec.containerResource?.target, status?.containerResource?.current);
    default:
      return '<unknown type>';
  }
}

function targets({ spec, status }: HorizontalPodAutoscaler): string {
  const all = (spec?.metrics ?? []).map((metric, i) => metricText(metric, status?.currentMetrics?.[i]));
  if (all.length === 0) return NONE;
  const shown = all.slice(0, SHOWN_MAX).join(', ');
  return all.length > SHOWN_MAX ? `${shown} + ${all.length - SHOWN_MAX} more...` : shown;
}

export const autoscalers: Printer<HorizontalPodAutoscaler> = {
  columns: [NAME, text('Reference'), text('Targets'), text('MinPods'), text('MaxPods'), text('Replicas'), AGE],
  cells: (object, now) => [
    nameOf(object),
    `${object.spec?.scaleTargetRef?.kind ?? ''}/${object.spec?.scaleTargetRef?.name ?? ''}`,
    targets(object),
    object.spec?.minReplicas === undefined ? '<unset>' : String(object.spec.minReplicas),
    object.spec?.maxReplicas ?? 0,
    object.status?.currentReplicas ?? 0,
    ageOf(object, now),
  ],
};
