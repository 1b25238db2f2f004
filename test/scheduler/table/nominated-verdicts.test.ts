/** How long a kept verdict about a node with nominated pods holds. */

import { expect, it } from 'vitest';
import type { Pod } from '#api';
import { Cache, LiveHandle, Nominator, PodScheduler, Profile } from '#scheduler';

const pod = (uid: string, cpu: string, priority: number): Pod =>
  ({
    metadata: { name: uid, namespace: 'one', uid },
    spec: { priority, containers: [{ name: 'c', image: 'x', resources: { requests: { cpu } } }] },
  }) as unknown as Pod;
const node = (cpu: string) => ({ metadata: { name: 'n' }, status: { allocatable: { cpu, pods: '9' } } }) as never;

it('until the node, the nominations or the priority change; meanwhile nobody is asked again', () => {
  const cache = new Cache();
  const nominator = new Nominator();
  const profile = new Profile();
  const handle = new LiveHandle(profile, cache, nominator, new Map());
  const scheduler = new PodScheduler(profile, cache, nominator, handle, 100);
  let asked = 0;
  const { runFilter } = profile;
  profile.runFilter = (...args) => {
    asked++;
    return runFilter.apply(profile, args);
  };
  const goes = (uid: string, priority = 5): string => {
    asked = 0;
    return scheduler.schedule(pod(uid, '1', priority), 0).nodeName;
  };
  cache.addNode(node('2'));
  nominator.add(pod('first', '2', 9), 'n');
  expect([goes('a'), asked > 0]).toEqual(['', true]);
  expect([goes('b'), asked]).toEqual(['', 0]);
  // Nobody of at least this priority is expected.
  expect(goes('c', 10)).toBe('n');
  nominator.add(pod('first', '1', 9), 'n');
  expect(goes('d')).toBe('n');
  nominator.add(pod('second', '1', 9), 'n');
  expect(goes('e')).toBe('');
  // Its own promise is not held against a pod.
  expect(scheduler.schedule(pod('second', '1', 9), 0).nodeName).toBe('n');
  cache.updateNode(node('3'));
  expect(goes('f')).toBe('n');
});
