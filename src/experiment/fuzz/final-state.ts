/** What a cluster has come to, without names that were drawn, uids and times: what two runs of the same work must agree on, whatever befell one of them on the
 *  way (the differential oracle of Sieve and Acto). One line a fact. */

import type {
  DaemonSet,
  Deployment,
  EndpointSlice,
  Job,
  KubeObject,
  Node,
  Pod,
  PodDisruptionBudget,
  ResourceQuota,
  Service,
  StatefulSet,
} from '#api';
import { atEnd, HEARTBEATS, type History, isLive, isQuiet, isReady } from '../invariants/history.ts';

const named = ({ metadata }: KubeObject): string => `${metadata?.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata?.name}`;

/** Sorted. */
export function finalState(history: History): readonly string[] {
  const lines: string[] = [];
  const fact = (kind: string, object: KubeObject, facts: Readonly<Record<string, unknown>>): void => {
    const said = Object.entries(facts).map(([name, value]) => `${name}=${String(value ?? 0)}`);
    lines.push(`${kind} ${named(object)}: ${said.join(' ')}`);
  };
  for (const one of atEnd<KubeObject>(history, 'namespaces')) fact('namespace', one, {});
  for (const one of atEnd<Node>(history, 'nodes'))
    fact('node', one, {
      ready: isReady(one),
      cordoned: one.spec?.unschedulable === true,
      taints: (one.spec?.taints ?? []).map(({ key, effect }) => `${key}:${effect}`).sort(),
    });
  workloads(history, fact);
  for (const one of atEnd<Service>(history, 'services')) fact('service', one, { endpoints: endpointsOf(one, history) });
  for (const one of atEnd<PodDisruptionBudget>(history, 'poddisruptionbudgets.policy'))
    fact('budget', one, { healthy: one.status?.currentHealthy, wanted: one.status?.desiredHealthy });
  for (const one of atEnd<ResourceQuota>(history, 'resourcequotas')) fact('quota', one, { pods: one.status?.used?.['pods'] });
  const groups = new Map<string, number>();
  for (const pod of atEnd<Pod>(history, 'pods')) {
    if (ownerKind(pod) === 'Job' || (!isLive(pod) && pod.metadata?.deletionTimestamp === undefined)) continue;
    const going = pod.metadata?.deletionTimestamp === undefined ? '' : ' terminating';
    const key = `pods of ${ownerKind(pod)} ${pod.metadata?.namespace}/${pod.metadata?.labels?.['app']}: ${pod.status?.phase} ready=${isReady(pod)}${going}`;
    groups.set(key, (groups.get(key) ?? 0) + 1);
  }
  for (const [key, count] of groups) lines.push(`${key} x${count}`);
  return lines.sort();
}

const ownerKind = ({ metadata }: Pod): string => metadata?.ownerReferences?.[0]?.kind ?? 'nobody';

function workloads(history: History, fact: (kind: string, object: KubeObject, facts: Readonly<Record<string, unknown>>) => void): void {
  for (const one of atEnd<Deployment>(history, 'deployments.apps'))
    fact('deployment', one, {
      replicas: one.spec?.replicas,
      updated: one.status?.updatedReplicas,
      available: one.status?.availableReplicas,
      images: one.spec?.template?.spec?.containers?.map(({ image }) => image),
      all: one.status?.replicas,
    });
  for (const one of atEnd<StatefulSet>(history, 'statefulsets.apps'))
    fact('statefulset', one, { replicas: one.spec?.replicas, ready: one.status?.readyReplicas, updated: one.status?.updatedReplicas });
  for (const one of atEnd<DaemonSet>(history, 'daemonsets.apps'))
    fact('daemonset', one, { wanted: one.status?.desiredNumberScheduled, ready: one.status?.numberReady });
  for (const one of atEnd<Job>(history, 'jobs.batch'))
    fact('job', one, {
      succeeded: one.status?.succeeded,
      active: one.status?.active,
      complete: one.status?.conditions?.some(({ type, status }) => type === 'Complete' && status === 'True') === true,
    });
}

function endpointsOf({ metadata }: Service, history: History): number {
  return atEnd<EndpointSlice>(history, 'endpointslices.discovery.k8s.io')
    .filter(
      (slice) =>
        slice.metadata?.namespace === metadata?.namespace && slice.metadata?.labels?.['kubernetes.io/service-name'] === metadata?.name,
    )
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false).length;
}

/** What one state has and the other has not: '-' is missing from the second, '+' is there only. Empty: they are equal. */
export function stateDifferences(expected: readonly string[], found: readonly string[]): readonly string[] {
  const [here, there] = [new Set(expected), new Set(found)];
  return [
    ...expected.filter((line) => !there.has(line)).map((line) => `- ${line}`),
    ...found.filter((line) => !here.has(line)).map((line) => `+ ${line}`),
  ];
}

/** What was still written in the last minute, how often, the most first: a cluster that was left alone for long comes to rest. Empty: it has. */
export function restless(history: History): readonly string[] {
  if (isQuiet(history)) return [];
  const writes = new Map<string, number>();
  for (const { at, resource, key } of history.changes)
    if (history.until - at < 60_000_000 && !HEARTBEATS.has(resource))
      writes.set(`${resource}/${key}`, (writes.get(`${resource}/${key}`) ?? 0) + 1);
  return [...writes].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([what, times]) => `${what} ${times} times`);
}
