/** What a pod takes of a quota. Mirrors kubernetes v1.34 pkg/quota/v1/evaluator/core/pods.go. */

import type { Pod } from '../objects.ts';
import { podLimits, podRequests, type Resources } from '../pod-resources.ts';
import { formatQuantity } from '../quantity.ts';
import type { ResourceList } from './resource-list.ts';

const COMPUTE = ['cpu', 'memory', 'ephemeral-storage'] as const;
const isExtended = (name: string): boolean => name.includes('/') && !name.includes('kubernetes.io/');

/** Amounts of pods come in milli-cores and whole units. */
const text = (name: string, amount: number): string =>
  name === 'cpu'
    ? formatQuantity({ nano: BigInt(Math.round(amount)) * 1_000_000n, format: 'DecimalSI' })
    : formatQuantity({ nano: BigInt(Math.round(amount)) * 1_000_000_000n, format: name === 'memory' ? 'BinarySI' : 'DecimalSI' });

function computeUsage(requests: Resources, limits: Resources): Record<string, string> {
  const usage: Record<string, string> = { 'count/pods': '1', pods: '1' };
  for (const name of COMPUTE) {
    if (requests[name] !== undefined) usage[name] = usage[`requests.${name}`] = text(name, requests[name]);
    if (limits[name] !== undefined) usage[`limits.${name}`] = text(name, limits[name]);
  }
  for (const name in requests) {
    if (name.startsWith('hugepages-')) usage[name] = usage[`requests.${name}`] = text(name, requests[name] as number);
    else if (isExtended(name)) usage[`requests.${name}`] = text(name, requests[name] as number);
  }
  return usage;
}

// Pods of a template ask for the same.
const known = new WeakMap<object, ResourceList>();

/** QuotaV1Pod: a pod that has ended, or outlived its grace, takes nothing but its place in the store. `now`: microseconds since the epoch. */
export function countsForQuota(pod: Pod, now: number, deletionTime: (stamp: string) => number | undefined): boolean {
  const phase = pod.status?.phase;
  if (phase === 'Failed' || phase === 'Succeeded') return false;
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata ?? {};
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return true;
  const deleted = deletionTime(String(deletionTimestamp));
  return deleted === undefined || now <= deleted + deletionGracePeriodSeconds * 1_000_000;
}

const ENDED: ResourceList = { 'count/pods': '1' };

export function podUsage(pod: Pod, counts: boolean): ResourceList {
  if (!counts) return ENDED;
  const spec = pod.spec;
  if (spec === undefined) return { 'count/pods': '1', pods: '1' };
  let usage = known.get(spec);
  if (usage === undefined) {
    usage = computeUsage(podRequests(pod), podLimits(pod));
    known.set(spec, usage);
  }
  return usage;
}

const CONSTRAINED = new Set([
  'cpu',
  'memory',
  'ephemeral-storage',
  'requests.cpu',
  'requests.memory',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
]);

/** What must be stated and is not, by container (podEvaluator.Constraints): 'limits.cpu for: main; requests.memory for: main'. */
export function missingAmounts(required: readonly string[], pod: Pod): string | undefined {
  const wanted = required.filter(
    (name) => CONSTRAINED.has(name) || name.startsWith('hugepages-') || name.startsWith('requests.hugepages-'),
  );
  if (wanted.length === 0) return undefined;
  const spec = pod.spec as (Pod['spec'] & { readonly resources?: { readonly requests?: object; readonly limits?: object } }) | undefined;
  const missing = new Map<string, Set<string>>();
  for (const container of [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]) {
    const { requests = {}, limits = {} } = container.resources ?? {};
    const set = new Set<string>();
    for (const name in requests) set.add(name).add(`requests.${name}`);
    for (const name in limits) set.add(`limits.${name}`);
    for (const name in spec?.resources?.requests) set.add(name).add(`requests.${name}`);
    for (const name in spec?.resources?.limits) set.add(`limits.${name}`);
    for (const name of wanted) {
      if (set.has(name)) continue;
      const names = missing.get(name);
      if (names === undefined) missing.set(name, new Set([container.name]));
      else names.add(container.name);
    }
  }
  if (missing.size === 0) return undefined;
  return [...missing.keys()]
    .sort()
    .map((name) => `${name} for: ${[...(missing.get(name) ?? [])].sort().join(',')}`)
    .join('; ');
}
