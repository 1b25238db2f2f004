/** Judges what a study will run before the first trial does: scenarios, schedulers' configurations, plugins. */

import { checkSchedulers } from '../scheduler-hosts.ts';
import { type Arm, scenarioOf } from './trial.ts';

/** Throws UserError with the place of each mistake. Plugins are looked at in a thread of their own, when the trials load them. */
export function checkArms(arms: readonly Arm[]): void {
  const seen = new Set<Arm>();
  for (const arm of arms) {
    if (seen.has(arm)) continue;
    seen.add(arm);
    const scenario = scenarioOf(arm);
    // Names of plugins of one's own are known only where they are loaded; another build has its own.
    if (arm.plugins.length === 0 && arm.build === undefined) checkSchedulers(scenario.cluster.schedulers);
  }
}
