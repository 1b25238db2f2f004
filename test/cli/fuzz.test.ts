/** `wavetank fuzz` and `wavetank replay-seed`: what they print and leave, and what wrong use is told. */

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { inProcess } from './command.ts';

const directory = mkdtempSync(join(tmpdir(), 'wavetank-fuzz-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('fuzz', () => {
  test('runs seeds, counts the paths they took, and leaves a summary', async () => {
    const out = join(directory, 'two');
    const { code, out: text } = await inProcess(
      'fuzz',
      '--seeds',
      '2',
      '--from',
      '2',
      '--minutes',
      '5',
      '--workers',
      '0',
      '--quiet',
      '--out',
      out,
    );
    expect(text).toMatch(/conflict \(409\) +\d+ +2 of 2/);
    expect(text).toMatch(/2 of 2 seeds of 5 simulated minutes, \d+ faults of \d+ kinds, build /);
    expect(text).toMatch(/\d+ simulated seconds a second and core/);
    expect(code).toBe(0);
    expect(JSON.parse(readFileSync(join(out, 'fuzz.json'), 'utf8'))).toMatchObject({ from: 2, done: 2, violated: [], interrupted: false });
  });

  test.each([
    [['--seeds', '0'], /--seeds/],
    [['--minutes', '2'], /expected minutes from 5 to 1440/],
    [['--from', 'x'], /--from/],
    [['--inject'], /unknown option '--inject'/],
  ])('refuses %j in one line and writes nothing', async (args, message) => {
    const out = join(directory, 'none');
    const { code, err } = await inProcess('fuzz', ...args, '--out', out);
    expect(code).toBe(2);
    expect(
      err
        .trim()
        .split('\n')
        .filter((line) => line !== '')[0],
    ).toMatch(message);
    expect(existsSync(out)).toBe(false);
  });
});

describe('replay-seed', () => {
  test('gives the same digest as often as it is asked, and the scenario', async () => {
    const out = join(directory, 'seed');
    const once = await inProcess('replay-seed', '3', '--minutes', '5', '--json', '--out', out);
    const again = await inProcess('replay-seed', '3', '--minutes', '5', '--json', '--out', out);
    expect(JSON.parse(once.out).digest).toBe(JSON.parse(again.out).digest);
    expect(JSON.parse(readFileSync(join(out, 'scenario.yaml'), 'utf8'))).toMatchObject({ name: 'fuzz-3', seed: 3 });
  });

  test('with only some of the faults is another run', async () => {
    const out = join(directory, 'calm');
    const { code, out: text } = await inProcess('replay-seed', '3', '--minutes', '5', '--only', '', '--out', out);
    expect(code).toBe(0);
    expect(text).not.toContain('fault 0');
    expect(text).toContain('all holds');
  });

  test.each([
    [[], /missing required argument 'seed'/],
    [['-1'], /expected a whole number/],
    [['1', '--only', '99'], /--only: seed 1 has \d+ faults, there is no 99/],
    [['1', '--only', 'a'], /expected places of faults/],
  ])('refuses %j', async (args, message) => {
    const { code, err } = await inProcess('replay-seed', ...args);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });
});
