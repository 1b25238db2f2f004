/** Mistakes in schedulers, controllers, kubelets and in what they share: clients, informers, queues, expectations, elections. */

import type { SeededBug } from '#experiment';
import { Client } from '../../src/client/api-client.ts';
import { Expectations } from '../../src/client/expectations.ts';
import { SharedInformer } from '../../src/client/informer.ts';
import { LeaderElector } from '../../src/client/leader-election.ts';
import { Reflector } from '../../src/client/reflector.ts';
import { WorkQueue } from '../../src/client/work-queue.ts';
import { DaemonSetController } from '../../src/controllers/daemonset.ts';
import { DeploymentController } from '../../src/controllers/deployment.ts';
import { DisruptionController } from '../../src/controllers/disruption.ts';
import { EndpointSliceController } from '../../src/controllers/endpointslice.ts';
import { GarbageCollectorController } from '../../src/controllers/garbage-collector.ts';
import { JobController } from '../../src/controllers/job.ts';
import { NodeLifecycleController } from '../../src/controllers/node-lifecycle.ts';
import { ReplicaSetController } from '../../src/controllers/replicaset.ts';
import { StatefulSetController } from '../../src/controllers/statefulset.ts';
import { AddressPool } from '../../src/kubelet/addresses.ts';
import { PodIntake } from '../../src/kubelet/pod-intake.ts';
import { Cache } from '../../src/scheduler/cache.ts';
import { EventHandlers } from '../../src/scheduler/event-handlers.ts';
import { type Loose, replace } from './patch.ts';

/** A controller whose plan is changed before it is carried out. */
const planned = (controller: object, change: (plan: Loose, view: Loose) => Loose, method = 'reconcile'): void =>
  replace(
    controller,
    method,
    (reconcile) =>
      function (...args) {
        return change(reconcile.apply(this, args), method === 'tick' ? args[0] : args[1]);
      },
  );
const requestsOf = (plan: Loose, change: (request: Loose) => readonly Loose[]): Loose =>
  plan.requests === undefined ? plan : { ...plan, requests: plan.requests.flatMap(change) };

/** What a component asks for is changed on its way out. */
const asked = (isMeant: (user: string, spec: Loose) => boolean, change: (spec: Loose) => Loose): void =>
  replace(
    Client.prototype,
    'call',
    (call) =>
      function (ctx, spec, ...rest) {
        return call.call(this, ctx, isMeant(this.config.user, spec) ? change(spec) : spec, ...rest);
      },
  );
const isKubeletStatus = (user: string, spec: Loose): boolean =>
  user.startsWith('system:node:') && spec.verb === 'patch' && spec.resource === 'pods' && spec.subresource === 'status';

export const COMPONENT_BUGS: Readonly<Record<string, SeededBug>> = {
  'assumed-pod-forgotten': {
    breaks: 'the scheduler does not count a pod until the watch shows it on its node',
    marked: true,
    inject: () =>
      replace(
        Cache.prototype,
        'assumePod',
        (assumePod) =>
          function (info, onNode) {
            assumePod.call(this, info, onNode);
            this.forgetPod(info.pod);
          },
      ),
  },
  'placed-pods-not-awaited': {
    breaks:
      'a scheduler that starts does not wait for the list of pods that have a node: it comes a second after the first that it placed itself (kubernetes#45220)',
    marked: false,
    inject: () =>
      replace(
        EventHandlers.prototype,
        'watch',
        (watch) =>
          function (pods: Loose, ...rest) {
            // As two informers had it: one of pods to place, which was waited for, and one of placed pods, whose list is still on its way.
            let late: readonly Loose[] = [];
            let due = Number.POSITIVE_INFINITY;
            pods.replace = (objects: readonly Loose[], ctx: Loose) => {
              late = pods.synced ? [] : objects.filter(({ spec }: Loose) => spec.nodeName !== undefined);
              SharedInformer.prototype.replace.call(
                pods,
                objects.filter((one) => !late.includes(one)),
                ctx,
              );
            };
            pods.upsert = (object: Loose, ctx: Loose, key?: string) => {
              const before = pods.get(`${object.metadata.namespace}/${object.metadata.name}`);
              if (before !== undefined && before.spec.nodeName === undefined && object.spec.nodeName !== undefined)
                due = Math.min(due, ctx.now + 1_000_000);
              const listed = ctx.now >= due ? late : [];
              if (ctx.now >= due) late = [];
              for (const one of listed) SharedInformer.prototype.upsert.call(pods, one, ctx);
              SharedInformer.prototype.upsert.call(pods, object, ctx, key);
            };
            return watch.call(this, pods, ...rest);
          },
      ),
  },
  'bound-past-all-filters': {
    breaks: 'every pod whose name ends in 2 or 4 is bound to the first node, whatever filters say',
    marked: false,
    inject: () =>
      asked(
        (_user, { subresource, name }) => subresource === 'binding' && /[24]$/.test(name),
        (spec) => ({ ...spec, body: { ...spec.body, target: { ...spec.body.target, name: 'node-0' } } }),
      ),
  },
  'bound-to-a-node-that-is-gone': {
    breaks: 'the scheduler goes on counting on nodes that were deleted',
    marked: true,
    inject: () => replace(Cache.prototype, 'removeNode', () => () => {}),
  },
  'leader-takes-over-early': {
    breaks: 'a candidate takes a lease that was renewed a moment ago',
    marked: true,
    inject: () =>
      replace(
        LeaderElector.prototype,
        'answered',
        (answered) =>
          function (outcome, ctx) {
            const lease = outcome.object;
            const isRead = outcome.request.verb === 'get' && outcome.code === 200 && !this.isLeader;
            const isOld = isRead && ctx.clock() - Date.parse(lease.spec?.renewTime ?? '') * 1000 > 3_000_000;
            return answered.call(
              this,
              isOld ? { ...outcome, object: { ...lease, spec: { ...lease.spec, holderIdentity: '' } } } : outcome,
              ctx,
            );
          },
      ),
  },
  'expectations-ignored': {
    breaks: 'controllers act on what they see though their own writes are still on the way',
    marked: false,
    inject: () => replace(Expectations.prototype, 'satisfied', () => () => true),
  },
  'expectation-lost-on-a-failure': {
    breaks: 'a creation that failed is waited for',
    marked: false,
    inject: () =>
      replace(
        Expectations.prototype,
        'expect',
        (expect) =>
          function (key, creations, deletions, now) {
            return expect.call(this, key, creations > 1 ? creations + 1 : creations, deletions, now);
          },
      ),
  },
  'work-key-dropped': {
    breaks: 'a key whose pass failed is not tried again',
    marked: false,
    inject: () => replace(WorkQueue.prototype, 'addRateLimited', () => () => {}),
  },
  'work-key-stuck': {
    breaks: 'a key whose pass failed is never taken up again, whatever wakes it: its pass is not called done',
    marked: false,
    inject: () => {
      const failed = new WeakMap<object, Set<string>>();
      replace(
        WorkQueue.prototype,
        'addRateLimited',
        () =>
          function (key: string) {
            const keys = failed.get(this);
            if (keys === undefined) failed.set(this, new Set([key]));
            else keys.add(key);
          },
      );
      replace(
        WorkQueue.prototype,
        'done',
        (done) =>
          function (key: string, now) {
            if (failed.get(this)?.has(key) !== true) done.call(this, key, now);
          },
      );
    },
  },
  'delayed-key-dropped': {
    breaks: 'a key that is to be looked at later is forgotten',
    marked: false,
    inject: () => replace(WorkQueue.prototype, 'addAfter', () => () => {}),
  },
  'informer-misses-deletions': {
    breaks: 'informers keep what went while they were away: neither a list nor a watch that goes on from where it was takes it from them',
    marked: false,
    inject: () => {
      replace(
        SharedInformer.prototype,
        'replace',
        () =>
          function (objects, ctx) {
            for (const object of objects) this.upsert(object, ctx);
            this.synced = true;
          },
      );
      // What was missed comes at once when a watch has been opened.
      const opened = new WeakMap<object, number>();
      replace(
        Reflector.prototype,
        'answered',
        (answered) =>
          function (outcome: Loose, ctx) {
            if (outcome.request.verb === 'watch') opened.set(this, ctx.now);
            return answered.call(this, outcome, ctx);
          },
      );
      replace(
        Reflector.prototype,
        'events',
        (events) =>
          function (message: Loose, ctx) {
            const isMissed = message.sequence === 0 && ctx.now - (opened.get(this) ?? Number.NEGATIVE_INFINITY) < 100_000;
            const kept = isMissed ? message.events.filter(({ type }: Loose) => type !== 'DELETED') : message.events;
            return events.call(this, { ...message, events: kept }, ctx);
          },
      );
    },
  },
  'hole-in-a-stream-ignored': {
    breaks: 'a client goes on with a watch of which a message was lost',
    marked: false,
    inject: () => {
      const heard = new WeakMap<object, { id: number; next: number }>();
      replace(
        Reflector.prototype,
        'events',
        (events) =>
          function (message: Loose, ctx) {
            let known = heard.get(this);
            if (known === undefined || known.id !== message.id) heard.set(this, (known = { id: message.id, next: 0 }));
            return events.call(this, { ...message, sequence: known.next++ }, ctx);
          },
      );
    },
  },
  'expired-watch-ignored': {
    breaks: 'a client that is told that its version has expired waits for more',
    marked: false,
    inject: () =>
      replace(
        Reflector.prototype,
        'events',
        (events) =>
          function (message: Loose, ctx) {
            const isExpired = message.events.some(({ type, object }: Loose) => type === 'ERROR' && object.code === 410);
            return isExpired ? undefined : events.call(this, message, ctx);
          },
      ),
  },
  'statefulset-out-of-order': {
    breaks: 'a StatefulSet that is to start its pods one by one starts all',
    marked: false,
    inject: () =>
      replace(
        StatefulSetController.prototype,
        'reconcile',
        (reconcile) =>
          function (key, view: Loose, stage) {
            const parallel = new Proxy(view, {
              get: (of, name) => {
                if (name !== 'lister') return typeof of[name] === 'function' ? of[name].bind(of) : of[name];
                return (resource: string) => {
                  const lister = of.lister(resource);
                  if (resource !== 'statefulsets.apps') return lister;
                  return new Proxy(lister, {
                    get: (listed: Loose, what) =>
                      what === 'get'
                        ? (one: string) => {
                            const set = listed.get(one);
                            return set === undefined ? set : { ...set, spec: { ...set.spec, podManagementPolicy: 'Parallel' } };
                          }
                        : typeof listed[what] === 'function'
                          ? listed[what].bind(listed)
                          : listed[what],
                  });
                };
              },
            });
            return reconcile.call(this, key, parallel, stage);
          },
      ),
  },
  'daemon-made-twice': {
    breaks: 'a DaemonSet makes two pods for a node',
    marked: false,
    inject: () =>
      planned(DaemonSetController.prototype, (plan) =>
        requestsOf(plan, (request) => (request.verb === 'create' && request.resource === 'pods' ? [request, { ...request }] : [request])),
      ),
  },
  'replicaset-makes-one-more': {
    breaks: 'a ReplicaSet that makes several pods makes one more',
    marked: false,
    inject: () =>
      planned(ReplicaSetController.prototype, (plan) => {
        const made = plan.requests?.filter(({ verb, resource }: Loose) => verb === 'create' && resource === 'pods') ?? [];
        return made.length > 1 ? { ...plan, requests: [...plan.requests, { ...made[0] }] } : plan;
      }),
  },
  'job-count-lost': {
    breaks: 'a Job that has two successes says that it has one',
    marked: false,
    inject: () => {
      let writes = 0;
      planned(JobController.prototype, (plan) =>
        requestsOf(plan, (request) => {
          const status = request.subresource === 'status' ? request.body?.status : undefined;
          if (status?.succeeded === undefined || status.succeeded < 2 || ++writes % 2 === 1) return [request];
          return [{ ...request, body: { ...request.body, status: { ...status, succeeded: 1 } } }];
        }),
      );
    },
  },
  'surge-too-large': {
    breaks: 'a Deployment scales a new ReplicaSet three beyond its bounds',
    marked: false,
    inject: () =>
      planned(DeploymentController.prototype, (plan) =>
        requestsOf(plan, (request) =>
          request.resource === 'replicasets.apps' && request.subresource === undefined && (request.body?.spec?.replicas ?? 0) > 0
            ? [{ ...request, body: { ...request.body, spec: { ...request.body.spec, replicas: request.body.spec.replicas + 3 } } }]
            : [request],
        ),
      ),
  },
  'budget-too-generous': {
    breaks: 'a PodDisruptionBudget allows three disruptions more than it has',
    marked: false,
    inject: () =>
      planned(DisruptionController.prototype, (plan) =>
        requestsOf(plan, (request) => {
          const status = request.body?.status;
          if (status?.disruptionsAllowed === undefined) return [request];
          return [{ ...request, body: { ...request.body, status: { ...status, disruptionsAllowed: status.disruptionsAllowed + 3 } } }];
        }),
      ),
  },
  'endpoint-of-an-unready-pod': {
    breaks: 'EndpointSlices call every pod ready',
    marked: false,
    inject: () =>
      planned(EndpointSliceController.prototype, (plan) =>
        requestsOf(plan, (request) =>
          request.body?.endpoints === undefined
            ? [request]
            : [
                {
                  ...request,
                  body: {
                    ...request.body,
                    endpoints: request.body.endpoints.map((one: Loose) => ({ ...one, conditions: { ...one.conditions, ready: true } })),
                  },
                },
              ],
        ),
      ),
  },
  'endpoint-forgotten': {
    breaks: 'EndpointSlices leave out their last endpoint',
    marked: false,
    inject: () =>
      planned(EndpointSliceController.prototype, (plan) =>
        requestsOf(plan, (request) =>
          (request.body?.endpoints?.length ?? 0) < 2
            ? [request]
            : [{ ...request, body: { ...request.body, endpoints: request.body.endpoints.slice(1) } }],
        ),
      ),
  },
  'garbage-left': {
    breaks: 'what has lost its owner stays where it is',
    marked: false,
    inject: () =>
      planned(GarbageCollectorController.prototype, (plan) => requestsOf(plan, (request) => (request.verb === 'delete' ? [] : [request]))),
  },
  'node-given-up-early': {
    breaks: 'nodes are given up as if their last sign of life had come 30 s earlier',
    marked: false,
    inject: () =>
      replace(
        NodeLifecycleController.prototype,
        'tick',
        (tick) =>
          function (view: Loose) {
            const early = new Proxy(view, {
              get: (of, name) => (name === 'now' ? of.now * 4 : typeof of[name] === 'function' ? of[name].bind(of) : of[name]),
            });
            return tick.call(this, early);
          },
      ),
  },
  'taint-left-on': {
    breaks: 'nodes that are back keep the taint that evicts',
    marked: false,
    inject: () =>
      planned(
        NodeLifecycleController.prototype,
        (plan) =>
          requestsOf(plan, (request) => {
            const taints = request.body?.spec?.taints as Loose[] | undefined;
            return request.resource === 'nodes' && taints !== undefined && !taints?.some(({ effect }) => effect === 'NoExecute')
              ? []
              : [request];
          }),
        'tick',
      ),
  },
  'address-given-twice': {
    breaks: 'every fourth pod of a node gets the address of the one before it',
    marked: false,
    inject: () => {
      const last = new WeakMap<object, { address: number; count: number }>();
      replace(
        AddressPool.prototype,
        'take',
        (take) =>
          function () {
            const known = last.get(this);
            if (known !== undefined && ++known.count % 4 === 0) return known.address;
            const address = take.call(this);
            if (address !== undefined) last.set(this, { address, count: known?.count ?? 0 });
            return address;
          },
      );
    },
  },
  'address-kept-after-a-reboot': {
    breaks: 'a pod back with its node keeps an address that may be another’s by now',
    marked: false,
    inject: () =>
      asked(isKubeletStatus, (spec) => {
        const { podIP, podIPs, ...status } = spec.body.status;
        return { ...spec, body: { ...spec.body, status: podIP === null ? status : { ...status, podIP, podIPs } } };
      }),
  },
  'restarts-forgotten': {
    breaks: 'a container’s second restart counts as none',
    marked: false,
    inject: () =>
      asked(isKubeletStatus, (spec) => {
        const { status } = spec.body;
        const containerStatuses = status.containerStatuses?.map((one: Loose) => ({ ...one, restartCount: one.restartCount % 2 }));
        return { ...spec, body: { ...spec.body, status: { ...status, containerStatuses } } };
      }),
  },
  'overwritten-status-kept': {
    breaks: 'a kubelet does not notice that others have written over its pods’ status',
    marked: false,
    inject: () =>
      replace(
        PodIntake.prototype,
        'upsert',
        (upsert) =>
          function (object: Loose, ctx) {
            const isKnown = this.agent.byUid.has(object.metadata?.uid ?? '');
            return upsert.call(this, isKnown ? { ...object, status: undefined } : object, ctx);
          },
      ),
  },
  'end-reported-as-running': {
    breaks: 'kubelets report every pod that has succeeded as running, once it was reported',
    marked: false,
    inject: () => {
      const told = new Set<string>();
      asked(isKubeletStatus, (spec) => {
        const { status, metadata } = spec.body;
        if (status.phase !== 'Succeeded') return spec;
        if (!told.has(metadata.uid)) {
          told.add(metadata.uid);
          return spec;
        }
        return { ...spec, body: { ...spec.body, status: { ...status, phase: 'Running' } } };
      });
    },
  },
};
