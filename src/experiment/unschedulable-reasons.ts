/** Why pods wait: the scheduler's own words on each pod's PodScheduled condition, without the numbers, counted by text. */

import type { Pod } from '#api';
import type { Recorder } from '#sim';

export const UNSCHEDULABLE_METRIC = 'wavetank_unschedulable_pods';

export class UnschedulableReasons {
  readonly #record: Recorder;
  readonly #reasonOf = new Map<string, string>();
  readonly #plain = new Map<string, string>();

  constructor(record: Recorder) {
    this.#record = record;
  }

  see(key: string, pod: Pod): void {
    const condition = pod.status?.conditions?.find((one) => one.type === 'PodScheduled');
    if (condition?.status !== 'False' || condition.message === undefined) return;
    const reason = this.#withoutNumbers(condition.message);
    const before = this.#reasonOf.get(key);
    if (before === reason) return;
    if (before !== undefined) this.#record.gauge(UNSCHEDULABLE_METRIC, { reason: before }).add(-1);
    this.#record.gauge(UNSCHEDULABLE_METRIC, { reason }).add(1);
    this.#reasonOf.set(key, reason);
  }

  forget(key: string): void {
    const before = this.#reasonOf.get(key);
    if (before === undefined) return;
    this.#record.gauge(UNSCHEDULABLE_METRIC, { reason: before }).add(-1);
    this.#reasonOf.delete(key);
  }

  /** '0/12 nodes are available: 3 Insufficient cpu, 9 Insufficient memory. preemption: ...' -> 'Insufficient cpu, Insufficient memory'. An error of
   *  an attempt, such as an extender's, stays as it is: its commas part no reasons. */
  #withoutNumbers(message: string): string {
    let plain = this.#plain.get(message);
    if (plain === undefined) {
      const start = /^0\/\d+ nodes are available: ?/.exec(message)?.[0];
      const first = message
        .slice(start?.length ?? 0)
        .replace(/(^|\. )(preemption|no new claims).*$/s, '')
        .replace(/\.$/, '');
      plain = start === undefined ? first : [...new Set(first.split(', ').map((part) => part.replace(/^\d+ /, '')))].sort().join(', ');
      // An extender may leave no node and not say why.
      if (plain === '') plain = 'no node is available, and nobody says why';
      this.#plain.set(message, plain);
    }
    return plain;
  }
}
