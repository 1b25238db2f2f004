/** What lies on the node's image disk: images made of layers that they share. Mirrors v1.34 pkg/kubelet/images/image_gc_manager.go for what goes first. */

import type { Instant } from '#sim';

/** A layer by its digest. */
export interface ImageLayer {
  readonly digest: string;
  readonly bytes: number;
}

interface StoredImage {
  readonly bytes: number;
  readonly layers: readonly ImageLayer[] | undefined;
  readonly arrivedAt: Instant;
  usedAt: Instant;
}

export class ImageDisk {
  // In order of arrival.
  private readonly images = new Map<string, StoredImage>();
  private readonly layers = new Map<string, number>();
  /** Bytes on the disk; a layer counts once. */
  used = 0;

  has(image: string): boolean {
    return this.images.has(image);
  }

  /** What a pull still has to bring. */
  missing(bytes: number, layers: readonly ImageLayer[] | undefined): number {
    if (layers === undefined) return bytes;
    let absent = 0;
    for (const layer of layers) if (!this.layers.has(layer.digest)) absent += layer.bytes;
    return absent;
  }

  keep(image: string, bytes: number, layers: readonly ImageLayer[] | undefined, now: Instant): void {
    this.used += this.missing(bytes, layers);
    for (const { digest } of layers ?? []) this.layers.set(digest, (this.layers.get(digest) ?? 0) + 1);
    this.images.set(image, { bytes, layers, arrivedAt: now, usedAt: now });
  }

  touch(image: string, now: Instant): void {
    const stored = this.images.get(image);
    if (stored !== undefined) stored.usedAt = now;
  }

  /** Image and bytes, in order of arrival. */
  *list(): Iterable<readonly [string, number]> {
    for (const [image, { bytes }] of this.images) yield [image, bytes];
  }

  /** Removes unused images, the one unused for longest first, until `wanted` bytes are free or none is left; returns how many went.
   *  `minimumAge`: what came later than this long ago stays. */
  free(wanted: number, inUse: ReadonlySet<string>, now: Instant, minimumAge: number): number {
    const candidates = [...this.images].filter(([image, { arrivedAt }]) => !inUse.has(image) && now - arrivedAt >= minimumAge);
    candidates.sort(([, a], [, b]) => a.usedAt - b.usedAt || a.arrivedAt - b.arrivedAt);
    const target = this.used - wanted;
    let removed = 0;
    for (const [image, stored] of candidates) {
      if (this.used <= target) break;
      this.remove(image, stored);
      removed += 1;
    }
    return removed;
  }

  private remove(image: string, { bytes, layers }: StoredImage): void {
    this.images.delete(image);
    if (layers === undefined) {
      this.used -= bytes;
      return;
    }
    for (const layer of layers) {
      const references = (this.layers.get(layer.digest) ?? 1) - 1;
      if (references > 0) this.layers.set(layer.digest, references);
      else {
        this.layers.delete(layer.digest);
        this.used -= layer.bytes;
      }
    }
  }
}
