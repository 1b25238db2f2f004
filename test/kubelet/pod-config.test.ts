/** ConfigMaps and Secrets: what is missing holds a pod back or fails a container, in upstream's words, and what comes later lets it go on. */

import { describe, expect, test } from 'vitest';
import type { KubeObject, PodSpec } from '#api';
import { type Action, add, container, pod, runNode } from './one-node.ts';

const put =
  (kind: 'configmaps' | 'secrets', name: string, data: Record<string, string>, type: 'ADDED' | 'MODIFIED' = 'ADDED'): Action[1] =>
  (api, ctx) => {
    api.put(`${kind}/default/${name}`, { metadata: { name, namespace: 'default', uid: name }, data } as KubeObject, type, ctx);
  };
const mounting = (volume: object): Partial<PodSpec> => ({ volumes: [{ name: 'conf', ...volume }] as never });
const env = (valueFrom: object): Partial<PodSpec> => ({ containers: [container('web', { env: [{ name: 'A', valueFrom }] } as never)] });
const state = (run: ReturnType<typeof runNode>) => run.statuses('a').at(-1)?.status.containerStatuses[0]?.state;

describe('volumes of ConfigMaps and Secrets', () => {
  test('a pod waits in ContainerCreating until its ConfigMap is there, with FailedMount', () => {
    const run = runNode(40, [
      [2, add(pod('a', mounting({ configMap: { name: 'settings' } })))],
      [12, put('configmaps', 'settings', { a: '1' })],
    ]);
    const failures = run.events('a').filter((text) => text.startsWith('FailedMount'));
    expect(failures[0]).toBe('FailedMount: MountVolume.SetUp failed for volume "conf" : configmap "settings" not found');
    const before = run.statuses('a').filter(({ at }) => at < 12);
    expect(before.at(-1)?.status.containerStatuses[0]?.state.waiting?.reason).toBe('ContainerCreating');
    expect(state(run)?.running).toBeDefined();
    // Tried again after 0.5, 1, 2, 4, 8 s: the object of second 12 is found at about 17.5.
    const running = run.statuses('a').find(({ status }) => status.containerStatuses[0]?.state.running !== undefined)?.at ?? 0;
    expect(running).toBeGreaterThan(17);
    expect(running).toBeLessThan(20);
  });

  test('one that is there delays nobody, an optional one neither', () => {
    const there = runNode(20, [
      [1, put('secrets', 'keys', { a: '1' })],
      [2, add(pod('a', mounting({ secret: { secretName: 'keys' } })))],
    ]);
    expect(state(there)?.running).toBeDefined();
    expect(there.events('a').some((text) => text.startsWith('FailedMount'))).toBe(false);
    expect(state(runNode(20, [[2, add(pod('a', mounting({ configMap: { name: 'none', optional: true } })))]]))?.running).toBeDefined();
  });

  test('a key that is asked for and missing is no mount', () => {
    const run = runNode(20, [
      [1, put('configmaps', 'settings', { a: '1' })],
      [2, add(pod('a', mounting({ configMap: { name: 'settings', items: [{ key: 'b', path: 'b' }] } })))],
    ]);
    expect(run.events('a')).toContain('FailedMount: MountVolume.SetUp failed for volume "conf" : references non-existent config key: b');
    expect(state(run)?.running).toBeUndefined();
  });

  test('a change reaches the files of each pod within a sync and its jitter', () => {
    const run = runNode(60, [
      [1, put('configmaps', 'settings', { a: '1' })],
      [2, add(pod('a', mounting({ configMap: { name: 'settings' } })))],
      [3, add(pod('b', mounting({ projected: { sources: [{ configMap: { name: 'settings' } }] } })))],
      [30, put('configmaps', 'settings', { a: '2' }, 'MODIFIED')],
    ]);
    const took = run.outcome.recorded.histogram('wavetank_config_propagation_seconds')?.overall;
    expect(took?.count).toBe(2);
    expect(took?.max).toBeLessThanOrEqual(90);
  });
});

describe('environments', () => {
  test.each([
    [{ configMapKeyRef: { name: 'settings', key: 'a' } }, 'configmap "settings" not found'],
    [{ secretKeyRef: { name: 'keys', key: 'a' } }, 'secret "keys" not found'],
    [{ configMapKeyRef: { name: 'other', key: 'a' } }, "couldn't find key a in ConfigMap default/other"],
  ])('what is missing fails the container: %j', (valueFrom, message) => {
    const run = runNode(24, [
      [1, put('configmaps', 'other', { b: '1' })],
      [2, add(pod('a', env(valueFrom)))],
    ]);
    expect(state(run)?.waiting).toEqual({ reason: 'CreateContainerConfigError', message });
    expect(run.events('a')).toContain(`Failed: Error: ${message}`);
  });

  test('it is tried again, and starts once the object is there', () => {
    const run = runNode(60, [
      [2, add(pod('a', { containers: [container('web', { envFrom: [{ configMapRef: { name: 'settings' } }] } as never)] }))],
      [20, put('configmaps', 'settings', { a: '1' })],
    ]);
    expect(state(run)?.running).toBeDefined();
    const first = run.statuses('a').find(({ status }) => status.containerStatuses[0]?.state.running !== undefined);
    expect(first?.at).toBeGreaterThan(20);
    expect(first?.at).toBeLessThan(36);
  });

  test('an optional key that is missing is left out', () => {
    const run = runNode(20, [
      [1, put('configmaps', 'other', {})],
      [2, add(pod('a', env({ configMapKeyRef: { name: 'other', key: 'a', optional: true } })))],
    ]);
    expect(state(run)?.running).toBeDefined();
  });
});

describe('without watches', () => {
  const reading = (strategy: 'Cache' | 'Get', seconds: number, actions: readonly Action[], annotations: Record<string, string> = {}) => {
    const settings = { configMapAndSecretChangeDetectionStrategy: strategy } as const;
    const run = runNode(seconds, [...actions], { settings, config: { annotations } });
    const gets = run.api.reads.filter(({ resource }) => resource === 'configmaps');
    return { run, gets, took: run.outcome.recorded.histogram('wavetank_config_propagation_seconds')?.overall };
  };
  const settings = put('configmaps', 'settings', { a: '1' });
  const mount = add(pod('a', mounting({ configMap: { name: 'settings' } })));
  const second = add(pod('b', mounting({ configMap: { name: 'settings' } })));

  test('Cache reads once for a pod that comes, and again at a sync when the minute is over', () => {
    const { run, gets, took } = reading('Cache', 400, [
      [1, settings],
      [2, mount],
      [100, put('configmaps', 'settings', { a: '2' }, 'MODIFIED')],
    ]);
    expect(state(run)?.running).toBeDefined();
    expect(run.api.watching('configmaps')).toBe(0);
    expect(gets.length).toBeGreaterThanOrEqual(5);
    expect(gets.length).toBeLessThanOrEqual(7);
    for (const [i, { at }] of gets.entries()) if (i > 0) expect(at - (gets[i - 1]?.at ?? 0)).toBeGreaterThan(59_000_000);
    // A pod that comes reads from etcd, a refresh what the API server has.
    expect(gets.map(({ options }) => options?.resourceVersion)).toEqual([undefined, ...gets.slice(1).map(() => '0')]);
    expect(took?.count).toBe(1);
    expect(took?.max).toBeGreaterThan(59);
    expect(took?.max).toBeLessThan(92);
  });

  test('Cache keeps what it read for as long as the annotation of the Node says, and reads anew for a pod that comes', () => {
    const annotations = { 'node.alpha.kubernetes.io/ttl': '300' };
    const { gets } = reading(
      'Cache',
      290,
      [
        [1, settings],
        [2, mount],
        [50, second],
      ],
      annotations,
    );
    expect(gets.map(({ at }) => Math.round(at / 1e6))).toEqual([2, 50]);
  });

  test('Get reads for every pod at each of its syncs', () => {
    const { gets, run } = reading('Get', 200, [
      [1, settings],
      [2, mount],
      [3, second],
    ]);
    expect(state(run)?.running).toBeDefined();
    expect(gets.length).toBeGreaterThanOrEqual(6);
    expect(gets.length).toBeLessThanOrEqual(8);
  });

  test.each(['Cache', 'Get'] as const)('%s: what is missing holds each pod back for its own pauses', (strategy) => {
    const { run, gets } = reading(strategy, 40, [
      [2, mount],
      [2.3, second],
      [12, settings],
    ]);
    expect(run.events('a').filter((text) => text.startsWith('FailedMount'))[0]).toContain('configmap "settings" not found');
    expect(state(run)?.running).toBeDefined();
    expect(run.statuses('b').at(-1)?.status.containerStatuses[0]?.state.running).toBeDefined();
    // 0.5, 1, 2, 4, 8 s between the attempts of each.
    expect(gets.length).toBeLessThanOrEqual(12);
    const [envs] = [
      reading(strategy, 30, [
        [1, settings],
        [2, add(pod('a', env({ configMapKeyRef: { name: 'settings', key: 'a' } })))],
      ]),
    ];
    expect(state(envs.run)?.running).toBeDefined();
    expect(envs.gets).toHaveLength(1);
  });
});
