/** The node's disks: one for everything, or one for images and writable layers (imagefs) beside the kubelet's own for logs and emptyDirs (nodefs). Images are
 *  collected above the high threshold. Mirrors v1.34 pkg/kubelet/images/image_gc_manager.go and, for what counts to which disk, pkg/kubelet/eviction/helpers.go
 *  (buildSignalToRankFunc). What containers write is node-storage.ts; who is evicted for it, eviction-manager.ts. */

import { type Context, type Instant, SECOND } from '#sim';
import type { NodeAgent } from './agent.ts';
import { amountIn, type EvictionSignal, thresholdsFor } from './eviction-signals.ts';
import type { Observation } from './eviction-threshold.ts';
import type { PodWorker } from './pod-worker.ts';

/** ImageGCPeriod (pkg/kubelet/kubelet.go). */
const GC_PERIOD = 300 * SECOND;
/** ext4's default (mke2fs.conf, inode_ratio). */
const BYTES_PER_INODE = 16_384;

const isOfImages = (signal: EvictionSignal): boolean => signal === 'imagefs.available' || signal === 'imagefs.inodesFree';
const isOfInodes = (signal: EvictionSignal): boolean => signal === 'imagefs.inodesFree' || signal === 'nodefs.inodesFree';

export class NodeDisk {
  private readonly agent: NodeAgent;
  private gcArmed = false;

  constructor(agent: NodeAgent) {
    this.agent = agent;
  }

  /** Images came, or containers wrote: is there anything to look after? */
  changed(ctx: Context): void {
    const { agent } = this;
    const { imageFsBytes, imageGCHighThresholdPercent } = agent.settings;
    const used = agent.images.used + this.beside;
    const share = (100 * used) / imageFsBytes;
    if (share >= imageGCHighThresholdPercent && !this.gcArmed) {
      this.gcArmed = true;
      agent.after(ctx, agent.untilPhase(ctx, GC_PERIOD), 'imageGC');
    }
    if (!agent.evictArmed && imageFsBytes - used < watermarkOf(agent)) agent.armEvict(ctx);
  }

  /** What lies beside the images. */
  private get beside(): number {
    const { storage, settings } = this.agent;
    if (!storage.isBusy) return 0;
    const { layers, files } = storage.bytes;
    return settings.nodeFsBytes > 0 ? layers : layers + files;
  }

  /** What a signal tells of its disk. */
  observed(signal: EvictionSignal): Observation {
    const { images, storage, settings } = this.agent;
    const isSplit = settings.nodeFsBytes > 0;
    const ofFiles = isSplit && !isOfImages(signal);
    const size = ofFiles ? settings.nodeFsBytes : settings.imageFsBytes;
    const written = isOfInodes(signal) ? storage.inodes : storage.bytes;
    if (isOfInodes(signal)) {
      const capacity = Math.floor(size / BYTES_PER_INODE);
      const used = ofFiles ? written.files : isSplit ? written.layers : written.layers + written.files;
      return { available: capacity - used, capacity };
    }
    return { available: size - (ofFiles ? written.files : images.used + this.beside), capacity: size };
  }

  /** Whether the disk of a signal has the images, so that removing some gives room. */
  holdsImages(signal: EvictionSignal): boolean {
    return this.agent.settings.nodeFsBytes <= 0 || isOfImages(signal);
  }

  /** What a pod has on the disk of a signal, in its unit. */
  useOf(worker: PodWorker, signal: EvictionSignal): number {
    const { storage, settings } = this.agent;
    const { layers, files } = isOfInodes(signal) ? storage.inodesOf(worker) : storage.bytesOf(worker);
    if (settings.nodeFsBytes <= 0) return layers + files;
    return isOfImages(signal) ? layers : files;
  }

  /** DeleteUnusedImages: however young. */
  removeUnused(now: Instant): void {
    const { images } = this.agent;
    images.free(images.used, this.inUse(), now, 0);
  }

  /** The periodic collection: down to the low threshold, nothing younger than imageMinimumGCAge. */
  collect(ctx: Context): void {
    this.gcArmed = false;
    const { settings, images } = this.agent;
    const wanted = images.used + this.beside - (settings.imageFsBytes * settings.imageGCLowThresholdPercent) / 100;
    const before = images.used;
    images.free(wanted, this.inUse(), ctx.now, settings.imageMinimumGCAgeSeconds * SECOND);
    const freed = before - images.used;
    if (freed < wanted) {
      const message = `Failed to garbage collect required amount of images. Attempted to free ${Math.ceil(wanted)} bytes, but only found ${freed} bytes eligible to free.`;
      this.agent.nodeEvent('Warning', 'FreeDiskSpaceFailed', message, ctx);
    }
    this.changed(ctx);
  }

  private inUse(): Set<string> {
    const images = new Set<string>();
    for (const worker of this.agent.workers.values()) {
      if (worker.stage !== 'terminated') for (const { spec } of worker.containers) images.add(spec.image ?? '');
    }
    return images;
  }
}

/** The most free room of the disk of images at which a threshold is crossed. */
function watermarkOf({ settings }: NodeAgent): number {
  let highest = 0;
  for (const { signal, amount } of thresholdsFor(settings)) {
    if (signal === 'imagefs.available' || (signal === 'nodefs.available' && settings.nodeFsBytes <= 0))
      highest = Math.max(highest, amountIn(amount, settings.imageFsBytes));
  }
  return highest;
}
