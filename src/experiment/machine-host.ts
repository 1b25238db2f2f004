/** A machine that the cloud switches on and off: nothing while it is off, a new kubelet each time it comes up. What a former life set going is not heard by the
 *  next: its timers carry the life's number, and clients tell answers to others from their own (client/api-client.ts). */

import type { WatchEvents } from '#api';
import type { MachinePower } from '#cloud';
import { Kubelet, type KubeletConfig } from '#kubelet';
import type { Context, Duration, Host, HostId, Message, Recorder, Timer } from '#sim';
import { messageKind } from '#sim';

export interface MachineConfig {
  readonly kubelet: KubeletConfig;
  /** There from the start. */
  readonly on: boolean;
}

interface MachineTimer extends Message {
  readonly kind: 'MachineTimer';
  readonly life: number;
  readonly message: Message;
}
messageKind<MachineTimer>({
  kind: 'MachineTimer',
  digest({ life, message }, hasher) {
    hasher.int(life);
    for (const value of Object.values(message)) {
      if (typeof value === 'number') hasher.number(value);
      else if (typeof value === 'string') hasher.string(value);
    }
  },
});

export class MachineHost implements Host {
  readonly #config: KubeletConfig;
  #kubelet: Kubelet | undefined;
  #life: number;
  readonly #context = new LifeContext();

  /** `previous`: the machine before it lost its power. One that was off stays off. */
  constructor({ kubelet, on }: MachineConfig, previous?: MachineHost) {
    this.#config = kubelet;
    this.#life = previous === undefined ? 0 : previous.#life + 1;
    const former = previous === undefined ? undefined : previous.#kubelet;
    if (previous === undefined ? on : former !== undefined) this.#kubelet = new Kubelet(kubelet, former);
  }

  start(ctx: Context): void {
    this.#kubelet?.start(this.#context.of(ctx, this.#life));
  }

  receive(message: Message, ctx: Context): void {
    if (message.kind === 'MachinePower') return this.#power((message as MachinePower).on, ctx);
    const kubelet = this.#kubelet;
    if (kubelet === undefined) {
      // Nobody is there to read: the connection is reset.
      if (message.kind === 'WatchEvents' && (message as WatchEvents).closed !== true)
        ctx.send(ctx.source, { kind: 'CloseWatch', id: (message as WatchEvents).id } as Message);
      return;
    }
    if (message.kind !== 'MachineTimer') return kubelet.receive(message, this.#context.of(ctx, this.#life));
    const timer = message as MachineTimer;
    if (timer.life === this.#life) kubelet.receive(timer.message, this.#context.of(ctx, this.#life));
  }

  #power(on: boolean, ctx: Context): void {
    if (on === (this.#kubelet !== undefined)) return;
    this.#life++;
    this.#kubelet = on ? new Kubelet(this.#config) : undefined;
    if (on) this.#kubelet?.start(this.#context.of(ctx, this.#life));
    else ctx.record.gauge('kubelet_running_pods').set(0);
  }
}

/** The host's context, with timers that know whose life they belong to. */
class LifeContext implements Context {
  #ctx!: Context;
  #life = 0;

  of(ctx: Context, life: number): this {
    this.#ctx = ctx;
    this.#life = life;
    return this;
  }

  get now(): number {
    return this.#ctx.now;
  }
  get self(): HostId {
    return this.#ctx.self;
  }
  get source(): HostId {
    return this.#ctx.source;
  }
  get chance(): Context['chance'] {
    return this.#ctx.chance;
  }
  get record(): Recorder {
    return this.#ctx.record;
  }
  clock(): number {
    return this.#ctx.clock();
  }
  send(to: HostId, message: Message, processing?: Duration): void {
    this.#ctx.send(to, message, processing);
  }
  after(delay: Duration, message: Message): Timer {
    return this.#ctx.after(delay, { kind: 'MachineTimer', life: this.#life, message } as MachineTimer);
  }
  cancel(timer: Timer): void {
    this.#ctx.cancel(timer);
  }
  fsync(bytes: number, done: Message): void {
    this.#ctx.fsync(bytes, done);
  }
  charge(cost: Duration): Duration {
    return this.#ctx.charge(cost);
  }
  stop(reason: string): void {
    this.#ctx.stop(reason);
  }
}
