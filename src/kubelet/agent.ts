/** The node's state, shared by everything the kubelet does: its pods, images, addresses, client, timers. Decisions are elsewhere (pod-*.ts, node-*.ts). */

import type { Node } from '#api';
import { type ApiClient, createApiClient, type Lane } from '#client';
import {
  type Context,
  type Counter,
  type Duration,
  type Gauge,
  type Histogram,
  hashName,
  type Instant,
  type Message,
  messageKind,
  SECOND,
  type Timer,
} from '#sim';
import { AddressPool, formatAddress, parseCidr } from './addresses.ts';
import { type KubeletConfig, type KubeletSettings, settingsOf } from './config.ts';
import type { PressureCondition } from './eviction-signals.ts';
import { ImageStore } from './images.ts';
import { LUCK } from './luck.ts';
import { NodeCpu } from './node-cpu.ts';
import { NodeDisk } from './node-disk.ts';
import { NodeEvents } from './node-events.ts';
import { NodeMemory } from './node-memory.ts';
import { NodeNetwork } from './node-network.ts';
import { NodeStorage } from './node-storage.ts';
import { NodeTraffic } from './node-traffic.ts';
import { NodeVolumes } from './node-volumes.ts';
import { PodResizes } from './pod-allocation.ts';
import { PodConfig } from './pod-config.ts';
import type { PodWorker, ProbeWorker } from './pod-worker.ts';
import { ServiceDependence } from './service-dependence.ts';
import { type StartPart, startPartsOf } from './start-parts.ts';

/** What a kubelet reminds itself of. */
export type Task =
  | 'register'
  | 'ready'
  | 'lease'
  | 'nodeStatus'
  | 'nodeReport'
  | 'pleg'
  | 'images'
  | 'sandbox'
  | 'started'
  | 'postStart'
  | 'exit'
  | 'stopped'
  | 'sandboxStopped'
  | 'killed'
  | 'resync'
  | 'deadline'
  | 'probe'
  | 'statusRetry'
  | 'oom'
  | 'memory'
  | 'evict'
  | 'imageGC'
  | 'mirror'
  | 'volumes'
  | 'shutdown'
  | 'wave'
  | 'proxy'
  | 'depend'
  | 'resizes'
  | 'problems'
  | 'config';

export interface KubeletTimer extends Message {
  readonly kind: 'KubeletTimer';
  readonly task: Task;
  /** The pod worker's slot; -1 for the node's own. */
  readonly slot: number;
  /** Container, and for probes which of its probes: container * 4 + probe. */
  readonly index: number;
}

messageKind<KubeletTimer>({
  kind: 'KubeletTimer',
  digest(m, hasher) {
    // Four letters' worth tell the tasks apart; hashing the whole word would cost more than the rest.
    const { task } = m;
    hasher.int((task.charCodeAt(0) << 24) ^ (task.charCodeAt(2) << 16) ^ (task.charCodeAt(task.length - 1) << 8) ^ task.length);
    hasher.int(m.slot);
    hasher.int(m.index);
  },
});

/** What an answer belongs to. */
export type Continuation =
  | { readonly of: 'node'; readonly step: 'create' | 'get' | 'look' | 'status' }
  | { readonly of: 'lease'; readonly step: 'create' | 'get' | 'renew' }
  | { readonly of: 'status'; readonly slot: number }
  | { readonly of: 'delete'; readonly slot: number }
  | { readonly of: 'mirror'; readonly slot: number }
  | { readonly of: 'devices' }
  | { readonly of: 'volume'; readonly slot: number; readonly index: number }
  | { readonly of: 'config'; readonly key: string }
  | { readonly of: 'event' };

export class NodeAgent {
  readonly config: KubeletConfig;
  readonly settings: KubeletSettings;
  readonly client: ApiClient<Continuation>;
  readonly events: Lane;
  readonly heartbeats: Lane;
  readonly images: ImageStore;
  readonly addresses: AddressPool;
  readonly memory: NodeMemory;
  readonly cpu: NodeCpu;
  readonly disk: NodeDisk;
  readonly volumes: NodeVolumes;
  readonly traffic: NodeTraffic;
  readonly storage: NodeStorage;
  readonly network: NodeNetwork;
  readonly podConfig: PodConfig;
  readonly dependence: ServiceDependence;
  readonly resizes: PodResizes;
  /** Key of the node's luck. */
  readonly luck: number;
  readonly hostIP: string;
  readonly egress: Duration;
  /** `source` of all its Events. */
  readonly eventSource: { readonly component: string; readonly host: string };
  eventSequence = 0;
  /** Probes that tick, and some that no longer do. */
  readonly probing: ProbeWorker[] = [];
  /** Pods that are not terminated, and what they ask for together. */
  pods = 0;
  readonly requested: Record<string, number> = {};
  readonly workers = new Map<number, PodWorker>();
  readonly byUid = new Map<string, PodWorker>();
  /** The Node as last seen; undefined until registered. */
  node: Node | undefined;
  startedAt: Instant = 0;
  shuttingDown = false;
  /** The machine's disk goes with its power. */
  diskLost = false;
  /** Pods of this machine's former life that the disk still has, until the API server has told which there are. */
  former: ReadonlyMap<string, PodWorker> | undefined;
  running: Gauge | undefined;
  startSli: Histogram | undefined;
  startTotal: Histogram | undefined;
  pullDuration: Histogram | undefined;
  startedContainers: Counter | undefined;
  startParts: Readonly<Record<StartPart, Histogram>> | undefined;
  private nextSlot = 0;
  evictArmed = false;
  /** What the eviction manager says of the node. */
  readonly pressures = new Set<PressureCondition>();
  private ownEvents: NodeEvents | undefined;
  private phase = -1;
  private plegTimer: Timer | undefined;
  private plegDirty: PodWorker[] = [];
  private imageTimer: Timer | undefined;

  constructor(config: KubeletConfig) {
    this.config = config;
    this.settings = settingsOf(config);
    this.client = createApiClient<Continuation>(config.client);
    this.events = this.client.lane({ qps: this.settings.eventQps, burst: this.settings.eventBurst });
    // The kubelet's heartbeat client: no limit, time-out of a lease's duration.
    this.heartbeats = this.client.lane({ qps: 0, burst: 0, timeout: this.settings.leaseRenewIntervalSeconds * SECOND });
    this.luck = hashName(config.nodeName);
    this.images = new ImageStore(this.settings, this.luck);
    this.memory = new NodeMemory(this);
    this.cpu = new NodeCpu(this);
    this.disk = new NodeDisk(this);
    this.volumes = new NodeVolumes(this);
    this.traffic = new NodeTraffic(this);
    this.storage = new NodeStorage(this);
    this.network = new NodeNetwork(this);
    this.podConfig = new PodConfig(this);
    this.dependence = new ServiceDependence(this);
    this.resizes = new PodResizes(this);
    this.addresses = new AddressPool(config.podCIDR);
    // 172.16.0.0 plus the CIDR's own number: distinct for up to 2^20 nodes of one cluster.
    this.hostIP = config.internalIP ?? formatAddress(2_886_729_728 + (Math.floor(parseCidr(config.podCIDR).base / 256) & 0xf_ffff));
    this.eventSource = { component: 'kubelet', host: config.nodeName };
    this.egress = Math.round(this.settings.costs.egressSeconds * SECOND);
  }

  /** The machine has power again. */
  inherit(former: NodeAgent): void {
    if (former.diskLost) return;
    this.images.inherit(former.images);
    this.former = former.byUid;
    former.former = undefined;
  }

  start(ctx: Context): void {
    this.startedAt = ctx.now;
    this.running = ctx.record.gauge('kubelet_running_pods');
    this.startSli = ctx.record.histogram('kubelet_pod_start_sli_duration_seconds');
    this.startTotal = ctx.record.histogram('kubelet_pod_start_duration_seconds');
    this.pullDuration = ctx.record.histogram('kubelet_image_pull_duration_seconds');
    this.startParts = startPartsOf(ctx.record);
    this.startedContainers = ctx.record.counter('kubelet_started_containers_total');
    this.images.preload(ctx.chance);
  }

  newSlot(): number {
    return this.nextSlot++;
  }

  /** Takes an admitted pod into the sums that admission looks at. */
  count(worker: PodWorker): void {
    worker.counted = true;
    this.pods += 1;
    for (const name in worker.requests) this.requested[name] = (this.requested[name] ?? 0) + (worker.requests[name] as number);
  }

  uncount(worker: PodWorker): void {
    if (!worker.counted) return;
    worker.counted = false;
    this.pods -= 1;
    for (const name in worker.requests) this.requested[name] = (this.requested[name] ?? 0) - (worker.requests[name] as number);
  }

  forget(worker: PodWorker): void {
    this.uncount(worker);
    this.podConfig.forget(worker);
    this.network.forget(worker);
    this.workers.delete(worker.slot);
    if (this.byUid.get(worker.uid) === worker) this.byUid.delete(worker.uid);
  }

  after(ctx: Context, delay: Duration, task: Task, slot = -1, index = -1): Timer {
    const message: KubeletTimer = { kind: 'KubeletTimer', task, slot, index };
    return ctx.after(delay, message);
  }

  /** An Event about the node itself. */
  nodeEvent(type: 'Normal' | 'Warning', reason: string, message: string, ctx: Context): void {
    (this.ownEvents ??= new NodeEvents(this)).write(type, reason, message, ctx);
  }

  /** The clock's reading at instant 0, as the clock goes now. */
  epoch(ctx: Context): number {
    return ctx.clock() - ctx.now;
  }

  /** A container or sandbox changed: the next relist sees it. */
  markPleg(worker: PodWorker, ctx: Context): void {
    if (worker.inPleg) return;
    worker.inPleg = true;
    this.plegDirty.push(worker);
    if (this.plegTimer !== undefined) return;
    this.plegTimer = this.after(ctx, this.untilPhase(ctx, this.settings.plegRelistSeconds * SECOND), 'pleg');
  }

  /** The eviction manager looks every monitoringInterval, while there is something to look at. */
  armEvict(ctx: Context): void {
    if (this.evictArmed) return;
    this.evictArmed = true;
    this.after(ctx, this.untilPhase(ctx, this.settings.evictionMonitoringSeconds * SECOND), 'evict');
  }

  /** How long until the node's own phase of a period comes round: loops of different nodes do not run in step. */
  untilPhase(ctx: Context, period: Duration): Duration {
    if (this.phase < 0) this.phase = ctx.chance.uniform(LUCK.pleg, this.luck);
    const since = (((ctx.now - Math.floor(this.phase * period)) % period) + period) % period;
    return period - since;
  }

  /** The pods whose changes this relist sees, in the order in which they changed. */
  relist(): readonly PodWorker[] {
    const dirty = this.plegDirty;
    this.plegDirty = [];
    this.plegTimer = undefined;
    for (const worker of dirty) worker.inPleg = false;
    return dirty;
  }

  /** Sets the one timer for pulls to the next instant at which something happens to them. */
  armImages(ctx: Context): void {
    if (this.imageTimer !== undefined) ctx.cancel(this.imageTimer);
    const at = this.images.nextAt(ctx.now);
    this.imageTimer = at === Number.POSITIVE_INFINITY ? undefined : this.after(ctx, at - ctx.now, 'images');
  }
}
