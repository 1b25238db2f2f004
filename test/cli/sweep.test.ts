/** `wavetank sweep`, whole and in parts. */

import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { SweepResult } from '../../src/experiment/index.ts';
import { inProcess } from './command.ts';
import { folder, TINY } from './studies.ts';

const place = folder();
place.file('tiny.yaml', TINY);
const STUDY = `# Does it matter?
scenario: tiny.yaml
axes:
  - { path: 'cluster.nodes[0].count', values: [3, 6], name: nodes }
  - { profiles: [least-allocated, most-allocated] }
seeds: 2
metrics: [podStartP50, nodesUsed]
`;
const study = place.file('study.yaml', STUDY);
const out = (name: string): string => join(place.path, name);
const swept = (name: string): SweepResult => JSON.parse(readFileSync(join(out(name), 'sweep.json'), 'utf8'));
const quietly = (...args: string[]) => inProcess(...args, '--quiet');
afterAll(() => place.remove());

describe('sweep', () => {
  it('runs every point with every seed, draws maps and lines, and says which way it goes', async () => {
    const { code, out: text } = await quietly('sweep', study, '--workers', '0', '--out', out('whole'));
    expect(code).toBe(0);
    expect(text).toMatch(/4 points, 8 seeds in all/);
    const { points, axes } = swept('whole');
    expect(axes.map(({ name }) => name)).toEqual(['nodes', 'scheduler']);
    const used = (nodes: number, scheduler: string) =>
      points.find(({ point }) => point['nodes'] === nodes && point['scheduler'] === scheduler)?.metrics['nodesUsed']?.mean ?? 0;
    expect(used(6, 'most-allocated')).toBeLessThan(used(6, 'least-allocated'));
    const page = readFileSync(join(out('whole'), 'report.html'), 'utf8');
    expect(page).toContain('canvas-map0n0');
    expect(page).toContain('canvas-lines1');
    expect(readFileSync(join(out('whole'), 'sweep.csv'), 'utf8').split('\r\n').length).toBe(1 + 4 * 2 + 1);
  }, 120_000);

  it('done in parts and merged, it is what one machine makes of it', async () => {
    for (const part of ['1', '2', '3']) {
      const { code } = await quietly('sweep', study, '--shard', `${part}/3`, '--workers', '0', '--out', out(`part-${part}`));
      expect(code).toBe(0);
    }
    const missing = await inProcess('merge', out('part-1'), out('part-3'), '--out', out('two'));
    expect(missing).toMatchObject({
      code: 2,
      err: expect.stringMatching(/\d of 8 trials are in none of the parts: shard 2\/3 is missing/),
    });
    // One part twice: it counts once.
    cpSync(out('part-2'), out('part-2-again'), { recursive: true });
    const { code } = await inProcess('merge', ...['part-3', 'part-2', 'part-1', 'part-2-again'].map(out), '--out', out('merged'));
    expect(code).toBe(0);
    expect(swept('merged')).toEqual(swept('whole'));
  }, 120_000);

  it('adds seeds until the means are known, the same number with any workers', async () => {
    const eager = place.file('eager.yaml', `${STUDY}stop: { width: 8 %, metrics: [nodesUsed], most: 4, batch: 2 }\n`);
    const runs: number[][] = [];
    for (const workers of ['0', '1']) {
      await quietly('sweep', eager, '--workers', workers, '--out', out(`eager-${workers}`));
      runs.push(swept(`eager-${workers}`).points.map((point) => point.runs));
    }
    expect(runs[0]).toEqual(runs[1]);
    expect(Math.max(...(runs[0] ?? []))).toBeLessThanOrEqual(4);
    expect(new Set(runs[0]).size).toBeGreaterThan(1);
    const { points } = swept('eager-0');
    for (const { metrics, runs: seeds } of points) {
      const found = metrics['nodesUsed'];
      if (seeds < 4) expect((found?.high as number) - (found?.mean as number)).toBeLessThanOrEqual(0.08 * (found?.mean as number));
    }
  }, 120_000);

  it('sees that a repeated seed comes to the same', async () => {
    const twice = place.file('twice.yaml', `${STUDY}repeats: 2\n`);
    const { code } = await quietly('sweep', twice, '--workers', '0', '--out', out('twice'));
    expect(code).toBe(0);
    expect(swept('twice').points.every(({ unlike, runs }) => unlike.length === 0 && runs === 2)).toBe(true);
  }, 120_000);
});

describe('a wrong study is one line with its place, and exit 2', () => {
  const axes = (text: string): string => STUDY.replace(/axes:\n( {2}- .*\n)+/, `axes:\n${text}\n`);
  it.each([
    ['an unknown key', `${STUDY}metrcs: []\n`, /:8:1: unknown key 'metrcs'; did you mean 'metrics'\?/],
    ['no scenario', STUDY.replace('tiny.yaml', 'none.yaml'), /:2:11: 'scenario': .*none\.yaml: no such file/],
    [
      'a path that is none',
      axes("  - { path: 'cluster.nodes[0].cont', values: [1] }"),
      /:4:47: unknown key 'cont' in 'cluster.nodes\[0\]'; did you mean 'count'/,
    ],
    ['a value out of range', axes("  - { path: 'cluster.nodes[0].count', values: [1, -2] }"), /:4:51: .*must be at least 1, found -2/],
    ['no values', axes("  - { path: 'seed' }"), /:4:5: 'axes\[0\]' needs one of: 'values', 'from' with 'to', or 'profiles'; found none/],
    ['a range backwards', axes('  - { path: seed, from: 5, to: 2 }'), /'from' must be less/],
    [
      'a metric that is none',
      STUDY.replace('nodesUsed', 'nodeUsed'),
      /:7:24: 'metrics\[1\]': there is no metric 'nodeUsed'; did you mean 'nodesUsed'/,
    ],
    ['seeds as a word', STUDY.replace('seeds: 2', 'seeds: many'), /:6:8: 'seeds'/],
    ['nothing', '', /is empty/],
  ])('%s', async (_what, text, message) => {
    const file = place.file('wrong.yaml', text);
    const { code, err } = await inProcess('sweep', file, '--out', out('wrong'));
    expect(err).toMatch(message);
    expect(code).toBe(2);
  });

  it('refuses parts of a study that decides as it goes', async () => {
    const file = place.file('eager2.yaml', `${STUDY}stop: { width: 5 % }\n`);
    const { code, err } = await inProcess('sweep', file, '--shard', '1/2', '--out', out('wrong'));
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringMatching(/cannot be done in parts/) });
  });
});
