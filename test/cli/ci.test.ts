/** `wavetank ci`: a suite that passes, one that fails, one that is worse than it was, and one that takes too long. */

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import type { CiResult } from '../../src/experiment/index.ts';
import { inProcess } from './command.ts';
import { folder, TINY } from './studies.ts';

const place = folder();
const suite = join(place.path, 'suite');
mkdirSync(join(suite, 'deep'), { recursive: true });
place.file('suite/one.yaml', TINY);
place.file('suite/deep/two.yaml', TINY.replace('name: tiny', 'name: two').replace('count: 4', 'count: 5'));
place.file('suite/no-expect.yaml', 'duration: 10s\ncluster: { nodes: 1 }\n');
place.file('suite/study.yaml', 'scenario: one.yaml\naxes: [{ path: seed, values: [1] }]\n');
const out = join(place.path, 'out');
const ci = (...args: string[]) => inProcess('ci', suite, '--quiet', '--workers', '0', '--out', out, ...args);
const result = (): CiResult => JSON.parse(readFileSync(join(out, 'ci.json'), 'utf8'));
afterEach(() => {
  delete process.env['GITHUB_STEP_SUMMARY'];
});
afterAll(() => place.remove());

it('passes, writes its baseline, finds nothing changed, and then what a change made worse', async () => {
  const first = await ci('--update-baseline');
  expect(first.code).toBe(0);
  expect(first.out).toMatch(/all 2 scenarios pass/);
  expect(first.out).toMatch(/Without 'expect', and left out: no-expect/);

  process.env['GITHUB_STEP_SUMMARY'] = join(place.path, 'step.md');
  const second = await ci();
  expect(second.code).toBe(0);
  expect(result().scenarios.map(({ name, baseline, changes }) => [name, baseline, changes.length])).toEqual([
    ['deep/two', 'same', 0],
    ['one', 'same', 0],
  ]);
  expect(readFileSync(join(place.path, 'step.md'), 'utf8')).toMatch(/### Wavetank: all 2 scenarios pass/);

  place.file('suite/one.yaml', `${TINY}`.replace('cluster:\n', 'cluster:\n  kubelets: { registryBandwidth: 20MB }\n'));
  const third = await ci();
  expect(third.code).toBe(1);
  expect(third.out).toMatch(/REGRESSED {2}one .*metrics changed/);
  expect(result().scenarios.find(({ name }) => name === 'one')).toMatchObject({ status: 'regressed', baseline: 'changed' });
  const junit = readFileSync(join(out, 'junit.xml'), 'utf8');
  expect(junit).toMatch(/<testsuites name="wavetank ci" tests="6" failures="1" errors="0"/);
  expect(
    result()
      .scenarios.find(({ name }) => name === 'one')
      ?.regressions.map(({ metric }) => metric),
  ).toContain('podStartP50');
  expect(readFileSync(join(out, 'summary.md'), 'utf8')).toMatch(/↘ regressed \| one \| 2\/2 \| changed \|/);

  const tolerant = await ci('--tolerance', '100000%');
  expect(tolerant.code).toBe(0);
  place.file('suite/one.yaml', TINY);
}, 120_000);

it('fails when an expectation does', async () => {
  place.file('suite/deep/three.yaml', TINY.replace('< 30 s', '< 1 ms'));
  const { code, out: text } = await ci();
  expect(code).toBe(1);
  expect(text).toMatch(/FAILED {2,}deep\/three +1\/2 +new/);
}, 60_000);

it('says what it had no time for', async () => {
  place.file('suite/deep/three.yaml', TINY.replace('duration: 40s', 'duration: 90000h').replace('bucket: 2s', 'bucket: 100h'));
  const { code, out: text } = await ci('--budget', '4s');
  expect(code).toBe(1);
  expect(text).toMatch(/NOT RUN +deep\/three/);
  expect(text).toMatch(/The time budget of 4 s ran out/);
}, 60_000);

it.each([
  [['/nowhere'], /no such folder/],
  [[out], /holds no scenario with 'expect'/],
  [[suite, '--baseline', 'none.json'], /none\.json: no such file/],
  [[suite, '--baseline', join(suite, 'one.yaml')], /is not JSON/],
  [[suite, '--budget', 'soon'], /expected a duration/],
])('refuses %s', async (args, message) => {
  const { code, err } = await inProcess('ci', ...args, '--quiet');
  expect(err).toMatch(message);
  expect(err.trim().split('\n').length).toBe(1);
  expect(code).toBe(2);
});
