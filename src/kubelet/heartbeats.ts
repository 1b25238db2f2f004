/** The node's membership: registration, its Lease (renewed every quarter of its duration) and its status (looked at every 10 s, written when it changed or
 *  after 5 min). Mirrors v1.34 pkg/kubelet/kubelet_node_status.go and component-helpers apimachinery/lease/controller.go. */

import { type KubeObject, type Lease, type Node, rfc3339Micro } from '#api';
import type { Outcome } from '#client';
import { type Context, SECOND, type Timer } from '#sim';
import type { Continuation, NodeAgent } from './agent.ts';
import type { PressureCondition } from './eviction-signals.ts';
import { drawDuration, LUCK } from './luck.ts';
import { type NodeHealth, nodeStatusPatch, registrationOf } from './node-object.ts';
import { countProbes } from './pod-probes.ts';

const LEASES = 'leases.coordination.k8s.io';
const LEASE_NAMESPACE = 'kube-node-lease';
/** Renewals from one count of the probes to the next: a minute. */
const COUNT_EVERY = 6;
/** wait.JitterUntil's factor in the lease controller. */
const LEASE_JITTER = 0.04;
/** Pause before registration or the Lease's creation is tried again (upstream's back-offs run from 100 ms to 7 s). */
const RETRY = 2 * SECOND;

export class Heartbeats {
  private readonly agent: NodeAgent;
  private nodeUid = '';
  private registered = false;
  private health: NodeHealth = NO_HEALTH;
  private lease: { readonly uid: string | undefined; readonly resourceVersion: string | undefined } | undefined;
  private renewals = 0;
  /** The Lease was deleted: the next renewal makes it anew. */
  private gone = false;
  private leaseBusy = false;
  /** A renewal got no answer. */
  private wasCut = false;
  private statusBusy = false;
  private imagesSent = 0;
  private reportAt = 0;
  private changed = false;
  private statusTimer = false;
  /** Changes of conditions whose Events go with the next status. */
  private untold: readonly string[] = NONE;
  private reportTimer: Timer | undefined;
  private owner: { apiVersion: string; kind: string; name: string; uid: string }[] | undefined;

  constructor(agent: NodeAgent) {
    this.agent = agent;
  }

  /** Nodes join one after another, over startupJitterSeconds. */
  start(ctx: Context): void {
    const { agent } = this;
    const clock = ctx.clock();
    this.health = {
      ...NO_HEALTH,
      readySince: clock,
      memoryPressureSince: clock,
      diskPressureSince: clock,
      pidPressureSince: clock,
      startedAt: clock,
    };
    const jitter = Math.floor(ctx.chance.uniform(LUCK.startup, agent.luck) * agent.settings.startupJitterSeconds * SECOND);
    agent.after(ctx, jitter, 'register');
  }

  register(ctx: Context): void {
    const { agent } = this;
    if (this.registered) return;
    const body = registrationOf(agent, this.health, ctx);
    this.imagesSent = agent.images.version;
    agent.client.request(ctx, { verb: 'create', resource: 'nodes', body }, CREATE_NODE, agent.egress, agent.heartbeats);
  }

  /** The runtime and the network are up. */
  ready(ctx: Context): void {
    this.health = { ...this.health, ready: true, readySince: ctx.clock() };
    this.changed = true;
    this.report(ctx);
  }

  /** The machine is about to power off: said at once. */
  shuttingDown(ctx: Context): void {
    this.health = { ...this.health, ready: false, readySince: ctx.clock(), notReadyMessage: 'node is shutting down' };
    this.changed = true;
    this.report(ctx);
  }

  /** Pressure conditions, as the eviction manager sees them; each change is told by an Event, too, with the status (setters.go). */
  setPressure(pressures: ReadonlySet<PressureCondition>, ctx: Context): void {
    const clock = ctx.clock();
    let { health } = this;
    for (const condition of PRESSURES) {
      const is = pressures.has(condition);
      const { flag, since, told } = PRESSURE_FIELDS[condition];
      if (health[flag] === is) continue;
      health = { ...health, [flag]: is, [since]: clock };
      this.untold = [...this.untold, told[is ? 1 : 0]];
    }
    if (health === this.health) return;
    this.health = health;
    this.changed = true;
    this.statusDue(ctx);
  }

  /** Volumes came into use or went out of it. */
  volumesChanged(ctx: Context): void {
    this.changed = true;
    this.statusDue(ctx);
  }

  get isReady(): boolean {
    return this.health.ready;
  }

  /** Something of the status changed: it is written at the next look, every nodeStatusUpdateFrequency. */
  statusDue(ctx: Context): void {
    if (!this.registered || this.statusTimer) return;
    const period = this.agent.settings.nodeStatusUpdateFrequencySeconds * SECOND;
    const phase = Math.floor(ctx.chance.uniform(LUCK.nodeStatus, this.agent.luck) * period);
    const since = (((ctx.now - phase) % period) + period) % period;
    this.statusTimer = true;
    this.agent.after(ctx, period - since, 'nodeStatus');
  }

  /** A look at the status: one is scheduled only when something changed or the report falls due. */
  statusTick(ctx: Context): void {
    this.statusTimer = false;
    const due = ctx.now >= this.reportAt;
    if (due || this.changed || this.agent.images.version !== this.imagesSent) this.report(ctx);
  }

  /** The node controller gave this node up while nothing was heard of it: what the API server has is not what is so, and the next look writes it anew
   *  (tryUpdateNodeStatus compares with the Node as the server has it). */
  seen({ status }: Node, ctx: Context): void {
    if (this.statusBusy || status?.conditions?.some((condition) => condition.status === 'Unknown') !== true) return;
    this.changed = true;
    this.statusDue(ctx);
  }

  private tell(ctx: Context): void {
    for (const reason of this.untold)
      this.agent.nodeEvent('Normal', reason, `Node ${this.agent.config.nodeName} status is now: ${reason}`, ctx);
    this.untold = NONE;
  }

  private report(ctx: Context): void {
    const { agent } = this;
    if (!this.registered || this.statusBusy) return;
    this.statusBusy = true;
    this.changed = false;
    if (this.untold.length > 0) this.tell(ctx);
    const withImages = agent.images.version !== this.imagesSent;
    this.imagesSent = agent.images.version;
    const body = nodeStatusPatch(agent, this.health, withImages, ctx);
    const { nodeName } = agent.config;
    const spec = {
      verb: 'patch',
      resource: 'nodes',
      subresource: 'status',
      name: nodeName,
      body,
      patchType: 'strategic',
      discardBody: true,
    } as const;
    agent.client.request(ctx, spec, NODE_STATUS, agent.egress, agent.heartbeats);
    // The jitter of up to half the frequency came with v1.32 (nodeStatusReportFrequency, calculateDelay).
    const frequency = agent.settings.nodeStatusReportFrequencySeconds * SECOND;
    const delay = Math.round(frequency * (0.5 + ctx.chance.uniform(LUCK.nodeStatus, agent.luck, Math.floor(ctx.now / SECOND))));
    this.reportAt = ctx.now + delay;
    if (this.reportTimer !== undefined) ctx.cancel(this.reportTimer);
    this.reportTimer = agent.after(ctx, delay, 'nodeReport');
  }

  /** Outcomes of requests about the node. */
  nodeAnswered(outcome: Outcome<Continuation>, step: 'create' | 'get' | 'look' | 'status', ctx: Context): void {
    const { agent } = this;
    if (step === 'look') {
      if (outcome.code === 200) this.seen(outcome.object as Node, ctx);
      return;
    }
    if (step === 'status') {
      this.statusBusy = false;
      if (outcome.code === 0 || outcome.code >= 400) this.changed = true;
      else agent.volumes.acknowledged();
      if (this.changed || agent.images.version !== this.imagesSent) this.statusDue(ctx);
      return;
    }
    if (step === 'create' && outcome.code === 409) {
      agent.client.request(ctx, { verb: 'get', resource: 'nodes', name: agent.config.nodeName }, GET_NODE, agent.egress, agent.heartbeats);
      return;
    }
    if (outcome.code === 0 || outcome.code >= 400) {
      agent.after(ctx, RETRY, 'register');
      return;
    }
    this.registered = true;
    agent.node = outcome.object as Node | undefined;
    this.nodeUid = outcome.object?.metadata?.uid ?? '';
    this.createLease(ctx);
    this.nextRenewal(ctx);
    const wait = drawDuration(ctx.chance, LUCK.runtimeReady, agent.settings.runtimeReadySeconds, agent.luck);
    agent.after(ctx, Math.max(1, wait), 'ready');
  }

  private createLease(ctx: Context): void {
    const { agent } = this;
    const spec = { verb: 'create', resource: LEASES, namespace: LEASE_NAMESPACE, body: this.leaseObject(ctx), discardBody: true } as const;
    this.leaseBusy = true;
    this.gone = false;
    agent.client.request(ctx, spec, CREATE_LEASE, agent.egress, agent.heartbeats);
  }

  private nextRenewal(ctx: Context): void {
    const { agent } = this;
    this.renewals += 1;
    const jitter = 1 + LEASE_JITTER * ctx.chance.uniform(LUCK.lease, agent.luck, this.renewals);
    agent.after(ctx, Math.round(agent.settings.leaseRenewIntervalSeconds * SECOND * jitter), 'lease');
  }

  /** The renewal falls due; one under way is waited for. */
  renew(ctx: Context): void {
    this.nextRenewal(ctx);
    if (this.renewals % COUNT_EVERY === 0) countProbes(this.agent, ctx);
    if (this.leaseBusy) return;
    if (this.gone) return this.createLease(ctx);
    if (this.lease === undefined) return this.getLease(ctx);
    this.update(ctx);
  }

  private update(ctx: Context): void {
    const { agent } = this;
    this.leaseBusy = true;
    const { nodeName } = agent.config;
    const spec = {
      verb: 'update',
      resource: LEASES,
      namespace: LEASE_NAMESPACE,
      name: nodeName,
      body: this.leaseObject(ctx),
      discardBody: true,
    } as const;
    agent.client.request(ctx, spec, RENEW_LEASE, agent.egress, agent.heartbeats);
  }

  private getLease(ctx: Context): void {
    const { agent } = this;
    this.leaseBusy = true;
    const spec = { verb: 'get', resource: LEASES, namespace: LEASE_NAMESPACE, name: agent.config.nodeName, discardBody: true } as const;
    agent.client.request(ctx, spec, GET_LEASE, agent.egress, agent.heartbeats);
  }

  private leaseObject(ctx: Context): Lease {
    const { nodeName } = this.agent.config;
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        name: nodeName,
        namespace: LEASE_NAMESPACE,
        uid: this.lease?.uid,
        resourceVersion: this.lease?.resourceVersion,
        ownerReferences: (this.owner ??= [{ apiVersion: 'v1', kind: 'Node', name: nodeName, uid: this.nodeUid }]),
      },
      spec: {
        holderIdentity: nodeName,
        leaseDurationSeconds: this.agent.settings.leaseDurationSeconds,
        renewTime: rfc3339Micro(ctx.clock()),
      },
    };
  }

  /** Back after silence: upstream's look at the status every 10 s asks for the Node anyway. */
  private look(ctx: Context): void {
    const { agent } = this;
    this.wasCut = false;
    agent.client.request(
      ctx,
      { verb: 'get', resource: 'nodes', name: agent.config.nodeName },
      LOOK_AT_NODE,
      agent.egress,
      agent.heartbeats,
    );
  }

  leaseAnswered(outcome: Outcome<Continuation>, step: 'create' | 'get' | 'renew', ctx: Context): void {
    this.leaseBusy = false;
    if (outcome.code === 0) this.wasCut = true;
    else if (this.wasCut) this.look(ctx);
    if (outcome.code > 0 && outcome.code < 400) {
      const metadata = (outcome.object as KubeObject | undefined)?.metadata;
      this.lease = { uid: metadata?.uid, resourceVersion: metadata?.resourceVersion };
      // A lease that was there already is renewed at once.
      if (step === 'get') this.update(ctx);
      return;
    }
    // Someone else wrote it, or it is there from a former life: look, then write.
    if (outcome.code === 409) this.getLease(ctx);
    else if (outcome.code === 404) {
      this.lease = undefined;
      this.gone = true;
    }
    // Anything else: the next renewal tries again.
  }
}

const NONE: readonly string[] = [];
const NO_HEALTH: NodeHealth = {
  ready: false,
  notReadyMessage: '[container runtime status check may not have completed yet]',
  readySince: 0,
  memoryPressure: false,
  memoryPressureSince: 0,
  diskPressure: false,
  diskPressureSince: 0,
  pidPressure: false,
  pidPressureSince: 0,
  startedAt: 0,
};
const PRESSURE_FIELDS = {
  MemoryPressure: {
    flag: 'memoryPressure',
    since: 'memoryPressureSince',
    told: ['NodeHasSufficientMemory', 'NodeHasInsufficientMemory'],
  },
  DiskPressure: { flag: 'diskPressure', since: 'diskPressureSince', told: ['NodeHasNoDiskPressure', 'NodeHasDiskPressure'] },
  PIDPressure: { flag: 'pidPressure', since: 'pidPressureSince', told: ['NodeHasSufficientPID', 'NodeHasInsufficientPID'] },
} as const;
/** In the order of the status setters. */
const PRESSURES: readonly PressureCondition[] = ['MemoryPressure', 'DiskPressure', 'PIDPressure'];
const CREATE_NODE = { of: 'node', step: 'create' } as const;
const GET_NODE = { of: 'node', step: 'get' } as const;
const LOOK_AT_NODE = { of: 'node', step: 'look' } as const;
const NODE_STATUS = { of: 'node', step: 'status' } as const;
const CREATE_LEASE = { of: 'lease', step: 'create' } as const;
const GET_LEASE = { of: 'lease', step: 'get' } as const;
const RENEW_LEASE = { of: 'lease', step: 'renew' } as const;
