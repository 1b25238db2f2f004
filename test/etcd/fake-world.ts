/** A world of one host for unit tests: time moves by hand, the disk takes what the test says, the CPU is one core. */

import type { Context, Host, HostId, Message } from '#sim';

export interface Sent {
  readonly at: number;
  readonly to: HostId;
  readonly message: Message;
}

interface Due {
  at: number;
  order: number;
  message: Message;
}

const quiet = { add() {}, set() {}, observe() {} };

export class FakeWorld {
  now = 0;
  readonly sent: Sent[] = [];
  syncs = 0;
  private readonly host: Host;
  private readonly fsyncMicros: number;
  private readonly due: Due[] = [];
  private order = 0;
  private busyUntil = 0;
  private source: HostId = 0;

  constructor(host: Host, fsyncMicros = 122) {
    this.host = host;
    this.fsyncMicros = fsyncMicros;
    host.start?.(this.context());
  }

  /** Delivers a message now, as if from `source`. */
  deliver(message: Message, source: HostId = 1): void {
    this.source = source;
    this.host.receive(message, this.context());
  }

  /** Runs timers and disks until `instant`. */
  runUntil(instant: number): void {
    for (;;) {
      const next = this.due.filter((each) => each.at <= instant).sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (next === undefined) break;
      this.due.splice(this.due.indexOf(next), 1);
      this.now = next.at;
      this.source = 0;
      this.host.receive(next.message, this.context());
    }
    this.now = instant;
  }

  /** Takes what was sent so far. */
  take(): Sent[] {
    return this.sent.splice(0).sort((a, b) => a.at - b.at);
  }

  private context(): Context {
    const { now, source } = this;
    const after = (delay: number, message: Message): number => {
      this.order += 1;
      this.due.push({ at: now + delay, order: this.order, message });
      return this.order;
    };
    return {
      now,
      self: 0,
      source,
      chance: undefined,
      record: { counter: () => quiet, gauge: () => quiet, histogram: () => quiet, span() {}, mark() {}, log() {} },
      clock: () => now,
      send: (to: HostId, message: Message, processing = 0) => this.sent.push({ at: now + processing, to, message }),
      after,
      cancel() {},
      fsync: (_bytes: number, done: Message) => {
        this.syncs += 1;
        after(this.fsyncMicros, done);
      },
      charge: (cost: number) => {
        this.busyUntil = Math.max(this.busyUntil, now) + cost;
        return this.busyUntil - now;
      },
      stop() {},
    } as unknown as Context;
  }
}
