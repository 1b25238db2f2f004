/** autoscaling/v1: one target, processor time in percent; whatever v2 knows beyond that travels in annotations. Mirrors Kubernetes v1.34
 *  pkg/apis/autoscaling/v1/conversion.go. */

import { type HorizontalPodAutoscaler, type KubeObject, resourceInfo } from '#api';
import { type ResourceView, remembered } from './resource-view.ts';

type Spec = NonNullable<HorizontalPodAutoscaler['spec']>;
type Status = NonNullable<HorizontalPodAutoscaler['status']>;
type Metric = NonNullable<Spec['metrics']>[number];
type Current = NonNullable<Status['currentMetrics']>[number];

const METRICS = 'autoscaling.alpha.kubernetes.io/metrics';
const CURRENT = 'autoscaling.alpha.kubernetes.io/current-metrics';
const CONDITIONS = 'autoscaling.alpha.kubernetes.io/conditions';
const BEHAVIOR = 'autoscaling.alpha.kubernetes.io/behavior';
const OWN = [METRICS, CURRENT, CONDITIONS, BEHAVIOR];

const isPlainCpu = ({ type, resource }: Metric): boolean =>
  type === 'Resource' && resource?.name === 'cpu' && resource.target.averageUtilization !== undefined;

interface OldSpec {
  readonly scaleTargetRef: Spec['scaleTargetRef'];
  readonly minReplicas?: number;
  readonly maxReplicas: number;
  readonly targetCPUUtilizationPercentage?: number;
}
interface OldAutoscaler extends KubeObject {
  readonly spec?: OldSpec;
  readonly status?: Pick<Status, 'observedGeneration' | 'lastScaleTime' | 'currentReplicas' | 'desiredReplicas'> & {
    readonly currentCPUUtilizationPercentage?: number;
  };
}

const present = remembered((object): KubeObject => {
  const { metadata, spec, status } = object as HorizontalPodAutoscaler;
  const annotations: Record<string, string> = { ...metadata?.annotations };
  const keep = (name: string, value: unknown): void => {
    if (value !== undefined && !(Array.isArray(value) && value.length === 0)) annotations[name] = JSON.stringify(value);
  };
  const cpu = spec?.metrics?.find(isPlainCpu);
  keep(
    METRICS,
    spec?.metrics?.filter((metric) => metric !== cpu),
  );
  keep(BEHAVIOR, spec?.behavior);
  const current = status?.currentMetrics?.find(
    ({ type, resource }: Current) => type === 'Resource' && resource?.name === 'cpu' && resource.current.averageUtilization !== undefined,
  );
  keep(CURRENT, status?.currentMetrics?.length === 1 && current !== undefined ? undefined : status?.currentMetrics);
  keep(CONDITIONS, status?.conditions);
  const percent = cpu?.resource?.target.averageUtilization;
  const used = current?.resource?.current.averageUtilization;
  const { observedGeneration, lastScaleTime, currentReplicas, desiredReplicas } = status ?? {};
  return {
    ...object,
    apiVersion: 'autoscaling/v1',
    metadata: { ...metadata, annotations: Object.keys(annotations).length === 0 ? undefined : annotations },
    spec: {
      scaleTargetRef: spec?.scaleTargetRef,
      minReplicas: spec?.minReplicas,
      maxReplicas: spec?.maxReplicas,
      ...(percent === undefined ? {} : { targetCPUUtilizationPercentage: percent }),
    },
    status: {
      observedGeneration,
      lastScaleTime,
      currentReplicas: currentReplicas ?? 0,
      desiredReplicas: desiredReplicas ?? 0,
      ...(used === undefined ? {} : { currentCPUUtilizationPercentage: used }),
    },
  } as KubeObject;
});

/** What an annotation of ours holds; nonsense counts as nothing. */
function read<T>(annotations: Readonly<Record<string, string>> | undefined, name: string): T | undefined {
  const text = annotations?.[name];
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}

function absorb(object: KubeObject): KubeObject {
  const { metadata, spec, status } = object as OldAutoscaler;
  const { annotations } = metadata ?? {};
  const rest =
    annotations === undefined ? undefined : Object.fromEntries(Object.entries(annotations).filter(([name]) => !OWN.includes(name)));
  const percent = spec?.targetCPUUtilizationPercentage;
  const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: percent } } };
  const metrics = [...(read<Metric[]>(annotations, METRICS) ?? []), ...(percent === undefined ? [] : [cpu])];
  const behavior = read<Spec['behavior']>(annotations, BEHAVIOR);
  const { currentCPUUtilizationPercentage: used, ...kept } = status ?? {};
  const current = { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: used } } };
  const currentMetrics = read<Current[]>(annotations, CURRENT) ?? (used === undefined ? undefined : [current]);
  return {
    ...object,
    apiVersion: 'autoscaling/v2',
    metadata: { ...metadata, annotations: rest === undefined || Object.keys(rest).length === 0 ? undefined : rest },
    spec: {
      scaleTargetRef: spec?.scaleTargetRef,
      minReplicas: spec?.minReplicas,
      maxReplicas: spec?.maxReplicas,
      ...(metrics.length === 0 ? {} : { metrics }),
      ...(behavior === undefined ? {} : { behavior }),
    },
    ...(status === undefined
      ? {}
      : {
          status: {
            ...kept,
            ...(currentMetrics === undefined ? {} : { currentMetrics }),
            conditions: read<Status['conditions']>(annotations, CONDITIONS),
          },
        }),
  } as KubeObject;
}

const stored = resourceInfo('horizontalpodautoscalers.autoscaling');
if (stored === undefined) throw new Error('horizontal pod autoscalers are not in the table of resources');

export const autoscalingV1View: ResourceView = { stored, present, absorb };
