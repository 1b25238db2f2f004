import { describe, expect, test } from 'vitest';
import { ImageDisk } from '../../src/kubelet/image-disk.ts';
import { add, container, pod, runNode } from './one-node.ts';

const GB = 1_000_000_000;
const runs = (name: string, image: string, seconds?: number): ReturnType<typeof pod> =>
  pod(
    name,
    { restartPolicy: 'Never', containers: [container('web', { image })] },
    { 'wavetank.dev/run-seconds': seconds === undefined ? 'forever' : String(seconds) },
  );

test('layers are stored and brought once; a removed image takes only what no other needs', () => {
  const disk = new ImageDisk();
  const base = { digest: 'base', bytes: 70 };
  disk.keep('a', 100, [base, { digest: 'a', bytes: 30 }], 0);
  expect(disk.missing(90, [base, { digest: 'b', bytes: 20 }])).toBe(20);
  disk.keep('b', 90, [base, { digest: 'b', bytes: 20 }], 1);
  expect(disk.used).toBe(120);
  expect(disk.free(1, new Set(), 10, 0)).toBe(1);
  expect(disk.used).toBe(90);
  expect(disk.has('a')).toBe(false);
});

test('the image unused for longest goes first; those in use and too young stay', () => {
  const disk = new ImageDisk();
  for (const [at, image] of ['a', 'b', 'c', 'd'].entries()) disk.keep(image, 10, undefined, at);
  disk.touch('a', 50);
  expect(disk.free(20, new Set(['b']), 60, 57.5)).toBe(2);
  expect([...disk.list()].map(([image]) => image)).toEqual(['b', 'd']);
});

describe('on a node', () => {
  const settings = { images: { 'x:1': 50 * GB, 'y:1': 32 * GB, 'z:1': 20 * GB }, registryBytesPerSecond: 10 * GB, preloadedImages: [] };

  test('below 15 % free the unused images go; DiskPressure lasts 5 min', () => {
    const run = runNode(
      600,
      [
        [10, add(runs('a', 'x:1', 5))],
        [100, add(runs('b', 'y:1'))],
        [200, add(runs('c', 'z:1'))],
        [260, add(runs('late', 'y:1'))],
        [590, add(runs('after', 'y:1'))],
      ],
      { settings },
    );
    const conditions = run
      .writes('patch status', 'nodes')
      .map(
        (write) =>
          (write.body['status'] as { conditions: { type: string; status: string }[] }).conditions.find(
            ({ type }) => type === 'DiskPressure',
          )?.status,
      );
    expect(conditions).toContain('True');
    expect(conditions.at(-1)).toBe('False');
    expect([...(run.kubelets[0]?.agent.images.list() ?? [])].map(([image]) => image)).toEqual(['y:1', 'z:1']);
    expect(run.statuses('late').at(-1)?.status).toMatchObject({
      phase: 'Failed',
      reason: 'Evicted',
      message: 'Pod was rejected: The node had condition: [DiskPressure]. ',
    });
    expect(run.statuses('after').at(-1)?.status.phase).toBe('Running');
    expect(run.statuses('b').at(-1)?.status.phase).toBe('Running');
  });

  test('when every image is in use, a pod goes', () => {
    const run = runNode(
      200,
      [
        [10, add(runs('a', 'x:1'))],
        [50, add(runs('b', 'y:1'))],
        [100, add(runs('c', 'z:1'))],
      ],
      { settings },
    );
    const phases = ['a', 'b', 'c'].map((name) => run.statuses(name).at(-1)?.status);
    expect(phases.filter((status) => status?.reason === 'Evicted')).toHaveLength(1);
    expect(phases[2]).toMatchObject({ phase: 'Failed', reason: 'Evicted' });
  });

  test('a second image on the same base comes faster', () => {
    const base = { digest: 'base', bytes: GB };
    const layered = {
      images: { 'x:1': [base, { digest: 'x', bytes: GB / 4 }], 'y:1': [base, { digest: 'y', bytes: GB / 4 }] },
      preloadedImages: [],
    };
    const run = runNode(
      60,
      [
        [2, add(runs('a', 'x:1'))],
        [30, add(runs('b', 'y:1'))],
      ],
      { settings: layered },
    );
    // 0.5 s to resolve, 1.25 GB or 0.25 GB at 125 MB/s and 1 GB/s.
    expect(run.events('a')[1]).toContain('in 11.751s');
    expect(run.events('b')[1]).toContain('in 2.751s');
  });
});
