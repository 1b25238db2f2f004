import { describe, expect, it } from 'vitest';
import { MAX_INFLIGHT_MESSAGES, Progress } from '../../../src/etcd/raft/progress.ts';

const at = (next: number, match = 0): Progress => {
  const progress = new Progress(next);
  progress.match = match;
  return progress;
};
const replicating = (match: number): Progress => {
  const progress = at(match + 1, match);
  progress.becomeReplicate();
  return progress;
};
const shown = ({ state, match, next, isPaused }: Progress): string => `${state} ${match} ${next}${isPaused ? ' paused' : ''}`;

describe('what a leader knows of a follower', () => {
  it('probes with one message until it is answered', () => {
    const progress = at(5);
    expect([shown(progress), progress.recentActive, progress.full]).toEqual(['probe 0 5', false, false]);
    progress.sent(0);
    expect(shown(progress)).toBe('probe 0 5');
    progress.sent(2);
    expect(shown(progress)).toBe('probe 0 5 paused');
    expect(progress.maybeUpdate(3)).toBe(true);
    expect(shown(progress)).toBe('probe 3 5');
    expect([progress.maybeUpdate(3), progress.maybeUpdate(2), progress.match]).toEqual([false, false, 3]);
    expect(progress.maybeUpdate(9)).toBe(true);
    expect(shown(progress)).toBe('probe 9 10');
  });

  it('goes back after a refusal: in probe to the hint, in replicate to what is known', () => {
    const probe = at(8, 2);
    probe.sent(1);
    expect([probe.maybeDecrease(6, 5), shown(probe)]).toEqual([false, 'probe 2 8 paused']);
    expect([probe.maybeDecrease(7, 4), shown(probe)]).toEqual([true, 'probe 2 5']);
    expect([probe.maybeDecrease(4, 9), shown(probe)]).toEqual([true, 'probe 2 4']);
    expect([probe.maybeDecrease(3, 0), shown(probe)]).toEqual([true, 'probe 2 3']);
    const replicate = replicating(4);
    replicate.sent(3);
    expect([replicate.maybeDecrease(4, 0), replicate.next]).toEqual([false, 8]);
    expect([replicate.maybeDecrease(5, 0), replicate.next]).toEqual([true, 5]);
  });

  it('has many messages under way, but not more than the window', () => {
    const progress = replicating(3);
    progress.sent(0);
    progress.sent(2);
    expect(shown(progress)).toBe('replicate 3 6');
    for (let i = 1; i < MAX_INFLIGHT_MESSAGES; i += 1) {
      expect([progress.full, progress.isPaused]).toEqual([false, false]);
      progress.sent(1);
    }
    expect([progress.full, progress.isPaused, progress.next]).toEqual([true, true, 5 + MAX_INFLIGHT_MESSAGES]);
    progress.freeUpTo(4);
    expect([progress.full, progress.isPaused]).toEqual([true, true]);
    progress.freeUpTo(5);
    expect([progress.full, progress.isPaused]).toEqual([false, false]);
    progress.sent(1);
    expect(progress.full).toBe(true);
    progress.freeUpTo(8);
    for (let i = 0; i < 3; i += 1) {
      expect(progress.full).toBe(false);
      progress.sent(1);
    }
    expect(progress.full).toBe(true);
    progress.becomeProbe();
    expect([shown(progress), progress.full]).toEqual(['probe 3 4', false]);
  });

  it('sends nothing while a snapshot is under way, and probes from behind it', () => {
    const progress = replicating(3);
    progress.becomeSnapshot(20);
    expect([shown(progress), progress.pendingSnapshot]).toEqual(['snapshot 3 21 paused', 20]);
    progress.becomeProbe();
    expect([shown(progress), progress.pendingSnapshot]).toEqual(['probe 3 21', 0]);
    const ahead = replicating(30);
    ahead.becomeSnapshot(20);
    ahead.becomeProbe();
    expect(shown(ahead)).toBe('probe 30 31');
    ahead.becomeReplicate();
    expect(shown(ahead)).toBe('replicate 30 31');
  });

  it('takes a snapshot for lost after a hundred answered heartbeats', () => {
    const progress = replicating(3);
    for (let round = 0; round < 2; round += 1) {
      progress.becomeSnapshot(20);
      for (let beat = 0; beat < 100; beat += 1) progress.waitForSnapshot();
      expect(shown(progress)).toBe('snapshot 3 21 paused');
      progress.waitForSnapshot();
      expect([shown(progress), progress.pendingSnapshot]).toEqual(['probe 3 4', 0]);
    }
  });
});
