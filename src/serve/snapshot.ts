/** A served cluster in a file: not its state but its life. The scenario, the seed and everything that came in from outside, with its instant, make the same
 *  cluster again; loading takes as long as living through it at full speed. */

import { isDeepStrictEqual } from 'node:util';
import type { Scenario } from '#scenario';
import type { Input } from './live-run.ts';

export interface Snapshot {
  readonly version: 1;
  readonly scenario: string;
  /** The scenario as it ran. */
  readonly source: unknown;
  readonly seed: number;
  /** Microseconds since the Unix epoch at instant 0. */
  readonly epoch: number;
  /** The instant at which it was saved. */
  readonly at: number;
  readonly faults: number;
  readonly inputs: readonly Input[];
}

/** What cannot be saved or loaded, in one line. */
export class SnapshotError extends Error {}

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

/** Throws SnapshotError unless it is a snapshot of this scenario with this seed. */
export function readSnapshot(value: unknown, { scenario, seed }: { readonly scenario: Scenario; readonly seed: number }): Snapshot {
  const found = (typeof value === 'object' && value !== null ? value : {}) as Partial<Snapshot>;
  if (found.version !== 1 || !isCount(found.at) || !isCount(found.epoch) || !isCount(found.faults) || !Array.isArray(found.inputs))
    throw new SnapshotError('not a snapshot: expected what `wavetank ctl save` wrote');
  // By way of JSON, as the saved one went.
  const own = JSON.parse(JSON.stringify(scenario.source ?? null)) as unknown;
  if (!isDeepStrictEqual(found.source, own) || found.seed !== seed)
    throw new SnapshotError(
      `a snapshot of scenario '${String(found.scenario)}' with seed ${String(found.seed)}, but scenario '${scenario.name}' with seed ${seed} is served: start \`wavetank serve\` with the same scenario and seed`,
    );
  for (const input of found.inputs as readonly Partial<Record<'at' | 'to' | 'message' | 'change', unknown>>[]) {
    const isMessage = isCount(input?.to) && typeof (input.message as { kind?: unknown } | null)?.kind === 'string';
    if (!isCount(input?.at) || !(isMessage || typeof input.change === 'object'))
      throw new SnapshotError('a broken snapshot: one of its inputs cannot be read');
  }
  return found as Snapshot;
}
