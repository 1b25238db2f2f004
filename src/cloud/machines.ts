/** The provider's machines: node groups with a size that somebody asks for, instances that take their time to come up or never do, and those that it takes back.
 *  No Kubernetes here: a model of an API such as EC2's Auto Scaling groups or Compute Engine's managed instance groups. All times are assumed. */

import type { Taint } from '#api';
import type { Distribution, Duration, HostId, Instant, Stream } from '#sim';
import { MINUTE, SECOND, sampleDistribution } from '#sim';

/** A group as the provider knows it, and what its machines are. Survives structured clone. */
export interface NodeGroupPlan {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Machines that are there from the start. */
  readonly initial: number;
  /** Places for machines: host of the first, and how many. More than `max`, because a place rests after a machine has gone. */
  readonly first: HostId;
  readonly places: number;
  readonly zones: readonly string[];
  readonly capacity: Readonly<Record<string, string>>;
  readonly allocatable: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  /** An hour of one machine. */
  readonly price: number;
  readonly spot: boolean;
  /** For the expander 'priority': more is better. */
  readonly priority: number;
  /** From the order to the machine's boot. Seconds. */
  readonly provisionSeconds: Distribution;
  /** Chance that an order cannot be filled (no capacity, no quota). */
  readonly failures: number;
  /** How often a spot machine is taken back, an hour. */
  readonly reclaimsPerHour: number;
}

/** How long a machine that goes has to be gone before its place (and name) may be used again: every trace of it has left the cluster by then. */
const REST: Duration = 5 * MINUTE;
/** EC2's notice before a spot machine is taken. */
export const RECLAIM_NOTICE: Duration = 2 * MINUTE;
/** How long the provider takes to say that it cannot. assumed. */
const REFUSAL: Duration = 20 * SECOND;

export type MachineState = 'ordered' | 'running' | 'failed' | 'reclaimed';

export interface Machine {
  readonly name: string;
  readonly group: string;
  readonly host: HostId;
  readonly zone: string;
  readonly orderedAt: Instant;
  /** When it comes up, or when it is known that it does not. */
  readonly due: Instant;
  readonly fails: boolean;
  /** Spot: when the provider wants it back; Infinity otherwise. */
  readonly reclaimAt: Instant;
  state: MachineState;
  /** When it came up. */
  since: Instant;
}

/** What happened that the machines' hosts must be told. */
export interface Switch {
  readonly machine: Machine;
  readonly on: boolean;
}

/** Luck of a machine, keyed by its name and how often that name was used. */
export type MachineLuck = (machine: string, use: number) => Stream;

export class CloudMachines {
  readonly groups: ReadonlyMap<string, NodeGroupPlan>;
  readonly #machines = new Map<string, Machine>();
  readonly #uses = new Map<string, number>();
  readonly #restUntil = new Map<string, Instant>();
  readonly #switches: Switch[] = [];
  /** Machines whose end of waiting has to be watched for. */
  #news: Machine[] = [];

  constructor(plans: readonly NodeGroupPlan[]) {
    this.groups = new Map(plans.map((plan) => [plan.name, plan]));
    for (const plan of plans) for (let place = 0; place < plan.initial; place++) this.#put(plan, place, 0, 0, false, Infinity);
  }

  get machines(): Iterable<Machine> {
    return this.#machines.values();
  }

  get(name: string): Machine | undefined {
    return this.#machines.get(name);
  }

  /** The size that was asked for. */
  size(group: string): number {
    let size = 0;
    for (const machine of this.#machines.values()) if (machine.group === group) size++;
    return size;
  }

  /** Names and zones that the next machines of a group would have. */
  next(
    plan: NodeGroupPlan,
    wanted: number,
    now: Instant,
  ): readonly { readonly place: number; readonly name: string; readonly zone: string }[] {
    const free: { place: number; name: string; zone: string }[] = [];
    for (let place = 0; place < plan.places && free.length < wanted; place++) {
      const name = `${plan.name}-${place}`;
      if (this.#machines.has(name) || (this.#restUntil.get(name) ?? 0) > now) continue;
      free.push({ place, name, zone: zoneOf(plan, place) });
    }
    return free;
  }

  /** Orders more machines; how many it takes. */
  increase(group: string, wanted: number, now: Instant, luck: MachineLuck): number {
    const plan = this.groups.get(group) as NodeGroupPlan;
    const free = this.next(plan, wanted, now);
    for (const { place, name } of free) {
      const stream = luck(name, this.#uses.get(name) ?? 0);
      const seconds = Math.max(0, sampleDistribution(plan.provisionSeconds, stream));
      const fails = stream.next() < plan.failures;
      const due = now + (fails ? REFUSAL : Math.round(seconds * SECOND));
      const life =
        plan.reclaimsPerHour <= 0 ? Infinity : sampleDistribution({ exponential: { mean: 3600 / plan.reclaimsPerHour } }, stream);
      this.#news.push(this.#put(plan, place, now, due, fails, due + Math.round(life * SECOND)));
    }
    return free.length;
  }

  #put(plan: NodeGroupPlan, place: number, orderedAt: Instant, due: Instant, fails: boolean, reclaimAt: Instant): Machine {
    const name = `${plan.name}-${place}`;
    this.#uses.set(name, (this.#uses.get(name) ?? 0) + 1);
    const machine: Machine = {
      name,
      group: plan.name,
      host: plan.first + place,
      zone: zoneOf(plan, place),
      orderedAt,
      due,
      fails,
      reclaimAt,
      state: due <= orderedAt ? 'running' : 'ordered',
      since: due,
    };
    this.#machines.set(name, machine);
    return machine;
  }

  /** The order is filled, or refused. */
  arrive(name: string, now: Instant): void {
    const machine = this.#machines.get(name);
    if (machine === undefined || machine.state !== 'ordered' || machine.due > now) return;
    machine.state = machine.fails ? 'failed' : 'running';
    if (!machine.fails) this.#switches.push({ machine, on: true });
  }

  /** Gives a machine back; the group is one smaller. */
  remove(name: string, now: Instant): void {
    const machine = this.#machines.get(name);
    if (machine === undefined) return;
    this.#machines.delete(name);
    this.#restUntil.set(name, now + REST);
    if (machine.state === 'running' || machine.state === 'reclaimed') this.#switches.push({ machine, on: false });
  }

  /** The provider takes it back. The group's size stays: another is ordered. */
  reclaim(name: string, now: Instant, luck: MachineLuck): void {
    const machine = this.#machines.get(name);
    if (machine === undefined || machine.state !== 'reclaimed') return;
    this.remove(name, now);
    this.increase(machine.group, 1, now, luck);
  }

  /** What has to be told since the last call. */
  takeSwitches(): readonly Switch[] {
    return this.#switches.splice(0);
  }

  /** Machines ordered since the last call. */
  takeNews(): readonly Machine[] {
    const news = this.#news;
    this.#news = [];
    return news;
  }
}

const zoneOf = ({ zones }: NodeGroupPlan, place: number): string => zones[place % zones.length] as string;
