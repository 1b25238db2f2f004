/** A fault that somebody asks for while the cluster runs: the scenario's own grammar and judgement, with times that count from now. */

import { faultKind, type Source, scenarioFrom, type Topology, UserError } from '#scenario';
import { type Instant, Luck, type WorldChange } from '#sim';

export interface FaultMoment {
  readonly now: Instant;
  readonly seed: number;
  /** Faults before this one, written or injected: its luck is its own. */
  readonly ordinal: number;
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `written`: one entry of `faults`, such as { crashNodes: { count: 1, for: '2m' } }; without `at` it strikes now. Throws UserError. */
export function injectedChanges(written: unknown, topology: Topology, { now, seed, ordinal }: FaultMoment): readonly WorldChange[] {
  const entry = isMap(written)
    ? Object.fromEntries(
        Object.entries(written).map(([kind, spec]) => [kind, isMap(spec) ? { at: '0s', ...spec } : (spec ?? { at: '0s' })]),
      )
    : written;
  const source: Source = {
    file: 'fault',
    value: { duration: '1s', cluster: { nodes: [{ count: 1 }] }, faults: [entry] },
    headComment: '',
    placeOf: () => ({ file: 'fault' }),
  };
  const { kind = '', spec } = scenarioFrom(source).faults[0] ?? {};
  const fault = faultKind(kind);
  if (fault === undefined) throw UserError.at({ file: 'fault' }, `'${kind}' is no kind of fault`);
  const mistake = fault.mistake?.(spec as never, topology);
  if (mistake !== undefined) throw UserError.at({ file: 'fault' }, `'${kind}': ${mistake}`);
  const luck = new Luck(seed);
  const changes = fault.changes(spec as never, { ordinal, topology, stream: (name) => luck.scenario(name) });
  return changes.map((change) => moved(change, now)).sort((a, b) => a.at - b.at);
}

function moved(change: WorldChange, by: Instant): WorldChange {
  if (change.change !== 'disk' || change.stallUntil === undefined) return { ...change, at: change.at + by };
  return { ...change, at: change.at + by, stallUntil: change.stallUntil + by };
}
