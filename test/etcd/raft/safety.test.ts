/** Random schedules (loss, reordering, isolation, crashes, snapshots, membership): what Raft promises holds after each step. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { committedIndex, majority, voteResult } from '#etcd';
import { RaftCluster } from './raft-cluster.ts';

const step = fc.record({
  what: fc.constantFrom(
    'tick',
    'tick',
    'deliver',
    'deliver',
    'deliver',
    'deliver',
    'propose',
    'propose',
    'drop',
    'isolate',
    'heal',
    'crash',
    'restart',
    'compact',
    'transfer',
    'read',
    'calm',
  ),
  member: fc.integer({ min: 1, max: 5 }),
  pick: fc.nat(1000),
});

/** Everybody is up and reachable, time passes, and all messages arrive, those sent meanwhile included. */
function calm(cluster: RaftCluster, ticks: number): void {
  cluster.isolated.clear();
  for (const { id, down } of cluster.members.values()) if (down) cluster.restart(id);
  for (let i = 0; i <= ticks; i += 1) {
    for (const { raft } of cluster.members.values()) raft.tick();
    cluster.settle();
    for (let most = 0; most < 300 && cluster.queue.length > 0; most += 1) cluster.deliver();
  }
}

describe('Raft under faults', () => {
  it('elects one leader a term, and all members apply the same', () => {
    let applied = 0;
    let elections = 0;
    fc.assert(
      fc.property(fc.constantFrom(3, 5), fc.array(step, { minLength: 100, maxLength: 400 }), (size, steps) => {
        let draw = 0;
        const ids = [1, 2, 3, 4, 5].slice(0, size);
        const cluster = new RaftCluster(ids, () => (draw = (draw * 7 + 3) % 10));
        const leaders = new Map<number, number>();
        let agreed: string[] = [];
        let proposals = 0;
        cluster.get(1).raft.campaign();
        cluster.settle();
        while (cluster.queue.length > 0) cluster.deliver();
        for (const { what, member: id, pick } of steps) {
          if (id > size) continue;
          const member = cluster.get(id);
          if (what === 'restart' && member.down) cluster.restart(id);
          if (member.down) continue;
          if (what === 'calm') calm(cluster, pick % 40);
          if (what === 'tick') for (let i = 0; i <= pick % 12; i += 1) member.raft.tick();
          else if (what === 'propose') member.raft.propose(`p${(proposals += 1)}`, 2);
          else if (what === 'read') member.raft.readIndex(`r${pick}`);
          else if (what === 'transfer') member.raft.transferLeadership((pick % size) + 1);
          else if (what === 'deliver')
            for (let i = 0; i < 6 && cluster.queue.length > 0; i += 1) cluster.deliver((pick * (i + 1)) % cluster.queue.length);
          else if (what === 'drop' && cluster.queue.length > 0) cluster.queue.splice(pick % cluster.queue.length, 1);
          else if (what === 'isolate') cluster.isolated.add(id);
          else if (what === 'heal') cluster.isolated.delete(id);
          else if (what === 'crash') cluster.crash(id);
          else if (what === 'compact' && member.raft.log.applied > member.durable.snapshot.index) cluster.compact(id);
          cluster.settle();
          for (const { raft, applied: words, id: each } of cluster.members.values()) {
            if (raft.isLeader) {
              expect(leaders.get(raft.term) ?? each, `leader of term ${raft.term}`).toBe(each);
              leaders.set(raft.term, each);
            }
            const common = Math.min(words.length, agreed.length);
            expect(words.slice(0, common)).toEqual(agreed.slice(0, common));
            if (words.length > agreed.length) agreed = [...words];
          }
        }
        applied += agreed.length;
        elections += leaders.size;
      }),
      { numRuns: 250, seed: 42 },
    );
    // The schedules are worth something only if they get somewhere.
    expect(applied).toBeGreaterThan(500);
    expect(elections).toBeGreaterThan(250);
  });
});

describe('quorum arithmetic', () => {
  it('agrees with counting', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { minLength: 1, maxLength: 9 }), (matches) => {
        let highest = 0;
        for (let index = 0; index <= 9; index += 1)
          if (matches.filter((match) => match >= index).length * 2 > matches.length) highest = index;
        expect(committedIndex(matches)).toBe(highest);
      }),
      { seed: 42 },
    );
    fc.assert(
      fc.property(fc.array(fc.constantFrom(true, false, undefined), { minLength: 1, maxLength: 9 }), (votes) => {
        const given = new Map(votes.flatMap((vote, id) => (vote === undefined ? [] : [[id, vote] as const])));
        const yes = votes.filter((vote) => vote === true).length;
        const no = votes.filter((vote) => vote === false).length;
        const expected = yes * 2 > votes.length ? 'won' : no * 2 >= votes.length ? 'lost' : 'pending';
        expect(voteResult(votes.keys(), given)).toBe(expected);
      }),
      { seed: 42 },
    );
    expect([1, 2, 3, 4, 5].map(majority)).toEqual([1, 2, 2, 3, 3]);
  });
});
