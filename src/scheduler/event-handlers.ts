/** What watches bring, taken into cache and queue. Mirrors pkg/scheduler/eventhandlers.go v1.34. */

import type { KubeObject, Node, Pod } from '#api';
import { keyOf } from '#api';
import type { Informer, InformerEvent, InformerFactory } from '#client';
import type { Instant } from '#sim';
import type { Cache } from './cache.ts';
import {
  ASSIGNED_POD_ADD,
  ASSIGNED_POD_DELETE,
  NODE_ADD,
  NODE_DELETE,
  nodeChanges,
  objectEvent,
  podChanges,
  UNSCHEDULED_POD_ADD,
  UNSCHEDULED_POD_UPDATE,
} from './cluster-events.ts';
import type { ExplainJournal } from './explain-journal.ts';
import type { ObjectLister } from './framework.ts';
import type { Nominator } from './nominator.ts';
import { isFinished, nodeName, podPriority, podUid } from './pod-fields.ts';
import type { SchedulingQueue } from './queue/scheduling-queue.ts';
import type { ClusterEvent, EventResource } from './queueing-events.ts';
import type { PodScheduler } from './schedule-pod.ts';
import type { SchedulerMetrics } from './scheduler-metrics.ts';
import { attachedTo, NODE_INDEX, VOLUME_ATTACHMENTS } from './storage-objects.ts';
import type { WaitingPods } from './waiting-pods.ts';

/** What plugins look at besides pods and nodes, with the resource name that events carry; '' where nothing can be waited for. */
const WATCHED: readonly (readonly [resource: string, event: EventResource | ''])[] = [
  ['namespaces', ''],
  ['services', ''],
  ['replicationcontrollers', ''],
  ['replicasets.apps', ''],
  ['statefulsets.apps', ''],
  ['poddisruptionbudgets.policy', ''],
  ['persistentvolumes', 'PersistentVolume'],
  ['persistentvolumeclaims', 'PersistentVolumeClaim'],
  ['storageclasses.storage.k8s.io', 'StorageClass'],
];
/** What only volumes are placed by: watched from the first class, claim or volume on. */
const STORAGE: typeof WATCHED = [
  ['csinodes.storage.k8s.io', 'CSINode'],
  ['csidrivers.storage.k8s.io', 'CSIDriver'],
  ['csistoragecapacities.storage.k8s.io', 'CSIStorageCapacity'],
  [VOLUME_ATTACHMENTS, 'VolumeAttachment'],
];
const NEEDS_STORAGE = new Set(['persistentvolumes', 'persistentvolumeclaims', 'storageclasses.storage.k8s.io']);
/** The same for DynamicResources alone. */
const DEVICES: typeof WATCHED = [
  ['resourceclaims.resource.k8s.io', 'ResourceClaim'],
  ['deviceclasses.resource.k8s.io', 'DeviceClass'],
  ['resourceslices.resource.k8s.io', 'ResourceSlice'],
];
/** Constraints and namespaces were resolved through these. */
const RESOLVES = new Set(['namespaces', 'services', 'replicationcontrollers', 'replicasets.apps', 'statefulsets.apps']);

/** A change that came while a scheduling cycle waited for an extender: the cycle's picture of the cluster must not move under it. */
type Deferred =
  | { readonly of: 'pod'; readonly event: InformerEvent<Pod>; readonly at: Instant }
  | { readonly of: 'node'; readonly event: InformerEvent<Node>; readonly at: Instant }
  | {
      readonly of: 'object';
      readonly resource: string;
      readonly name: EventResource | '';
      readonly event: InformerEvent;
      readonly at: Instant;
    };

export class EventHandlers {
  journal: ExplainJournal | undefined;
  metrics: SchedulerMetrics | undefined;
  /** Something has come that makes volumes matter. */
  usesStorage = false;
  readonly #cache: Cache;
  readonly #queue: SchedulingQueue;
  readonly #nominator: Nominator;
  readonly #waiting: WaitingPods;
  /** By the schedulerName that pods ask for. */
  readonly #schedulers: ReadonlyMap<string, PodScheduler>;
  /** What came while the cache must not change. */
  #deferred: Deferred[] | undefined;

  constructor(
    cache: Cache,
    queue: SchedulingQueue,
    nominator: Nominator,
    waiting: WaitingPods,
    schedulers: ReadonlyMap<string, PodScheduler>,
  ) {
    this.#cache = cache;
    this.#queue = queue;
    this.#nominator = nominator;
    this.#waiting = waiting;
    this.#schedulers = schedulers;
  }

  /** `storage`: the factory that is started once volumes matter. */
  watch(
    pods: Informer<Pod>,
    nodes: Informer<Node>,
    informers: InformerFactory,
    storage: InformerFactory,
    listers: Map<string, ObjectLister<KubeObject>>,
  ): void {
    pods.onEvent((event, { now }) => {
      if (this.#deferred === undefined) this.#podEvent(event, now);
      else this.#deferred.push({ of: 'pod', event, at: now });
    });
    nodes.onEvent((event, { now }) => {
      if (this.#deferred === undefined) this.#nodeEvent(event, now);
      else this.#deferred.push({ of: 'node', event, at: now });
    });
    const usesDevices = [...this.#schedulers.values()].some(({ profile }) => profile.plugins.has('DynamicResources'));
    for (const [resource, name] of [...(usesDevices ? [...WATCHED, ...DEVICES] : WATCHED), ...this.#ownWatches()])
      this.#watchObjects(informers.informer<KubeObject>(resource), resource, name, listers);
    for (const [resource, name] of STORAGE) {
      const informer = storage.informer<KubeObject>(resource);
      if (resource === VOLUME_ATTACHMENTS) informer.addIndex(NODE_INDEX, (attachment) => [attachedTo(attachment)]);
      this.#watchObjects(informer, resource, name, listers);
    }
  }

  #watchObjects(
    informer: Informer<KubeObject>,
    resource: string,
    name: EventResource | '',
    listers: Map<string, ObjectLister<KubeObject>>,
  ): void {
    listers.set(resource, informer);
    informer.onEvent((event, { now }) => {
      if (NEEDS_STORAGE.has(resource)) this.usesStorage = true;
      if (this.#deferred === undefined) this.#objectEvent(resource, name, event, now);
      else this.#deferred.push({ of: 'object', resource, name, event, at: now });
    });
  }

  /** What only some plugins look at is watched only where they run. */
  #ownWatches(): readonly (readonly [resource: string, event: EventResource])[] {
    const own = new Map<string, EventResource>();
    for (const { profile } of this.#schedulers.values())
      for (const { watches = [] } of profile.plugins.values()) for (const [resource, event] of watches) own.set(resource, event);
    for (const [resource] of [...WATCHED, ...STORAGE]) own.delete(resource);
    return [...own];
  }

  /** A scheduling cycle goes on while time passes: its picture of the cluster must stand still. */
  hold(): void {
    this.#deferred = [];
  }

  /** What has changed meanwhile is taken in, each change as of its own time. */
  release(): void {
    const deferred = this.#deferred ?? [];
    this.#deferred = undefined;
    for (const change of deferred) {
      if (change.of === 'pod') this.#podEvent(change.event, change.at);
      else if (change.of === 'node') this.#nodeEvent(change.event, change.at);
      else this.#objectEvent(change.resource, change.name, change.event, change.at);
    }
  }

  #objectEvent(resource: string, name: EventResource | '', { type, object, previous }: InformerEvent, now: Instant): void {
    const isSelecting = RESOLVES.has(resource);
    const isAnew = !isSelecting || isResolvedAnew(type, object, previous);
    if (isSelecting && isAnew) for (const scheduler of this.#schedulers.values()) scheduler.forgetResolved(resource, object);
    if (isAnew) this.journal?.object(resource, object, type === 'delete', isSelecting);
    if (name === '') return;
    const [before, after] = type === 'delete' ? [object, undefined] : [previous, object];
    for (const { profile } of this.#schedulers.values()) for (const plugin of profile.observers) plugin.observe?.(resource, before, after);
    this.#move(objectEvent(name, type), before, after, now);
  }

  /** MoveAllToActiveOrBackoffQueue, and scheduler_event_handling_duration_seconds. */
  #move(event: ClusterEvent, before: KubeObject | undefined, after: KubeObject | undefined, now: Instant): void {
    this.metrics?.event(event.label);
    this.#queue.move(event, before, after, now);
  }

  #isResponsible(pod: Pod): boolean {
    return this.#schedulers.has(pod.spec?.schedulerName ?? 'default-scheduler');
  }

  #podEvent({ type, object: pod, previous }: InformerEvent<Pod>, now: Instant): void {
    const isGone = type === 'delete' || isFinished(pod);
    const wasAssigned = previous !== undefined && (previous.spec?.nodeName ?? '') !== '';
    const isAssigned = (pod.spec?.nodeName ?? '') !== '';
    if (isGone) {
      this.#podGone(pod, now);
      return;
    }
    if (previous !== undefined && podUid(previous) !== podUid(pod)) this.#podGone(previous, now);
    if (isAssigned) {
      if (wasAssigned && this.#cache.has(podUid(pod))) {
        this.#cache.updatePod(pod);
        for (const event of podChanges(previous, pod)) this.#move(event, previous, pod, now);
        return;
      }
      this.#queue.delete(pod);
      this.#cache.addPod(pod);
      this.#move(ASSIGNED_POD_ADD, undefined, pod, now);
      if (previous !== undefined && !wasAssigned && this.#isResponsible(previous)) this.#promiseEnds(previous, now);
      return;
    }
    if (!this.#isResponsible(pod)) {
      this.journal?.foreign(pod);
      return;
    }
    if (this.#cache.isAssumed(podUid(pod))) return;
    if (previous === undefined || podUid(previous) !== podUid(pod)) {
      const nominated = nominatedNode(pod);
      if (nominated !== '') this.#nominator.add(pod, nominated);
      this.metrics?.event(UNSCHEDULED_POD_ADD.label);
      this.#queue.add(pod, now);
    } else {
      this.metrics?.event(UNSCHEDULED_POD_UPDATE.label);
      this.#queue.update(previous, pod, now);
      if (nominatedNode(previous) !== nominatedNode(pod)) this.#promiseEnds(previous, now);
    }
  }

  /** A pod left the node that it was promised, or the queue: for pods of at most its priority it is as if it had left that node. */
  #promiseEnds(previous: Pod, now: Instant): void {
    if (nominatedNode(previous) === '') return;
    this.metrics?.event(ASSIGNED_POD_DELETE.label);
    this.#queue.move(ASSIGNED_POD_DELETE, previous, undefined, now, '', podPriority(previous));
  }

  #podGone(pod: Pod, now: Instant): void {
    this.#queue.delete(pod);
    if (!this.#cache.has(podUid(pod))) {
      if ((pod.spec?.nodeName ?? '') === '' && this.#isResponsible(pod)) this.#promiseEnds(pod, now);
      return;
    }
    // Its binding cycle gives the place back.
    const waiting = this.#waiting.get(podUid(pod));
    if (waiting === undefined) this.#cache.removePod(pod);
    else waiting.reject('', 'removed');
    this.#move(ASSIGNED_POD_DELETE, pod, undefined, now);
  }

  #nodeEvent({ type, object: node, previous }: InformerEvent<Node>, now: Instant): void {
    if (type === 'delete') {
      this.#cache.removeNode(nodeName(node));
      this.#move(NODE_DELETE, node, undefined, now);
    } else if (previous === undefined) {
      this.#cache.addNode(node);
      this.#move(NODE_ADD, undefined, node, now);
    } else {
      this.#cache.updateNode(node);
      for (const event of nodeChanges(previous, node)) this.#move(event, previous, node, now);
    }
  }
}

const nominatedNode = (pod: Pod): string => (pod.status?.nominatedNodeName as string | undefined) ?? '';

/** Whether selectors that plugins have resolved may come out otherwise: labels of a namespace, a selector. Status changes do not matter. */
function isResolvedAnew(type: string, object: KubeObject, previous: KubeObject | undefined): boolean {
  if (type !== 'update' || previous === undefined) return true;
  const selector = (of: KubeObject): unknown => (of as { spec?: { selector?: unknown } }).spec?.selector;
  return (
    object.metadata?.labels !== previous.metadata?.labels || selector(object) !== selector(previous) || keyOf(object) !== keyOf(previous)
  );
}
