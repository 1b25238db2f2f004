/** etcd as modelled beside etcd as measured: one client on loopback, one member and three, the same calls as the measurement made. */

import { type EtcdEvents, EtcdMember, type EtcdOperation, type EtcdRequest, type EtcdResponse, QUIET_SSD } from '#etcd';
import {
  type Context,
  type Host,
  type HostId,
  type HostSpec,
  type Instant,
  type LinkSpec,
  type Message,
  messageKind,
  runInProcess,
  type WorldSpec,
} from '#sim';

/** One line of the comparison; milliseconds. */
export interface CalibrationRow {
  readonly what: string;
  readonly members: 1 | 3;
  /** Of the measured runs, the lower and the higher. */
  readonly measured: readonly [low: number, high: number];
  readonly modelled: number;
  /** Whether the model lies between 0.8 times the lower and 1.2 times the higher. */
  readonly within: boolean;
}

/** The part of etcd.json that is read. */
export interface EtcdMeasurements {
  readonly single_node: Readonly<Record<string, { readonly runs_p50?: readonly number[] }>>;
  readonly three_nodes_loopback: Readonly<Record<string, { readonly runs_p50?: readonly number[] }>>;
  readonly failover_three_nodes: {
    readonly leader_SIGKILL: { readonly new_leader_known: { readonly mean_ms: number; readonly min_ms: number; readonly max_ms: number } };
  };
}

const LOOPBACK_LATENCY = 20;
const KIB = 1024;

/** What the measurement called, one call after the other. */
const CALLS: Readonly<Record<string, (i: number) => EtcdOperation>> = {
  put_seq_256B: (i) => put(`/k/${i}`, 256),
  put_seq_4KiB: (i) => put(`/k/${i}`, 4 * KIB),
  txn_create_seq_1KiB: (i) => put(`/k/${i}`, KIB),
  range_key_linearizable_seq: () => ({ op: 'range', key: '/list/00001' }),
  range_key_serializable_seq: () => ({ op: 'range', key: '/list/00001', serializable: true }),
  list_500_x_1KiB: () => ({ op: 'range', key: '/list/', rangeEnd: '/list0', limit: 500 }),
  list_5000_x_1KiB: () => ({ op: 'range', key: '/list/', rangeEnd: '/list0' }),
  lease_grant_seq: () => ({ op: 'leaseGrant', ttlSeconds: 600 }),
};
const FANOUTS = [1, 100, 1000];
const CALLS_EACH = 300;
const LISTED = 5000;
const FAILOVERS = 50;

messageKind({ kind: 'CalibrationTurn', digest() {} });

function put(key: string, bytes: number): EtcdOperation {
  return { op: 'guarded', key, modRevision: 0, put: { key, value: {}, bytes } };
}

/** Calls one after the other and notes how long each took. */
class SequentialClient implements Host {
  readonly took: number[] = [];
  private readonly member: HostId;
  private readonly operations: readonly EtcdOperation[];
  private sentAt: Instant = 0;

  constructor(member: HostId, operations: readonly EtcdOperation[]) {
    this.member = member;
    this.operations = operations;
  }

  start(ctx: Context): void {
    // By then three members have a leader.
    ctx.after(1_000_000, { kind: 'CalibrationTurn' });
  }

  receive(message: Message, ctx: Context): void {
    if (message.kind === 'EtcdResponse') this.took.push(ctx.now - this.sentAt);
    const operation = this.operations[this.took.length];
    if (operation === undefined) return;
    this.sentAt = ctx.now;
    ctx.send(this.member, { kind: 'EtcdRequest', id: this.took.length, operation } as EtcdRequest);
  }
}

/** Watches a prefix many times over, puts into it every 100 ms, and notes when each watch hears. */
class FanoutClient implements Host {
  readonly took: number[] = [];
  private readonly member: HostId;
  private readonly watchers: number;
  private putAt: Instant = 0;
  private puts = 0;

  constructor(member: HostId, watchers: number) {
    this.member = member;
    this.watchers = watchers;
  }

  start(ctx: Context): void {
    ctx.after(1_000_000, { kind: 'CalibrationTurn' });
  }

  receive(message: Message, ctx: Context): void {
    if (message.kind === 'EtcdEvents') this.took.push(...(message as EtcdEvents).events.map(() => ctx.now - this.putAt));
    if (message.kind === 'EtcdResponse' && this.puts === 0 && (message as EtcdResponse).id < this.watchers - 1) return;
    if (message.kind !== 'CalibrationTurn') return;
    if (this.puts === 0) {
      const operation: EtcdOperation = { op: 'watch', key: '/w/', rangeEnd: '/w0', startRevision: 0 };
      for (let id = 0; id < this.watchers; id += 1) ctx.send(this.member, { kind: 'EtcdRequest', id, operation } as EtcdRequest);
    } else {
      this.putAt = ctx.now;
      const operation = put(`/w/${this.puts}`, 256);
      ctx.send(this.member, { kind: 'EtcdRequest', id: this.watchers + this.puts, operation } as EtcdRequest);
    }
    this.puts += 1;
    if (this.puts <= 31) ctx.after(500_000, { kind: 'CalibrationTurn' });
  }
}

/** A step of the comparison that is done: one run of the model. */
export interface CalibrationStep {
  readonly done: number;
  readonly total: number;
  /** Those that this step completes. */
  readonly rows: readonly CalibrationRow[];
}

/** All that etcd.json and the model both know, side by side. Takes a few seconds. */
export function calibrateEtcd(measurements: EtcdMeasurements): CalibrationRow[] {
  return [...calibrationSteps(measurements)].flatMap(({ rows }) => rows);
}

/** The same, a run of the model at a time. */
export function* calibrationSteps(measurements: EtcdMeasurements): Generator<CalibrationStep, void> {
  const calls = Object.keys(CALLS);
  const total = 2 * (calls.length + FANOUTS.length) + FAILOVERS;
  let done = 0;
  const step = (rows: readonly CalibrationRow[] = []): CalibrationStep => ({ done: ++done, total, rows });
  for (const members of [1, 3] as const) {
    const measured = members === 1 ? measurements.single_node : measurements.three_nodes_loopback;
    for (const what of calls) yield step(row(`${what} p50`, members, measured[what]?.runs_p50, modelCalls(members, what)));
    for (const watchers of FANOUTS) {
      const name = `watch_fanout_${watchers}`;
      yield step(row(`${name} p50`, members, measured[name]?.runs_p50, modelFanout(members, watchers)));
    }
  }
  const took: number[] = [];
  for (let trial = 0; trial < FAILOVERS; trial += 1) {
    took.push(modelFailover(trial));
    yield step(trial === FAILOVERS - 1 ? [failoverRow(measurements, took)] : []);
  }
}

/** The mean may differ by 15 %, and no trial may leave the measured range by more than a fifth. */
function failoverRow({ failover_three_nodes: measured }: EtcdMeasurements, took: readonly number[]): CalibrationRow {
  const { mean_ms: mean, min_ms: low, max_ms: high } = measured.leader_SIGKILL.new_leader_known;
  const modelled = took.reduce((sum, each) => sum + each, 0) / took.length;
  const within = Math.abs(modelled - mean) <= 0.15 * mean && took.every((each) => each >= 0.8 * low && each <= 1.2 * high);
  return { what: `leader killed, next one known, mean of ${FAILOVERS}`, members: 3, measured: [low, high], modelled, within };
}

function row(what: string, members: 1 | 3, measured: readonly number[] | undefined, modelled: number): CalibrationRow[] {
  if (measured === undefined) return [];
  const low = Math.min(...measured);
  const high = Math.max(...measured);
  return [{ what, members, measured: [low, high], modelled, within: modelled >= 0.8 * low && modelled <= 1.2 * high }];
}

function modelCalls(members: number, what: string): number {
  const operations: EtcdOperation[] = [];
  const make = CALLS[what] as (i: number) => EtcdOperation;
  const lists = what.startsWith('list') || what.startsWith('range');
  if (lists) for (let i = 0; i < LISTED; i += 1) operations.push(put(`/list/${String(i).padStart(5, '0')}`, KIB));
  for (let i = 0; i < CALLS_EACH; i += 1) operations.push(make(i));
  const client = new SequentialClient(0, operations);
  runInProcess(world(members, 120_000_000, 7), hosts(members, client));
  return median(client.took.slice(-CALLS_EACH)) / 1000;
}

function modelFanout(members: number, watchers: number): number {
  const client = new FanoutClient(0, watchers);
  runInProcess(world(members, 20_000_000, 7), hosts(members, client));
  return median(client.took) / 1000;
}

/** How long after the leader's end another one leads, in milliseconds, for so many seeds. */
export const modelFailovers = (trials: number): number[] => Array.from({ length: trials }, (_, trial) => modelFailover(trial));

function modelFailover(trial: number): number {
  const at = 5_000_000 + trial * 37_123;
  const changes = [{ at, change: 'crash' as const, hosts: { hosts: [0] } }];
  const { recorded } = runInProcess({ ...world(3, 15_000_000, trial), changes }, hosts(3, new SequentialClient(0, [])));
  const elected = recorded.marks.find((mark) => mark.name === 'etcd leader' && mark.at > at);
  return elected === undefined ? Number.POSITIVE_INFINITY : (elected.at - at) / 1000;
}

function world(members: number, until: Instant, seed: number): WorldSpec {
  const etcd = Array.from({ length: members }, (_, i): HostSpec => {
    return { name: `etcd-${i}`, program: 'etcd', config: undefined, group: 'etcd', zone: 'local', cores: 1, disk: QUIET_SSD };
  });
  const client: HostSpec = { name: 'client', program: 'client', config: undefined, group: 'client', zone: 'local' };
  const links: LinkSpec[] = [{ from: '*', to: '*', latencyMin: LOOPBACK_LATENCY }];
  return { seed, epoch: 0, hosts: [...etcd, client], links, changes: [], until, bucket: 1_000_000 };
}

function hosts(members: number, client: Host): (spec: HostSpec) => Host {
  const peers = Array.from({ length: members }, (_, i) => i);
  return ({ name, program }) => (program === 'client' ? client : new EtcdMember({ name, peers, quotaBytes: 0 }));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
