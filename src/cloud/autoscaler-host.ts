/** The provider's machines as a host, with the cluster autoscaler and the cloud's node controller that call it. Machines outlive a crash of the two. */

import type { ClientConfig } from '#client';
import { ControllerHost } from '#client';
import type { Context, Instant, Message } from '#sim';
import { hashName, incident, messageKind, purpose, SECOND } from '#sim';
import type { AutoscalerSettings } from './autoscaler-settings.ts';
import { CloudNodeLifecycle } from './cloud-nodes.ts';
import { ClusterAutoscaler } from './cluster-autoscaler.ts';
import { CloudMachines, type Machine, type MachineLuck, type NodeGroupPlan, RECLAIM_NOTICE } from './machines.ts';

/** Survives structured clone. */
export interface AutoscalerConfig {
  readonly client: ClientConfig;
  readonly groups: readonly NodeGroupPlan[];
  readonly settings: AutoscalerSettings;
}

/** A machine is switched on or off. */
export interface MachinePower extends Message {
  readonly kind: 'MachinePower';
  readonly on: boolean;
}
messageKind<MachinePower>({
  kind: 'MachinePower',
  digest({ on }, hasher) {
    hasher.int(on ? 1 : 0);
  },
});

interface MachineDue extends Message {
  readonly kind: 'MachineDue';
  readonly machine: string;
  readonly what: 'arrive' | 'notice' | 'take';
  /** Of the machine that was meant: another of its name is none of its business. */
  readonly orderedAt: Instant;
}
messageKind<MachineDue>({
  kind: 'MachineDue',
  digest({ machine, what, orderedAt }, hasher) {
    hasher.string(machine);
    hasher.string(what);
    hasher.number(orderedAt);
  },
});

const RECLAIMED = purpose('cloud/machine-reclaimed');

export class AutoscalerHost extends ControllerHost {
  readonly machines: CloudMachines;

  /** `previous`: the host before a crash. */
  constructor({ client, groups, settings }: AutoscalerConfig, previous?: AutoscalerHost) {
    const machines = previous?.machines ?? new CloudMachines(groups);
    super({ client, controllers: () => [new ClusterAutoscaler(machines, settings), new CloudNodeLifecycle(machines)] });
    this.machines = machines;
  }

  override start(ctx: Context): void {
    super.start(ctx);
    this.machines.takeNews();
    for (const machine of this.machines.machines) {
      if (machine.state !== 'ordered') this.#bill(machine, true, ctx);
      this.#watch(machine, ctx);
    }
    this.#level(ctx);
  }

  override receive(message: Message, ctx: Context): void {
    if (message.kind === 'MachineDue') this.#due(message as MachineDue, ctx);
    else super.receive(message, ctx);
    for (const machine of this.machines.takeNews()) this.#watch(machine, ctx);
    const switches = this.machines.takeSwitches();
    for (const { machine, on } of switches) {
      ctx.send(machine.host, { kind: 'MachinePower', on } as MachinePower);
      this.#bill(machine, on, ctx);
      if (on) ctx.record.histogram('wavetank_machine_order_seconds').observe((ctx.now - machine.orderedAt) / SECOND);
    }
    if (switches.length > 0) this.#level(ctx);
  }

  #watch(machine: Machine, ctx: Context): void {
    const { name, orderedAt, due, state } = machine;
    if (state === 'ordered')
      ctx.after(Math.max(0, due - ctx.now), { kind: 'MachineDue', machine: name, what: 'arrive', orderedAt } as MachineDue);
    if (machine.reclaimAt < Infinity)
      ctx.after(Math.max(0, machine.reclaimAt - ctx.now), { kind: 'MachineDue', machine: name, what: 'notice', orderedAt } as MachineDue);
  }

  #due({ machine: name, what, orderedAt }: MachineDue, ctx: Context): void {
    const machine = this.machines.get(name);
    if (machine?.orderedAt !== orderedAt) return;
    if (what === 'arrive') this.machines.arrive(name, ctx.now);
    else if (what === 'take') this.machines.reclaim(name, ctx.now, luckOf(ctx));
    else if (machine.state === 'running') {
      machine.state = 'reclaimed';
      ctx.record.mark('spot machine gets notice', name);
      ctx.send(machine.host, incident('power-off'));
      ctx.after(RECLAIM_NOTICE, { kind: 'MachineDue', machine: name, what: 'take', orderedAt } as MachineDue);
    }
  }

  /** What is paid for: the sums of when machines came and went, from which their hours follow at any end. */
  #bill({ group }: Machine, on: boolean, ctx: Context): void {
    const what = on ? 'on' : 'off';
    ctx.record.counter(`wavetank_machines_${what}_total`, { group }).add();
    ctx.record.counter(`wavetank_machines_${what}_at_seconds_total`, { group }).add(ctx.now / SECOND);
  }

  #level(ctx: Context): void {
    for (const group of this.machines.groups.keys()) {
      let running = 0;
      for (const machine of this.machines.machines)
        if (machine.group === group && machine.state !== 'ordered' && machine.state !== 'failed') running++;
      ctx.record.gauge('wavetank_machines', { group }).set(running);
    }
  }
}

const luckOf =
  (ctx: Context): MachineLuck =>
  (machine, use) =>
    ctx.chance.stream(RECLAIMED, hashName(machine), use);
