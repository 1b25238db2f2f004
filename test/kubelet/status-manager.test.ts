import { expect, test } from 'vitest';
import type { KubeObject, Pod } from '#api';
import { add, pod, runNode } from './one-node.ts';

test('an older status that came after the one that counts a restart is put right at the next sync', () => {
  const key = 'pods/default/a';
  let older: Pod | undefined;
  // The container runs a second time from 19 to 34 s.
  const run = runNode(33, [
    [2, add(pod('a', {}, { 'wavetank.dev/run-seconds': '15' }))],
    [10, (api) => void (older = api.pod('default/a'))],
    [21, (api, ctx) => void api.put(key, { ...api.objects.get(key), status: older?.status } as KubeObject, 'MODIFIED', ctx)],
  ]);
  const counts = run.statuses('a').map(({ at, status }) => [Math.floor(at), status.containerStatuses[0]?.restartCount]);
  expect(counts).toEqual([
    [2, 0],
    [3, 0],
    [18, 0],
    [19, 1],
    [31, 1],
  ]);
});
