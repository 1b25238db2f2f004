/** pods/eviction: a deletion that asks the pod's disruption budgets first. Mirrors Kubernetes v1.34 pkg/registry/core/pod/storage/eviction.go. */

import {
  badRequest,
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
import type { Core, Operation } from '../core.ts';
import { unknownFailure } from '../failures.ts';
import { type Change, GuaranteedUpdate } from '../guaranteed-update.ts';
import { freshMeta } from '../object-meta.ts';
import { deletedObject } from '../verbs/delete.ts';

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
const CREATED = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
/** MaxDisruptedPodSize: a budget that names more pods than this waits for its controller. */
const DISRUPTED_PODS_MAX = 2000;

/** The evicted pod is deleted like any other. */
const evictedDeletion: Change = {
  startsLive: true,
  transform(_core, operation, current, ctx) {
    return current === undefined ? notFound('pods', operation.request.name ?? '') : deletedObject(operation, current, ctx);
  },
  done(core, operation, _object, _removed, ctx) {
    core.answer(operation, 201, CREATED, ctx);
  },
};

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

const isEnded = (pod: Pod): boolean =>
  ['Succeeded', 'Failed', 'Pending'].includes(pod.status?.phase ?? '') || pod.metadata?.deletionTimestamp !== undefined;
const isReady = (pod: Pod): boolean =>
  pod.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true;

export function evict(core: Core, operation: Operation, ctx: Context): void {
  const { request, resource } = operation;
  const eviction = (request.body ?? {}) as Eviction;
  const name = request.name ?? '';
  if (eviction.metadata?.name && eviction.metadata.name !== name)
    return core.fail(operation, badRequest('name in URL does not match name in Eviction object'), ctx);
  // The options of the deletion come in the body.
  const deleting: Operation = { ...operation, request: { ...request, options: { ...request.options, ...eviction.deleteOptions } } };
  const pod = resource.cache.get(operation.key) as Pod | undefined;
  if (pod === undefined || isEnded(pod)) return new GuaranteedUpdate(core, deleting, evictedDeletion).start(ctx);
  const budgets: { readonly key: string; readonly budget: DisruptionBudget }[] = [];
  for (const kv of core.resource(BUDGETS)?.cache.objects.values() ?? []) {
    const budget = kv.value as DisruptionBudget;
    if (budget.metadata?.namespace === request.namespace && matchesLabelSelector(budget.spec?.selector, pod.metadata?.labels))
      budgets.push({ key: kv.key, budget });
  }
  if (budgets.length > 1)
    return core.fail(
      operation,
      unknownFailure('This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.'),
      ctx,
    );
  const found = budgets[0];
  const budgetState = core.resource(BUDGETS);
  if (found === undefined || budgetState === undefined || mayGoUnasked(pod, found.budget))
    return new GuaranteedUpdate(core, deleting, evictedDeletion).start(ctx);
  const asking: Operation = { ...operation, resource: budgetState, key: found.key };
  new GuaranteedUpdate(
    core,
    asking,
    charging(name, (owner, context) => new GuaranteedUpdate(owner, deleting, evictedDeletion).start(context)),
  ).start(ctx);
}

/** A pod that is not ready costs its budget nothing: always (AlwaysAllow), or while enough others are healthy (IfHealthyBudget). */
function mayGoUnasked(pod: Pod, budget: DisruptionBudget): boolean {
  if (isReady(pod)) return false;
  if (budget.spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = budget.status ?? {};
  return desiredHealthy > 0 && currentHealthy >= desiredHealthy;
}
