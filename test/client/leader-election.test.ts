import { expect, it } from 'vitest';
import { SECOND } from '#sim';
import { createAt, deployment, lab } from '../controllers/lab.ts';

const leads = (marks: readonly { at: number; name: string }[]) =>
  marks.filter(({ name }) => name.includes(' leads')).map(({ at, name }) => [Math.floor(at / SECOND), name.split(' ')[1]]);

it('lets one of three managers work, and another take over after the lease when it crashes', () => {
  const { farm, outcome } = lab(
    [createAt(10, 'deployments.apps', deployment('one', 2)), createAt(45, 'deployments.apps', deployment('two', 2))],
    {
      managers: 3,
      seconds: 90,
      changes: [{ at: 40 * SECOND, change: 'crash', hosts: { hosts: [4, 5] } }],
    },
  );
  const leaders = leads(outcome.recorded.marks);
  expect(leaders.map(([, who]) => who)).toEqual(['kcm-0', 'kcm-2']);
  // Believed for 15 s after its last renewal, then found by a candidate that looks every 2 to 4.4 s.
  expect(leaders[1]?.[0]).toBeGreaterThanOrEqual(53);
  expect(leaders[1]?.[0]).toBeLessThan(61);
  expect(farm.list('deployments.apps').map(({ status }) => status.availableReplicas)).toEqual([2, 2]);
  expect(farm.list('replicasets.apps')).toHaveLength(2);
});

it('gives up when it cannot renew, before anyone else may start', () => {
  const { outcome } = lab([], {
    managers: 2,
    seconds: 120,
    changes: [
      { at: 20 * SECOND, change: 'partition', id: 'p', a: { hosts: [4] }, b: { hosts: [1] } },
      { at: 60 * SECOND, change: 'partition', id: 'q', a: { hosts: [5] }, b: { hosts: [1] } },
      { at: 60 * SECOND, change: 'heal', id: 'p' },
    ],
  });
  const marks = outcome.recorded.marks
    .filter(({ name }) => /leads|lost/.test(name))
    .map(({ at, name }) => ({ at, who: name.split(' ')[1], isStart: name.includes('leads') }));
  expect(marks.length).toBeGreaterThan(2);
  let leader: string | undefined;
  for (const { who, isStart } of marks) {
    if (isStart) {
      expect(leader).toBeUndefined();
      leader = who;
    } else {
      expect(who).toBe(leader);
      leader = undefined;
    }
  }
});
