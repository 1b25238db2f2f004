/** From two sides to two arms: what each trial of A and of B runs. */

import { decodeText, readBytes, UserError } from '#scenario';
import type { Result } from '../result.ts';
import type { Side } from './sides.ts';
import { studyMetrics } from './study-metrics.ts';
import type { Arm, TrialRecord } from './trial.ts';

export interface ArmOptions {
  /** The scenario that sides which bring none run in. */
  readonly scenario?: string;
  readonly set: readonly string[];
  readonly aSet: readonly string[];
  readonly bSet: readonly string[];
  readonly plugins: readonly string[];
  readonly extenders: readonly string[];
}

export interface TwoArms {
  readonly arms: readonly [Arm, Arm];
  readonly what: readonly [string, string];
}

export function armsOf(a: Side, b: Side, options: ArmOptions): TwoArms {
  const scenario = options.scenario ?? [a, b].flatMap((side) => (side.kind === 'scenario' ? [side.file] : []))[0];
  if (scenario === undefined)
    throw UserError.at({}, `compare: neither '${a.name}' nor '${b.name}' is a scenario: say with --scenario what both are to run`);
  const arm = (side: Side, name: string, set: readonly string[]): Arm => {
    const file = side.kind === 'scenario' ? side.file : scenario;
    return {
      name,
      file,
      text: decodeText(readBytes(file), file),
      set: [...options.set, ...(side.kind === 'scheduler' ? [side.set] : []), ...set],
      plugins: [...options.plugins, ...(side.kind === 'plugin' ? [side.file] : [])],
      extenders: options.extenders,
      ...(side.kind === 'build' ? { build: side.bin } : {}),
    };
  };
  return { arms: [arm(a, 'A', options.aSet), arm(b, 'B', options.bSet)], what: [whatOf(a, options.aSet), whatOf(b, options.bSet)] };
}

function whatOf(side: Side, set: readonly string[]): string {
  const words = {
    scenario: () => `the scenario ${(side as { file: string }).file}`,
    scheduler: () => (side as { what: string }).what,
    plugin: () => `the plugin ${(side as { file: string }).file}`,
    build: () => `the build ${(side as { bin: string }).bin}`,
    results: () => `the results of ${side.name}`,
  }[side.kind]();
  return set.length === 0 ? words : `${words} with ${set.join(', ')}`;
}

/** Results that exist, as trials: paired by their seed. */
export function recordsOf(results: readonly Result[], arm: string): readonly TrialRecord[] {
  return results.map((result, index) => ({
    index,
    key: `${arm}-${result.seed}`,
    arm,
    seed: result.seed,
    repeat: 0,
    digest: result.digest,
    metrics: studyMetrics(result),
    verdicts: result.verdicts,
    ...(result.partial ? { failure: `partial: ${result.ended ?? 'ended early'}` } : {}),
    nodes: result.nodes,
    podsCreated: result.podsCreated,
    podsBound: result.podsBound,
    simulatedSeconds: result.simulatedSeconds,
    wallSeconds: result.wallSeconds,
  }));
}
