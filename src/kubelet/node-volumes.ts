/** The volumes of the node's pods that lie behind claims: looked up, waited for until they are attached, mounted, reported in use and let go. Mirrors v1.34
 *  pkg/kubelet/volumemanager (populator, reconciler, WaitForAttachAndMount) and pkg/volume/util/operationexecutor. Departures: claims that are not
 *  bound yet are asked for once a second; a node that starts again mounts anew instead of reconstructing. */

import type { CSIDriver, PersistentVolume, PersistentVolumeClaim, Pod } from '#api';
import type { Outcome } from '#client';
import { type Context, type Distribution, type Instant, SECOND } from '#sim';
import type { Continuation, NodeAgent } from './agent.ts';
import { drawDuration, LUCK } from './luck.ts';
import { podEvent } from './pod-events.ts';
import { syncPod } from './pod-sync.ts';
import { type PodWorker, subjectOf } from './pod-worker.ts';

/** A driver that runs beside this kubelet; it registers with its limit in the node's CSINode. */
export interface NodeDriver {
  readonly name: string;
  readonly maxVolumes: number;
}

/** podAttachAndMountTimeout. */
const MOUNT_TIMEOUT = 123 * SECOND;
/** nestedpendingoperations' back-off while a volume is not attached: 0.5 s, doubled up to 2 min 2 s. */
const FIRST_LOOK = SECOND / 2;
const LAST_LOOK = 122 * SECOND;
const UNBOUND_LOOK = SECOND;
/** NodeStageVolume and NodePublishVolume: file system check or mkfs, mount. assumed. */
const STAGE_SECONDS: Distribution = { lognormal: { p50: 0.8, p99: 4, min: 0.2, max: 30 } };

interface Wanted {
  readonly volume: string;
  readonly claim: string;
  step: 'claim' | 'volume' | 'driver' | 'attach' | 'ready';
  source: PersistentVolume | undefined;
  /** What the node status calls it; '' for volumes that are not attached. */
  unique: string;
}

interface Mounting {
  readonly wanted: readonly Wanted[];
  readonly since: Instant;
  timeoutAt: Instant;
  look: number;
  mounting: boolean;
  mounted: boolean;
}

export class NodeVolumes {
  private readonly agent: NodeAgent;
  private readonly pods = new Map<number, Mounting>();
  /** How many pods use each attached volume. */
  private readonly inUse = new Map<string, number>();
  private readonly attachless = new Map<string, boolean>();
  private sending: readonly string[] = [];
  private reported: ReadonlySet<string> = new Set();
  /** The node's status is to be written soon. */
  changed: (ctx: Context) => void = () => {};

  constructor(agent: NodeAgent) {
    this.agent = agent;
  }

  /** What the node's status says is in use; undefined when it has nothing to say. */
  status(): readonly string[] | undefined {
    this.sending = [...this.inUse.keys()];
    const before = this.agent.node?.status?.volumesInUse ?? [];
    return this.sending.length > 0 || before.length > 0 ? this.sending : undefined;
  }

  /** The status was written. */
  acknowledged(): void {
    if (this.sending.length > 0 || this.reported.size > 0) this.reported = new Set(this.sending);
  }

  /** Whether the pod's volumes are mounted; if not, that is now under way and the sync ends here. */
  ready(worker: PodWorker, ctx: Context): boolean {
    const known = this.pods.get(worker.slot);
    if (known !== undefined) return known.mounted;
    const wanted = claimsOf(worker);
    if (wanted.length === 0) return true;
    worker.stage = 'busy';
    this.pods.set(worker.slot, {
      wanted,
      since: ctx.now,
      timeoutAt: ctx.now + MOUNT_TIMEOUT,
      look: FIRST_LOOK,
      mounting: false,
      mounted: false,
    });
    wanted.forEach((_, index) => {
      this.read(worker, index, ctx);
    });
    this.agent.after(ctx, FIRST_LOOK, 'volumes', worker.slot);
    return false;
  }

  private read(worker: PodWorker, index: number, ctx: Context): void {
    const wanted = this.pods.get(worker.slot)?.wanted[index];
    if (wanted === undefined) return;
    const { step, claim, source } = wanted;
    const spec =
      step === 'claim'
        ? ({ verb: 'get', resource: 'persistentvolumeclaims', namespace: worker.namespace, name: claim } as const)
        : step === 'volume'
          ? ({ verb: 'get', resource: 'persistentvolumes', name: source?.metadata?.name ?? '' } as const)
          : ({ verb: 'get', resource: 'csidrivers.storage.k8s.io', name: source?.spec?.csi?.driver ?? '' } as const);
    this.agent.client.request(ctx, spec, { of: 'volume', slot: worker.slot, index }, this.agent.egress);
  }

  answered(worker: PodWorker, index: number, { code, object }: Outcome<Continuation>, ctx: Context): void {
    const wanted = this.pods.get(worker.slot)?.wanted[index];
    if (wanted === undefined) return;
    if (wanted.step === 'claim') {
      const claim = object as PersistentVolumeClaim | undefined;
      const name = claim?.status?.phase === 'Bound' ? claim.spec?.volumeName : undefined;
      if (code !== 200 || name === undefined || claim?.metadata?.deletionTimestamp !== undefined) return;
      wanted.source = { metadata: { name } } as PersistentVolume;
      wanted.step = 'volume';
      return this.read(worker, index, ctx);
    }
    if (wanted.step === 'volume') {
      const volume = object as PersistentVolume | undefined;
      if (code !== 200 || volume === undefined) return;
      wanted.source = volume;
      const csi = volume.spec?.csi;
      if (csi === undefined) wanted.step = 'ready';
      else if (this.attachless.has(csi.driver)) this.use(wanted, ctx);
      else {
        wanted.step = 'driver';
        return this.read(worker, index, ctx);
      }
    } else if (wanted.step === 'driver') {
      if (code !== 200 && code !== 404) return;
      const driver = wanted.source?.spec?.csi?.driver ?? '';
      this.attachless.set(driver, (object as CSIDriver | undefined)?.spec?.attachRequired === false);
      this.use(wanted, ctx);
    }
    this.mount(worker, ctx);
  }

  /** A volume to be attached is said to be in use before it is mounted: the controller then leaves it where it is. */
  private use(wanted: Wanted, ctx: Context): void {
    const { driver = '', volumeHandle = '' } = wanted.source?.spec?.csi ?? {};
    wanted.step = this.attachless.get(driver) === true ? 'ready' : 'attach';
    if (wanted.step === 'ready') return;
    wanted.unique = `kubernetes.io/csi/${driver}^${volumeHandle}`;
    this.inUse.set(wanted.unique, (this.inUse.get(wanted.unique) ?? 0) + 1);
    this.changed(ctx);
  }

  /** A look at what the pod waits for. */
  look(worker: PodWorker, ctx: Context): void {
    const mounting = this.pods.get(worker.slot);
    if (mounting === undefined || worker.stage !== 'busy' || worker.sandboxReady) return;
    if (mounting.mounting) return this.mounted(worker, mounting, ctx);
    mounting.wanted.forEach((wanted, index) => {
      if (wanted.step === 'claim' || wanted.step === 'volume' || wanted.step === 'driver') this.read(worker, index, ctx);
    });
    for (const wanted of mounting.wanted) if (wanted.step === 'attach' && this.isAttached(wanted)) wanted.step = 'ready';
    if (this.mount(worker, ctx)) return;
    if (ctx.now >= mounting.timeoutAt) {
      const missing = mounting.wanted.filter(({ step }) => step !== 'ready').map(({ volume }) => volume);
      const text = `Unable to attach or mount volumes: unmounted volumes=[${missing.join(' ')}], unattached volumes=[], failed to process volumes=[]: context deadline exceeded`;
      podEvent(this.agent, worker, undefined, 'Warning', 'FailedMount', text, ctx);
      mounting.timeoutAt = ctx.now + MOUNT_TIMEOUT + this.agent.settings.syncBackOffSeconds * SECOND;
    }
    const isWaiting = mounting.wanted.some(({ step }) => step === 'attach');
    mounting.look = isWaiting ? Math.min(mounting.look * 2, LAST_LOOK) : UNBOUND_LOOK;
    this.agent.after(ctx, mounting.look, 'volumes', worker.slot);
  }

  private isAttached({ unique }: Wanted): boolean {
    return this.reported.has(unique) && this.agent.node?.status?.volumesAttached?.some(({ name }) => name === unique) === true;
  }

  /** Once all are there, they are mounted together. */
  private mount(worker: PodWorker, ctx: Context): boolean {
    const mounting = this.pods.get(worker.slot);
    if (mounting === undefined || mounting.mounting || !mounting.wanted.every(({ step }) => step === 'ready')) return false;
    mounting.mounting = true;
    const seconds = this.agent.settings.costs.stageSeconds ?? STAGE_SECONDS;
    this.agent.after(ctx, drawDuration(ctx.chance, LUCK.stage, seconds, worker.luck, worker.ordinal), 'volumes', worker.slot);
    return true;
  }

  private mounted(worker: PodWorker, mounting: Mounting, ctx: Context): void {
    if (mounting.mounted) return;
    mounting.mounted = true;
    ctx.record.span(subjectOf(worker), 'volumes', mounting.since, ctx.now - mounting.since);
    worker.stage = 'idle';
    syncPod(this.agent, worker, ctx);
  }

  /** The pod is over: its volumes are unmounted and no longer in use. */
  release(worker: PodWorker, ctx: Context): void {
    const mounting = this.pods.get(worker.slot);
    if (mounting === undefined) return;
    this.pods.delete(worker.slot);
    for (const { unique } of mounting.wanted) {
      if (unique === '') continue;
      const left = (this.inUse.get(unique) ?? 1) - 1;
      if (left > 0) this.inUse.set(unique, left);
      else this.inUse.delete(unique);
    }
    this.changed(ctx);
  }
}

const NOTHING: readonly Wanted[] = [];

function claimsOf({ spec, name }: PodWorker): readonly Wanted[] {
  const volumes: NonNullable<Pod['spec']>['volumes'] = spec.volumes;
  if (volumes === undefined || volumes.length === 0) return NOTHING;
  const wanted: Wanted[] = [];
  for (const volume of volumes) {
    const claim = volume.persistentVolumeClaim?.claimName ?? (volume.ephemeral === undefined ? undefined : `${name}-${volume.name}`);
    if (claim !== undefined) wanted.push({ volume: volume.name, claim, step: 'claim', source: undefined, unique: '' });
  }
  return wanted;
}

/** Once, when the node has registered: what its drivers can take (pkg/volume/csi/nodeinfomanager). */
export function publishDrivers(agent: NodeAgent, ctx: Context): void {
  const { nodeName, csiDrivers = [] } = agent.config;
  const zone = agent.config.labels?.['topology.kubernetes.io/zone'];
  const body = {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'CSINode',
    metadata: {
      name: nodeName,
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: nodeName, uid: agent.node?.metadata?.uid ?? '' }],
    },
    spec: {
      drivers: csiDrivers.map(({ name, maxVolumes }) => ({
        name,
        nodeID: nodeName,
        allocatable: { count: maxVolumes },
        ...(zone === undefined ? {} : { topologyKeys: ['topology.kubernetes.io/zone'] }),
      })),
    },
  };
  agent.client.request(
    ctx,
    { verb: 'create', resource: 'csinodes.storage.k8s.io', body, discardBody: true },
    { of: 'devices' },
    agent.egress,
  );
}
