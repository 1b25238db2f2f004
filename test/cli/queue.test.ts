/** Studies through a queue on Redis: what workers make of them is what one machine makes of them, and a worker that is killed takes nothing with it. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CapacityResult, CiResult, Comparison, SweepResult } from '../../src/experiment/index.ts';
import { inProcess, ROOT } from './command.ts';
import { folder, TINY } from './studies.ts';

const hasRedis = spawnSync('redis-server', ['--version']).status === 0;
const place = folder();
const scenario = place.file('tiny.yaml', TINY);
const study = place.file(
  'study.yaml',
  "scenario: tiny.yaml\naxes: [{ path: 'cluster.nodes[0].count', values: [3, 6], name: nodes }]\nseeds: 2\nmetrics: [podStartP50]\n",
);
const out = (name: string): string => join(place.path, name);
const children = new Set<ChildProcess>();
let url = '';

/** A worker, once it has said `until`. */
function worker(until: RegExp, ...args: string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [`${ROOT}bin/wavetank.js`, 'worker', '--queue', url, '--workers', '1', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    cwd: place.path,
  });
  children.add(child);
  let said = '';
  return new Promise((resolve, reject) => {
    child.on('close', (code) => reject(new Error(`the worker ended with ${code}: ${said}`)));
    child.stderr.on('data', (chunk) => {
      said += String(chunk);
      if (until.test(said)) resolve(child);
    });
  });
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

const linesOf = (name: string): readonly { readonly key: string }[] =>
  readFileSync(join(out(name), 'trials.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => JSON.parse(line));

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  place.remove();
});

describe.skipIf(!hasRedis)('a queue on Redis (skipped where there is no redis-server)', () => {
  beforeAll(async () => {
    const port = await freePort();
    url = `redis://127.0.0.1:${port}`;
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', place.path];
    const redis = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'ignore'] });
    children.add(redis);
    await new Promise<void>((resolve) => redis.stdout.on('data', (chunk) => String(chunk).includes('Ready to accept') && resolve()));
  }, 60_000);

  it('a worker killed in the middle of a trial loses nothing, and nothing counts twice', async () => {
    const swept = inProcess('sweep', study, '--queue', url, '--quiet', '--out', out('queue'));
    const mortal = await worker(/begun: /);
    mortal.kill('SIGKILL');
    const heir = await worker(/waiting/);
    const { code, err } = await swept;
    heir.kill('SIGINT');
    expect(err).toContain('a worker is gone: its trial waits for another');
    expect(code).toBe(0);
    const keys = linesOf('queue').map(({ key }) => key);
    expect(keys.length).toBe(4);
    expect(new Set(keys).size).toBe(4);
    await inProcess('sweep', study, '--workers', '0', '--quiet', '--out', out('alone'));
    const result = (name: string): SweepResult => JSON.parse(readFileSync(join(out(name), 'sweep.json'), 'utf8'));
    expect(result('queue')).toEqual(result('alone'));
  }, 120_000);

  it('compares as one machine does, by workers in another folder, and a worker ends when it has waited long enough', async () => {
    const lone = await worker(/waiting/, '--idle', '3s');
    const digests: string[] = [];
    for (const how of [
      ['--queue', url],
      ['--workers', '0'],
    ]) {
      const { out: text } = await inProcess(
        ...['compare', scenario, scenario, '--b-set', 'cluster.nodes[0].count=3', '--seeds', '2'],
        ...[...how, '--quiet', '--json', '--out', out(`compare${how[0]}`)],
      );
      digests.push((JSON.parse(text) as Comparison).digest);
    }
    expect(digests[0]).toBe(digests[1]);
    if (lone.exitCode === null) await new Promise((resolve) => lone.on('exit', resolve));
    expect(lone.exitCode).toBe(0);
  }, 120_000);

  it('runs a suite, and searches for a capacity, as this machine alone does', async () => {
    const reader = await worker(/waiting/);
    const suite = place.file('suite.yaml', TINY.replace('duration: 40s', 'duration: 20s'));
    const digests = async (how: readonly string[]): Promise<unknown> => {
      const [to, search] = [out(`ci${how[0]}`), out(`capacity${how[0]}`)];
      const suited = await inProcess('ci', place.path, ...how, '--quiet', '--json', '--out', to);
      const searched = await inProcess('capacity', suite, '--seeds', '1', ...how, '--quiet', '--json', '--out', search);
      expect([suited.code, searched.code]).toEqual([0, 0]);
      const { answers } = JSON.parse(searched.out) as CapacityResult;
      return { ci: (JSON.parse(suited.out) as CiResult).digest, answers: answers.map(({ note: _note, ...answer }) => answer) };
    };
    const queued = await digests(['--queue', url]);
    reader.kill('SIGINT');
    expect(queued).toEqual(await digests(['--workers', '0']));
  }, 120_000);

  it('says what is wrong with a scenario on the other side in one line, and leaves no trial in the queue', async () => {
    const plugin = place.file('absent.mjs', 'export default () => ({ name: "Absent", score: () => 1 });');
    const reader = await worker(/waiting/);
    place.file('absent.mjs', 'export default () => { throw new Error("no"); };');
    const { code, err } = await inProcess('compare', scenario, plugin, '--seeds', '1', '--queue', url, '--quiet', '--out', out('wrong'));
    reader.kill('SIGINT');
    expect(code).toBe(2);
    expect(err.trim().split('\n').at(-1)).toMatch(/absent\.mjs/);
  }, 60_000);
});

describe('wrong use of a queue is one line and exit 2', () => {
  it.each([
    [['worker'], /required option '--queue <redis:\/\/...>' not specified/],
    [['worker', '--queue', 'http://here'], /expected redis:\/\/host:port/],
    [['worker', '--queue', 'redis://me:secret@127.0.0.1:1'], /redis:\/\/\*\*\*@127\.0\.0\.1:1 cannot be used: connect ECONNREFUSED/],
    [['worker', '--queue', 'redis://127.0.0.1:1', '--idle', 'long'], /expected a duration/],
    [['sweep', study, '--queue', 'redis://127.0.0.1:1', '--out', out('none')], /cannot be used: connect ECONNREFUSED/],
    [['sweep', study, '--queue', 'redis://127.0.0.1:1', '--workers', '2', '--out', out('none')], /--workers says nothing with --queue/],
  ])('%s', async (args, message) => {
    const { code, out: text, err } = await inProcess(...args);
    expect(err).toMatch(message);
    expect(err).not.toContain('secret');
    expect(text).toBe('');
    expect(code).toBe(2);
    expect(existsSync(out('none'))).toBe(false);
  });
});
