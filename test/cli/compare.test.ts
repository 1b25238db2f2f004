/** `wavetank compare` as somebody uses it. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Comparison } from '../../src/experiment/index.ts';
import { asProcess, inProcess, ROOT, whenItIs } from './command.ts';
import { folder, TINY } from './studies.ts';

const place = folder();
const empty = folder();
const scenario = place.file('tiny.yaml', TINY);
const out = (name: string): string => join(place.path, name);
const compared = (name: string): Comparison => JSON.parse(readFileSync(join(out(name), 'comparison.json'), 'utf8'));
afterAll(() => {
  place.remove();
  empty.remove();
});

describe('compare', () => {
  it('finds two profiles apart, writes its files, and says so', async () => {
    const {
      code,
      out: text,
      err,
    } = await inProcess(
      'compare',
      'least-allocated',
      'most-allocated',
      '--scenario',
      scenario,
      '--seeds',
      '12',
      '--workers',
      '0',
      '--quiet',
      '--out',
      out('profiles'),
    );
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(text).toMatch(/nodesUsed .*BETTER/);
    expect(text).toMatch(/B \(most-allocated\) .*nodes filled to a tenth or more/);
    const { metrics, seeds } = compared('profiles');
    expect(seeds.length).toBe(12);
    expect(metrics.find(({ metric }) => metric === 'nodesUsed')).toMatchObject({ verdict: 'different' });
    const page = readFileSync(join(out('profiles'), 'report.html'), 'utf8');
    expect(page).toContain('id="canvas-strip0"');
    expect(page).not.toMatch(/(src|href)="?https?:/);
  }, 120_000);

  it('has one digest in this process and on two threads', async () => {
    const digests: string[] = [];
    for (const workers of ['0', '2']) {
      const { out: text } = await inProcess(
        'compare',
        scenario,
        scenario,
        '--b-set',
        'cluster.nodes[0].count=3',
        '--seeds',
        '2',
        '--workers',
        workers,
        '--quiet',
        '--json',
        '--out',
        out(`w${workers}`),
      );
      digests.push((JSON.parse(text) as Comparison).digest);
    }
    expect(new Set(digests).size).toBe(1);
  }, 120_000);

  it('calls a scenario no different from itself, and passes its --fail-if', async () => {
    const { code, out: text } = await inProcess(
      'compare',
      scenario,
      scenario,
      '--seeds',
      '3',
      '--workers',
      '0',
      '--quiet',
      '--out',
      out('self'),
      '--fail-if',
      'podStartP95 > +0%',
    );
    expect(code).toBe(0);
    expect(text).toMatch(/no difference: in all 3 pairs/);
  }, 60_000);

  it('fails with exit 1 when a --fail-if holds', async () => {
    const { code, err } = await inProcess(
      'compare',
      scenario,
      scenario,
      '--b-set',
      'cluster.kubelets.registryBandwidth=1MB',
      '--seeds',
      '2',
      '--workers',
      '0',
      '--quiet',
      '--out',
      out('fail'),
      '--fail-if',
      'podStartP50 > +5%',
    );
    expect(code).toBe(1);
    expect(err).toMatch(/--fail-if 'podStartP50 > \+5%' holds: podStartP50 went from/);
  }, 60_000);

  it('gives the trial of a worker that died to another', async () => {
    const marker = out('died-once');
    const plugin = place.file(
      'mortal.mjs',
      `import { existsSync, writeFileSync } from 'node:fs';
       import { isMainThread } from 'node:worker_threads';
       export default () => ({ name: 'Mortal', filter: () => {
         if (!isMainThread && !existsSync(${JSON.stringify(marker)})) { writeFileSync(${JSON.stringify(marker)}, ''); process.exit(3); }
       } });`,
    );
    const { code, err } = await inProcess('compare', scenario, plugin, '--seeds', '2', '--workers', '1', '--quiet', '--out', out('mortal'));
    expect(existsSync(marker)).toBe(true);
    expect(err).toMatch(/1 trial was run again: a worker died/);
    expect(code).toBe(0);
    expect(compared('mortal').seeds).toEqual([1, 2]);
  }, 60_000);

  it('goes on where an interrupted study stopped, and comes to the same', async () => {
    const args = [
      'compare',
      scenario,
      scenario,
      '--set',
      'duration=5m',
      '--b-set',
      'cluster.nodes[0].count=3',
      '--seeds',
      '4',
      '--workers',
      '0',
      '--quiet',
      '--out',
      out('stop'),
    ];
    // One trial of eight is done: the head line and the first record are there.
    const trials = join(out('stop'), 'trials.jsonl');
    const isUnderWay = (): boolean => existsSync(trials) && readFileSync(trials, 'utf8').split('\n').length > 2;
    const first = await asProcess(args, { patience: 150_000, meanwhile: (kill) => whenItIs(isUnderWay, () => kill('SIGINT')) });
    expect([0, 130]).toContain(first.code);
    if (first.code === 130) expect(compared('stop').partial).toBe(true);
    const before =
      readFileSync(join(out('stop'), 'trials.jsonl'), 'utf8')
        .trim()
        .split('\n').length - 1;
    const { code } = await inProcess(...args, '--resume');
    expect(code).toBe(0);
    expect(compared('stop').partial).toBe(false);
    expect(before).toBeLessThanOrEqual(8);
    const whole = await inProcess(...args.map((arg) => (arg === out('stop') ? out('whole') : arg)));
    expect(whole.code).toBe(0);
    expect(compared('stop').digest).toBe(compared('whole').digest);
  }, 180_000);

  it('compares two builds, each run as a program of its own', async () => {
    const { code, out: text } = await inProcess(
      ...['compare', ROOT, join(ROOT, 'bin', 'wavetank.js'), '--scenario', scenario, '--seeds', '1', '--workers', '0'],
      ...['--quiet', '--json', '--out', out('builds')],
    );
    expect(code).toBe(0);
    const { a, b, metrics } = JSON.parse(text) as Comparison;
    expect([a.what, b.what].join(' ')).toContain('bin/wavetank.js');
    expect(metrics.every(({ verdict }) => verdict !== 'different')).toBe(true);
  }, 60_000);

  it('compares results that exist', async () => {
    for (const [name, count] of [
      ['before', 4],
      ['after', 3],
    ] as const)
      await inProcess('run', scenario, '--quiet', '--shards', '0', '--set', `cluster.nodes[0].count=${count}`, '--out', out(name));
    const { code, out: text } = await inProcess(
      'compare',
      out('before'),
      join(out('after'), 'result.json'),
      '--out',
      out('results'),
      '--fail-if',
      'nodesReady < 4',
    );
    expect(text).toMatch(/1 paired seed/);
    expect(code).toBe(1);
  }, 60_000);
});

describe('wrong use of compare is one line and exit 2', () => {
  const broken = place.file('broken.yaml', 'cluster:\n  nodes: 3\n  nods: 4\nduration: 10s\n');
  const config = place.file(
    'config.yaml',
    'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\nprofiles:\n  - plugins:\n      score:\n        enabled: [{ name: NoSuchPlugin }]\n',
  );
  it.each([
    [[], /expected two sides/],
    [['least-alocated', 'default', '--scenario', scenario], /did you mean the profile 'least-allocated'/],
    [['default', 'least-allocated'], /say with --scenario/],
    [[scenario, broken], /broken\.yaml:3:3: unknown key 'nods'/],
    [[scenario, config], /config\.yaml:6.*NoSuchPlugin/],
    [[scenario, empty.path], /is a folder without results/],
    [[scenario, scenario, '--fail-if', 'podStartP95 over 5'], /expected a metric, a comparison and a bound/],
    [[scenario, scenario, '--seeds', '0'], /expected how many/],
    [[scenario, scenario, '--metrics', 'podStart95'], /did you mean 'podStartP95'/],
    [[scenario, scenario, '--confidence', '2'], /expected 50 % to 99.9 %/],
  ])('%s', async (args, message) => {
    const { code, out: text, err } = await inProcess('compare', ...args, '--quiet', '--workers', '0');
    expect(err).toMatch(message);
    expect(err.trim().split('\n').length).toBe(1);
    expect(text).toBe('');
    expect(code).toBe(2);
  });
});
