/** C9: evictions leave budgets what they ask for. Held to pkg/controller/disruption/disruption.go and pkg/registry/core/pod/storage/eviction.go (v1.34): the
 *  controller counts who is healthy as it hears of it, the eviction API takes from what is allowed and names the pod, and does not ask for pods that go
 *  anyway or are not ready. So pods that stopped being ready since shortly before the controller's last word still count. */

import type { Pod, PodDisruptionBudget } from '#api';
import { matchesLabelSelector } from '#api';
import { type Finding, type History, isLive, isReady } from './history.ts';
import { inWrittenOrder } from './written-order.ts';

/** How late the controller may hear of pods. */
const LATE = 10_000_000;

interface Known {
  budget: PodDisruptionBudget;
  /** When the controller last counted. */
  counted: number;
}

const isEvicted = ({ status }: Pod): boolean =>
  status?.conditions?.some(({ type, reason }) => type === 'DisruptionTarget' && reason === 'EvictionByEvictionAPI') === true;
const isHealthy = (pod: Pod): boolean => isLive(pod) && isReady(pod) && !isEvicted(pod);
const granted = (budget: PodDisruptionBudget | undefined): readonly string[] => Object.keys(budget?.status?.disruptedPods ?? {});
const covers = ({ metadata, spec }: PodDisruptionBudget, { metadata: of }: Pod): boolean =>
  of?.namespace === metadata?.namespace && matchesLabelSelector(spec?.selector, of?.labels ?? {});

class Counts {
  readonly pods = new Map<string, Pod>();
  readonly budgets = new Map<string, Known>();
  /** By pod: since when it is healthy no more, other than by an eviction. */
  readonly #lost = new Map<string, { readonly at: number; readonly pod: Pod }>();

  pod(key: string, pod: Pod, before: Pod | undefined, isGone: boolean, at: number): void {
    if (isGone) this.pods.delete(key);
    else this.pods.set(key, pod);
    const isStill = !isGone && isHealthy(pod);
    // Who is ready and marked for deletion was healthy a moment before, also if nobody heard of that.
    const was = before !== undefined && isHealthy(before) ? before : !isGone && isReady(pod) && before !== undefined && isLive(before);
    if (isStill) this.#lost.delete(key);
    else if (was !== false && !isEvicted(pod)) this.#lost.set(key, { at, pod: was === true ? pod : was });
  }

  /** Who is healthy for all that the budget's controller may know, without those that the budget has let go. */
  healthy({ budget, counted }: Known): number {
    const going = new Set(granted(budget));
    const counts = (pod: Pod): boolean => covers(budget, pod) && !going.has(pod.metadata?.name ?? '');
    let healthy = 0;
    for (const pod of this.pods.values()) if (isHealthy(pod) && counts(pod)) healthy++;
    for (const { at, pod } of this.#lost.values()) if (at > counted - LATE && counts(pod)) healthy++;
    return healthy;
  }
}

export function* budgets(history: History): Iterable<Finding> {
  const counts = new Counts();
  /** Pods that were asked for, by budget. */
  const asked = new Set<string>();
  for (const { at, type, key, resource, object, before, written } of inWrittenOrder(history, 'poddisruptionbudgets.policy', 'pods')) {
    if (resource === 'pods') {
      const [pod, was] = [object as Pod, before as Pod | undefined];
      counts.pod(key, pod, was, type === 'delete', written);
      if (type === 'delete' || !isEvicted(pod) || was === undefined || !isHealthy(was)) continue;
      const covering = [...counts.budgets].filter(([, { budget }]) => covers(budget, pod));
      const [[name, known] = []] = covering;
      if (name === undefined || known === undefined || asked.has(`${name} ${key}`)) continue;
      const { desiredHealthy } = known.budget.status ?? {};
      const left = counts.healthy(known);
      if (desiredHealthy !== undefined && left < desiredHealthy)
        yield { at, message: `pod ${key} was evicted: budget ${name} has ${left} healthy pods left of ${desiredHealthy}` };
      continue;
    }
    if (type === 'delete') {
      counts.budgets.delete(key);
      continue;
    }
    yield* budgetWritten(key, object as PodDisruptionBudget, at, written, counts, asked);
  }
}

function* budgetWritten(
  key: string,
  budget: PodDisruptionBudget,
  at: number,
  written: number,
  counts: Counts,
  asked: Set<string>,
): Iterable<Finding> {
  const { disruptionsAllowed = 0, currentHealthy = 0, desiredHealthy = 0 } = budget.status ?? {};
  if (disruptionsAllowed > Math.max(0, currentHealthy - desiredHealthy))
    yield {
      at,
      message: `budget ${key} allows ${disruptionsAllowed} disruptions: ${currentHealthy} are healthy, ${desiredHealthy} are wanted`,
    };
  const last = counts.budgets.get(key);
  const fresh = granted(budget).filter((name) => !granted(last?.budget).includes(name));
  const known: Known = { budget, counted: fresh.length > 0 && last !== undefined ? last.counted : written };
  counts.budgets.set(key, known);
  if (fresh.length === 0 || budget.status?.desiredHealthy === undefined) return;
  for (const name of fresh) asked.add(`${key} ${budget.metadata?.namespace}/${name}`);
  const left = counts.healthy(known);
  if (left < desiredHealthy)
    yield { at, message: `pod ${fresh.join(', ')} was evicted: budget ${key} has ${left} healthy pods left of ${desiredHealthy}` };
}
