/** A sample of the generated bad inputs (npm run fuzz:inputs has as many as one likes): each is answered in words, in a line a mistake, and leaves nothing behind. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { badCase, complaint } from './cases.ts';
import { isSafe, runCase } from './run-case.ts';

const folder = join(mkdtempSync(join(tmpdir(), 'wavetank-generated-')), 'case');
afterAll(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

/** The first ones, and those that once were answered badly. */
const NUMBERS = [...Array.from({ length: 30 }, (_, number) => number), 116, 183, 222, 243, 415];

test('generated bad inputs', async () => {
  const wrong: string[] = [];
  let refused = 0;
  for (const number of NUMBERS) {
    const bad = badCase(number, folder);
    if (!isSafe(bad.args)) continue;
    const outcome = await runCase(bad.args);
    if (outcome.code === 2) refused++;
    const found = complaint(bad, outcome, folder);
    if (found !== undefined) wrong.push(`case ${number}, ${bad.what}: ${found}: ${outcome.err.slice(0, 300)}`);
  }
  expect(wrong).toEqual([]);
  expect(refused, 'most of them are mistakes').toBeGreaterThan(NUMBERS.length / 2);
});

describe('the judge sees', () => {
  const bad = badCase(0, folder);
  test.each([
    ['a stack', { code: 2, out: '', err: 'wavetank: oops\n    at run (file.ts:3:4)\n' }, /a stack/],
    ['an end that means a mistake of ours', { code: 70, out: '', err: 'x' }, /mistake of its own/],
    ['a refusal without words', { code: 2, out: '', err: '' }, /without a word/],
    ['control characters', { code: 2, out: '', err: 'wavetank: \u001b[2J\n' }, /control characters/],
    ['endless lines', { code: 2, out: '', err: `${'x'.repeat(2000)}\n` }, /a line of 2000 characters/],
    ['a signal', { code: 'SIGSEGV', out: '', err: '' }, /ended with SIGSEGV/],
  ])('%s', (_what, outcome, says) => {
    expect(complaint(bad, outcome, folder)).toMatch(says);
  });
});
