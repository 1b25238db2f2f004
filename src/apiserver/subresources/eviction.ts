/** pods/eviction: a deletion that asks the pod's disruption budgets first. Mirrors Kubernetes v1.34 pkg/registry/core/pod/storage/eviction.go. */

import {
  badRequest,
  conflict,
  type KubeObject,
  type LabelSelector,
  matchesLabelSelector,
  notFound,
  type Pod,
  type RequestOptions,
  rfc3339,
  type StatusObject,
} from '#api';
import type { Context } from '#sim';
import { type Core, type Operation, UNCHANGED } from '../core.ts';
import { unknownFailure } from '../failures.ts';
import { type Change, GuaranteedUpdate } from '../guaranteed-update.ts';
import { freshMeta } from '../object-meta.ts';
import { checkPreconditions, deletedObject } from '../verbs/delete.ts';

interface Eviction extends KubeObject {
  readonly deleteOptions?: RequestOptions;
}
interface DisruptionBudget extends KubeObject {
  readonly spec?: { readonly selector?: LabelSelector; readonly unhealthyPodEvictionPolicy?: string };
  readonly status?: {
    readonly disruptionsAllowed?: number;
    readonly currentHealthy?: number;
    readonly desiredHealthy?: number;
    readonly expectedPods?: number;
    readonly observedGeneration?: number;
    readonly disruptedPods?: Readonly<Record<string, string>>;
  };
}

const BUDGETS = 'poddisruptionbudgets.policy';
const TOO_MANY_BUDGETS = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
const CREATED = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
/** EvictionsRetry: so often a pod that changes meanwhile is looked at anew (upstream waits half a second in between). */
const TRIES = 20;
/** MaxDisruptedPodSize: a budget that names more pods than this waits for its controller. */
const DISRUPTED_PODS_MAX = 2000;

/** 429: the budget has nothing left to give. */
function exhausted(budget: DisruptionBudget): StatusObject {
  const { desiredHealthy = 0, currentHealthy = 0 } = budget.status ?? {};
  const message = `The disruption budget ${budget.metadata?.name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    reason: 'TooManyRequests',
    details: { causes: [{ reason: 'DisruptionBudget', message }] },
    code: 429,
  };
}

const notObserved = (): StatusObject => ({
  ...exhausted({}),
  message: "Cannot evict pod as it would violate the pod's disruption budget.",
  details: {
    retryAfterSeconds: 10,
    causes: [{ reason: 'DisruptionBudget', message: 'The disruption budget is still being processed by the server.' }],
  },
});

/** 429: the pod has become another while its budget was not asked. */
const meanwhile = ({ metadata }: DisruptionBudget): StatusObject => ({
  ...notObserved(),
  details: {
    retryAfterSeconds: 10,
    causes: [{ reason: 'DisruptionBudget', message: `The disruption budget ${metadata?.name} is still being processed by the server.` }],
  },
});

/** Takes one disruption from the budget, by compare-and-swap, then lets the deletion begin. */
function charging(podName: string, next: (core: Core, ctx: Context) => void): Change {
  return {
    transform(_core, _operation, current, ctx) {
      const budget = current as DisruptionBudget | undefined;
      if (budget === undefined) return notFound(BUDGETS, '');
      const status = budget.status ?? {};
      if ((status.observedGeneration ?? 0) < (budget.metadata?.generation ?? 0)) return notObserved();
      if ((status.disruptionsAllowed ?? 0) <= 0) return exhausted(budget);
      const disruptedPods = { ...status.disruptedPods, [podName]: rfc3339(ctx.clock()) };
      if (Object.keys(disruptedPods).length > DISRUPTED_PODS_MAX) return exhausted(budget);
      return {
        ...budget,
        metadata: freshMeta(budget.metadata),
        status: { ...status, disruptionsAllowed: (status.disruptionsAllowed ?? 0) - 1, disruptedPods },
      } as KubeObject;
    },
    done(core, _operation, _object, _removed, ctx) {
      next(core, ctx);
    },
  };
}

const isReady = (pod: Pod): boolean =>
  pod.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true;

const CONDITION = {
  type: 'DisruptionTarget',
  status: 'True',
  reason: 'EvictionByEvictionAPI',
  message: 'Eviction API: evicting',
} as const;

/** UpdatePodCondition; undefined where the pod says so already. */
function withCondition(pod: Pod, ctx: Context): Pod | undefined {
  const conditions = pod.status?.conditions ?? [];
  const old = conditions.find(({ type }) => type === CONDITION.type);
  if (old?.status === CONDITION.status && old.reason === CONDITION.reason && old.message === CONDITION.message) return undefined;
  const lastTransitionTime = old?.status === CONDITION.status ? old.lastTransitionTime : rfc3339(ctx.clock());
  const next = { ...CONDITION, lastTransitionTime };
  const rest = old === undefined ? [...conditions, next] : conditions.map((one) => (one === old ? next : one));
  return { ...pod, metadata: freshMeta(pod.metadata), status: { ...pod.status, conditions: rest } } as unknown as Pod;
}

/** What to do when a pod has changed since it was looked at. */
type WhenChanged = (ctx: Context) => void;

/** One request's way: the pod as etcd has it, its budget, the condition that says why it goes, its deletion. */
class EvictionRequest {
  readonly #operation: Operation;
  readonly #core: Core;
  /** Whether admission has let it through: it is asked with the first write. */
  #isReviewed = false;
  #tries = 0;

  constructor(core: Core, operation: Operation) {
    this.#core = core;
    this.#operation = operation;
  }

  start(ctx: Context): void {
    this.#tries++;
    this.#write(this.#operation, ctx, {
      startsLive: true,
      transform: (_core, { request }, current) => (current === undefined ? notFound('pods', request.name ?? '') : UNCHANGED),
      done: (_core, _operation, pod, _removed, then) => this.#decide(pod as Pod, then),
    });
  }

  #write(operation: Operation, ctx: Context, change: Change): void {
    new GuaranteedUpdate(this.#core, operation, change, this.#isReviewed).start(ctx);
  }

  #decide(pod: Pod, ctx: Context): void {
    const core = this.#core;
    const operation = this.#operation;
    const { phase = '' } = pod.status ?? {};
    const isGoing = pod.metadata?.deletionTimestamp !== undefined || phase === 'Succeeded' || phase === 'Failed';
    if (isGoing) return this.#target(pod, undefined, ctx);
    // It may become ready meanwhile, and then its budget is to be asked.
    if (phase === 'Pending') return this.#target(pod, (then) => this.#again(then), ctx);
    const state = core.resource(BUDGETS);
    const budgets = [...(state?.cache.objects.values() ?? [])].filter((kv) => {
      const { metadata, spec } = kv.value as DisruptionBudget;
      return metadata?.namespace === operation.request.namespace && matchesLabelSelector(spec?.selector, pod.metadata?.labels);
    });
    if (budgets.length > 1) return core.fail(operation, unknownFailure(TOO_MANY_BUDGETS), ctx);
    const found = budgets[0];
    if (found === undefined || state === undefined) return this.#target(pod, undefined, ctx);
    const budget = found.value as DisruptionBudget;
    if (mayGoUnasked(pod, budget)) return this.#target(pod, (then) => core.fail(operation, meanwhile(budget), then), ctx);
    const charge = charging(pod.metadata?.name ?? '', (_core, then) => {
      this.#isReviewed = true;
      this.#target(pod, undefined, then);
    });
    this.#write({ ...operation, resource: state, key: found.key }, ctx, charge);
  }

  #again(ctx: Context): void {
    if (this.#tries < TRIES) return this.start(ctx);
    this.#core.fail(this.#operation, conflict('pods', this.#operation.request.name ?? ''), ctx);
  }

  /** addConditionAndDeletePod. `whenChanged`: only the pod that was looked at may go, unless the request itself names a version. */
  #target(seen: Pod, whenChanged: WhenChanged | undefined, ctx: Context): void {
    const operation = this.#operation;
    const { options } = operation.request;
    if (options?.dryRun) return this.#delete(seen, whenChanged, ctx);
    const isOwn = options?.preconditions?.resourceVersion !== undefined;
    const wanted = isOwn || whenChanged === undefined ? undefined : seen.metadata?.resourceVersion;
    let hasChanged = false;
    this.#write(operation, ctx, {
      transform: (_core, asked, current, now) => {
        if (current === undefined) return notFound('pods', asked.request.name ?? '');
        hasChanged = wanted !== undefined && current.metadata?.resourceVersion !== wanted;
        if (hasChanged) return UNCHANGED;
        return checkPreconditions(asked, current.metadata ?? {}, options) ?? withCondition(current as Pod, now) ?? UNCHANGED;
      },
      done: (_core, _operation, pod, _removed, then) => {
        if (hasChanged) return whenChanged?.(then);
        this.#isReviewed = true;
        this.#delete(pod as Pod, whenChanged, then);
      },
    });
  }

  /** The pod as the condition's write has left it. */
  #delete(pod: Pod, whenChanged: WhenChanged | undefined, ctx: Context): void {
    const { request } = this.#operation;
    const isOwn = request.options?.preconditions?.resourceVersion !== undefined;
    const wanted = isOwn || whenChanged !== undefined ? pod.metadata?.resourceVersion : undefined;
    const preconditions = { ...request.options?.preconditions, ...(wanted === undefined ? {} : { resourceVersion: wanted }) };
    const deleting: Operation = { ...this.#operation, request: { ...request, options: { ...request.options, preconditions } } };
    let hasChanged = false;
    this.#write(deleting, ctx, {
      startsLive: true,
      transform: (_core, asked, current, now) => {
        if (current === undefined) return notFound('pods', request.name ?? '');
        const version = current.metadata?.resourceVersion;
        hasChanged = !isOwn && wanted !== undefined && current !== asked.candidate && version !== wanted;
        return hasChanged ? UNCHANGED : deletedObject(asked, current, now);
      },
      done: (core, asked, _object, _removed, then) => (hasChanged ? whenChanged?.(then) : core.answer(asked, 201, CREATED, then)),
    });
  }
}

export function evict(core: Core, operation: Operation, ctx: Context): void {
  const { request } = operation;
  const eviction = (request.body ?? {}) as Eviction;
  if (eviction.metadata?.name && eviction.metadata.name !== request.name)
    return core.fail(operation, badRequest('name in URL does not match name in Eviction object'), ctx);
  // The options of the deletion come in the body.
  const options = { ...request.options, ...eviction.deleteOptions };
  new EvictionRequest(core, { ...operation, request: { ...request, options } }).start(ctx);
}

/** A pod that is not ready costs its budget nothing: always (AlwaysAllow), or while enough others are healthy (IfHealthyBudget). */
function mayGoUnasked(pod: Pod, budget: DisruptionBudget): boolean {
  if (isReady(pod)) return false;
  if (budget.spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = budget.status ?? {};
  return desiredHealthy > 0 && currentHealthy >= desiredHealthy;
}
