/** What containers write to the node's disk: their writable layers and emptyDirs, as their behaviour says, and the limits on it. Every look of the eviction
 *  manager evicts the pods above a limit, whatever else the node has free; logs count to their container. Mirrors v1.34 pkg/kubelet/eviction/eviction_manager.go (localStorageEviction).
 *  Nodes on which no container says what it writes keep no timer. Departure: quotas of file systems are left out. */

import { quantityValue } from '#api';
import { type Context, type Instant, SECOND } from '#sim';
import type { NodeAgent } from './agent.ts';
import { logBytes } from './container-log.ts';
import type { ContainerRecord, PodWorker } from './pod-worker.ts';

const RESOURCE = 'ephemeral-storage';

export class NodeStorage {
  private readonly agent: NodeAgent;
  private writers = 0;
  private now: Instant = 0;

  constructor(agent: NodeAgent) {
    this.agent = agent;
  }

  /** A container started or ended. What an ended one wrote goes with it (its emptyDirs stay until the pod goes; here they go too). */
  changed(record: ContainerRecord, delta: 1 | -1, ctx: Context): void {
    if (record.behaviour.disk === undefined && record.behaviour.log === undefined) return;
    this.writers += delta;
    this.now = ctx.now;
    if (this.writers > 0) this.agent.armEvict(ctx);
  }

  /** Bytes written by all containers, at the last look. */
  get used(): number {
    if (this.writers === 0) return 0;
    let sum = 0;
    for (const worker of this.agent.workers.values()) for (const record of worker.containers) sum += this.writtenBy(record);
    return sum;
  }

  private writtenBy(record: ContainerRecord): number {
    const { containerLogMaxBytes, containerLogMaxFiles } = this.agent.settings;
    return diskUse(record, this.now) + logBytes(record, this.now, containerLogMaxBytes, containerLogMaxFiles);
  }

  /** What a pod uses beyond its request. */
  aboveRequest(worker: PodWorker): number {
    if (this.writers === 0) return 0;
    let over = -(worker.requests[RESOURCE] ?? 0);
    for (const record of worker.containers) over += this.writtenBy(record);
    return over;
  }

  /** One look: every pod above a limit goes, with what is said of it. */
  look(ctx: Context): { readonly worker: PodWorker; readonly message: string }[] {
    if (this.writers === 0) return [];
    this.now = ctx.now;
    this.agent.armEvict(ctx);
    this.agent.disk.changed(ctx);
    const victims: { readonly worker: PodWorker; readonly message: string }[] = [];
    for (const worker of this.agent.workers.values()) {
      if (worker.stage === 'terminated' || worker.stage === 'terminating') continue;
      const message = this.excess(worker);
      if (message !== undefined) victims.push({ worker, message });
    }
    return victims;
  }

  /** emptyDirs above their size, then the pod, then a container above its limit. */
  private excess(worker: PodWorker): string | undefined {
    let written = 0;
    let limits = 0;
    let limited = worker.containers.length > 0;
    let container: string | undefined;
    const volumes = new Map<string, number>();
    for (const record of worker.containers) {
      const bytes = this.writtenBy(record);
      written += bytes;
      const volume = record.behaviour.disk?.volume;
      if (volume !== undefined) volumes.set(volume, (volumes.get(volume) ?? 0) + diskUse(record, this.now));
      const limit = record.spec.resources?.limits?.[RESOURCE];
      if (limit === undefined) limited = false;
      else {
        limits += quantityValue(limit);
        if (volume === undefined && bytes > quantityValue(limit))
          container ??= `Container ${record.spec.name} exceeded its local ephemeral storage limit "${limit}". `;
      }
    }
    for (const { name, emptyDir } of worker.spec.volumes ?? []) {
      const size = emptyDir?.sizeLimit;
      if (size !== undefined && (volumes.get(name) ?? 0) > quantityValue(size))
        return `Usage of EmptyDir volume "${name}" exceeds the limit "${size}". `;
    }
    if (limited && limits > 0 && written > limits)
      return `Pod ephemeral local storage usage exceeds the total limit of containers ${limits}. `;
    return container;
  }
}

/** A line in time, as working sets are. */
function diskUse(record: ContainerRecord, now: Instant): number {
  const { disk } = record.behaviour;
  if (disk === undefined || record.state !== 'running') return 0;
  const { startBytes = 0, growthBytesPerSecond = 0, maxBytes = Number.POSITIVE_INFINITY } = disk;
  return Math.min(maxBytes, startBytes + (growthBytesPerSecond * (now - record.startedAt)) / SECOND);
}
