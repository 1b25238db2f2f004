/** What containers write to the node's disks and how many processes they have, as their behaviour says: writable layers, emptyDirs, logs, inodes, PIDs; and
 *  the limits on it that the eviction manager sees to, whatever the node has free. Mirrors v1.34 pkg/kubelet/eviction/eviction_manager.go
 *  (localStorageEviction) and what the summary API tells of pods. Nodes on which no container says what it uses keep no timer.
 *  Departures: quotas of file systems are left out; images and pods that say nothing take no inodes. */

import { formatQuantity, parseQuantity, quantityValue } from '#api';
import { type Context, type Instant, SECOND } from '#sim';
import type { NodeAgent } from './agent.ts';
import type { ContainerBehaviour, CountBehaviour } from './behaviour.ts';
import { logBytes } from './container-log.ts';
import type { Observation } from './eviction-threshold.ts';
import type { ContainerRecord, PodWorker } from './pod-worker.ts';

const RESOURCE = 'ephemeral-storage';
/** Processes of a node beside its pods'. assumed. */
const OWN_PROCESSES = 150;

/** In writable layers, and beside them: logs and emptyDirs. */
interface Written {
  layers: number;
  files: number;
}

/** A pod above a limit of its own. */
interface Excess {
  readonly worker: PodWorker;
  readonly message: string;
  readonly signal: string;
}

export class NodeStorage {
  private readonly agent: NodeAgent;
  private writers = 0;
  private now: Instant = 0;

  constructor(agent: NodeAgent) {
    this.agent = agent;
  }

  /** A container started or ended. What an ended one wrote goes with it (its emptyDirs stay until the pod goes; here they go too). */
  changed(record: ContainerRecord, delta: 1 | -1, ctx: Context): void {
    const { disk, log, inodes, processes } = record.behaviour;
    if (disk === undefined && log === undefined && inodes === undefined && processes === undefined) return;
    this.writers += delta;
    this.now = ctx.now;
    if (this.writers > 0) this.agent.armEvict(ctx);
  }

  /** Some container says what it uses. */
  get isBusy(): boolean {
    return this.writers > 0;
  }

  /** The eviction manager looks: what follows is as of now. */
  lookAt(now: Instant): void {
    this.now = now;
  }

  get bytes(): Written {
    return this.sum((worker) => this.bytesOf(worker));
  }

  get inodes(): Written {
    return this.sum((worker) => this.inodesOf(worker));
  }

  private sum(of: (worker: PodWorker) => Written): Written {
    const all: Written = { layers: 0, files: 0 };
    if (this.writers === 0) return all;
    for (const worker of this.agent.workers.values()) {
      const { layers, files } = of(worker);
      all.layers += layers;
      all.files += files;
    }
    return all;
  }

  bytesOf(worker: PodWorker): Written {
    const written: Written = { layers: 0, files: 0 };
    if (this.writers === 0) return written;
    for (const record of worker.containers) {
      const volume = record.behaviour.disk?.volume;
      if (volume === undefined) written.layers += this.grown(record, record.behaviour.disk);
      // Of what lies in memory no disk knows.
      else if (!isInMemory(worker, volume)) written.files += this.grown(record, record.behaviour.disk);
      written.files += this.logged(record);
    }
    return written;
  }

  inodesOf(worker: PodWorker): Written {
    const written: Written = { layers: 0, files: 0 };
    if (this.writers === 0) return written;
    for (const record of worker.containers) {
      const inodes = record.behaviour.inodes;
      if (inodes === undefined) continue;
      const volume = inodes.volume;
      if (volume === undefined) written.layers += this.counted(record, inodes);
      else if (!isInMemory(worker, volume)) written.files += this.counted(record, inodes);
    }
    return written;
  }

  /** A container's own layer and logs. */
  ownBytes(record: ContainerRecord): number {
    const { disk } = record.behaviour;
    return this.logged(record) + (disk?.volume === undefined ? this.grown(record, disk) : 0);
  }

  private logged(record: ContainerRecord): number {
    const { containerLogMaxBytes, containerLogMaxFiles } = this.agent.settings;
    return logBytes(record, this.now, containerLogMaxBytes, containerLogMaxFiles);
  }

  private grown(record: ContainerRecord, use: ContainerBehaviour['disk']): number {
    if (use === undefined) return 0;
    const { startBytes = 0, growthBytesPerSecond = 0, maxBytes = Number.POSITIVE_INFINITY } = use;
    return this.line(record, startBytes, growthBytesPerSecond, maxBytes);
  }

  private counted(record: ContainerRecord, { start = 0, growthPerSecond = 0, max = Number.POSITIVE_INFINITY }: CountBehaviour): number {
    return Math.floor(this.line(record, start, growthPerSecond, max));
  }

  /** A line in time, as working sets are. */
  private line(record: ContainerRecord, start: number, growth: number, max: number): number {
    return record.state === 'running' ? Math.min(max, start + (growth * (this.now - record.startedAt)) / SECOND) : 0;
  }

  /** A container that says nothing is one process; podPidsLimit is what a pod cannot exceed (fork fails). */
  processesOf(worker: PodWorker): number {
    let processes = 0;
    for (const record of worker.containers) {
      if (record.state !== 'running') continue;
      const own = record.behaviour.processes;
      processes += own === undefined ? 1 : Math.max(1, this.counted(record, own));
    }
    const { podPidsLimit } = this.agent.settings;
    return podPidsLimit > 0 ? Math.min(processes, podPidsLimit) : processes;
  }

  /** pid.available. */
  observedProcesses(): Observation {
    const { maxPids } = this.agent.settings;
    let used = OWN_PROCESSES;
    for (const worker of this.agent.workers.values()) used += this.processesOf(worker);
    return { available: maxPids - used, capacity: maxPids };
  }

  overLimits(): readonly Excess[] {
    if (this.writers === 0) return [];
    const found: Excess[] = [];
    for (const worker of this.agent.workers.values()) {
      if (worker.stage === 'terminated' || worker.stage === 'terminating') continue;
      const excess = this.emptyDirExcess(worker) ?? this.podExcess(worker) ?? this.containerExcess(worker);
      if (excess !== undefined) found.push(excess);
    }
    return found;
  }

  private emptyDirExcess(worker: PodWorker): Excess | undefined {
    for (const { name, emptyDir } of worker.spec.volumes ?? []) {
      const size = emptyDir?.sizeLimit;
      if (size === undefined || quantityValue(size) <= 0) continue;
      let used = 0;
      for (const record of worker.containers) if (record.behaviour.disk?.volume === name) used += this.grown(record, record.behaviour.disk);
      if (used > quantityValue(size))
        return { worker, message: `Usage of EmptyDir volume "${name}" exceeds the limit "${size}". `, signal: 'emptydirfs.limit' };
    }
    return undefined;
  }

  /** The limits of the containers that have one, together, hold for the whole pod (resourcehelper.PodLimits). */
  private podExcess(worker: PodWorker): Excess | undefined {
    let limit = 0;
    let format: ReturnType<typeof parseQuantity>;
    for (const { spec, role } of worker.containers) {
      const own = spec.resources?.limits?.[RESOURCE];
      if (own === undefined || role === 'init') continue;
      limit += quantityValue(own);
      format ??= parseQuantity(own);
    }
    if (format === undefined) return undefined;
    const { layers, files } = this.bytesOf(worker);
    if (layers + files <= limit) return undefined;
    const text = formatQuantity({ ...format, nano: BigInt(limit) * 1_000_000_000n });
    return {
      worker,
      message: `Pod ephemeral local storage usage exceeds the total limit of containers ${text}. `,
      signal: 'ephemeralpodfs.limit',
    };
  }

  private containerExcess(worker: PodWorker): Excess | undefined {
    for (const record of worker.containers) {
      const limit = record.spec.resources?.limits?.[RESOURCE];
      if (limit === undefined || quantityValue(limit) === 0 || record.role === 'init') continue;
      // With a disk of images of its own, the writable layer is none of this limit's.
      const used = this.agent.settings.nodeFsBytes > 0 ? this.logged(record) : this.ownBytes(record);
      if (used <= quantityValue(limit)) continue;
      const message = `Container ${record.spec.name} exceeded its local ephemeral storage limit "${limit}". `;
      return { worker, message, signal: 'ephemeralcontainerfs.limit' };
    }
    return undefined;
  }
}

const isInMemory = (worker: PodWorker, volume: string): boolean =>
  worker.spec.volumes?.find(({ name }) => name === volume)?.emptyDir?.medium === 'Memory';
