/** The node's images: what is on the disk, and the pulls under way. Mirrors the kubelet's image manager (v1.34 pkg/kubelet/images: serial or parallel puller)
 *  over a registry link whose bandwidth the pulls of one node share equally. */

import { TokenBucket } from '#client';
import { type Chance, type Context, type Duration, hashName, type Instant, MILLISECOND, SECOND, sampleDistribution } from '#sim';
import type { KubeletSettings } from './config.ts';
import { ImageDisk, type ImageLayer } from './image-disk.ts';
import { drawDuration, LUCK } from './luck.ts';

/** Who waits for a pull: a container of a pod worker. */
export interface PullWaiter {
  readonly slot: number;
  readonly container: number;
  readonly askedAt: Instant;
}

export interface PullResult {
  readonly image: string;
  readonly bytes: number;
  readonly ok: boolean;
  /** Why not; absent: it is not there. */
  readonly refusal?: PullRefusal;
  /** When the registry was first spoken to: what lies before is waiting in the queue. */
  readonly startedAt: Instant;
  readonly waiters: readonly PullWaiter[];
}

/** Refused for coming too often: by the kubelet's own limit, or by the registry. */
export type PullRefusal = 'qps' | 'toomanyrequests';

interface Pull {
  readonly image: string;
  readonly bytes: number;
  readonly fails: boolean;
  refusal: PullRefusal | undefined;
  readonly waiters: PullWaiter[];
  startedAt: Instant;
  /** Resolving the tag, until then no bytes move. */
  resolvedAt: Instant;
  remaining: number;
  /** What had to be brought. */
  size: number;
  /** When the last byte came; the unpacking ends the pull. */
  doneAt: Instant;
}

const NO_PULLS: Pull[] = [];

export class ImageStore {
  private readonly settings: KubeletSettings;
  private readonly node: number;
  // Absent until the first image: an idle node keeps no maps.
  private disk: ImageDisk | undefined;
  private queue: Pull[] = NO_PULLS;
  private active: Pull[] = NO_PULLS;
  private attempts = 0;
  private bucket: TokenBucket | undefined;
  private counted = 0;
  private countedSince: Instant = 0;
  private advancedAt: Instant = 0;
  /** Raised with every change of what is on the disk. */
  version = 0;
  /** Nobody answers at the registry: pulls that are asked for fail. */
  registryDown = false;

  constructor(settings: KubeletSettings, node: number) {
    this.settings = settings;
    this.node = node;
  }

  preload(chance: Chance): void {
    for (const image of this.settings.preloadedImages) if (!this.has(image)) this.keep(image, this.bytesOf(chance, image), 0);
  }

  /** What the disk has kept. */
  inherit({ disk }: ImageStore): void {
    if (disk === undefined) return;
    this.disk = disk;
    this.version += 1;
  }

  has(image: string): boolean {
    return this.disk?.has(image) === true;
  }

  /** Image and bytes, in order of arrival. */
  *list(): Iterable<readonly [string, number]> {
    if (this.disk !== undefined) yield* this.disk.list();
  }

  /** Bytes on the image disk. */
  get used(): number {
    return this.disk?.used ?? 0;
  }

  /** A container uses the image now. */
  touch(image: string, now: Instant): void {
    this.disk?.touch(image, now);
  }

  free(wanted: number, inUse: ReadonlySet<string>, now: Instant, minimumAge: number): void {
    if (wanted > 0 && this.disk !== undefined && this.disk.free(wanted, inUse, now, minimumAge) > 0) this.version += 1;
  }

  private layersOf(image: string): readonly ImageLayer[] | undefined {
    const known = this.settings.images[image];
    return typeof known === 'object' ? known : undefined;
  }

  /** An image's size belongs to the image: every node and run of one seed agrees. */
  bytesOf(chance: Chance, image: string): number {
    const known = this.settings.images[image];
    if (typeof known === 'number') return known;
    if (known !== undefined) return known.reduce((sum, layer) => sum + layer.bytes, 0);
    return Math.max(1, Math.round(sampleDistribution(this.settings.imageBytes, chance.stream(LUCK.imageBytes, hashName(image)))));
  }

  /** Asks for an image; the answer comes out of `settle`. Pulls of one image under way are joined. */
  pull(ctx: Context, image: string, waiter: PullWaiter, fails: boolean): void {
    for (const pull of this.active) if (pull.image === image && pull.fails === fails) return void pull.waiters.push(waiter);
    for (const pull of this.queue) if (pull.image === image && pull.fails === fails) return void pull.waiters.push(waiter);
    this.attempts += 1;
    const failed =
      fails ||
      this.registryDown ||
      ctx.chance.uniform(LUCK.pullFails, this.node, hashName(image), this.attempts) < this.settings.pullFailureProbability;
    const bytes = this.bytesOf(ctx.chance, image);
    const remaining = this.has(image) || failed ? 0 : this.missing(image, bytes);
    const pull = {
      image,
      bytes,
      fails: failed,
      refusal: undefined,
      waiters: [waiter],
      startedAt: 0,
      resolvedAt: 0,
      size: remaining,
      remaining,
      doneAt: Number.POSITIVE_INFINITY,
    };
    this.queue = [...this.queue, pull];
    this.progress(ctx.now);
    this.admit(ctx);
  }

  /** Ends what is due now. Call at the instants that `nextAt` names. */
  settle(ctx: Context): readonly PullResult[] {
    this.progress(ctx.now);
    const results: PullResult[] = [];
    for (const pull of this.active) {
      if (pull.doneAt > ctx.now) continue;
      const ok = !pull.fails && pull.refusal === undefined;
      if (ok) this.keep(pull.image, pull.bytes, ctx.now);
      const result = { image: pull.image, bytes: pull.bytes, ok, startedAt: pull.startedAt, waiters: pull.waiters };
      results.push(pull.refusal === undefined ? result : { ...result, refusal: pull.refusal });
    }
    if (results.length > 0) this.active = this.active.filter((pull) => pull.doneAt > ctx.now);
    if (this.active.length === 0) this.active = NO_PULLS;
    this.admit(ctx);
    return results;
  }

  /** When to look again; Infinity when nothing is under way. */
  nextAt(now: Instant): Instant {
    let next = Number.POSITIVE_INFINITY;
    const share = this.share();
    for (const pull of this.active) {
      if (pull.resolvedAt > now) next = Math.min(next, pull.resolvedAt);
      else if (pull.remaining > 0) next = Math.min(next, now + Math.max(1, Math.ceil((pull.remaining / share) * SECOND)));
      else next = Math.min(next, pull.doneAt);
    }
    return next;
  }

  private missing(image: string, bytes: number): number {
    return this.disk === undefined ? bytes : this.disk.missing(bytes, this.layersOf(image));
  }

  private keep(image: string, bytes: number, now: Instant): void {
    if (this.has(image)) return;
    this.disk ??= new ImageDisk();
    this.disk.keep(image, bytes, this.layersOf(image), now);
    this.version += 1;
  }

  /** Bytes per second of each pull that moves bytes. */
  private share(): number {
    let moving = 0;
    for (const pull of this.active) if (pull.remaining > 0 && pull.resolvedAt <= this.advancedAt) moving += 1;
    return this.settings.registryBytesPerSecond / Math.max(1, moving);
  }

  /** Moves bytes from the last look until now. Membership changes only at looks, so the share was constant. */
  private progress(now: Instant): void {
    const moved = (this.share() * (now - this.advancedAt)) / SECOND;
    for (const pull of this.active) {
      if (pull.remaining <= 0 || pull.resolvedAt > this.advancedAt) continue;
      pull.remaining -= moved;
      if (pull.remaining <= 0.5) {
        pull.remaining = 0;
        pull.doneAt = now + this.unpacking(pull.size);
      }
    }
    this.advancedAt = now;
  }

  /** Whether this pull comes too soon after others (pkg/kubelet/images/helpers.go, throttledImageService; the registry's own count). */
  private refusal(now: Instant): PullRefusal | undefined {
    const { registryPullQps, registryBurst, registryLimitPulls, registryLimitSeconds } = this.settings;
    if (registryPullQps > 0) {
      this.bucket ??= new TokenBucket(registryPullQps, registryBurst);
      if (!this.bucket.tryTake(now)) return 'qps';
    }
    if (registryLimitPulls === 0) return undefined;
    if (now - this.countedSince >= registryLimitSeconds * SECOND) {
      this.countedSince = now;
      this.counted = 0;
    }
    this.counted += 1;
    return this.counted > registryLimitPulls ? 'toomanyrequests' : undefined;
  }

  private unpacking(bytes: number): Duration {
    return Math.round((bytes / this.settings.costs.unpackBytesPerSecond) * SECOND) + MILLISECOND;
  }

  private admit(ctx: Context): void {
    const limit = this.settings.serializeImagePulls ? 1 : this.settings.maxParallelImagePulls;
    while (this.queue.length > 0 && (limit === 0 || this.active.length < limit)) {
      const pull = this.queue[0] as Pull;
      this.queue = this.queue.length === 1 ? NO_PULLS : this.queue.slice(1);
      this.active = [...this.active, pull];
      pull.startedAt = ctx.now;
      const resolve = drawDuration(ctx.chance, LUCK.pull, this.settings.costs.pullResolveSeconds, this.node, hashName(pull.image));
      pull.resolvedAt = ctx.now + Math.max(1, resolve);
      pull.refusal = this.refusal(ctx.now);
      if (pull.refusal === 'qps') pull.resolvedAt = ctx.now + 1;
      // What a pull before this one brought is not brought again.
      pull.size = pull.fails || pull.refusal !== undefined || this.has(pull.image) ? 0 : this.missing(pull.image, pull.bytes);
      pull.remaining = pull.size;
      if (pull.remaining === 0) pull.doneAt = pull.resolvedAt;
    }
  }
}
