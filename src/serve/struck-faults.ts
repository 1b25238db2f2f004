/** Faults that somebody struck while the cluster runs, and how each is taken back before its time: by the changes with which it would have ended, had it been
 *  struck with `for`. What the grammar cannot end has no way back. */

import { injectedChanges } from '#experiment';
import { type Topology, UserError } from '#scenario';
import type { Instant, WorldChange } from '#sim';

export interface StruckFault {
  readonly id: number;
  readonly at: Instant;
  readonly kind: string;
  readonly written: unknown;
  /** What happened, in the words that stand on a graph. */
  readonly labels: readonly string[];
  /** When it ends by itself. */
  readonly endsAt?: Instant;
  readonly undoneAt?: Instant;
  readonly canBeUndone: boolean;
}

export interface Moment {
  readonly now: Instant;
  readonly seed: number;
  readonly ordinal: number;
}

const MOST = 200;

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export class StruckFaults {
  private readonly faults = new Map<number, { fault: StruckFault; readonly moment: Moment }>();
  private ids = 0;

  /** The latest last. */
  get all(): readonly StruckFault[] {
    return [...this.faults.values()].map(({ fault }) => fault);
  }

  /** Another life of the cluster: what was struck in this one did not happen there. */
  forget(): void {
    this.faults.clear();
  }

  /** Throws UserError. `written`: one entry of a scenario's `faults`. */
  strike(written: unknown, topology: Topology, moment: Moment): { readonly fault: StruckFault; readonly changes: readonly WorldChange[] } {
    const changes = injectedChanges(written, topology, moment);
    const [kind = '', spec] = Object.entries(isMap(written) ? written : {})[0] ?? [];
    const first = changes[0]?.at ?? moment.now;
    const last = changes.reduce((end, change) => Math.max(end, change.at, stallEnd(change)), first);
    const fault: StruckFault = {
      id: ++this.ids,
      at: first,
      kind,
      written,
      labels: changes.flatMap(({ label, at }) => (label === undefined || at > first ? [] : [label])),
      ...(last > first ? { endsAt: last } : {}),
      canBeUndone: last === first && endingsOf(kind, spec, topology, moment).length > 0,
    };
    this.faults.set(fault.id, { fault, moment });
    if (this.faults.size > MOST) this.faults.delete(this.faults.keys().next().value as number);
    return { fault, changes };
  }

  /** Throws UserError. */
  undo(id: number, topology: Topology, now: Instant): { readonly fault: StruckFault; readonly changes: readonly WorldChange[] } {
    const found = this.faults.get(id);
    if (found === undefined) throw UserError.at({}, `no fault has number ${id}`);
    const { fault, moment } = found;
    if (fault.undoneAt !== undefined) throw UserError.at({}, `fault ${id} (${fault.kind}) was undone already`);
    if (!fault.canBeUndone) throw UserError.at({}, `fault ${id} (${fault.kind}) ends by itself, and cannot be undone before`);
    if (fault.at > now) throw UserError.at({}, `fault ${id} (${fault.kind}) has not struck yet`);
    const [, spec] = Object.entries(fault.written as Readonly<Record<string, unknown>>)[0] ?? [];
    const changes = endingsOf(fault.kind, spec, topology, moment).map((change) => ({ ...change, at: now }));
    found.fault = { ...fault, undoneAt: now, canBeUndone: false };
    return { fault: found.fault, changes };
  }
}

const stallEnd = (change: WorldChange): Instant => (change.change === 'disk' ? (change.stallUntil ?? 0) : 0);

/** What would end it: none where its kind knows no `for`. */
function endingsOf(kind: string, spec: unknown, topology: Topology, moment: Moment): readonly WorldChange[] {
  try {
    const timed = injectedChanges({ [kind]: { ...(isMap(spec) ? spec : {}), for: '1s' } }, topology, moment);
    const first = timed[0]?.at ?? 0;
    return timed.filter(({ at }) => at > first);
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
}
