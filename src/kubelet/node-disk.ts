/** The image disk's pressure: garbage collection above the high threshold, DiskPressure and eviction below the hard one. Mirrors v1.34
 *  pkg/kubelet/images/image_gc_manager.go and pkg/kubelet/eviction (imagefs.available). What containers write is node-storage.ts. */

import { type Context, type Instant, SECOND } from '#sim';
import type { NodeAgent } from './agent.ts';
import { EvictionThreshold } from './eviction-threshold.ts';
import { isCritical, type Victim } from './node-memory.ts';
import type { PodWorker } from './pod-worker.ts';

/** ImageGCPeriod (pkg/kubelet/kubelet.go). */
const GC_PERIOD = 300 * SECOND;

export class NodeDisk {
  private readonly agent: NodeAgent;
  private gcArmed = false;
  pressure = false;
  private seenAt: Instant = 0;
  private readonly threshold: EvictionThreshold;

  constructor(agent: NodeAgent) {
    this.agent = agent;
    const { settings } = agent;
    const grace = settings.evictionSoftImageFsGraceSeconds * SECOND;
    const { evictionHardImageFsPercent, evictionSoftImageFsPercent, evictionMinimumReclaimImageFsPercent } = settings;
    this.threshold = new EvictionThreshold(
      evictionHardImageFsPercent,
      evictionSoftImageFsPercent,
      grace,
      evictionMinimumReclaimImageFsPercent,
    );
  }

  /** Images came: is there anything to look after? */
  changed(ctx: Context): void {
    const { settings } = this.agent;
    if (this.share() > settings.imageGCHighThresholdPercent && !this.gcArmed) {
      this.gcArmed = true;
      this.agent.after(ctx, this.agent.untilPhase(ctx, GC_PERIOD), 'imageGC');
    }
    if (100 - this.share() < this.threshold.watermark) this.agent.armEvict(ctx);
  }

  private share(): number {
    return (100 * (this.agent.images.used + this.agent.storage.used)) / this.agent.settings.imageFsBytes;
  }

  /** The periodic collection: down to the low threshold, nothing younger than imageMinimumGCAge. */
  collect(ctx: Context): void {
    this.gcArmed = false;
    const { settings, images } = this.agent;
    const target = (settings.imageFsBytes * settings.imageGCLowThresholdPercent) / 100;
    images.free(images.used - target, this.inUse(), ctx.now, settings.imageMinimumGCAgeSeconds * SECOND);
    this.changed(ctx);
  }

  private inUse(): Set<string> {
    const images = new Set<string>();
    for (const worker of this.agent.workers.values()) {
      if (worker.stage !== 'terminated') for (const { spec } of worker.containers) images.add(spec.image ?? '');
    }
    return images;
  }

  /** One look of the eviction manager: first all unused images go, then, if that is not enough, a pod. */
  look(ctx: Context): Victim | undefined {
    const { settings, images } = this.agent;
    let met = this.threshold.look(100 - this.share(), ctx.now);
    if (!this.threshold.crossed) {
      if (!this.pressure) return undefined;
      if (ctx.now - this.seenAt >= settings.evictionPressureTransitionSeconds * SECOND) this.pressure = false;
      else this.agent.armEvict(ctx);
      return undefined;
    }
    this.pressure = true;
    this.seenAt = ctx.now;
    this.agent.armEvict(ctx);
    if (met === undefined) return undefined;
    images.free(images.used, this.inUse(), ctx.now, 0);
    met = this.threshold.look(100 - this.share(), ctx.now);
    if (met === undefined) return undefined;
    const worker = this.victim();
    if (worker === undefined) return undefined;
    const threshold = Math.floor((settings.imageFsBytes * met.threshold) / 100);
    const available = settings.imageFsBytes - images.used - this.agent.storage.used;
    return {
      worker,
      soft: met.soft,
      message: `The node was low on resource: ephemeral-storage. Threshold quantity: ${threshold}, available: ${Math.floor(available / 1024)}Ki. `,
    };
  }

  /** rankDiskPressure: above its request of ephemeral storage first, then the lowest priority, then who uses most above it; the latest come among equals. */
  private victim(): PodWorker | undefined {
    let best: PodWorker | undefined;
    for (const worker of this.agent.workers.values()) {
      if (worker.stage === 'terminated' || worker.stage === 'terminating' || isCritical(worker)) continue;
      if (best === undefined || this.goesFirst(worker, best)) best = worker;
    }
    return best;
  }

  private goesFirst(worker: PodWorker, best: PodWorker): boolean {
    const [over, most] = [this.agent.storage.aboveRequest(worker), this.agent.storage.aboveRequest(best)];
    if (over > 0 !== most > 0) return over > 0;
    const [priority, lowest] = [worker.spec.priority ?? 0, best.spec.priority ?? 0];
    return priority !== lowest ? priority < lowest : over >= most;
  }
}
