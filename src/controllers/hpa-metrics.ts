/** The metrics of an autoscaler: what is asked of the metrics APIs for each, and what the answer comes to. Mirrors kubernetes v1.34
 *  pkg/controller/podautoscaler/horizontal.go, computeReplicasForMetric and its kin, and metrics/client.go (metrics.k8s.io, custom.metrics.k8s.io/v1beta2,
 *  external.metrics.k8s.io). */

import type { HorizontalPodAutoscaler, KubeObject, LabelSelector } from '#api';
import { parseQuantity, parseTime, quantityMilliValue, resourceForKind } from '#api';
import type { Outcome, RequestSpec } from '#client';
import type { Duration } from '#sim';
import { SECOND } from '#sim';
import type { Measurement, Measurements, Proposal, Scene } from './hpa-replicas.ts';
import { byAverageValue, byUtilization, byValue, byValuePerPod, CannotCompute } from './hpa-replicas.ts';
import { selectorAsGo } from './selector-as-go.ts';

type Spec = NonNullable<HorizontalPodAutoscaler['spec']>;
export type MetricSpec = NonNullable<Spec['metrics']>[number];
export type MetricStatus = NonNullable<NonNullable<HorizontalPodAutoscaler['status']>['currentMetrics']>[number];

/** Of the custom and external metrics APIs when they do not say (upstream: one minute). */
const DEFAULT_WINDOW: Duration = 60 * SECOND;

interface PodMetrics extends KubeObject {
  readonly timestamp?: string;
  readonly window?: string;
  readonly containers?: readonly { readonly name: string; readonly usage: Readonly<Record<string, string>> }[];
}
interface MetricValue extends KubeObject {
  readonly describedObject?: { readonly name?: string };
  readonly timestamp?: string;
  readonly windowSeconds?: number;
  readonly value?: string;
}

export interface Measured {
  readonly proposal: Proposal;
  /** As the rescale event names it. */
  readonly name: string;
  readonly status: MetricStatus;
}

/** Reason of ScalingActive=False, by the metric's type. */
export const FAILURES: Readonly<Record<string, string>> = {
  Resource: 'FailedGetResourceMetric',
  ContainerResource: 'FailedGetContainerResourceMetric',
  Pods: 'FailedGetPodsMetric',
  Object: 'FailedGetObjectMetric',
  External: 'FailedGetExternalMetric',
};

/** 'app=web,tier in (a,b)' as a query has it. */
export function selectorText(selector: LabelSelector | undefined): string {
  const parts = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  for (const { key, operator, values = [] } of selector?.matchExpressions ?? []) {
    if (operator === 'Exists') parts.push(key);
    else if (operator === 'DoesNotExist') parts.push(`!${key}`);
    else parts.push(`${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`);
  }
  return parts.join(',');
}

/** How the failure of a metric begins where it is told with others. */
export function failureOf(metric: MetricSpec, message: string): string {
  const of = (what: string): string => `failed to get ${what}: ${message}`;
  if (metric.type === 'Resource') return of(`${metric.resource?.name} resource metric value`);
  if (metric.type === 'ContainerResource') return of(`${metric.containerResource?.container} container metric value`);
  if (metric.type === 'Pods') return of('pods metric value');
  if (metric.type === 'Object') {
    const isPerPod = metric.object?.target.type === 'AverageValue';
    return of(isPerPod ? `object metric value: failed to get ${metric.object?.metric.name} object metric` : 'object metric value');
  }
  const { metric: { name } = { name: '' }, target } = metric.external ?? {};
  const how = target?.averageValue === undefined ? `external metric ${name}` : `${name} external metric`;
  return of(`${name} external metric value: failed to get ${how}`);
}

/** The query that a metric needs. `pods`: the target's selector. */
export function metricQuery(metric: MetricSpec, namespace: string | undefined, pods: string): RequestSpec {
  const query = (selector: LabelSelector | undefined): { options?: { labelSelector: string } } => {
    const labelSelector = selectorText(selector);
    return labelSelector === '' ? {} : { options: { labelSelector } };
  };
  if (metric.pods !== undefined) {
    const { metric: identifier } = metric.pods;
    return {
      verb: 'list',
      resource: 'pods.custom.metrics.k8s.io',
      namespace,
      subresource: identifier.name,
      options: { labelSelector: pods },
    };
  }
  if (metric.object !== undefined) {
    const { describedObject, metric: identifier } = metric.object;
    const { apiVersion = 'v1', kind, name } = describedObject;
    const plural = resourceForKind(apiVersion, kind)?.resource ?? `${kind.toLowerCase()}s`;
    return {
      verb: 'get',
      resource: `${plural}.custom.metrics.k8s.io`,
      namespace,
      name,
      subresource: identifier.name,
      ...query(identifier.selector),
    };
  }
  if (metric.external !== undefined) {
    const { metric: identifier } = metric.external;
    return { verb: 'list', resource: `${identifier.name}.external.metrics.k8s.io`, namespace, ...query(identifier.selector) };
  }
  return { verb: 'list', resource: 'pods.metrics.k8s.io', namespace, options: { labelSelector: pods } };
}

/** Throws CannotCompute when the metric says nothing. */
export function evaluate(metric: MetricSpec, outcome: Outcome<unknown>, scene: Scene, statusReplicas: number): Measured {
  switch (metric.type) {
    case 'Resource':
      return ofResource(metric.resource as NonNullable<MetricSpec['resource']>, undefined, outcome, scene);
    case 'ContainerResource': {
      const source = metric.containerResource as NonNullable<MetricSpec['containerResource']>;
      return ofResource(source, source.container, outcome, scene);
    }
    case 'Pods':
      return ofPods(metric.pods as NonNullable<MetricSpec['pods']>, outcome, scene);
    case 'Object':
      return ofObject(metric.object as NonNullable<MetricSpec['object']>, outcome, scene, statusReplicas);
    case 'External':
      return ofExternal(metric.external as NonNullable<MetricSpec['external']>, outcome, scene, statusReplicas);
    default:
      throw new CannotCompute(`unknown metric source type "${metric.type}"`);
  }
}

const text = (milli: number): string => `${milli}m`;
const quantity = (milli: number): string => (milli % 1000 === 0 ? String(milli / 1000) : text(milli));

function ofResource(
  source: NonNullable<MetricSpec['resource']>,
  container: string | undefined,
  outcome: Outcome<unknown>,
  scene: Scene,
): Measured {
  const { name: resource, target } = source;
  const isByValue = target.averageValue !== undefined;
  const what = isByValue ? 'usage' : 'utilization';
  return within(`failed to get ${resource} ${what}`, () => {
    const measurements = within(`unable to get metrics for resource ${resource}`, () => resourceMeasurements(outcome, resource, container));
    if (!isByValue && target.averageUtilization === undefined)
      throw new CannotCompute(
        'invalid resource metric source: neither an average utilization target nor an average value (usage) target was set',
      );
    const proposal = isByValue
      ? byAverageValue(scene, measurements, quantityMilliValue(target.averageValue), resource)
      : byUtilization(scene, measurements, target.averageUtilization as number, resource, container);
    const { usage, utilization } = proposal;
    const current = { averageValue: quantity(usage), ...(utilization === undefined ? {} : { averageUtilization: utilization }) };
    const kind = container === undefined ? 'resource' : 'container resource';
    return {
      proposal,
      name: isByValue ? `${resource} resource` : `${resource} ${kind} utilization (percentage of request)`,
      status:
        container === undefined
          ? { type: 'Resource', resource: { name: resource, current } }
          : { type: 'ContainerResource', containerResource: { name: resource, container, current } },
    };
  });
}

function ofPods({ metric, target }: NonNullable<MetricSpec['pods']>, outcome: Outcome<unknown>, scene: Scene): Measured {
  const measurements = within(`unable to get metric ${metric.name}`, () => podMeasurements(outcome));
  const proposal = byAverageValue(scene, measurements, quantityMilliValue(target.averageValue), '');
  return {
    proposal,
    name: `pods metric ${metric.name}`,
    status: { type: 'Pods', pods: { metric, current: { averageValue: quantity(proposal.usage) } } },
  };
}

function ofObject(
  { metric, target, describedObject }: NonNullable<MetricSpec['object']>,
  outcome: Outcome<unknown>,
  scene: Scene,
  statusReplicas: number,
): Measured {
  const { kind, name } = describedObject;
  // Upstream hands these over in this order.
  const usage = within(
    `unable to get metric ${metric.name}: ${kind} on ${outcome.request.namespace} ${name}/`,
    () => sumOf(outcome, 'custom'),
    '',
  );
  if (target.type === 'Value' && target.value !== undefined) {
    const proposal = byValue(scene, usage, quantityMilliValue(target.value));
    const status = { type: 'Object', object: { describedObject, metric, current: { value: quantity(usage) } } };
    return { proposal, name: `${kind} metric ${metric.name}`, status };
  }
  if (target.type !== 'AverageValue' || target.averageValue === undefined)
    throw new CannotCompute('invalid object metric source: neither a value target nor an average value target was set');
  const proposal = byValuePerPod(usage, quantityMilliValue(target.averageValue), statusReplicas, scene.tolerances);
  const current = { averageValue: quantity(proposal.usage) };
  return { proposal, name: externalName(metric), status: { type: 'Object', object: { describedObject, metric, current } } };
}

function ofExternal(
  { metric, target }: NonNullable<MetricSpec['external']>,
  outcome: Outcome<unknown>,
  scene: Scene,
  statusReplicas: number,
): Measured {
  const whole = `${outcome.request.namespace}/${metric.name}/${selectorAsGo(metric.selector)}`;
  const usage = within(`unable to get external metric ${whole}`, () => sumOf(outcome, 'external'));
  if (target.averageValue !== undefined) {
    const proposal = byValuePerPod(usage, quantityMilliValue(target.averageValue), statusReplicas, scene.tolerances);
    const current = { averageValue: quantity(proposal.usage) };
    return { proposal, name: externalName(metric), status: { type: 'External', external: { metric, current } } };
  }
  if (target.value === undefined)
    throw new CannotCompute('invalid external metric source: neither a value target nor an average value target was set');
  const proposal = byValue(scene, usage, quantityMilliValue(target.value));
  return { proposal, name: externalName(metric), status: { type: 'External', external: { metric, current: { value: quantity(usage) } } } };
}

const externalName = ({ name, selector }: { readonly name: string; readonly selector?: LabelSelector }): string =>
  `external metric ${name}(${selectorAsGo(selector)})`;

/** Says of what the inner failure is one. */
function within<T>(what: string, compute: () => T, colon = ': '): T {
  try {
    return compute();
  } catch (error) {
    if (error instanceof CannotCompute) throw new CannotCompute(`${what}${colon}${error.message}`);
    throw error;
  }
}

type MetricsApi = 'resource' | 'custom' | 'external';

/** There is at least one. */
function itemsOf({ code, error, object }: Outcome<unknown>, api: MetricsApi): readonly unknown[] {
  if (code !== 200) throw new CannotCompute(`unable to fetch metrics from ${api} metrics API: ${error?.message ?? 'connection lost'}`);
  const { items } = object as unknown as { readonly items?: readonly unknown[] };
  if (items?.length === 0) throw new CannotCompute(`no metrics returned from ${api} metrics API`);
  return items ?? [object];
}

/** GetResourceMetric: a pod counts once each of its containers (or the one that is asked for) was measured. */
function resourceMeasurements(outcome: Outcome<unknown>, resource: string, container: string | undefined): Measurements {
  const items = itemsOf(outcome, 'resource') as readonly PodMetrics[];
  const found = new Map<string, Measurement>();
  for (const { metadata, timestamp, window, containers = [] } of items) {
    let value = 0;
    let isWhole = containers.length > 0;
    let isFound = container === undefined;
    for (const { name, usage } of containers) {
      if (container !== undefined && name !== container) continue;
      isFound = true;
      const used = usage[resource];
      if (used === undefined) isWhole = false;
      else value += quantityMilliValue(used);
    }
    if (!isFound) throw new CannotCompute(`container ${container} not present in metrics for pod ${metadata?.namespace}/${metadata?.name}`);
    if (isWhole) found.set(metadata?.name ?? '', { value, timestamp: parseTime(timestamp ?? '') ?? 0, window: windowOf(window) });
  }
  return found;
}

/** '15s' or '1m0s' as metav1.Duration writes it. */
function windowOf(window: string | undefined): Duration {
  const match = /^(?:(\d+)m)?(?:([\d.]+)s)?$/.exec(window ?? '');
  return match === null || window === '' ? DEFAULT_WINDOW : Math.round((Number(match[1] ?? 0) * 60 + Number(match[2] ?? 0)) * SECOND);
}

function podMeasurements(outcome: Outcome<unknown>): Measurements {
  const items = itemsOf(outcome, 'custom') as readonly MetricValue[];
  const found = new Map<string, Measurement>();
  for (const { describedObject, value, timestamp, windowSeconds } of items) {
    const window = windowSeconds === undefined ? DEFAULT_WINDOW : windowSeconds * SECOND;
    found.set(describedObject?.name ?? '', { value: milliOf(value), timestamp: parseTime(timestamp ?? '') ?? 0, window });
  }
  return found;
}

function sumOf(outcome: Outcome<unknown>, api: MetricsApi): number {
  const items = itemsOf(outcome, api) as readonly MetricValue[];
  let sum = 0;
  for (const { value } of items) sum += milliOf(value);
  return sum;
}

function milliOf(value: string | undefined): number {
  if (value === undefined || parseQuantity(value) === undefined) throw new CannotCompute(`'${value}' is no quantity`);
  return quantityMilliValue(value);
}
