/** When an eviction threshold counts as met: a hard one at once, a soft one after its grace period, both until so much more than the threshold is free
 *  (evictionMinimumReclaim). Mirrors v1.34 pkg/kubelet/eviction/helpers.go (thresholdsMet, thresholdsMetGracePeriod) and eviction_manager.go. */

import type { Duration, Instant } from '#sim';

/** What a look found. `soft`: pods keep their grace period, up to evictionMaxPodGracePeriod. */
export type Met = { readonly threshold: number; readonly soft: boolean };

export class EvictionThreshold {
  private readonly hard: number;
  private readonly soft: number;
  private readonly grace: Duration;
  private readonly reclaim: number;
  private hardMet = false;
  private softMet = false;
  private softSince: Instant = 0;

  /** Least amounts that must be available; 0: no soft one. */
  constructor(hard: number, soft: number, grace: Duration, reclaim: number) {
    this.hard = hard;
    this.soft = soft;
    this.grace = grace;
    this.reclaim = reclaim;
  }

  /** The highest amount at which anything happens. */
  get watermark(): number {
    return Math.max(this.hard, this.soft);
  }

  /** Whether some threshold is crossed, its grace period over or not: that is what the pressure condition says. */
  get crossed(): boolean {
    return this.hardMet || this.softMet;
  }

  look(available: number, now: Instant): Met | undefined {
    const softMet = this.soft > 0 && available < this.soft + (this.softMet ? this.reclaim : 0);
    if (softMet && !this.softMet) this.softSince = now;
    this.softMet = softMet;
    this.hardMet = available < this.hard + (this.hardMet ? this.reclaim : 0);
    if (this.hardMet) return { threshold: this.hard, soft: false };
    return softMet && now - this.softSince >= this.grace ? { threshold: this.soft, soft: true } : undefined;
  }
}
