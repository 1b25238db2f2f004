/** Through the command line, not only the digest but everything that a result tells of the cluster is the same on threads as without. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Result } from '#experiment';

const root = fileURLToPath(new URL('../../', import.meta.url));
let folder = '';

/** Flags that a test's own runtime may carry are not passed on. */
function run(name: string, ...flags: string[]): Result {
  const out = join(folder, name);
  const args = ['bin/wavetank.js', 'run', 'scenarios/first-light.yaml', '--quiet', '--out', out, ...flags];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } });
  expect(status === 0 || status === 1, stderr).toBe(true);
  return JSON.parse(readFileSync(join(out, 'result.json'), 'utf8')) as Result;
}

/** What of a result must not depend on where it was computed. */
const outcome = ({ verdicts, series, distributions, heat, marks, podsBound, podsRunning, simulatedSeconds }: Result) => ({
  verdicts,
  series,
  distributions,
  heat,
  marks,
  podsBound,
  podsRunning,
  simulatedSeconds,
});

describe('first-light', () => {
  let alone: Result;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'wavetank-determinism-'));
    alone = run('alone', '--shards', '0');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('binds pods', () => expect(alone.podsBound).toBeGreaterThan(50));

  it('has the same digest and the same result on 2 threads', () => {
    const threaded = run('threads', '--shards', '2');
    expect(threaded.shards.used).toBe(2);
    expect(threaded.digest).toBe(alone.digest);
    expect(outcome(threaded)).toEqual(outcome(alone));
  });
});
