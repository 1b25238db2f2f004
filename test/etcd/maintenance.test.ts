/** What an operator asks of etcd members, and what their disks do to them: alarms, defragmentation, snapshots, membership, hand-over, torn and full disks. */

import { describe, expect, it } from 'vitest';
import { EtcdMember, type EtcdOperation, type EtcdRequest, type EtcdResponse, QUIET_SSD } from '#etcd';
import { type Context, type Host, type HostSpec, type Message, messageKind, type RunOutcome, runInProcess, type WorldChange } from '#sim';

messageKind({ kind: 'ScriptTurn', digest() {} });

/** [when in ms, which member, what] */
type Call = readonly [at: number, member: number, operation: EtcdOperation];

class Script implements Host {
  readonly answers: EtcdResponse[] = [];
  readonly at: number[] = [];
  private readonly calls: readonly Call[];
  private next = 0;

  constructor(calls: readonly Call[]) {
    this.calls = calls;
  }

  start(ctx: Context): void {
    for (const [at] of this.calls) ctx.after(at * 1000, { kind: 'ScriptTurn' });
  }

  receive(message: Message, ctx: Context): void {
    if (message.kind === 'EtcdResponse') {
      this.answers[(message as EtcdResponse).id] = message as EtcdResponse;
      this.at[(message as EtcdResponse).id] = ctx.now;
    }
    if (message.kind !== 'ScriptTurn') return;
    const [, member, operation] = this.calls[this.next] as Call;
    ctx.send(member, { kind: 'EtcdRequest', id: this.next, operation } as EtcdRequest);
    this.next += 1;
  }
}

interface Played {
  readonly answers: readonly EtcdResponse[];
  readonly at: readonly number[];
  readonly etcd: readonly EtcdMember[];
  readonly outcome: RunOutcome;
}

interface Setup {
  readonly members: number;
  /** Hosts that are no members yet. */
  readonly spares?: number;
  readonly quotaBytes?: number;
  readonly changes?: readonly WorldChange[];
  readonly snapshot?: unknown;
  readonly seconds?: number;
}

function play(calls: readonly Call[], { members, spares = 0, quotaBytes = 0, changes = [], snapshot, seconds = 15 }: Setup): Played {
  const peers = Array.from({ length: members }, (_, i) => i);
  const script = new Script(calls);
  const etcd: EtcdMember[] = [];
  const host = (name: string, program: string): HostSpec => ({
    name,
    program,
    config: undefined,
    group: program,
    zone: 'a',
    disk: QUIET_SSD,
  });
  const hosts = [...Array.from({ length: members + spares }, (_, i) => host(`etcd-${i}`, 'etcd')), host('script', 'script')];
  const links = [{ from: '*', to: '*', latencyMin: 50 }];
  const world = { seed: 3, epoch: 0, hosts, links, changes, until: seconds * 1_000_000, bucket: 1_000_000 };
  const outcome = runInProcess(world, (spec, id, previous) => {
    if (spec.program === 'script') return script;
    const member = new EtcdMember(
      { name: spec.name, peers, quotaBytes },
      { snapshot, previous: previous instanceof EtcdMember ? previous : undefined },
    );
    etcd[id] = member;
    return member;
  });
  return { answers: script.answers, at: script.at, etcd, outcome };
}

const put = (key: string, bytes = 100): EtcdOperation => ({ op: 'guarded', key, modRevision: 0, put: { key, value: {}, bytes } });
const get = (key: string): EtcdOperation => ({ op: 'range', key });
const keysOf = (member: EtcdMember | undefined): number =>
  ((member as EtcdMember).snapshot().data as { store: { keys: number } }).store.keys;

describe('NOSPACE', () => {
  const fill = Array.from({ length: 30 }, (_, i): Call => [1000 + i * 10, 0, put(`/k${i}`, 1000)]);

  it.each([1, 3])('stops what grows on %i members until space is freed and the alarm disarmed', (members) => {
    const { answers } = play(
      [
        ...fill,
        [2000, members - 1, get('/k0')],
        [2010, 0, { op: 'guarded', key: '/k0', modRevision: 2, delete: true }],
        [2020, 0, { op: 'alarm', action: 'get' }],
        [2100, 0, { op: 'compact', revision: 5 }],
        [2200, 0, { op: 'defragment' }],
        [2300, 0, put('/still')],
        [2400, 0, { op: 'alarm', action: 'deactivate' }],
        [2500, 0, { op: 'alarm', action: 'get' }],
        [2600, 0, { op: 'status' }],
      ],
      { members, quotaBytes: 20_000 },
    );
    const refused = answers.slice(0, 30).filter(({ error }) => error !== undefined);
    expect(refused.length).toBeGreaterThan(5);
    expect(new Set(refused.map(({ error }) => error?.message))).toEqual(new Set(['etcdserver: mvcc: database space exceeded']));
    expect(new Set(refused.map(({ error }) => error?.code))).toEqual(new Set([8]));
    const [read, deleted, alarms, , defragmented, still, disarmed, none, status] = answers.slice(30) as EtcdResponse[];
    expect(read?.count).toBe(1);
    expect(deleted?.succeeded).toBe(true);
    expect(alarms?.alarms).toEqual([{ member: 0, alarm: 'NOSPACE' }]);
    expect(defragmented?.error).toBeUndefined();
    expect(still?.error?.message).toBe('etcdserver: mvcc: database space exceeded');
    expect(disarmed?.alarms).toEqual([{ member: 0, alarm: 'NOSPACE' }]);
    expect(none?.alarms).toEqual([]);
    expect(status?.status?.dbSize).toBe(status?.status?.dbSizeInUse);
  });
});

describe('maintenance', () => {
  it('holds answers up while it defragments', () => {
    const { at } = play(
      [
        ...Array.from({ length: 20 }, (_, i): Call => [1000 + i * 10, 0, put(`/k${i}`, 1_000_000)]),
        [2000, 0, { op: 'defragment' }],
        [2001, 0, get('/k0')],
      ],
      { members: 1 },
    );
    // 20 MB at 100 MB/s.
    expect(at[21]).toBeGreaterThan(2_150_000);
    expect(at[21]).toBeLessThan(2_300_000);
  });

  it('saves a snapshot from which a new cluster of three begins', () => {
    const first = play(
      [
        [1000, 0, put('/a')],
        [1100, 0, put('/b')],
        [1200, 0, { op: 'snapshot' }],
        [1300, 0, put('/c')],
      ],
      { members: 1 },
    );
    const saved = first.answers[2]?.snapshot;
    expect(saved?.bytes).toBeGreaterThan(0);
    const second = play(
      [
        [1000, 1, get('/b')],
        [1100, 2, get('/c')],
        [1200, 2, put('/d')],
      ],
      { members: 3, snapshot: saved?.data },
    );
    expect(second.answers[0]?.kvs?.[0]?.modRevision).toBe(3);
    expect(second.answers[1]?.count).toBe(0);
    expect(second.answers[2]?.revision).toBe(4);
    // The one that was saved is as it was.
    expect(keysOf(first.etcd[0])).toBe(3);
  });

  it('hands the lead over when the leader is asked, and says who cannot take it', () => {
    const { answers, etcd } = play(
      [
        [1000, 1, { op: 'moveLeader', to: 2 }],
        [1100, 0, { op: 'moveLeader', to: 9 }],
        [1200, 0, { op: 'moveLeader', to: 2 }],
        [2000, 1, put('/after')],
      ],
      { members: 3 },
    );
    expect(answers.slice(0, 3).map(({ error }) => error?.message)).toEqual([
      'etcdserver: not leader',
      'etcdserver: bad leader transferee',
      undefined,
    ]);
    expect(etcd.map(({ isLeader }) => isLeader)).toEqual([false, false, true]);
    expect(answers[3]?.succeeded).toBe(true);
  });
});

describe('membership', () => {
  it('adds a learner, promotes it, and removes the leader', () => {
    const { answers, etcd } = play(
      [
        [1000, 0, put('/before')],
        [1100, 0, { op: 'memberAdd', member: 1 }],
        [1200, 0, { op: 'memberAdd', member: 3, learner: true }],
        [2200, 0, { op: 'memberList' }],
        [2300, 0, { op: 'memberPromote', member: 2 }],
        [2400, 0, { op: 'memberPromote', member: 3 }],
        [3400, 0, { op: 'memberRemove', member: 0 }],
        [3500, 1, { op: 'memberRemove', member: 7 }],
        [7000, 2, put('/after')],
        [8000, 2, { op: 'memberList' }],
      ],
      { members: 3, spares: 1 },
    );
    const texts = answers.map(({ error }) => error?.message);
    expect(texts[1]).toBe('etcdserver: member ID already exist');
    expect(texts[2]).toBeUndefined();
    expect(answers[3]?.members).toEqual([
      { member: 0, learner: false },
      { member: 1, learner: false },
      { member: 2, learner: false },
      { member: 3, learner: true },
    ]);
    expect(texts[4]).toBe('etcdserver: can only promote a learner member');
    expect(texts[5]).toBeUndefined();
    expect(texts[7]).toBe('etcdserver: member not found');
    expect(answers[8]?.succeeded).toBe(true);
    expect(answers[9]?.members?.map(({ member }) => member)).toEqual([1, 2, 3]);
    expect(keysOf(etcd[3])).toBe(2);
  });
});

describe('disks', () => {
  const hosts = (...ids: number[]) => ({ hosts: ids });

  it.each([1, 3])(
    'loses no write that was answered when %i members lose power in the middle of one, and cuts off torn records',
    (members) => {
      let torn = 0;
      for (let trial = 0; trial < 20; trial += 1) {
        const at = 1_000_060 + trial * 37;
        const all = hosts(...Array.from({ length: members }, (_, i) => i));
        const calls = Array.from({ length: 60 }, (_, i): Call => [1000 + Math.floor(i / 30), 0, put(`/k${i}`)]);
        const changes: WorldChange[] = [
          { at, change: 'crash', hosts: all },
          { at: 2_000_000 + trial, change: 'restart', hosts: all },
        ];
        const { answers, etcd, outcome } = play(calls, { members, changes, seconds: 8 });
        const answered = answers.filter((answer) => answer?.succeeded).length;
        expect(keysOf(etcd[0])).toBeGreaterThanOrEqual(answered);
        torn += outcome.recorded.marks.filter(
          ({ name, detail }) => name === 'etcd WAL repaired' && !/^(\d+) of \1 /.test(detail ?? ''),
        ).length;
      }
      expect(torn).toBeGreaterThan(0);
    },
  );

  it('ends a member whose disk is full, and the others go on; with room again it catches up', () => {
    const calls = Array.from({ length: 100 }, (_, i): Call => [1000 + i * 50, 1, put(`/k${i}`)]);
    const changes: WorldChange[] = [
      { at: 2_000_000, change: 'disk', as: 'full', hosts: hosts(2), full: true },
      { at: 4_000_000, change: 'disk', hosts: { struckBy: 'full' }, full: false },
      { at: 4_000_000, change: 'restart', hosts: { struckBy: 'full' } },
    ];
    const { answers, etcd, outcome } = play(calls, { members: 3, changes });
    expect(outcome.recorded.marks.filter(({ name }) => name === 'etcd panic').map(({ detail }) => detail)).toEqual([
      'etcd-2: no space left on device',
    ]);
    expect(answers.filter(({ succeeded }) => succeeded).length).toBe(100);
    expect(keysOf(etcd[2])).toBe(100);
  });

  it('strikes whoever leads', () => {
    const changes: WorldChange[] = [
      { at: 3_000_000, change: 'crash', as: 'leader', hosts: { hosts: [0, 1, 2], role: 'leader' } },
      { at: 6_000_000, change: 'crash', hosts: { hosts: [0, 1, 2], role: 'leader' } },
      { at: 6_000_000, change: 'restart', hosts: { struckBy: 'leader' } },
    ];
    const { outcome, etcd } = play([], { members: 3, changes });
    const leaders = outcome.recorded.marks.filter(({ name }) => name === 'etcd leader');
    expect(leaders.length).toBe(3);
    expect(leaders.every(({ at }, i) => i === 0 || at > i * 3_000_000)).toBe(true);
    expect(etcd.filter(({ isLeader }) => isLeader).length).toBeGreaterThanOrEqual(1);
  });
});
