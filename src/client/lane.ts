/** A rate-limited way out of a host: client-go gives each clientset its own token bucket (clientbuilder), the kubelet a further one for heartbeats. FIFO. */

import type { Context, Duration } from '#sim';
import type { Call } from './tenant.ts';
import { clientTimer } from './tenant.ts';
import { TokenBucket } from './token-bucket.ts';

export class Lane {
  readonly bucket: TokenBucket;
  readonly timeout: Duration;
  /** Its number among the client's tenants, for timers. */
  readonly tenant: number;
  /** Set when the requests are somebody else's than the client's. */
  readonly user: string | undefined;
  /** A timer is out. */
  armed = false;
  #queue: Call[] = [];
  #head = 0;

  constructor(qps: number, burst: number, timeout: Duration, tenant: number, user?: string) {
    this.bucket = new TokenBucket(qps, burst);
    this.timeout = timeout;
    this.tenant = tenant;
    this.user = user;
  }

  get isIdle(): boolean {
    return this.#head === this.#queue.length;
  }

  get length(): number {
    return this.#queue.length - this.#head;
  }

  push(call: Call, ctx: Context): void {
    this.#queue.push(call);
    this.arm(ctx);
  }

  shift(): Call | undefined {
    const call = this.#queue[this.#head];
    if (call === undefined) return undefined;
    this.#head++;
    if (this.#head === this.#queue.length || this.#head > 4096) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    return call;
  }

  /** One timer for the head of the queue. */
  arm(ctx: Context): void {
    if (this.armed || this.isIdle) return;
    this.armed = true;
    ctx.after(this.bucket.wait(ctx.now), clientTimer(this.tenant, 0));
  }
}
