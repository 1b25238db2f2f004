/** Nodes come for pods that find no room, and go when nobody needs them. Mirrors kubernetes/autoscaler cluster-autoscaler 1.34 core/static_autoscaler.go
 *  (RunOnce), core/scaleup/orchestrator, clusterstate. Departures: one replica without a lease; no limits on cores and memory, no balancing of similar groups,
 *  no ProvisioningRequests, no status ConfigMap; templates are those of the groups even where a node of the group is there. */

import type { KubeObject, Node, Pod } from '#api';
import { parseTime } from '#api';
import type { Controller, Lister, Plan, RequestSpec, Stage, View } from '#client';
import type { NodeInfo } from '#scheduler';
import type { Duration, Instant, Stream } from '#sim';
import { MICROSECOND, MILLISECOND, MINUTE } from '#sim';
import type { AutoscalerSettings } from './autoscaler-settings.ts';
import { bestOption, type Option } from './expanders.ts';
import { GroupBackOff } from './group-back-off.ts';
import { daemonPods, GROUP_LABEL, templateNode } from './machine-template.ts';
import type { CloudMachines, Machine, MachineLuck, NodeGroupPlan } from './machines.ts';
import { CANDIDATE, type Removal, type Removals, removalStep, TO_BE_DELETED, taintPatch } from './node-removal.ts';
import type { Budget } from './pods-to-move.ts';
import { type Candidate, type Unneeded, UnneededNodes } from './scale-down.ts';
import { estimate, reasonsText, withoutRoom } from './scale-up.ts';
import { listersOf, READ, SimulatedCluster } from './simulated-cluster.ts';

/** One verdict of the filters, and a pass without any. assumed. */
const VERDICT_COST: Duration = 5 * MICROSECOND;
const PASS_COST: Duration = 5 * MILLISECOND;
/** The same event about the same pod is not written again within this long (--record-duplicated-events=false). */
const EVENT_PAUSE: Duration = 5 * MINUTE;
/** --ok-total-unready-count, --max-total-unready-percentage. */
const UNREADY_OK = 3;
const UNREADY_MOST = 0.45;
/** --max-bulk-soft-taint-count. */
const SOFT_TAINTS = 10;

const NOTHING = (): readonly string[] => [];
const ZERO_PODS: readonly Pod[] = [];
const isReady = ({ status, spec }: Node): boolean =>
  status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True' &&
  (spec?.taints ?? []).every(({ key }) => key !== 'node.kubernetes.io/not-ready');
const hasTaint = ({ spec }: Node, key: string): boolean => (spec?.taints ?? []).some((taint) => taint.key === key);

/** What one pass looks at. */
interface Pass {
  readonly view: View;
  readonly cluster: SimulatedCluster;
  readonly listers: ReadonlyMap<string, Lister>;
  /** Ready nodes of groups. */
  readonly members: readonly { readonly machine: Machine; readonly node: Node }[];
  readonly total: number;
}

export class ClusterAutoscaler implements Controller, Removals {
  readonly name = 'cluster-autoscaler';
  readonly component = 'cluster-autoscaler';
  readonly workers = 10;
  readonly period: Duration;
  readonly watches: Controller['watches'];
  readonly machines: CloudMachines;
  readonly settings: AutoscalerSettings;
  readonly underway = new Map<string, Removal>();
  readonly #backOff = new GroupBackOff();
  readonly #unneeded = new UnneededNodes();
  readonly #told = new Map<string, { readonly message: string; readonly at: Instant }>();
  #addedAt = -Infinity;
  #deletedAt = -Infinity;
  #failedAt = -Infinity;

  constructor(machines: CloudMachines, settings: AutoscalerSettings) {
    this.machines = machines;
    this.settings = settings;
    this.period = settings.scanInterval;
    this.watches = [
      { resource: 'nodes', keys: NOTHING },
      {
        resource: 'pods',
        keys: NOTHING,
        indexes: {
          node: (object): readonly string[] =>
            (object as Pod).spec?.nodeName === undefined ? [] : [(object as Pod).spec?.nodeName as string],
        },
      },
      ...['daemonsets.apps', 'poddisruptionbudgets.policy', ...READ].map((resource) => ({ resource, keys: NOTHING })),
    ];
  }

  reconcile(key: string, view: View, stage: Stage | undefined): Plan {
    return removalStep(key, this, view, stage);
  }

  ended({ node }: Removal, succeeded: boolean, now: Instant): void {
    this.underway.delete(node);
    this.#unneeded.forget(node);
    if (succeeded) this.#deletedAt = now;
    else this.#failedAt = now;
  }

  /** RunOnce. */
  tick(view: View): Plan {
    this.#giveUp(view);
    const pass = this.#look(view);
    if (pass === undefined) return { cost: PASS_COST };
    const grown = this.#scaleUp(pass);
    const requests = this.#strayTaints(view);
    if (!grown && this.settings.scaleDownEnabled) requests.push(...this.#scaleDown(pass));
    const { verdicts } = pass.cluster;
    return { requests, cost: PASS_COST + verdicts * VERDICT_COST };
  }

  /** Machines that were refused, and those that never became nodes (--max-node-provision-time): they are given back, and their group backs off. */
  #giveUp(view: View): void {
    const nodes = view.lister<Node>('nodes');
    for (const machine of [...this.machines.machines]) {
      const { name, group, state, orderedAt } = machine;
      const isLate = view.now - orderedAt > this.settings.maxNodeProvisionTime && nodes.get(name) === undefined;
      if (state !== 'failed' && !isLate) continue;
      this.machines.remove(name, view.now);
      this.#backOff.failed(group, view.now);
      view.count('cluster_autoscaler_failed_scale_ups_total', { reason: state === 'failed' ? 'cloudProviderError' : 'timeout' });
    }
  }

  #look(view: View): Pass | undefined {
    const listers = listersOf((resource) => view.lister<KubeObject>(resource));
    const cluster = new SimulatedCluster(listers, view.now);
    const members: { machine: Machine; node: Node }[] = [];
    const nodes = view.lister<Node>('nodes');
    let unready = 0;
    for (const node of nodes.list()) {
      const name = node.metadata?.name ?? '';
      const machine = this.machines.get(name);
      if (machine === undefined && node.metadata?.labels?.[GROUP_LABEL] !== undefined) continue;
      if (!isReady(node)) {
        if (machine === undefined || view.now - machine.since > this.settings.maxNodeProvisionTime) unready++;
        continue;
      }
      cluster.add(node, podsOf(view, name));
      if (machine !== undefined) members.push({ machine, node });
    }
    if (unready > UNREADY_OK && unready > UNREADY_MOST * nodes.size) return undefined;
    return { view, cluster, listers, members, total: nodes.size };
  }

  // ---- more nodes ----

  #scaleUp(pass: Pass): boolean {
    const { view, cluster } = pass;
    const waiting = [...view.lister<Pod>('pods').list()].filter((pod) => this.#waits(pod, view));
    for (const name of [...this.#told.keys()]) if (view.lister('pods').get(name) === undefined) this.#told.delete(name);
    if (waiting.length === 0) return false;
    this.#upcoming(pass);
    const pods = withoutRoom(cluster, waiting);
    if (pods.length === 0) return false;
    const refused = new Map<Pod, string[]>();
    const options = [...this.machines.groups.values()].flatMap((plan) => this.#option(plan, pods, pass, refused) ?? []);
    const best = bestOption(options, this.settings.expanders, () => view.uniform('expander', 'tie', view.now));
    const before = best === undefined ? 0 : this.machines.size(best.plan.name);
    const grown = best === undefined ? 0 : this.#grow(best, view);
    const helped = new Set(options.flatMap((option) => option.pods.map(({ pod }) => pod)));
    if (best !== undefined && grown > 0)
      for (const { pod } of best.pods)
        this.#tell(
          view,
          pod,
          'Normal',
          'TriggeredScaleUp',
          `pod triggered scale-up: [{${best.plan.name} ${before}->${before + grown} (max: ${best.plan.max})}]`,
        );
    for (const pod of pods)
      if (!helped.has(pod))
        this.#tell(view, pod, 'Normal', 'NotTriggerScaleUp', `pod didn't trigger scale-up: ${reasonsText(refused.get(pod) ?? [])}`);
    return grown > 0;
  }

  /** The scheduler said that there is no node for it, and it is not expendable. */
  #waits({ metadata, spec, status }: Pod, view: View): boolean {
    if (spec?.nodeName !== undefined || metadata?.deletionTimestamp !== undefined) return false;
    const condition = status?.conditions?.find(({ type }) => type === 'PodScheduled');
    if (condition?.status !== 'False' || condition.reason !== 'Unschedulable') return false;
    if (((spec?.priority as number | undefined) ?? 0) < this.settings.expendablePodsPriorityCutoff) return false;
    // Room is being made for it.
    if ((status?.nominatedNodeName ?? '') !== '') return false;
    const { newPodScaleUpDelay } = this.settings;
    return newPodScaleUpDelay === 0 || view.clock - (parseTime(String(metadata?.creationTimestamp)) ?? 0) >= newPodScaleUpDelay;
  }

  /** What was ordered and is not ready counts as if it were there. */
  #upcoming({ view, cluster, listers }: Pass): void {
    for (const { name, group, zone, state } of this.machines.machines) {
      if (state === 'failed' || cluster.get(name) !== undefined || this.underway.has(name)) continue;
      const plan = this.machines.groups.get(group) as NodeGroupPlan;
      const known = view.lister<Node>('nodes').get(name);
      // A node that was ready and is not any more is nothing to wait for.
      if (known !== undefined && view.now - (this.machines.get(name) as Machine).since > this.settings.maxNodeProvisionTime) continue;
      this.#addTemplate(cluster, plan, name, zone, view, listers);
    }
  }

  #addTemplate(
    cluster: SimulatedCluster,
    plan: NodeGroupPlan,
    name: string,
    zone: string,
    view: View,
    listers: ReadonlyMap<string, Lister>,
  ): NodeInfo {
    const node = templateNode(plan, name, zone);
    return cluster.add(node, daemonPods(view.lister('daemonsets.apps'), node, listers));
  }

  #option(
    plan: NodeGroupPlan,
    pods: readonly Pod[],
    { view, cluster, listers, total }: Pass,
    refused: Map<Pod, string[]>,
  ): Option | undefined {
    const { maxNodesTotal, maxNodesPerScaleUp } = this.settings;
    const refuse = (pod: Pod, reasons: readonly string[]): void => void refused.set(pod, [...(refused.get(pod) ?? []), ...reasons]);
    const refuseAll = (reason: string): undefined => {
      for (const pod of pods) refuse(pod, [reason]);
      return undefined;
    };
    const size = this.machines.size(plan.name);
    if (this.#backOff.isOff(plan.name, view.now)) return refuseAll('in backoff after failed scale-up');
    const left = Math.min(plan.max - size, maxNodesPerScaleUp, maxNodesTotal === 0 ? Infinity : maxNodesTotal - total);
    if (plan.max <= size) return refuseAll('max node group size reached');
    if (left <= 0) return refuseAll('max total nodes in cluster reached');
    const places = this.machines.next(plan, left, view.now);
    if (places.length === 0) return refuseAll('in backoff after failed scale-up');
    const start = cluster.nodes.length;
    const add = (ordinal: number): NodeInfo | undefined => {
      const place = places[ordinal];
      return place === undefined ? undefined : this.#addTemplate(cluster, plan, place.name, place.zone, view, listers);
    };
    const template = add(0) as NodeInfo;
    const verdicts = new Map<readonly unknown[], readonly string[] | undefined>();
    const fitting = pods.filter((pod) => {
      const key = pod.spec?.containers as readonly unknown[];
      let reasons = verdicts.get(key);
      if (!verdicts.has(key)) {
        reasons = cluster.fits(cluster.begin(pod), template)?.reasons;
        if (pod.spec?.affinity === undefined && (pod.spec?.topologySpreadConstraints?.length ?? 0) === 0 && pod.spec?.volumes === undefined)
          verdicts.set(key, reasons);
      }
      if (reasons !== undefined) refuse(pod, reasons);
      return reasons === undefined;
    });
    cluster.cut(start);
    if (fitting.length === 0) return undefined;
    const found = estimate(cluster, fitting, template, add);
    return found.nodes === 0 ? undefined : { plan, template, ...found };
  }

  #grow({ plan, nodes }: Option, view: View): number {
    const grown = this.machines.increase(plan.name, nodes, view.now, this.luck(view));
    if (grown === 0) return 0;
    this.#addedAt = view.now;
    view.count('cluster_autoscaler_scaled_up_nodes_total', {}, grown);
    return grown;
  }

  luck(view: View): MachineLuck {
    return (machine, use): Stream => {
      let n = 0;
      return { next: () => view.uniform('machine', machine, use * 16 + n++) };
    };
  }

  #tell(view: View, pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const key = `${pod.metadata?.namespace}/${pod.metadata?.name}`;
    const before = this.#told.get(key);
    if (before?.message === message && view.now - before.at < EVENT_PAUSE) return;
    this.#told.set(key, { message, at: view.now });
    view.event(pod, type, reason, message);
  }

  // ---- fewer nodes ----

  #scaleDown({ view, cluster, members }: Pass): readonly RequestSpec[] {
    const { settings } = this;
    const candidates = members.flatMap(({ machine, node }): Candidate[] =>
      this.underway.has(machine.name) || machine.state !== 'running' ? [] : [{ name: machine.name, node, group: machine.group }],
    );
    const budgets = [...view.lister<Budget>('poddisruptionbudgets.policy').list()];
    const unneeded = this.#unneeded.update(cluster, candidates, {
      budgets,
      rules: settings,
      threshold: settings.scaleDownUtilizationThreshold,
      now: view.now,
    });
    if (!this.#isCooling(view.now)) this.#remove(unneeded, view);
    return this.#softTaints(candidates, view);
  }

  /** isScaleDownInCooldown. */
  #isCooling(now: Instant): boolean {
    const { scaleDownDelayAfterAdd, scaleDownDelayAfterDelete, scaleDownDelayAfterFailure } = this.settings;
    return (
      now < this.#addedAt + scaleDownDelayAfterAdd ||
      now < this.#deletedAt + scaleDownDelayAfterDelete ||
      now < this.#failedAt + scaleDownDelayAfterFailure
    );
  }

  #remove(unneeded: readonly Unneeded[], view: View): void {
    const { scaleDownUnneededTime, maxScaleDownParallelism, maxDrainParallelism } = this.settings;
    let drains = [...this.underway.values()].filter(({ empty }) => !empty).length;
    for (const { name, group, since, movable } of unneeded) {
      const empty = movable.pods.length === 0;
      if (
        view.now - since < scaleDownUnneededTime ||
        this.underway.size >= maxScaleDownParallelism ||
        (!empty && drains >= maxDrainParallelism)
      )
        continue;
      const going = [...this.underway.values()].filter((removal) => removal.group === group).length;
      if (this.machines.size(group) - going <= (this.machines.groups.get(group)?.min ?? 0)) continue;
      if (!empty) drains++;
      this.underway.set(name, {
        node: name,
        group,
        empty,
        begun: view.now,
        step: 'taint',
        evictedSince: 0,
        patience: 0,
        evicted: new Set(),
      });
      view.enqueue(name);
    }
  }

  /** PreferNoSchedule on nodes that will go, off those that will not. */
  #softTaints(candidates: readonly Candidate[], view: View): readonly RequestSpec[] {
    const requests: RequestSpec[] = [];
    for (const { name, node } of candidates) {
      if (requests.length === SOFT_TAINTS) break;
      if (this.underway.has(name) || this.#unneeded.has(name) === hasTaint(node, CANDIDATE)) continue;
      const taint = { key: CANDIDATE, value: String(Math.floor(view.clock / 1e6)), effect: 'PreferNoSchedule' as const };
      requests.push(taintPatch(node, this.#unneeded.has(name) ? taint : undefined));
    }
    return requests;
  }

  /** A node that was to be deleted and is not (this process began anew, or a patch came too late). */
  #strayTaints(view: View): RequestSpec[] {
    const requests: RequestSpec[] = [];
    for (const { name } of this.machines.machines) {
      const node = view.lister<Node>('nodes').get(name);
      if (node !== undefined && !this.underway.has(name) && hasTaint(node, TO_BE_DELETED))
        requests.push(taintPatch(node, undefined, false));
    }
    return requests;
  }
}

function podsOf(view: View, node: string): readonly Pod[] {
  const found: Pod[] = [];
  for (const pod of view.lister<Pod>('pods').byIndex('node', node))
    if (pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed') found.push(pod);
  return found.length === 0 ? ZERO_PODS : found;
}
