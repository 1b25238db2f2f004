/** Functions of extenders that users bring, by the module that they come from: registered while modules load, read-only once a run begins. */

import type {
  ExtenderArgs,
  ExtenderBindingArgs,
  ExtenderBindingResult,
  ExtenderFilterResult,
  ExtenderPreemptionArgs,
  ExtenderPreemptionResult,
  HostPriorityList,
} from './extender-wire.ts';

/** What a function may know besides its arguments. */
export interface ExtenderMoment {
  /** Microseconds since the epoch on the extender's clock. */
  readonly now: number;
  /** In [0, 1), the same for the same pod, attempt and verb in every run of one seed. */
  random(): number;
}

/** One file of a user: a function for each verb that the configuration names. What throws is answered with 500. */
export interface ExtenderModule {
  filter?(args: ExtenderArgs, moment: ExtenderMoment): ExtenderFilterResult;
  prioritize?(args: ExtenderArgs, moment: ExtenderMoment): HostPriorityList;
  preempt?(args: ExtenderPreemptionArgs, moment: ExtenderMoment): ExtenderPreemptionResult;
  /** Called before the extender binds the pod at the API server; an Error keeps it from doing so. */
  bind?(args: ExtenderBindingArgs, moment: ExtenderMoment): ExtenderBindingResult;
}

const modules = new Map<string, ExtenderModule>();

/** The same module may be registered again: every thread and every run loads it. */
export function registerExtenderModule(name: string, module: ExtenderModule): void {
  modules.set(name, module);
}

export const extenderModule = (name: string): ExtenderModule | undefined => modules.get(name);
