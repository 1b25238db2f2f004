/** What `fuzz` prints: violations as they are met, and the summary. */

import { INVARIANTS, type SeedOutcome, WIRE_INVARIANTS } from '#experiment';
import { replayCommandOf, type SeedFlags } from './fuzz-options.ts';
import { columns } from './verdict-table.ts';

const OTHERS: Readonly<Record<string, string>> = {
  ...WIRE_INVARIANTS,
  V1: 'after the faults the cluster comes to where it would have come without them',
  V2: 'after the faults the cluster comes to rest',
  D1: 'the same seed gives the same run',
  crash: 'nothing throws',
};

/** As many as say what it is about. */
const MOST = 5;

export function violationLines(outcome: SeedOutcome, flags: SeedFlags, build: string): readonly string[] {
  const { seed, violations, shrunk, faults } = outcome;
  if (violations.length === 0) return [];
  const says = (id: string): string => INVARIANTS.find((one) => one.id === id)?.says ?? OTHERS[id] ?? '';
  return [
    ...violations
      .slice(0, MOST)
      .map(({ id, at, message }) => `seed ${seed}: ${id} violated at ${(at / 1e6).toFixed(3)} s: ${message} (${says(id)})`),
    ...(violations.length > MOST ? [`  and ${violations.length - MOST} more`] : []),
    `  build ${build}; again: ${replayCommandOf(seed, flags)}`,
    ...(shrunk === undefined ? [] : [`  ${shrunk.length} of ${faults.length} faults suffice: ${replayCommandOf(seed, flags, shrunk)}`]),
  ];
}

export interface FuzzSummary {
  readonly build: string;
  readonly from: number;
  readonly seeds: number;
  readonly done: number;
  readonly minutes: number;
  readonly violated: readonly number[];
  readonly interrupted: boolean;
  readonly simulatedSeconds: number;
  readonly wallSeconds: number;
  /** Simulated seconds a wall second and core: of the time that seeds took, each on one core. */
  readonly speed: number;
  /** How often each path was taken, and in how many seeds. */
  readonly sights: Readonly<Record<string, { readonly times: number; readonly seeds: number }>>;
  readonly faults: Readonly<Record<string, number>>;
}

export function summaryOf(
  outcomes: readonly SeedOutcome[],
  head: Pick<FuzzSummary, 'build' | 'from' | 'seeds' | 'minutes' | 'interrupted' | 'wallSeconds'>,
): FuzzSummary {
  const sights: Record<string, { times: number; seeds: number }> = {};
  const faults: Record<string, number> = {};
  for (const outcome of outcomes) {
    for (const [name, times] of Object.entries(outcome.sights)) {
      const sight = (sights[name] ??= { times: 0, seeds: 0 });
      sight.times += times;
      if (times > 0) sight.seeds++;
    }
    for (const name of outcome.faults) faults[name] = (faults[name] ?? 0) + 1;
  }
  const simulatedSeconds = outcomes.reduce((sum, one) => sum + one.simulatedSeconds, 0);
  const busy = outcomes.reduce((sum, one) => sum + one.wallSeconds, 0);
  return {
    ...head,
    done: outcomes.length,
    violated: outcomes
      .filter(({ violations }) => violations.length > 0)
      .map(({ seed }) => seed)
      .toSorted((a, b) => a - b),
    simulatedSeconds,
    speed: busy === 0 ? 0 : Math.round(simulatedSeconds / busy),
    sights,
    faults,
  };
}

/** fuzz.json. What the machine and the hour decide is its last line: all before it are the same bytes however often the campaign was broken and resumed. */
export function fuzzJson({ wallSeconds, speed, ...summary }: FuzzSummary, outcomes: readonly SeedOutcome[]): string {
  const violating = outcomes.flatMap(({ wallSeconds: _own, ...outcome }) => (outcome.violations.length > 0 ? [outcome] : []));
  return `${JSON.stringify({ ...summary, outcomes: violating }).slice(0, -1)},\n"wallSeconds":${wallSeconds},"speed":${speed}}\n`;
}

export function summaryText(summary: FuzzSummary): string {
  const { sights, done, seeds, violated, speed, wallSeconds, interrupted, minutes, faults, build } = summary;
  const rows = Object.entries(sights)
    .toSorted(([, a], [, b]) => b.seeds - a.seeds || b.times - a.times)
    .map(([name, { times, seeds: inSeeds }]) => [name, String(times), `${inSeeds} of ${done}`]);
  const never = Object.entries(sights).filter(([, { times }]) => times === 0);
  const strikes = Object.values(faults).reduce((sum, count) => sum + count, 0);
  return [
    ...columns([['sometimes', 'times', 'seeds'], ...rows]),
    '',
    `${done} of ${seeds} seeds of ${minutes} simulated minutes, ${strikes} faults of ${Object.keys(faults).length} kinds, build ${build}${interrupted ? '; INTERRUPTED' : ''}`,
    `${speed} simulated seconds a second and core; ${Math.round(wallSeconds)} s in all`,
    ...(never.length === 0 ? [] : [`never seen: ${never.map(([name]) => name).join(', ')}`]),
    violated.length === 0 ? 'no violation' : `${violated.length} seeds violate: ${violated.join(', ')}`,
    '',
  ].join('\n');
}
