/** Members whose data differ: found by comparing hashes, told of by CORRUPT, and what follows. */

import { describe, expect, it } from 'vitest';
import { EtcdMember, type EtcdOperation, type EtcdRequest, type EtcdResponse, flipBit, QUIET_SSD } from '#etcd';
import { type Context, type Host, type HostSpec, type Message, messageKind, runInProcess, type WorldChange } from '#sim';

messageKind({ kind: 'CorruptionTurn', digest() {} });
type Call = readonly [at: number, member: number, operation: EtcdOperation];

class Script implements Host {
  readonly answers: EtcdResponse[] = [];
  private readonly calls: readonly Call[];
  private next = 0;

  constructor(calls: readonly Call[]) {
    this.calls = calls;
  }

  start(ctx: Context): void {
    for (const [at] of this.calls) ctx.after(at * 1000, { kind: 'CorruptionTurn' });
  }

  receive(message: Message, ctx: Context): void {
    if (message.kind === 'EtcdResponse') this.answers[(message as EtcdResponse).id] = message as EtcdResponse;
    if (message.kind !== 'CorruptionTurn') return;
    const [, member, operation] = this.calls[this.next] as Call;
    ctx.send(member, { kind: 'EtcdRequest', id: this.next++, operation } as EtcdRequest);
  }
}

function play(calls: readonly Call[], changes: readonly WorldChange[], corruptCheckTime: number) {
  const script = new Script(calls);
  const host = (name: string): HostSpec => ({ name, program: name, config: undefined, group: 'g', zone: 'a', disk: QUIET_SSD });
  const hosts = ['etcd-0', 'etcd-1', 'etcd-2', 'script'].map(host);
  const links = [{ from: '*', to: '*', latencyMin: 50 }];
  const world = { seed: 3, epoch: 0, hosts, links, changes, until: 15_000_000, bucket: 1_000_000 };
  const outcome = runInProcess(world, ({ name }, _id, previous) =>
    name === 'script'
      ? script
      : new EtcdMember(
          { name, peers: [0, 1, 2], corruptCheckTime, initialCorruptCheck: true },
          { previous: previous instanceof EtcdMember ? previous : undefined },
        ),
  );
  return { answers: script.answers, marks: outcome.recorded.marks.filter(({ name }) => name !== 'etcd leader') };
}

const put = (key: string, modRevision = 0): EtcdOperation => ({
  op: 'guarded',
  key,
  modRevision,
  put: { key, value: { metadata: { name: key }, spec: { text: 'abc' } }, bytes: 100 },
});
const flip = (member: number): WorldChange => ({
  at: 2_000_000,
  change: 'tell',
  hosts: { hosts: [3] },
  to: { hosts: [member] },
  message: flipBit(),
});
const get = (key: string): EtcdOperation => ({ op: 'range', key, serializable: true });

describe('a bit that flips in the store of a member', () => {
  it('shows to who reads from it, and to nobody else, as long as nobody compares', () => {
    const { answers, marks } = play(
      [
        [1000, 0, put('/a')],
        [3000, 1, get('/a')],
        [3100, 2, get('/a')],
        [9000, 0, put('/b')],
      ],
      [flip(1)],
      0,
    );
    const [, damaged, sound, written] = answers;
    expect(damaged?.kvs?.[0]?.value).not.toEqual(sound?.kvs?.[0]?.value);
    expect(damaged?.kvs?.[0]?.value).toMatchObject({ metadata: { name: '/a' } });
    expect(sound?.kvs?.[0]?.value).toMatchObject({ spec: { text: 'abc' } });
    expect(written?.succeeded).toBe(true);
    expect(marks.map(({ name, detail }) => [name, detail])).toEqual([['etcd data corrupted', '/a']]);
  });
  it('is found by the leader, and nothing is written until the alarm is disarmed', () => {
    const { answers, marks } = play(
      [
        [1000, 0, put('/a')],
        [6000, 0, put('/b')],
        [6100, 2, { op: 'compact', revision: 2 }],
        [6200, 0, { op: 'leaseGrant', ttlSeconds: 5 }],
        [6300, 0, get('/a')],
        [6400, 0, { op: 'alarm', action: 'get' }],
        [6500, 0, { op: 'alarm', action: 'deactivate' }],
        [6600, 0, put('/b')],
      ],
      [flip(1)],
      5_000_000,
    );
    for (const refused of answers.slice(1, 4)) expect(refused?.error).toMatchObject({ code: 15, message: 'etcdserver: corrupt cluster' });
    expect(answers[4]?.kvs?.length).toBe(1);
    expect(answers[5]?.alarms).toEqual([{ member: 1, alarm: 'CORRUPT' }]);
    expect(answers[7]?.succeeded).toBe(true);
    expect(marks.map(({ detail }) => detail)).toContain('CORRUPT: member 1');
  });
  it('is not seen where there is none', () => {
    const { marks } = play(
      [
        [1000, 0, put('/a')],
        [2000, 0, put('/a', 2)],
      ],
      [],
      500_000,
    );
    expect(marks).toEqual([]);
  });
  it('ends a member that finds it when it starts again', () => {
    const crash: WorldChange[] = [
      { at: 3_000_000, change: 'crash', hosts: { hosts: [1] } },
      { at: 5_000_000, change: 'restart', hosts: { hosts: [1] } },
    ];
    const { marks } = play([[1000, 0, put('/a')]], [flip(1), ...crash], 0);
    expect(marks.map(({ name, detail }) => `${name} ${detail}`)).toContain('etcd panic etcd-1: found data inconsistency with peers');
  });
});
