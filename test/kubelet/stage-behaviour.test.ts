import { expect, test } from 'vitest';
import { add, container, pod, runNode } from './one-node.ts';

test('a Stage of KWOK fails the pods that it selects, as their annotations say, and leaves the others alone', () => {
  const stages = [
    {
      select: [{ of: 'labels', key: 'fails', operator: 'In', values: ['true'] }],
      containers: 'main',
      behaviour: { runSeconds: 5, exitCode: 3 },
      delays: 'runSeconds',
      delayFrom: 'x/delay',
      jitterFrom: 'x/jitter',
      exitCodeFrom: 'x/code',
      containerFrom: 'x/container',
    },
  ] as const;
  const labelled = (name: string, annotations: Record<string, string>) => {
    const made = pod(name, { restartPolicy: 'Never', containers: [container('web', {}), container('side', {})] }, annotations);
    return { ...made, metadata: { ...made.metadata, labels: { fails: 'true' } } };
  };
  const run = runNode(
    60,
    [
      [2, add(labelled('all', {}))],
      [2, add(labelled('one', { 'x/delay': '20s', 'x/code': '9', 'x/container': 'side' }))],
      [2, add(pod('other', { restartPolicy: 'Never', containers: [container('web', {})] }))],
    ],
    { settings: { stages, jobRunSeconds: 40 } },
  );
  const codes = (name: string) =>
    run
      .statuses(name)
      .at(-1)
      ?.status.containerStatuses.map(({ state }) => state.terminated?.exitCode);
  const firstEnd = (name: string): number =>
    run.statuses(name).find(({ status }) => status.containerStatuses.some(({ state }) => state.terminated !== undefined))?.at ?? 0;
  expect(codes('all')).toEqual([3, 3]);
  expect(firstEnd('all')).toBeLessThan(10);
  expect(codes('one')).toEqual([0, 9]);
  expect(firstEnd('one')).toBeGreaterThan(22);
  expect(firstEnd('one')).toBeLessThan(26);
  expect(codes('other')).toEqual([0]);
});
