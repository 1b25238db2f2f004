/** Members as hosts of the real engine: a leader's end, a cut-off member, a crash of all. */
import { describe, expect, it } from 'vitest';
import { type EtcdEvents, EtcdMember, type EtcdOperation, type EtcdRequest, type EtcdResponse, QUIET_SSD, TopologyError } from '#etcd';
import { type Context, type Host, type HostSpec, type Message, messageKind, runInProcess, type WorldChange, type WorldSpec } from '#sim';

messageKind({ kind: 'WriterTurn', digest() {} });

/** Puts a key every so often, going round the members, and reads it back by another member; watches by the last one. */
class Writer implements Host {
  readonly answers: { at: number; member: number; response: EtcdResponse }[] = [];
  readonly heard: number[] = [];
  private sent = 0;
  private readonly members: number;
  private readonly every: number;

  constructor(members: number, every: number) {
    this.members = members;
    this.every = every;
  }

  start(ctx: Context): void {
    ctx.after(100_000, { kind: 'WriterTurn' });
  }

  receive(message: Message, ctx: Context): void {
    if (message.kind === 'EtcdEvents') for (const event of (message as EtcdEvents).events) this.heard.push(event.kv.modRevision);
    if (message.kind === 'EtcdResponse') this.answers.push({ at: ctx.now, member: ctx.source, response: message as EtcdResponse });
    if (message.kind !== 'WriterTurn') return;
    const ask = (member: number, operation: EtcdOperation): void => {
      this.sent += 1;
      ctx.send(member, { kind: 'EtcdRequest', id: this.sent, operation } as EtcdRequest);
    };
    if (this.sent === 0) ask(this.members - 1, { op: 'watch', key: '/', rangeEnd: '0', startRevision: 1 });
    const key = `/k${this.sent}`;
    ask(this.sent % this.members, { op: 'guarded', key, modRevision: 0, put: { key, value: {}, bytes: 200 } });
    ask((this.sent + 1) % this.members, { op: 'range', key: '/', rangeEnd: '0', countOnly: true });
    ctx.after(this.every, { kind: 'WriterTurn' });
  }
}

function play(members: number, seconds: number, changes: readonly WorldChange[] = [], every = 50_000) {
  const peers = Array.from({ length: members }, (_, i) => i);
  const writer = new Writer(members, every);
  const etcd: EtcdMember[] = [];
  const hosts: HostSpec[] = peers.map((i) => ({
    name: `etcd-${i}`,
    program: 'etcd',
    config: undefined,
    group: 'etcd',
    zone: 'a',
    disk: QUIET_SSD,
  }));
  hosts.push({ name: 'writer', program: 'writer', config: undefined, group: 'client', zone: 'a' });
  const links = [{ from: '*', to: '*', latencyMin: 50 }];
  const world: WorldSpec = { seed: 3, epoch: 0, hosts, links, changes, until: seconds * 1_000_000, bucket: 1_000_000 };
  const outcome = runInProcess(world, (spec, id, previous) => {
    if (spec.program === 'writer') return writer;
    const member = new EtcdMember({ name: spec.name, peers }, { previous: previous instanceof EtcdMember ? previous : undefined });
    etcd[id] = member;
    return member;
  });
  const writes = writer.answers.filter(({ response }) => response.succeeded);
  return { writer, writes, etcd, outcome };
}

function storeOf(member: EtcdMember): { readonly revision: number; readonly keys: number } {
  return (member.snapshot().data as { store: { revision: number; keys: number } }).store;
}

const crash = (at: number, ...hosts: number[]): WorldChange => ({ at: at * 1_000_000, change: 'crash', hosts: { hosts } });
const restart = (at: number, ...hosts: number[]): WorldChange => ({ at: at * 1_000_000, change: 'restart', hosts: { hosts } });

describe('a group of three members', () => {
  it('takes writes at every member, gives each its own revision, and tells a watcher of all in order', () => {
    const { writer, writes } = play(3, 5);
    expect(writes.length).toBeGreaterThan(90);
    expect(new Set(writes.map(({ response }) => response.revision)).size).toBe(writes.length);
    expect(new Set(writes.map(({ member }) => member))).toEqual(new Set([0, 1, 2]));
    expect(writer.heard).toEqual(writer.heard.map((_, i) => i + 2));
    expect(writer.heard.length).toBeGreaterThanOrEqual(writes.length - 1);
  });

  it('reads at any member what was committed before the read came', () => {
    const { writer } = play(3, 5);
    let committed = 0;
    for (const { response } of writer.answers) {
      if (response.succeeded) committed = Math.max(committed, response.revision - 1);
      else if (response.count !== undefined) expect(response.count).toBeGreaterThanOrEqual(committed - 1);
    }
    expect(committed).toBeGreaterThan(90);
  });

  it('replaces a dead leader within two seconds and loses no acknowledged write; the dead one catches up', () => {
    const { writes, etcd, outcome } = play(3, 20, [crash(5, 0), restart(12, 0)]);
    const leaders = outcome.recorded.marks.filter(({ name }) => name === 'etcd leader');
    expect(leaders.length).toBe(2);
    const next = leaders[1] as { at: number; host: number };
    expect(next.at).toBeGreaterThan(5_800_000);
    expect(next.at).toBeLessThan(7_100_000);
    expect(next.host).not.toBe(0);
    const revisions = writes.map(({ response }) => response.revision);
    expect(new Set(revisions).size).toBe(revisions.length);
    const stores = etcd.map(storeOf);
    expect(stores[0]?.keys).toBe(stores[1]?.keys);
    expect(stores[2]?.keys).toBe(stores[1]?.keys);
    expect(Math.max(...revisions)).toBeLessThanOrEqual(stores[1]?.revision ?? 0);
    expect(writes.filter(({ at, member }) => at > 12_500_000 && member === 0).length).toBeGreaterThan(20);
  });

  it('stops without a majority, says so after its time-out, and goes on with what was on its disks', () => {
    const { writes, writer } = play(3, 30, [crash(5, 1, 2), restart(18, 1, 2)]);
    expect(writes.filter(({ at }) => at > 5_100_000 && at < 18_000_000)).toEqual([]);
    const errors = writer.answers.filter(({ response }) => response.error !== undefined);
    expect(errors[0]?.response.error).toMatchObject({ code: 14, message: 'etcdserver: request timed out' });
    expect(writes.filter(({ at }) => at > 22_000_000).length).toBeGreaterThan(50);
    const before = Math.max(...writes.filter(({ at }) => at < 5_000_000).map(({ response }) => response.revision));
    const after = Math.min(...writes.filter(({ at }) => at > 18_000_000).map(({ response }) => response.revision));
    expect(after).toBeGreaterThan(before);
  });

  it('sends its state to a member that lags behind the shortened log, whose watchers then hear what they missed', () => {
    const cut = { a: { hosts: [2] }, b: { hosts: [0, 1] } };
    const changes: WorldChange[] = [
      { at: 1_000_000, change: 'partition', id: 'p', ...cut },
      { at: 40_000_000, change: 'heal', id: 'p' },
    ];
    const { writer, etcd } = play(3, 60, changes, 2_000);
    const [leader, , lagging] = etcd.map(storeOf);
    expect(leader?.keys).toBeGreaterThan(15_000);
    expect(lagging?.revision).toBeGreaterThan((leader?.revision ?? 0) - 20);
    expect(writer.heard.length).toBeGreaterThan(15_000);
    expect(writer.heard).toEqual(writer.heard.map((_, i) => i + 2));
  });

  it('has the same history in every run', () => {
    const changes = [crash(3, 0), restart(6, 0)];
    expect(play(3, 8, changes).outcome.digest).toBe(play(3, 8, changes).outcome.digest);
  });
});

describe('a lone member', () => {
  it('keeps what it had acknowledged over a crash', () => {
    const { writes, etcd } = play(1, 6, [crash(2, 0), restart(3, 0)]);
    const before = writes.filter(({ at }) => at < 2_000_000).length;
    const after = writes.filter(({ at }) => at > 3_000_000);
    expect(before).toBeGreaterThan(30);
    expect(after[0]?.response.revision).toBeGreaterThan(before);
    expect(storeOf(etcd[0] as EtcdMember).keys).toBeGreaterThanOrEqual(writes.length);
  });
});

describe('topologies', () => {
  it('refuses groups that gain nothing by a member, or have none', () => {
    const make = (peers: number[]) => () => new EtcdMember({ name: 'etcd-0', peers });
    expect(make([0, 1])).toThrow(TopologyError);
    expect(make([0, 1])).toThrow("etcd member 'etcd-0': 2 etcd members: expected 1, 3 or 5; 2 tolerate no more failures than 1");
    expect(make([0, 0, 1])).toThrow('listed twice');
    expect(make([0, 1, 2])).not.toThrow();
  });
});
