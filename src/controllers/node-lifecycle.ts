/** Watches nodes' heartbeats: marks silent nodes Unknown and their pods not ready, and taints them at a rate that depends on how much of their zone is ill.
 *  Mirrors kubernetes v1.34 pkg/controller/nodelifecycle/node_lifecycle_controller.go (defaults: --node-monitor-period 5 s, --node-monitor-grace-period 50 s,
 *  --node-eviction-rate 0.1/s, --secondary-node-eviction-rate 0.01/s, --large-cluster-size-threshold 50, --unhealthy-zone-threshold 0.55).
 *  Departure: the writes of one pass leave together, and the next pass waits for their answers. */

import type { KubeObject, Lease, Node, Pod } from '#api';
import { rfc3339 } from '#api';
import type { Controller, InformerEvent, Outcome, Plan, RequestSpec, Stage, View, WatchSpec } from '#client';
import type { Duration, Instant } from '#sim';
import { MILLISECOND, SECOND } from '#sim';
import { findCondition } from './conditions.ts';
import { NodeEvictionQueue } from './node-eviction-queue.ts';
import type { NodeHealth } from './node-health.ts';
import { createdAt, graceOf, newHealth, observe, silentConditions } from './node-health.ts';
import { NOT_READY, noExecuteTaints, noScheduleTaints, taintPatch, UNREACHABLE } from './node-taints.ts';
import { podCondition } from './pod-state.ts';

export interface NodeLifecycleSettings {
  readonly monitorPeriod: Duration;
  readonly monitorGracePeriod: Duration;
  readonly startupGracePeriod: Duration;
  readonly evictionRate: number;
  readonly secondaryEvictionRate: number;
  readonly largeClusterThreshold: number;
  readonly unhealthyZoneThreshold: number;
}

export const NODE_LIFECYCLE_DEFAULTS: NodeLifecycleSettings = {
  monitorPeriod: 5 * SECOND,
  monitorGracePeriod: 50 * SECOND,
  startupGracePeriod: 60 * SECOND,
  evictionRate: 0.1,
  secondaryEvictionRate: 0.01,
  largeClusterThreshold: 50,
  unhealthyZoneThreshold: 0.55,
};

const LEASES = 'leases.coordination.k8s.io';
const LEASE_NAMESPACE = 'kube-node-lease';
/** Index of pods by node. */
export const BY_NODE = 'nodeName';
/** NodeEvictionPeriod: how often the queues of nodes to taint are looked at. */
const EVICTIONS = 'node_collector_evictions_total';
const EVICTION_PERIOD: Duration = 100 * MILLISECOND;
/** While no node waits, looking ten times a second would find nothing. */
const IDLE_PERIOD: Duration = SECOND;
/** Nodes that do not count when the state of their zone is judged. */
const EXCLUDED = 'node.kubernetes.io/exclude-disruption';
const NONE: readonly never[] = [];

type ZoneState = 'Initial' | 'Normal' | 'FullDisruption' | 'PartialDisruption';

export const byNode = (pod: KubeObject): readonly string[] => {
  const nodeName = (pod as Pod).spec?.nodeName;
  if (nodeName === undefined || nodeName === '') return NONE;
  let values = nodeArrays.get(nodeName);
  if (values === undefined) nodeArrays.set(nodeName, (values = [nodeName]));
  return values;
};
const nodeArrays = new Map<string, readonly string[]>();

/** GetZoneKey: region and zone labels. */
function zoneOf(node: Node): string {
  const labels = node.metadata?.labels;
  const region = labels?.['topology.kubernetes.io/region'] ?? '';
  const zone = labels?.['topology.kubernetes.io/zone'] ?? '';
  return region === '' && zone === '' ? '' : `${region}:\u0000:${zone}`;
}

/** What one tick has asked for. */
interface Pass {
  readonly silenced: string[];
  readonly tainted: Set<string>;
}

interface Zone {
  state: ZoneState;
  ready: number;
  notReady: number;
  readonly queue: NodeEvictionQueue;
}

export class NodeLifecycleController implements Controller {
  readonly name = 'node-lifecycle';
  readonly queue = 'node_lifecycle_controller';
  readonly component = 'node-controller';
  /** UpdateWorkerSize. */
  readonly workers = 8;
  readonly period = EVICTION_PERIOD;
  readonly watches: readonly WatchSpec[] = [
    { resource: 'nodes', keys: nodeKeys },
    { resource: LEASES, keys: (event) => this.#leaseKeys(event) },
    { resource: 'pods', keys: (event, view) => this.#podKeys(event, view), indexes: { [BY_NODE]: byNode } },
  ];
  readonly #settings: NodeLifecycleSettings;
  readonly #health = new Map<string, NodeHealth>();
  readonly #healthByLease = new Map<string, NodeHealth>();
  // What is remembered of the nodes, in the order of the last pass: a pass over thousands of nodes that nothing happened to then looks nothing up.
  #inOrder: NodeHealth[] = [];
  readonly #zones = new Map<string, Zone>();
  // Nodes whose NoExecute taint could not be written.
  readonly #again = new Set<string>();
  // Every zone is wholly down: the fault is taken to be this side's.
  #isAllDown = false;
  #monitorDue: Instant = 0;
  #evictionDue: Instant = 0;

  constructor(settings: Partial<NodeLifecycleSettings> = {}) {
    this.#settings = { ...NODE_LIFECYCLE_DEFAULTS, ...settings };
  }

  /** A pod bound to a node that is not ready becomes not ready itself (podUpdateQueue). */
  #podKeys(event: InformerEvent, view: View): readonly string[] {
    const pod = event.object as Pod;
    const nodeName = pod.spec?.nodeName;
    if (nodeName === undefined || event.type === 'delete' || (event.previous as Pod | undefined)?.spec?.nodeName === nodeName) return NONE;
    if (this.#health.get(nodeName)?.status === 'True') return NONE;
    const node = view.lister<Node>('nodes').get(nodeName);
    const ready = findCondition(node?.status?.conditions, 'Ready');
    return ready !== undefined && ready.status !== 'True' ? [event.key] : NONE;
  }

  /** Nobody's work, but the node's sign of life. */
  #leaseKeys(event: InformerEvent): readonly string[] {
    const health = this.#healthByLease.get(event.key);
    if (health !== undefined) health.lease = event.type === 'delete' ? undefined : (event.object as Lease);
    return NONE;
  }

  /** One node's NoSchedule taints. Or, with a slash in the key, one pod that came to a node that is not ready. The pods of a node that says itself that it is
   *  not ready keep their readiness: that is its kubelet's word. */
  reconcile(key: string, view: View, stage: Stage | undefined): Plan {
    if (stage?.name === 'written') return this.#written(stage.data as Pass, stage.outcomes ?? NONE, view);
    if (key.includes('/')) {
      const requests: RequestSpec[] = [];
      const pod = view.lister<Pod>('pods').get(key);
      if (pod !== undefined) notReadyPod(pod, view, requests);
      return { requests };
    }
    const node = view.lister<Node>('nodes').get(key);
    const taints = node === undefined ? undefined : noScheduleTaints(node);
    return node === undefined || taints === undefined ? {} : { requests: [taintPatch(node, taints)] };
  }

  tick(view: View): Plan {
    const requests: RequestSpec[] = [];
    const pass: Pass = { silenced: [], tainted: new Set() };
    if (view.now >= this.#monitorDue) {
      this.#monitorDue = view.now + this.#settings.monitorPeriod;
      this.#monitor(view, requests, pass.silenced);
    }
    if (view.now >= this.#evictionDue) this.#evict(view, requests, pass.tainted);
    return requests.length === 0 ? {} : { requests, next: { name: 'written', data: pass } };
  }

  #zone(name: string, view: View): Zone {
    let zone = this.#zones.get(name);
    if (zone === undefined) {
      zone = { state: 'Initial', ready: 0, notReady: 0, queue: new NodeEvictionQueue(this.#settings.evictionRate) };
      this.#zones.set(name, zone);
      view.count(EVICTIONS, { zone: name }, 0);
    }
    return zone;
  }

  /** monitorNodeHealth. */
  #monitor(view: View, requests: RequestSpec[], silenced: string[]): void {
    const nodes = view.lister<Node>('nodes');
    const { monitorGracePeriod, startupGracePeriod } = this.#settings;
    const inOrder = this.#inOrder;
    let seen = 0;
    for (const zone of this.#zones.values()) zone.ready = zone.notReady = 0;
    for (const node of nodes.list()) {
      const expected = inOrder[seen];
      const health = expected !== undefined && expected.node === node ? expected : this.#healthOf(node, view);
      inOrder[seen++] = health;
      const isNews = node !== health.node;
      observe(health, node, view.now);
      if (isNews) health.isTainted = node.spec?.taints !== undefined;
      if (isNews && health.labels !== node.metadata?.labels) {
        health.labels = node.metadata?.labels;
        health.zone = zoneOf(node);
        health.isExcluded = node.metadata?.labels?.[EXCLUDED] !== undefined;
      }
      const zone = this.#zone(health.zone, view);
      // Upstream's passes are a period and their own length apart (wait.Until), so that ten of 5 s are just longer than 50 s: here that is equal.
      const isSilent = view.now - health.probedAt >= graceOf(health, monitorGracePeriod, startupGracePeriod);
      const status = isSilent ? 'Unknown' : (health.status ?? 'Unknown');
      if (!health.isExcluded) {
        if (status === 'True') zone.ready++;
        else zone.notReady++;
      }
      if (isSilent) this.#silence(node, health.name, view, requests, silenced);
      if (status === 'True' && !isNews && !health.isTainted && zone.queue.isEmpty && this.#again.size === 0) continue;
      if (isSilent || health.status !== undefined) this.#queueForTaint(node, health.name, status, zone, requests, view);
    }
    inOrder.length = seen;
    if (this.#health.size > nodes.size) for (const name of this.#health.keys()) if (nodes.get(name) === undefined) this.#forget(name, view);
    this.#setRates(view, requests);
  }

  /** What is remembered of a node; of a new one, nothing yet. */
  #healthOf(node: Node, view: View): NodeHealth {
    const name = node.metadata?.name ?? '';
    const known = this.#health.get(name);
    if (known !== undefined && known.uid === node.metadata?.uid) return known;
    // One that never posted a status is given its time from its creation on.
    const age = findCondition(node.status?.conditions, 'Ready') === undefined ? Math.max(0, view.clock - createdAt(node)) : 0;
    const lease = `${LEASE_NAMESPACE}/${name}`;
    const health = newHealth(node, view.lister<Lease>(LEASES).get(lease), view.now - age);
    this.#health.set(name, health);
    this.#healthByLease.set(lease, health);
    view.event(node, 'Normal', 'RegisteredNode', `Node ${name} event: Registered Node ${name} in Controller`);
    return health;
  }

  #forget(name: string, view: View): void {
    const { node } = this.#health.get(name) as NodeHealth;
    if (node !== undefined) view.event(node, 'Normal', 'RemovingNode', `Node ${name} event: Removing Node ${name} from Controller`);
    this.#health.delete(name);
    this.#healthByLease.delete(`${LEASE_NAMESPACE}/${name}`);
    for (const zone of this.#zones.values()) zone.queue.remove(name);
  }

  #silence(node: Node, name: string, view: View, requests: RequestSpec[], silenced: string[]): void {
    const conditions = silentConditions(node, view.clock);
    if (conditions === undefined) return;
    if (findCondition(node.status?.conditions, 'Ready')?.status === 'True') {
      view.event(node, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
      silenced.push(name);
    }
    const body: Node = { ...node, status: { ...node.status, conditions: [...conditions] } };
    requests.push({ verb: 'update', resource: 'nodes', subresource: 'status', name, body, discardBody: true });
  }

  /** processTaintBaseEviction: what is queued, swapped or taken back. */
  #queueForTaint(node: Node, name: string, status: string, zone: Zone, requests: RequestSpec[], view: View): void {
    if (status === 'True') {
      const taints = node.spec?.taints === undefined ? undefined : noExecuteTaints(node, undefined, view.clock);
      if (taints !== undefined) requests.push(taintPatch(node, taints));
      zone.queue.remove(name);
      this.#again.delete(name);
      return;
    }
    const [wanted, other] = status === 'Unknown' ? ([UNREACHABLE, NOT_READY] as const) : ([NOT_READY, UNREACHABLE] as const);
    if (node.spec?.taints?.some(({ key, effect }) => key === other && effect === 'NoExecute') === true) {
      const taints = noExecuteTaints(node, wanted, view.clock);
      if (taints !== undefined) requests.push(taintPatch(node, taints));
    } else {
      // Not tainted yet, or by somebody's hand no longer: it goes back into the queue.
      if (node.spec?.taints?.some(({ key, effect }) => key === wanted && effect === 'NoExecute') !== true) zone.queue.remove(name);
      zone.queue.add(name);
    }
  }

  /** handleDisruption: rates by the state of each zone; when every zone is down nobody is evicted. */
  #setRates(view: View, requests: RequestSpec[]): void {
    const { evictionRate, secondaryEvictionRate, largeClusterThreshold, unhealthyZoneThreshold } = this.#settings;
    let isAllDown = this.#zones.size > 0;
    const states = new Map<Zone, ZoneState>();
    for (const [name, zone] of this.#zones) {
      const total = zone.ready + zone.notReady;
      tellZone(name, zone, view);
      if (total === 0) {
        zone.state = 'Initial';
        continue;
      }
      const isPartial = zone.notReady > 2 && zone.notReady / total >= unhealthyZoneThreshold;
      const state: ZoneState = zone.ready === 0 && zone.notReady > 0 ? 'FullDisruption' : isPartial ? 'PartialDisruption' : 'Normal';
      states.set(zone, state);
      if (state !== 'FullDisruption') isAllDown = false;
    }
    if (isAllDown && !this.#isAllDown) this.#calmAll(view, requests);
    // When some node is back, the others get the whole grace again.
    if (!isAllDown && this.#isAllDown) for (const health of this.#health.values()) health.probedAt = view.now;
    const isTurn = isAllDown !== this.#isAllDown;
    this.#isAllDown = isAllDown;
    for (const [zone, state] of states) {
      if (zone.state === state && !isTurn) continue;
      zone.state = state;
      const isLarge = zone.ready + zone.notReady > largeClusterThreshold;
      // A zone that is wholly down is evicted at the full rate, unless all are: then the fault is more likely ours.
      const rate = isAllDown ? 0 : state === 'PartialDisruption' ? (isLarge ? secondaryEvictionRate : 0) : evictionRate;
      zone.queue.setRate(rate, view.now);
    }
  }

  /** Master disruption mode begins: what was tainted or queued is taken back (markNodeAsReachable). */
  #calmAll(view: View, requests: RequestSpec[]): void {
    for (const node of view.lister<Node>('nodes').list()) {
      const taints = noExecuteTaints(node, undefined, view.clock);
      if (taints !== undefined) requests.push(taintPatch(node, taints));
    }
    for (const zone of this.#zones.values()) zone.queue.clear();
    this.#again.clear();
  }

  /** doNoExecuteTaintingPass. */
  #evict(view: View, requests: RequestSpec[], tainted: Set<string>): void {
    let isWaiting = false;
    const again = [...this.#again];
    this.#again.clear();
    for (const name of again) this.#taint(name, view, requests, tainted);
    for (const zone of this.#zones.values()) {
      for (let name = zone.queue.take(view.now); name !== undefined; name = zone.queue.take(view.now)) {
        this.#taint(name, view, requests, tainted);
      }
      if (zone.queue.length > 0) isWaiting = true;
    }
    this.#evictionDue = view.now + (isWaiting || this.#again.size > 0 ? EVICTION_PERIOD : IDLE_PERIOD);
  }

  #taint(name: string, view: View, requests: RequestSpec[], tainted: Set<string>): void {
    const node = view.lister<Node>('nodes').get(name);
    const status = findCondition(node?.status?.conditions, 'Ready')?.status;
    if (node === undefined || status === undefined) return;
    if (status === 'True') {
      // The monitor's own write of Unknown is not in the cache yet; a node that recovers is taken off by the monitor.
      this.#again.add(name);
      return;
    }
    const taints = noExecuteTaints(node, status === 'Unknown' ? UNREACHABLE : NOT_READY, view.clock);
    if (taints === undefined) return;
    tainted.add(name);
    requests.push(taintPatch(node, taints));
  }

  /** After the nodes' own statuses: MarkPodsNotReady. A taint that met a conflict is tried again at once, without asking the zone's rate (UpdateTaintBackoff). */
  #written({ silenced, tainted }: Pass, outcomes: readonly Outcome<unknown>[], view: View): Plan {
    for (const { request, code } of outcomes) {
      const isTaint = request.verb === 'patch' && request.name !== undefined && tainted.has(request.name);
      if (!isTaint) continue;
      if (code === 200) view.count(EVICTIONS, { zone: this.#health.get(request.name as string)?.zone ?? '' });
      else if (code !== 404) this.#again.add(request.name as string);
    }
    if (this.#again.size > 0) this.#evictionDue = view.now;
    const requests: RequestSpec[] = [];
    for (const name of silenced) notReadyPods(name, view, requests);
    return { requests };
  }
}

/** What handleDisruption exports of a zone. */
function tellZone(name: string, { ready, notReady }: Zone, view: View): void {
  const total = ready + notReady;
  view.gauge('node_collector_zone_size', total, { zone: name });
  view.gauge('node_collector_zone_health', total === 0 ? 100 : (100 * ready) / total, { zone: name });
  view.gauge('node_collector_unhealthy_nodes_in_zone', notReady, { zone: name });
}

/** Only what decides about taints wakes a node's key: conditions' states and spec. */
function nodeKeys(event: InformerEvent): readonly string[] {
  if (event.type === 'delete') return NONE;
  const node = event.object as Node;
  const previous = event.previous as Node | undefined;
  if (previous !== undefined && previous.spec === node.spec && sameStates(previous, node)) return NONE;
  return [event.key];
}

function sameStates(a: Node, b: Node): boolean {
  const left = a.status?.conditions;
  const right = b.status?.conditions;
  if (left === right) return true;
  if (left === undefined || right === undefined || left.length !== right.length) return false;
  for (let i = 0; i < left.length; i++) if (left[i]?.type !== right[i]?.type || left[i]?.status !== right[i]?.status) return false;
  return true;
}

/** Ready=False for each ready pod of the node (pkg/util/node, MarkPodsNotReady). */
function notReadyPods(nodeName: string, view: View, requests: RequestSpec[]): void {
  for (const pod of view.lister<Pod>('pods').byIndex(BY_NODE, nodeName)) notReadyPod(pod, view, requests);
}

function notReadyPod(pod: Pod, view: View, requests: RequestSpec[]): void {
  if (podCondition(pod, 'Ready')?.status !== 'True') return;
  const body = { status: { conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: rfc3339(view.clock) }] } };
  const { namespace, name } = pod.metadata ?? {};
  requests.push({
    verb: 'patch',
    resource: 'pods',
    subresource: 'status',
    namespace,
    name,
    patchType: 'strategic',
    body,
    discardBody: true,
  });
  view.event(pod, 'Warning', 'NodeNotReady', 'Node is not ready');
}
