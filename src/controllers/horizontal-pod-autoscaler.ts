/** Sets the replicas of a workload so that its metrics come near their targets. Mirrors kubernetes v1.34 pkg/controller/podautoscaler/horizontal.go.
 *  Departures: what was recommended lately is found by time and not by the reuse of old entries (the same windows). */

import type { HorizontalPodAutoscaler, KubeObject, Pod, Selector } from '#api';
import { matchesSelector, parseLabelSelector, resourceForKind, rfc3339, SelectorError } from '#api';
import type { Controller, Outcome, Plan, RequestSpec, Stage, View, WatchSpec } from '#client';
import type { Duration, Instant } from '#sim';
import { MINUTE, SECOND } from '#sim';
import { customKind, DEFINITIONS, groupOf } from './custom-kinds.ts';
import type { History } from './hpa-behaviour.ts';
import { newHistory, normalize, normalizeWithBehaviour, noteScale } from './hpa-behaviour.ts';
import type { Action, Fault } from './hpa-instruments.ts';
import { actionOf, countComputation, countReconciliation } from './hpa-instruments.ts';
import type { Measured, MetricStatus } from './hpa-metrics.ts';
import { evaluate, FAILURES, failureOf, metricQuery } from './hpa-metrics.ts';
import type { Scene } from './hpa-replicas.ts';
import { CannotCompute } from './hpa-replicas.ts';
import { BY_LABEL_SET, byLabelSet, podsMatching } from './label-sets.ts';
import { semanticEqual } from './semantic-equal.ts';

const AUTOSCALERS = 'horizontalpodautoscalers.autoscaling';
const NONE: readonly never[] = [];

export interface AutoscalerSettings {
  /** --horizontal-pod-autoscaler-sync-period and its kin. */
  readonly syncPeriod: Duration;
  readonly tolerance: number;
  readonly downscaleStabilization: Duration;
  readonly cpuInitializationPeriod: Duration;
  readonly initialReadinessDelay: Duration;
}

export const AUTOSCALER_DEFAULTS: AutoscalerSettings = {
  syncPeriod: 15 * SECOND,
  tolerance: 0.1,
  downscaleStabilization: 5 * MINUTE,
  cpuInitializationPeriod: 5 * MINUTE,
  initialReadinessDelay: 30 * SECOND,
};

type Status = NonNullable<HorizontalPodAutoscaler['status']>;
type Condition = NonNullable<Status['conditions']>[number];

interface Asked {
  readonly resource: string;
  readonly startedAt: Instant;
}

interface Scale extends KubeObject {
  readonly spec?: { readonly replicas?: number };
  readonly status?: { readonly replicas?: number; readonly selector?: string };
}

/** What a pass that ends tells the instruments. */
interface Ending {
  readonly autoscaler: HorizontalPodAutoscaler;
  readonly startedAt: Instant;
  readonly action: Action;
  readonly fault: Fault;
}

/** One pass over an autoscaler. */
interface Pass {
  readonly key: string;
  readonly startedAt: Instant;
  /** When the metrics were asked for. */
  askedAt: Instant;
  readonly autoscaler: HorizontalPodAutoscaler;
  readonly resource: string;
  readonly scale: Scale;
  readonly current: number;
  conditions: readonly Condition[];
  metrics: readonly MetricStatus[];
  desired: number;
  why: string;
  /** Of metrics that failed while others are followed. */
  fault: Fault;
}

export class HorizontalPodAutoscalerController implements Controller {
  readonly name = 'horizontalpodautoscaling';
  readonly queue = 'horizontalpodautoscaler';
  readonly component = 'horizontal-pod-autoscaler';
  readonly workers: number;
  readonly watches: readonly WatchSpec[];
  readonly #settings: AutoscalerSettings;
  readonly #histories = new Map<string, History>();
  /** What each autoscaler's target selects, as far as it was looked at. */
  readonly #selectors = new Map<string, Selector>();

  /** --concurrent-horizontal-pod-autoscaler-syncs. */
  constructor(settings: AutoscalerSettings = AUTOSCALER_DEFAULTS, workers = 5) {
    this.#settings = settings;
    this.workers = workers;
    this.watches = [
      {
        resource: AUTOSCALERS,
        // The queue's limiter always waits one period (FixedItemIntervalRateLimiter); what is gone is forgotten at once.
        keys: (event, view) => {
          if (event.type === 'delete') {
            this.#selectors.delete(event.key);
            return [event.key];
          }
          view.enqueue(event.key, settings.syncPeriod);
          return NONE;
        },
      },
      { resource: 'pods', keys: () => NONE, indexes: { [BY_LABEL_SET]: byLabelSet } },
      { resource: DEFINITIONS, keys: () => NONE },
    ];
  }

  reconcile(key: string, view: View, stage: Stage | undefined): Plan {
    const [outcome] = stage?.outcomes ?? NONE;
    switch (stage?.name) {
      case 'scaled':
        return this.#scaled(key, stage.data as Asked, outcome as Outcome<unknown>, view);
      case 'measured':
        return this.#measured(stage.data as Pass, stage.outcomes ?? NONE, view);
      case 'rescaled':
        return this.#rescaled(stage.data as Pass, outcome as Outcome<unknown>, view);
      case 'told':
        return this.#told(stage.data as Ending, outcome, view);
      default:
        return this.#begin(key, view);
    }
  }

  #begin(key: string, view: View): Plan {
    const autoscaler = view.lister<HorizontalPodAutoscaler>(AUTOSCALERS).get(key);
    if (autoscaler === undefined) {
      this.#histories.delete(key);
      return {};
    }
    const { apiVersion = 'v1', kind = '', name } = autoscaler.spec?.scaleTargetRef ?? {};
    const resource = resourceForKind(apiVersion, kind)?.resource ?? customKind(apiVersion, kind, view)?.resource;
    if (resource === undefined)
      return this.#withoutScale(autoscaler, `no matches for kind "${kind}" in group "${groupOf(apiVersion)}"`, view.now, view);
    const { namespace } = autoscaler.metadata ?? {};
    const asked: Asked = { resource, startedAt: view.now };
    return { requests: [{ verb: 'get', resource, subresource: 'scale', namespace, name }], next: { name: 'scaled', data: asked } };
  }

  /** The pass is over: the next one comes a period later, whatever became of the status. */
  #told({ autoscaler, startedAt, action, fault }: Ending, outcome: Outcome<unknown> | undefined, view: View): Plan {
    const isLost = outcome !== undefined && outcome.code !== 200;
    if (isLost) view.event(autoscaler, 'Warning', 'FailedUpdateStatus', outcome.error?.message ?? 'connection lost');
    countReconciliation(view, action, isLost ? 'internal' : fault, startedAt);
    return { requeueAfter: this.#settings.syncPeriod };
  }

  #withoutScale(autoscaler: HorizontalPodAutoscaler, message: string, startedAt: Instant, view: View): Plan {
    view.event(autoscaler, 'Warning', 'FailedGetScale', message);
    const conditions = withCondition(
      (autoscaler.status?.conditions ?? NONE) as readonly Condition[],
      condition(
        'AbleToScale',
        'False',
        'FailedGetScale',
        `the HPA controller was unable to get the target's current scale: ${message}`,
        view.clock,
      ),
    );
    return {
      requests: statusWrite(autoscaler, { ...autoscaler.status, conditions: [...conditions] } as Status),
      next: { name: 'told', data: { autoscaler, startedAt, action: 'none', fault: 'internal' } satisfies Ending },
    };
  }

  #scaled(key: string, { resource, startedAt }: Asked, outcome: Outcome<unknown>, view: View): Plan {
    const autoscaler = view.lister<HorizontalPodAutoscaler>(AUTOSCALERS).get(key);
    if (autoscaler === undefined) return {};
    if (outcome.code !== 200) return this.#withoutScale(autoscaler, outcome.error?.message ?? 'connection lost', startedAt, view);
    const scale = outcome.object as Scale;
    const current = scale.spec?.replicas ?? 0;
    if (!this.#histories.has(key)) this.#histories.set(key, newHistory(current, view.clock));
    const { minReplicas = 1, maxReplicas = 1, metrics = NONE } = autoscaler.spec ?? {};
    const pass: Pass = {
      key,
      startedAt,
      askedAt: view.now,
      autoscaler,
      resource,
      scale,
      current,
      conditions: (autoscaler.status?.conditions ?? NONE) as readonly Condition[],
      metrics: NONE,
      desired: 0,
      why: '',
      fault: 'none',
    };
    say(pass, view, 'AbleToScale', 'True', 'SucceededGetScale', "the HPA controller was able to get the target's current scale");
    if (current === 0 && minReplicas !== 0) {
      say(pass, view, 'ScalingActive', 'False', 'ScalingDisabled', 'scaling is disabled since the replica count of the target is zero');
      return this.#settle(pass, 0, false, view);
    }
    if (current > maxReplicas) return this.#rescale(pass, maxReplicas, 'Current number of replicas above Spec.MaxReplicas');
    if (current < minReplicas) return this.#rescale(pass, minReplicas, 'Current number of replicas below Spec.MinReplicas');
    const { namespace } = autoscaler.metadata ?? {};
    const selector = scale.status?.selector ?? '';
    const objection = this.#objection(key, selector, view);
    if (objection !== undefined) {
      const [reason, message, about = message] = objection;
      view.event(autoscaler, 'Warning', reason, message);
      say(pass, view, 'ScalingActive', 'False', reason === 'SelectorRequired' ? 'InvalidSelector' : reason, about);
      return this.#fail(pass, message, view);
    }
    return {
      requests: metrics.map((metric) => metricQuery(metric, namespace, selector)),
      next: { name: 'measured', data: pass },
    };
  }

  /** validateAndParseSelector: what is wrong with the target's selector, as reason, message and, where it differs, the condition's message. */
  #objection(key: string, text: string, view: View): readonly [reason: string, message: string, about?: string] | undefined {
    if (text === '') return ['SelectorRequired', 'selector is required', "the HPA target's scale is missing a selector"];
    let selector: Selector;
    try {
      selector = parseLabelSelector(text);
    } catch (error) {
      if (!(error instanceof SelectorError)) throw error;
      return ['InvalidSelector', `couldn't convert selector into a corresponding internal selector object: ${error.message}`];
    }
    this.#selectors.set(key, selector);
    if (this.#selectors.size === 1) return undefined;
    const namespace = key.slice(0, key.indexOf('/'));
    const rivals = new Set<string>();
    for (const pod of podsMatching(view.lister<Pod>('pods'), namespace, selector))
      for (const [other, theirs] of this.#selectors)
        if (other.startsWith(`${namespace}/`) && matchesSelector(theirs, pod.metadata?.labels)) rivals.add(other);
    if (rivals.size < 2) return undefined;
    return ['AmbiguousSelector', `pods by selector ${text} are controlled by multiple HPAs: [${[...rivals].join(' ')}]`];
  }

  /** No number could be computed: the status keeps the one that was wanted last. */
  #fail(pass: Pass, message: string, view: View): Plan {
    view.event(pass.autoscaler, 'Warning', 'FailedComputeMetricsReplicas', message);
    pass.fault = 'internal';
    return this.#settle(pass, pass.autoscaler.status?.desiredReplicas ?? 0, false, view);
  }

  /** computeReplicasForMetrics: the largest proposal wins; with a metric missing nothing shrinks. */
  #measured(pass: Pass, outcomes: readonly Outcome<unknown>[], view: View): Plan {
    const { autoscaler, current } = pass;
    const { metrics = NONE, minReplicas = 1, maxReplicas = 1, behavior } = autoscaler.spec ?? {};
    const scene = this.#scene(pass, view);
    let best: Measured | undefined;
    let firstFailure: { readonly reason: string; readonly message: string; readonly whole: string } | undefined;
    let failures = 0;
    const statuses: MetricStatus[] = [];
    for (const [index, metric] of metrics.entries()) {
      try {
        const measured = evaluate(metric, outcomes[index] as Outcome<unknown>, scene, pass.scale.status?.replicas ?? 0);
        if (best === undefined || measured.proposal.replicas > best.proposal.replicas) best = measured;
        statuses.push(measured.status);
        const before = autoscaler.status?.currentReplicas ?? 0;
        countComputation(view, actionOf(before, measured.proposal.replicas), 'none', metric.type, pass.askedAt);
      } catch (error) {
        if (!(error instanceof CannotCompute)) throw error;
        failures++;
        // Statuses stand at their metrics' places.
        statuses.push({ type: '' });
        countComputation(view, 'none', FAILURES[metric.type] === undefined ? 'spec' : 'internal', metric.type, pass.askedAt);
        const reason = FAILURES[metric.type] ?? 'InvalidMetricSourceType';
        view.event(autoscaler, 'Warning', reason, error.message);
        firstFailure ??= { reason, message: error.message, whole: failureOf(metric, error.message) };
      }
    }
    pass.metrics = statuses;
    if (best === undefined || (failures > 0 && best.proposal.replicas < current)) {
      const { reason = '', message = '', whole = '' } = firstFailure ?? {};
      say(pass, view, 'ScalingActive', 'False', reason, `the HPA was unable to compute the replica count: ${message}`);
      return this.#fail(pass, `invalid metrics (${failures} invalid out of ${metrics.length}), first error is: ${whole}`, view);
    }
    if (failures > 0) pass.fault = 'internal';
    say(
      pass,
      view,
      'ScalingActive',
      'True',
      'ValidMetricFound',
      `the HPA was able to successfully calculate a replica count from ${best.name}`,
    );
    const proposed = best.proposal.replicas;
    const why = proposed > current ? `${best.name} above target` : proposed < current ? 'All metrics below target' : '';
    const history = this.#histories.get(pass.key) ?? newHistory(current, view.clock);
    const bounds = { current, min: minReplicas, max: maxReplicas, downscaleStabilization: this.#settings.downscaleStabilization };
    const verdict =
      behavior === undefined
        ? normalize(history, proposed, bounds, view.clock)
        : normalizeWithBehaviour(history, behavior, proposed, bounds, view.clock);
    say(pass, view, 'AbleToScale', 'True', ...verdict.able);
    say(pass, view, 'ScalingLimited', verdict.isLimited ? 'True' : 'False', ...verdict.limit);
    return verdict.replicas === current ? this.#settle(pass, current, false, view) : this.#rescale(pass, verdict.replicas, why);
  }

  #scene({ autoscaler, current, scale }: Pass, view: View): Scene {
    const { tolerance, cpuInitializationPeriod, initialReadinessDelay } = this.#settings;
    const { scaleUp, scaleDown } = (autoscaler.spec?.behavior ?? {}) as Record<'scaleUp' | 'scaleDown', { tolerance?: string } | undefined>;
    let pods: readonly Pod[] = NONE;
    try {
      const selector = parseLabelSelector(scale.status?.selector ?? '');
      pods = [...podsMatching(view.lister<Pod>('pods'), autoscaler.metadata?.namespace ?? '', selector)];
    } catch (error) {
      if (!(error instanceof SelectorError)) throw error;
    }
    return {
      currentReplicas: current,
      pods,
      tolerances: { up: toleranceOf(scaleUp, tolerance), down: toleranceOf(scaleDown, tolerance) },
      clock: view.clock,
      initializationPeriod: cpuInitializationPeriod,
      initialReadinessDelay,
    };
  }

  #rescale(pass: Pass, desired: number, why: string): Plan {
    const { namespace, name } = pass.scale.metadata ?? {};
    const body = { ...pass.scale, spec: { ...pass.scale.spec, replicas: desired } };
    return {
      requests: [{ verb: 'update', resource: pass.resource, subresource: 'scale', namespace, name, body }],
      next: { name: 'rescaled', data: { ...pass, desired, why } },
    };
  }

  #rescaled(pass: Pass, { code, error }: Outcome<unknown>, view: View): Plan {
    const { autoscaler, desired, current, why } = pass;
    if (code !== 200) {
      const message = error?.message ?? 'connection lost';
      view.event(autoscaler, 'Warning', 'FailedRescale', `New size: ${desired}; reason: ${why}; error: ${message}`);
      say(pass, view, 'AbleToScale', 'False', 'FailedUpdateScale', `the HPA controller was unable to update the target scale: ${message}`);
      pass.fault = 'internal';
      return this.#settle(pass, autoscaler.status?.desiredReplicas ?? 0, false, view);
    }
    say(pass, view, 'AbleToScale', 'True', 'SucceededRescale', `the HPA controller was able to update the target scale to ${desired}`);
    view.event(autoscaler, 'Normal', 'SuccessfulRescale', `New size: ${desired}; reason: ${why}`);
    const history = this.#histories.get(pass.key);
    if (history !== undefined) noteScale(history, autoscaler.spec?.behavior, current, desired, view.clock);
    return this.#settle(pass, desired, true, view);
  }

  /** setStatus, and the next pass one period on. */
  #settle({ autoscaler, current, conditions, metrics, startedAt, fault }: Pass, desired: number, isRescaled: boolean, view: View): Plan {
    const lastScaleTime = isRescaled ? rfc3339(view.clock) : autoscaler.status?.lastScaleTime;
    const status = {
      ...(autoscaler.status?.observedGeneration === undefined ? {} : { observedGeneration: autoscaler.status.observedGeneration }),
      currentReplicas: current || undefined,
      desiredReplicas: desired,
      ...(lastScaleTime === undefined ? {} : { lastScaleTime }),
      ...(metrics.length > 0 ? { currentMetrics: [...metrics] } : {}),
      conditions: [...conditions],
    } as Status;
    const action = isRescaled ? actionOf(current, desired) : 'none';
    return {
      requests: statusWrite(autoscaler, status),
      next: { name: 'told', data: { autoscaler, startedAt, action, fault } satisfies Ending },
    };
  }
}

/** behavior.scaleUp.tolerance (HPAConfigurableTolerance). */
function toleranceOf(rules: { readonly tolerance?: string | number } | undefined, otherwise: number): number {
  const value = rules?.tolerance;
  if (value === undefined) return otherwise;
  const found = /^([\d.]+)(m?)$/.exec(String(value));
  return found === null ? otherwise : Number(found[1]) / (found[2] === 'm' ? 1000 : 1);
}

const condition = (type: string, status: string, reason: string, message: string, clock: number): Condition =>
  ({ type, status, lastTransitionTime: rfc3339(clock), reason, message }) as Condition;

/** setConditionInList: in its place, the time moves with the status only. */
function withCondition(conditions: readonly Condition[], next: Condition): readonly Condition[] {
  const index = conditions.findIndex(({ type }) => type === next.type);
  const before = conditions[index];
  if (before === undefined) return [...conditions, next];
  return conditions.with(index, before.status === next.status ? { ...next, lastTransitionTime: before.lastTransitionTime } : next);
}

function say(pass: Pass, view: View, type: string, status: string, reason: string, message: string): void {
  pass.conditions = withCondition(pass.conditions, condition(type, status, reason, message, view.clock));
}

function statusWrite(autoscaler: HorizontalPodAutoscaler, status: Status): readonly RequestSpec[] {
  if (semanticEqual(autoscaler.status, status)) return NONE;
  const { namespace, name } = autoscaler.metadata ?? {};
  return [
    { verb: 'update', resource: AUTOSCALERS, subresource: 'status', namespace, name, body: { ...autoscaler, status }, discardBody: true },
  ];
}
