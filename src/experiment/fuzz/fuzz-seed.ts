/** One seed of the swarm: the run with its faults, judged by all invariants; the same work without them; and whether both came to the same end. */

import { parseSource, scenarioFrom } from '#scenario';
import { type Audit, auditOf } from '../auditor.ts';
import type { Violation } from '../invariants/index.ts';
import { runScenario } from '../run-scenario.ts';
import { Tap } from '../wire/tap.ts';
import { tappedRunner } from '../wire/tapped-run.ts';
import { stateDifferences } from './final-state.ts';
import { injectBug } from './seeded-bugs.ts';
import { shrunk } from './shrink.ts';
import { countedSights, type Sights } from './sights.ts';
import { type FaultValue, type SwarmPlan, scenarioText, swarmPlan } from './swarm.ts';

export interface FuzzTask {
  readonly seed: number;
  readonly minutes: number;
  /** Which of the seed's faults, by their place; default all. */
  readonly only?: readonly number[];
  /** Look for the fewest faults that do it. */
  readonly shrink: boolean;
  /** A mistake of test/bugs that is put in on purpose. */
  readonly bug?: string;
}

export interface SeedOutcome {
  readonly seed: number;
  readonly digest: string;
  readonly violations: readonly Violation[];
  readonly sights: Sights;
  readonly faults: readonly string[];
  /** Places of the faults that suffice for the first violation, when they were looked for. */
  readonly shrunk?: readonly number[];
  readonly simulatedSeconds: number;
  readonly wallSeconds: number;
}

export interface FuzzHooks {
  readonly version: string;
  readonly interrupted: () => boolean;
}

/** One seed in so many is run twice: equal digests (D1). */
const TWICE = 20;

interface Judged extends Compared {
  readonly digest: string;
  readonly audit: Audit;
  readonly sights: Sights;
}

/** What is compared of two runs. */
export interface Compared {
  readonly audit: Pick<Audit, 'finalState' | 'quietFor' | 'restless'>;
  readonly simulatedSeconds: number;
}

/** Undefined: interrupted. */
export async function fuzzSeed(task: FuzzTask, hooks: FuzzHooks): Promise<SeedOutcome | undefined> {
  const began = performance.now();
  if (task.bug !== undefined) await injectBug(task.bug);
  const plan = swarmPlan(task.seed, task.minutes);
  const places = task.only ?? plan.faults.map((_, index) => index);
  let simulatedSeconds = 0;
  const run = async (chosen: readonly number[]): Promise<Judged | Violation> => {
    const judged = await runJudged(
      plan,
      chosen.map((place) => plan.faults[place] as FaultValue),
      hooks,
    );
    if ('simulatedSeconds' in judged) simulatedSeconds += judged.simulatedSeconds;
    return judged;
  };
  const calm = await run([]);
  const violationsWith = async (chosen: readonly number[]): Promise<{ found: readonly Violation[]; judged?: Judged }> => {
    if (!('digest' in calm)) return { found: [calm] };
    const judged = chosen.length === 0 ? calm : await run(chosen);
    if (!('digest' in judged)) return { found: [judged] };
    return { found: [...judged.audit.violations, ...comparison(calm, judged)], judged };
  };
  const { found, judged } = await violationsWith(places);
  const violations = [...found];
  if (judged !== undefined && violations.length === 0 && task.seed % TWICE === 0) {
    const twin = await run(places);
    if ('digest' in twin && twin.digest !== judged.digest)
      violations.push({ id: 'D1', at: 0, message: `digest ${twin.digest} the second time, ${judged.digest} the first` });
  }
  if (hooks.interrupted()) return undefined;
  const first = violations[0];
  const fewest =
    first === undefined || !task.shrink
      ? undefined
      : await shrunk(
          places,
          async (chosen) => !hooks.interrupted() && (await violationsWith(chosen)).found.some(({ id }) => id === first.id),
        );
  return {
    seed: task.seed,
    digest: judged?.digest ?? '',
    violations,
    sights: judged?.sights ?? {},
    faults: places.map((place) => Object.keys(plan.faults[place] ?? {})[0] ?? ''),
    ...(fewest === undefined ? {} : { shrunk: fewest }),
    simulatedSeconds,
    wallSeconds: (performance.now() - began) / 1e3,
  };
}

/** V1: at rest, but elsewhere; V2: not at rest in time. */
export function comparison(calm: Compared, judged: Compared): readonly Violation[] {
  const differences = stateDifferences(calm.audit.finalState, judged.audit.finalState);
  const quiet = judged.audit.quietFor / 1e6;
  if (differences.length === 0) {
    const [first, ...others] = judged.audit.restless;
    if (first === undefined) return [];
    const more = others.length === 0 ? '' : `, and ${others.length} more`;
    return [
      { id: 'V2', at: judged.simulatedSeconds * 1e6, message: `not at rest at the end: written in the last minute: ${first}${more}` },
    ];
  }
  const shown = `${differences.slice(0, 8).join('; ')}${differences.length > 8 ? `; ${differences.length - 8} more` : ''}`;
  const at = judged.simulatedSeconds * 1e6;
  if (quiet >= 60) return [{ id: 'V1', at, message: `at rest, but not where the run without faults ended: ${shown}` }];
  return [
    { id: 'V2', at, message: `not at rest at the end (${quiet.toFixed(0)} s quiet), nor where the run without faults ended: ${shown}` },
  ];
}

async function runJudged(plan: SwarmPlan, faults: readonly FaultValue[], hooks: FuzzHooks): Promise<Judged | Violation> {
  const scenario = scenarioFrom(parseSource(scenarioText(plan, faults), `seed ${plan.seed}`));
  try {
    const tap = new Tap();
    const { run, result } = await runScenario(scenario, {
      seed: plan.seed,
      shards: 0,
      runner: tappedRunner(tap),
      version: hooks.version,
      interrupted: hooks.interrupted,
      // What they want is what the end is judged by: who was sent away by busy servers asks again.
      world: { check: true, patientUsers: true },
    });
    const audit = auditOf(run.recorded);
    if (audit === undefined) throw new Error('nobody watched');
    const violations = [...audit.violations, ...tap.violations].sort((a, b) => a.at - b.at);
    const sights = { ...countedSights(run.recorded, 3), 'watch expired (410)': tap.expired.count, ...audit.sights };
    return { digest: run.digest, audit: { ...audit, violations }, sights, simulatedSeconds: result.simulatedSeconds };
  } catch (error) {
    // Code under test that throws is a violation like any other.
    return {
      id: 'crash',
      at: 0,
      message: error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 4).join(' ') : String(error),
    };
  }
}
