/** The provider's disks: what exists, where, attached to what, and how long each call takes or why it fails. No Kubernetes here: a model of an API such as
 *  EC2's or Compute Engine's for volumes. All times are assumed; verdicts that rest on them are to be run again at half and at double. */

import type { Distribution, Duration, Instant, Stream } from '#sim';
import { SECOND, sampleDistribution } from '#sim';

export type DiskCall = 'provision' | 'delete' | 'attach' | 'detach' | 'resize' | 'snapshot' | 'deleteSnapshot';

/** One driver: what kind of disk it gives, and the habits of the API behind it. Survives structured clone; times in seconds. */
export interface DriverPlan {
  readonly name: string;
  /** zonal: a disk lies in one zone, and so must its pods; network: within reach of all nodes. */
  readonly access: 'zonal' | 'network';
  /** Whether several nodes may have a disk attached at once. */
  readonly attachRequired: boolean;
  readonly maxVolumesPerNode: number;
  readonly seconds: Readonly<Record<DiskCall, Distribution>>;
  /** Chance that a call fails. */
  readonly failures: Readonly<Partial<Record<DiskCall, number>>>;
}

export const DISK_DEFAULTS: Omit<DriverPlan, 'name'> = {
  access: 'zonal',
  attachRequired: true,
  // The limit of most EC2 instance types, less their root disk and network card.
  maxVolumesPerNode: 26,
  seconds: {
    provision: { lognormal: { p50: 3, p99: 12, min: 0.5, max: 60 } },
    delete: { lognormal: { p50: 2, p99: 10, min: 0.5, max: 60 } },
    attach: { lognormal: { p50: 4, p99: 20, min: 1, max: 120 } },
    detach: { lognormal: { p50: 5, p99: 30, min: 1, max: 180 } },
    resize: { lognormal: { p50: 4, p99: 20, min: 1, max: 120 } },
    snapshot: { lognormal: { p50: 20, p99: 120, min: 2, max: 900 } },
    deleteSnapshot: { lognormal: { p50: 2, p99: 10, min: 0.5, max: 60 } },
  },
  failures: {},
};

interface Disk {
  readonly zone: string;
  readonly manyNodes: boolean;
  readonly nodes: Set<string>;
}

interface Call {
  readonly due: Instant;
  readonly fails: boolean;
}

/** What a call came to: still under way, done, or an error as a driver words it. */
export type Answer = { readonly wait: Duration } | { readonly error: string } | 'done';

const REFUSED = 'rpc error: code = Internal desc = the provider answered 503 Service Unavailable';

export class CloudDisks {
  readonly #disks = new Map<string, Disk>();
  // Bytes of what was cut, by handle.
  readonly #snapshots = new Map<string, number>();
  // Calls under way and their ends, by what they are about.
  readonly #calls = new Map<string, Call>();
  readonly #attempts = new Map<string, number>();
  /** Chances that calls fail while the API is ill; '' are all. */
  readonly #ills = new Map<string, number>();

  /** From now on: what is under way ends as it would have. */
  ail(what: DiskCall | '', chance: number): void {
    if (chance > 0) this.#ills.set(what, chance);
    else this.#ills.delete(what);
  }

  /** Asks, or asks again how it stands: the first call of a key begins it. `luck` is drawn from once a call. */
  call(plan: DriverPlan, what: DiskCall, key: string, now: Instant, luck: (attempt: number) => Stream): Answer {
    const id = `${what} ${key}`;
    let call = this.#calls.get(id);
    if (call === undefined) {
      const attempt = (this.#attempts.get(id) ?? 0) + 1;
      this.#attempts.set(id, attempt);
      const stream = luck(attempt);
      const seconds = Math.max(0, sampleDistribution(plan.seconds[what], stream));
      const ill = Math.max(this.#ills.get(what) ?? 0, this.#ills.get('') ?? 0);
      const fails = Math.max(plan.failures[what] ?? 0, ill) > stream.next();
      call = { due: now + Math.round(seconds * SECOND), fails };
      this.#calls.set(id, call);
    }
    if (now < call.due) return { wait: call.due - now };
    this.#calls.delete(id);
    if (call.fails) return { error: REFUSED };
    this.#attempts.delete(id);
    return 'done';
  }

  /** How often the call failed in a row. */
  failures(what: DiskCall, key: string): number {
    return this.#attempts.get(`${what} ${key}`) ?? 0;
  }

  create(handle: string, zone: string, manyNodes: boolean): void {
    if (!this.#disks.has(handle)) this.#disks.set(handle, { zone, manyNodes, nodes: new Set() });
  }

  remove(handle: string): void {
    this.#disks.delete(handle);
  }

  /** Why a disk cannot be cut, or undefined once its snapshot is there. */
  cut(handle: string, disk: string, bytes: number): string | undefined {
    if (this.#snapshots.has(handle)) return undefined;
    if (!this.#disks.has(disk)) return `rpc error: code = NotFound desc = no disk ${disk}`;
    this.#snapshots.set(handle, bytes);
    return undefined;
  }

  /** undefined when there is no such snapshot. */
  snapshotSize(handle: string): number | undefined {
    return this.#snapshots.get(handle);
  }

  removeSnapshot(handle: string): void {
    this.#snapshots.delete(handle);
  }

  get snapshotCount(): number {
    return this.#snapshots.size;
  }

  /** Why a disk may not be attached there, or undefined once it is. */
  attach(plan: DriverPlan, handle: string, node: string, zone: string): string | undefined {
    const disk = this.#disks.get(handle);
    if (disk === undefined) return `rpc error: code = NotFound desc = no disk ${handle}`;
    if (disk.nodes.has(node)) return undefined;
    if (plan.access === 'zonal' && disk.zone !== zone)
      return `rpc error: code = Internal desc = disk ${handle} lies in zone ${disk.zone}, node ${node} in zone ${zone}`;
    const other = [...disk.nodes][0];
    if (other !== undefined && !disk.manyNodes)
      return `rpc error: code = FailedPrecondition desc = disk ${handle} is attached to node ${other}`;
    let attached = 0;
    for (const { nodes } of this.#disks.values()) if (nodes.has(node)) attached++;
    if (attached >= plan.maxVolumesPerNode)
      return `rpc error: code = ResourceExhausted desc = node ${node} has ${attached} disks, which is its limit`;
    disk.nodes.add(node);
    return undefined;
  }

  detach(handle: string, node: string): void {
    this.#disks.get(handle)?.nodes.delete(node);
  }

  /** Where it is attached. */
  nodesOf(handle: string): readonly string[] {
    return [...(this.#disks.get(handle)?.nodes ?? [])];
  }

  get size(): number {
    return this.#disks.size;
  }
}

/** A side-car's pause before it tries again: 1 s, doubled up to 5 min (--retry-interval-start, --retry-interval-max). */
export function retryPause(failures: number): Duration {
  let seconds = 1;
  for (let i = 1; i < failures && seconds < 300; i++) seconds *= 2;
  return Math.min(seconds, 300) * SECOND;
}
