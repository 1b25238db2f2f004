/** A run that was killed and is resumed leaves the bytes of one that was not; a checkpoint of another run, or one that the run does not agree with, is refused. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { inProcess, ROOT } from '../cli/command.ts';

const directory = mkdtempSync(join(tmpdir(), 'wavetank-resume-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
// The checkout may change under a test.
process.env['WAVETANK_BUILD_ID'] = 'the build under test';
const folder = (name: string): string => join(directory, name);
const SCENARIO = join(directory, 'long.yaml');
const TEXT =
  'name: long\nduration: 30m\ncluster:\n  nodes:\n    - count: 4\n      capacity: { cpu: 8, memory: 32Gi }\nworkload:\n  - pods: { name: p, count: 8, cpu: 100m }\nfaults:\n  - crashNodes: { at: 2m, count: 1, for: 5m }\n';
writeFileSync(SCENARIO, TEXT);

/** What a folder holds, apart from what belongs to the machine and the hour. */
function bytesOf(path: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const name of readdirSync(path).sort()) {
    const content = readFileSync(join(path, name), 'latin1');
    if (name === 'report.html') continue;
    files[name] =
      name === 'result.json'
        ? content.slice(0, content.trimEnd().lastIndexOf('\n'))
        : name === 'life.json'
          ? content.replace(/"wallSeconds":[\d.]+,"cpuSeconds":[\d.]+/, '')
          : content;
  }
  return files;
}

/** Begins a run and kills it, without a chance to say anything, as soon as it has a checkpoint. */
async function killed(out: string, ...more: string[]): Promise<void> {
  const args = ['run', SCENARIO, '--out', out, '--checkpoint-every', '10ms', '--quiet', ...more];
  const child = spawn(process.execPath, [`${ROOT}bin/wavetank.js`, ...args], { stdio: 'ignore' });
  const over = once(child, 'exit');
  while (!existsSync(join(out, 'life.json'))) {
    expect(child.exitCode, 'still at it').toBeNull();
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  child.kill('SIGKILL');
  await over;
  expect(existsSync(join(out, 'result.json')), 'killed before its end').toBe(false);
}

describe('run --resume', () => {
  test.each([
    ['0', '30m'],
    ['2', '3m'],
  ])('on %s shards, all bytes are those of an unbroken run', async (shards, duration) => {
    const set = ['--set', `duration=${duration}`];
    await killed(folder(`killed-${shards}`), '--shards', shards, ...set);
    const resumed = await inProcess('run', SCENARIO, '--out', folder(`killed-${shards}`), '--resume', ...set);
    expect(resumed.err).toMatch(/^resuming: the run had reached .* of simulated time/);
    expect(resumed.code).toBe(0);
    await inProcess('run', SCENARIO, '--out', folder(`whole-${shards}`), '--shards', shards, '--quiet', ...set);
    expect(bytesOf(folder(`killed-${shards}`))).toEqual(bytesOf(folder(`whole-${shards}`)));
    expect(Object.keys(bytesOf(folder(`whole-${shards}`)))).toEqual(['explain.gz', 'life.json', 'result.json', 'spans.jsonl.gz']);
  });

  test('wall time is the sum of all attempts', async () => {
    await killed(folder('sum'));
    const file = join(folder('sum'), 'life.json');
    const life = readFileSync(file, 'utf8');
    expect(life).toMatch(/"wallSeconds":[\d.]+/);
    writeFileSync(file, life.replace(/"wallSeconds":[\d.]+/, '"wallSeconds":5000'));
    await inProcess('run', SCENARIO, '--out', folder('sum'), '--resume', '--quiet');
    const { wallSeconds } = JSON.parse(readFileSync(join(folder('sum'), 'result.json'), 'utf8')) as { wallSeconds: number };
    expect(wallSeconds).toBeGreaterThan(5000);
  });
});

describe('what cannot be resumed', () => {
  const life = (name: string, change: (text: string) => string): string => {
    mkdirSync(folder(name));
    writeFileSync(join(folder(name), 'life.json'), change(readFileSync(join(folder('base'), 'life.json'), 'utf8')));
    return folder(name);
  };
  const unfinished = (text: string): string => text.replace('"finished":true', '"finished":false');
  const base = inProcess('run', SCENARIO, '--out', folder('base'), '--shards', '0', '--quiet');

  const REFUSED: readonly (readonly [string, (text: string) => string, string[], RegExp])[] = [
    [
      'another scenario',
      unfinished,
      ['--set', 'cluster.nodes[0].count=5'],
      /life\.json: is the checkpoint of another run: the scenario \(or its --set\) differs: cluster\.nodes\[0\]\.count/,
    ],
    ['another seed', unfinished, ['--seed', '9'], /--seed differs: was 1, is 9/],
    ['other threads', unfinished, ['--shards', '2'], /--shards differs: was 0, is 2/],
    ['other flags', unfinished, ['--check'], /a flag differs: check was false, is true/],
    [
      'another build',
      (text) => unfinished(text).replace(/"build":"[^"]*"/, '"build":"0.0.1 abc"'),
      [],
      /the build of Wavetank differs: was 0\.0\.1 abc, is the build under test/,
    ],
    ['another Node', (text) => unfinished(text).replace(/"node":"v[^"]*"/, '"node":"v1.2.3"'), [], /Node's version differs: was v1\.2\.3/],
    [
      'a life that went another way',
      (text) => unfinished(text).replace(/("events":\d+,"digest":")[0-9a-f]{4}/, '$1beef'),
      [],
      /went another way than the recorded one: at \d+ s it has digest/,
    ],
    ['half a file', (text) => text.slice(0, 100), [], /life\.json: is not JSON/],
    ['another file', () => '{"format":"else"}', [], /life\.json: is no checkpoint of a run/],
    [
      'a file with a list for positions',
      (text) => text.replace(/"positions":\[[\s\S]*\]/, '"positions":[1,null]'),
      [],
      /is no checkpoint of a run/,
    ],
  ];
  test.each(REFUSED)('%s', async (name, change, more, says) => {
    await base;
    const out = life(name, change);
    const before = readFileSync(join(out, 'life.json'), 'utf8');
    const { code, err } = await inProcess('run', SCENARIO, '--out', out, '--resume', '--quiet', ...more);
    expect(err).toMatch(says);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
    expect(readdirSync(out), 'nothing is written').toEqual(['life.json']);
    expect(readFileSync(join(out, 'life.json'), 'utf8')).toBe(before);
  });

  test('a run that is done is shown, not run again', async () => {
    await base;
    const before = readFileSync(join(folder('base'), 'result.json'), 'utf8');
    const { code, err, out } = await inProcess('run', SCENARIO, '--out', folder('base'), '--resume', '--quiet', '--shards', '0');
    expect(err).toMatch(/is done already: leave --resume away to run it again\n$/);
    expect(out).toContain('digest');
    expect(code).toBe(0);
    expect(readFileSync(join(folder('base'), 'result.json'), 'utf8')).toBe(before);
  });

  test('a folder without a checkpoint begins anew', async () => {
    const { code, err } = await inProcess(
      'run',
      SCENARIO,
      '--out',
      folder('empty'),
      '--resume',
      '--set',
      'duration=1m',
      '--set',
      'faults=[]',
    );
    expect(err).toMatch(/^nothing to resume in .*empty: beginning anew\n$/);
    expect(code).toBe(0);
  });

  test('a run whose costs are measured', async () => {
    const { code, err } = await inProcess('run', SCENARIO, '--out', folder('measured'), '--resume', '--cost', 'measured');
    expect(err).toMatch(/--resume: with --cost measured no two runs are the same/);
    expect(code).toBe(2);
    expect(existsSync(folder('measured'))).toBe(false);
  });
});
