/** What-ifs from one past: a finished run is lived again up to an instant, and goes on from there under other settings. */

import { isDeepStrictEqual } from 'node:util';
import { type Scenario, type Source, scenarioFrom, UserError } from '#scenario';
import type { Instant } from '#sim';
import { type BranchPlan, branchPlan } from './branch-point.ts';
import { branchRunner } from './branch-run.ts';
import { buildWorld, type WorldOptions } from './build-world.ts';
import { type ExplainChoice, withJournals } from './explain-file.ts';
import type { Life } from './life.ts';
import type { Result } from './result.ts';
import { type FinishedRun, type RunRequest, runScenario } from './run-scenario.ts';
import { studyMetric, studyMetrics } from './studies/study-metrics.ts';

export interface BranchWish {
  readonly name: string;
  /** `--set` assignments. */
  readonly set: readonly string[];
}

export interface BranchRequest extends Pick<RunRequest, 'version' | 'onProgress' | 'interrupted'> {
  readonly world: Partial<WorldOptions>;
  readonly explain: ExplainChoice;
}

export interface PlannedBranch {
  readonly wish: BranchWish;
  readonly plan: BranchPlan;
  run(): Promise<FinishedRun>;
}

/** A branch as branches.json holds it. */
export interface BranchOutcome extends BranchWish {
  readonly acts: readonly string[];
  readonly digest: string;
  readonly partial: boolean;
  readonly metrics: Readonly<Record<string, number>>;
  readonly verdicts: Result['verdicts'];
}

export interface Branches {
  readonly format: 'wavetank-branches/1';
  readonly version: string;
  readonly scenario: string;
  readonly seed: number;
  readonly atSeconds: number;
  /** First the life as it was. */
  readonly branches: readonly BranchOutcome[];
}

export const branchOutcome = (wish: BranchWish, acts: readonly string[], result: Result): BranchOutcome => ({
  ...wish,
  acts,
  digest: result.digest,
  partial: result.partial,
  metrics: studyMetrics(result),
  verdicts: result.verdicts,
});

/** The scenario of a recorded life: files that it names are found beside the file it came from. */
export function scenarioOfLife({ run, from }: Life, set: readonly string[]): Scenario {
  const file = from ?? run.scenario;
  if (from === undefined) throw UserError.at({}, `branch: the run of '${run.scenario}' was not made from a scenario file`);
  const source: Source = { file, value: run.source, headComment: '', placeOf: () => ({ file }) };
  return scenarioFrom(source, set);
}

/** Judges all branches before anything runs. Throws UserError. */
export function planBranches(life: Life, at: Instant, wishes: readonly BranchWish[], request: BranchRequest): readonly PlannedBranch[] {
  const { seed } = life.run;
  const options: WorldOptions = { seed, ...request.world };
  const base = scenarioOfLife(life, []);
  const built = (scenario: Scenario) => {
    const it = buildWorld(scenario, options);
    return { ...it, world: withJournals(it.world, request.explain) };
  };
  const was = built(base);
  if (!(at > 0 && at < was.world.until))
    throw UserError.at({}, `--at: expected an instant within the run, which lasted ${was.world.until / 1e6} s`);
  return wishes.map((wish) => {
    const written = scenarioOfLife(life, wish.set);
    // Drawn from the duration where nobody says it: a branch that lasts longer keeps the width of the past.
    const says = ({ source }: Scenario): boolean => (source as { bucket?: unknown }).bucket !== undefined;
    const scenario = says(written) ? written : { ...written, bucket: base.bucket };
    if (scenario.seed !== base.seed)
      throw UserError.at({}, '--set seed: belongs to the past too; a branch changes what comes after --at only');
    const is = built(scenario);
    const plan = branchPlan(was, is, at);
    if (isDeepStrictEqual(scenario.source, base.source)) throw UserError.at({}, `branch ${wish.name}: its --set changes nothing`);
    const run = (): Promise<FinishedRun> =>
      runScenario(scenario, {
        ...request,
        seed,
        shards: 0,
        runner: branchRunner(was.world, plan, life.positions),
      });
    return { wish, plan, run };
  });
}

/** Metrics worth a line: what the scenario expects something of, what studies look at unasked, and whatever differs much. */
export function chiefBranchMetrics({ branches }: Branches): readonly string[] {
  const [base, ...others] = branches;
  const expected = new Set(branches.flatMap(({ verdicts }) => verdicts.map(({ metric }) => metric)));
  const names = [...new Set(branches.flatMap(({ metrics }) => Object.keys(metrics)))];
  const moved = (name: string): number => {
    const was = base?.metrics[name];
    return Math.max(
      0,
      ...others.map(({ metrics }) =>
        was === metrics[name] ? 0 : Math.abs((metrics[name] ?? 0) - (was ?? 0)) / Math.max(Math.abs(was ?? 0), 1e-9),
      ),
    );
  };
  const most = names
    .filter((name) => studyMetric(name) !== undefined && moved(name) > 0.05 && !name.endsWith('.count') && !name.includes('/'))
    .sort((a, b) => moved(b) - moved(a))
    .slice(0, 12);
  return names.filter((name) => expected.has(name) || studyMetric(name)?.headline === true || most.includes(name));
}
