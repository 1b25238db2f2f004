/** etcd restored from a backup in a running cluster: how long it took, what was forgotten, and that without a backup nothing comes back. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Result } from '#experiment';
import { inProcess } from '../cli/command.ts';

const directory = mkdtempSync(join(tmpdir(), 'wavetank-restore-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const scenario = (members: number, backups: string, faults: string): string => `
duration: 70s
bucket: 1s
cluster: { nodes: 2, etcd: { members: ${members} } }
workload:
${backups}
  - apiLoad: { objects: 20, clients: 4, requestsPerSecond: { get: 10, update: 10 }, start: 2s, for: 60s }
faults:
${faults}
`;
const BACKUPS = '  - etcdctl: { at: 5s, every: 4s, do: snapshot }\n  - etcdctl: { at: 25s, do: restore }';
const LOSS = '  - loseEtcdDisk: { at: 20s, for: 3s }\n  - crashApiServer: { at: 22s, for: 15s, killed: true }';

async function run(name: string, text: string): Promise<Result> {
  const file = join(directory, `${name}.yaml`);
  writeFileSync(file, text);
  const { code, err } = await inProcess('run', file, '--quiet', '--out', join(directory, name));
  expect([code, err]).toEqual([0, '']);
  return JSON.parse(readFileSync(join(directory, name, 'result.json'), 'utf8')) as Result;
}
const marks = ({ marks: all }: Result, name: string): readonly string[] =>
  all.filter((mark) => mark.name === name).map(({ detail = '' }) => detail);

test.each([1, 3])(
  '%i members come back with what the last backup holds',
  async (members) => {
    const result = await run(`restored-${members}`, scenario(members, BACKUPS, LOSS));
    const restored = marks(result, 'etcd restored');
    expect(restored.length).toBe(members);
    expect(new Set(restored.map((detail) => detail.split(': ')[1])).size, 'all stand where the others do').toBe(1);
    expect(restored[0]).toMatch(/at revision \d{2,}; \d+ revisions are lost/);
    // Saved at 17 s, lost at 20 s; restored from 25 s on, 10 s a member, and the API server is back at 37 s.
    expect(result.metrics?.['restoreLost']?.value).toBeCloseTo(3, 0);
    const took = result.metrics?.['restoreTime']?.value ?? 0;
    expect(took).toBeGreaterThanOrEqual(15);
    expect(took).toBeLessThan(30);
  },
  60_000,
);

test('without a backup, and with a disk lost for good, nothing comes back', async () => {
  const none = await run('none', scenario(1, '  - etcdctl: { at: 25s, do: restore }', LOSS));
  expect(marks(none, 'etcdctl restore')).toEqual(['no snapshot was saved']);
  expect(marks(none, 'etcd restored')).toEqual([]);
  expect(none.metrics?.['restoreTime']).toBeUndefined();
  const gone = await run('gone', scenario(1, BACKUPS, '  - loseEtcdDisk: { at: 20s }'));
  expect(marks(gone, 'etcd restored')).toEqual([]);
}, 60_000);

test('a follower that loses its disk waits, and the others go on without it', async () => {
  const result = await run('one', scenario(3, BACKUPS.split('\n')[0] as string, '  - loseEtcdDisk: { at: 20s, for: 3s, role: follower }'));
  expect(marks(result, 'etcd panic').length).toBe(1);
  expect(result.metrics?.['loadFailed']?.value).toBeLessThan(0.02);
}, 60_000);

test('a bit can flip in the first member too', async () => {
  const result = await run('flip', scenario(3, '', '  - corruptMember: { at: 20s }').replace('workload:\n\n', 'workload:\n'));
  expect(marks(result, 'etcd data corrupted').length).toBe(1);
}, 60_000);
