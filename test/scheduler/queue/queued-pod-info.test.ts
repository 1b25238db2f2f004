import { describe, expect, it } from 'vitest';
import type { Pod } from '#api';
import { backoffDuration, newQueuedPodInfo } from '../../../src/scheduler/queue/queued-pod-info.ts';

describe('a pod that waits', () => {
  it('is new when it comes: no attempt, no back-off, held and rejected by nobody', () => {
    const pod = { metadata: { name: 'p', namespace: 'ns', uid: 'u' } } as unknown as Pod;
    expect(newQueuedPodInfo(pod, 17)).toEqual({
      uid: 'u',
      key: 'ns/p',
      pod,
      timestamp: 17,
      initialAttemptTimestamp: undefined,
      attempts: 0,
      unschedulableCount: 0,
      consecutiveErrors: 0,
      unschedulablePlugins: new Set(),
      blamed: [],
      gatedBy: '',
      backoffUntil: 0,
    });
  });

  it.each([
    [1, 10, [0, 1, 2, 4, 8, 10, 10]],
    [3, 12, [0, 3, 6, 12, 12]],
    [5, 4, [0, 4, 4]],
    [0, 4, [0, 0, 0]],
    [2, 2, [0, 2, 2]],
  ])('waits first %i, then twice as long, at most %i', (initial, max, expected) => {
    expect(expected.map((_, failures) => backoffDuration(failures, initial, max))).toEqual(expected);
  });
});
