/** What an attempt leaves in the metrics of extension points and plugins. Durations come from the cost model: an extension point's is its share of the attempt, a plugin's an even
 *  share of that. Mirrors pkg/scheduler/framework/runtime/framework.go and instrumented_plugins.go v1.34 (what is observed when, under which status). */

import type { Counter, Duration, Instant } from '#sim';
import { pointCosts, SMALL_POINT_COST } from './costs.ts';
import type { Profile } from './profile.ts';
import type { Decision, PodScheduler } from './schedule-pod.ts';
import type { SchedulerMetrics } from './scheduler-metrics.ts';
import { isRejected } from './status.ts';
import type { AskedPlugins } from './table/plugin-runs.ts';

/** pluginMetricsSamplePercent. */
const SAMPLED_PERCENT = 10;

interface Evaluations {
  readonly preFilter: readonly Counter[];
  readonly filter: readonly Counter[];
  readonly preScore: readonly Counter[];
  readonly score: readonly Counter[];
}

export class AttemptMetrics {
  readonly #metrics: SchedulerMetrics;
  readonly #evaluations = new Map<string, WeakMap<AskedPlugins, Evaluations>>();
  #luck = 1;

  constructor(metrics: SchedulerMetrics) {
    this.#metrics = metrics;
  }

  /** The scheduling cycle has decided. Recording must not draw from the run's luck: whether a cycle is sampled comes from a sequence of its own. */
  decided(scheduler: PodScheduler, decision: Decision, now: Instant): void {
    const { work, failure } = decision;
    // Extenders' cycles are not taken apart.
    if (work === undefined || work.nodes === 0) return;
    const metrics = this.#metrics;
    const profile = scheduler.profile.schedulerName;
    const costs = pointCosts(work);
    if (work.evaluated === 0) {
      metrics.point('PreFilter', failure?.isError === true ? 'Error' : 'UnschedulableAndUnresolvable', profile, costs.preFilter);
      return;
    }
    metrics.point('PreFilter', 'Success', profile, costs.preFilter);
    metrics.point('Filter', 'Success', profile, costs.filter);
    const postFilter = failure === undefined ? undefined : statusOf(failure.postFilter.nominatedNodeName, failure.postFilter.status?.code);
    if (postFilter !== undefined) {
      metrics.point('PostFilter', postFilter, profile, costs.postFilter);
      if (scheduler.profile.postFilter.some(({ name }) => name === 'DefaultPreemption')) metrics.preemptionAttempts.add();
    }
    if (work.scored > 0) {
      metrics.point('PreScore', 'Success', profile, costs.preScore);
      metrics.point('Score', 'Success', profile, costs.score);
    }
    const { plugins, rejected } = scheduler.asked(decision);
    this.#count(plugins, rejected, profile, work.evaluated, work.scored);
    if (!this.#isSampled()) return;
    const { preFilter, skipped, filter, preScore, score } = plugins;
    const share = costs.preFilter / Math.max(preFilter.length, 1);
    for (const name of preFilter) metrics.plugin(name, 'PreFilter', 'Success', share, 1, now);
    for (const name of skipped) metrics.plugin(name, 'PreFilter', 'Skip', SMALL_POINT_COST, 1, now);
    const each = costs.filter / work.evaluated / Math.max(filter.length, 1);
    let left = work.evaluated;
    for (const name of filter) {
      const away = rejected.get(name) ?? 0;
      metrics.plugin(name, 'Filter', 'Success', each, left - away, now);
      if (away > 0) metrics.plugin(name, 'Filter', 'Unschedulable', each, away, now);
      left -= away;
    }
    if (postFilter !== undefined)
      for (const { name } of scheduler.profile.postFilter) metrics.plugin(name, 'PostFilter', postFilter, costs.postFilter, 1, now);
    if (work.scored === 0) return;
    for (const name of preScore) metrics.plugin(name, 'PreScore', 'Success', costs.preScore / preScore.length, 1, now);
    for (const name of score) metrics.plugin(name, 'Score', 'Success', costs.score / work.scored / score.length, work.scored, now);
  }

  /** Reserve and Permit have let the pod through, or not. */
  reserved(profile: Profile, refusedBy: 'Reserve' | 'Permit' | undefined, code: string): void {
    const { schedulerName } = profile;
    this.#metrics.point('Reserve', refusedBy === 'Reserve' ? code : 'Success', schedulerName, SMALL_POINT_COST * profile.reserve.length);
    if (refusedBy !== 'Reserve') this.#metrics.point('Permit', code, schedulerName, SMALL_POINT_COST * (1 + profile.permit.length));
    if (refusedBy !== undefined) this.#metrics.point('Unreserve', 'Success', schedulerName, SMALL_POINT_COST * profile.reserve.length);
  }

  /** The binding cycle is over; its PreBind plugins took `preBind`, the binding `bind`. */
  bound(profile: Profile, preBind: Duration, bind: Duration, now: Instant): void {
    const { schedulerName } = profile;
    this.#metrics.point('PreBind', 'Success', schedulerName, preBind);
    this.#metrics.point('Bind', 'Success', schedulerName, bind);
    this.#metrics.point('PostBind', 'Success', schedulerName, SMALL_POINT_COST);
    if (this.#isSampled()) this.#metrics.plugin('DefaultBinder', 'Bind', 'Success', bind, 1, now);
  }

  /** scheduler_plugin_evaluation_total: a Filter is asked about the nodes that the ones before it left. */
  #count(plugins: AskedPlugins, rejected: ReadonlyMap<string, number>, profile: string, evaluated: number, scored: number): void {
    const counters = this.#countersOf(plugins, profile);
    for (const counter of counters.preFilter) counter.add();
    let left = evaluated;
    for (let i = 0; i < counters.filter.length; i++) {
      (counters.filter[i] as Counter).add(left);
      if (rejected.size > 0) left -= rejected.get(plugins.filter[i] as string) ?? 0;
    }
    if (scored === 0) return;
    for (const counter of counters.preScore) counter.add();
    for (const counter of counters.score) counter.add(scored);
  }

  #countersOf(plugins: AskedPlugins, profile: string): Evaluations {
    let ofProfile = this.#evaluations.get(profile);
    if (ofProfile === undefined) this.#evaluations.set(profile, (ofProfile = new WeakMap()));
    let found = ofProfile.get(plugins);
    if (found === undefined) {
      const at = (point: string, names: readonly string[]) => names.map((name) => this.#metrics.evaluations.of(name, point, profile));
      found = {
        preFilter: at('PreFilter', plugins.preFilter),
        filter: at('Filter', plugins.filter),
        preScore: at('PreScore', plugins.preScore),
        score: at('Score', plugins.score),
      };
      ofProfile.set(plugins, found);
    }
    return found;
  }

  #isSampled(): boolean {
    this.#luck = (Math.imul(this.#luck, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (this.#luck >>> 16) % 100 < SAMPLED_PERCENT;
  }
}

const statusOf = (nominated: string | undefined, code: string | undefined): string =>
  code === undefined
    ? nominated === undefined || nominated === ''
      ? 'Unschedulable'
      : 'Success'
    : isRejected({ code } as never)
      ? 'Unschedulable'
      : code;
