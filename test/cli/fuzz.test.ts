/** `wavetank fuzz` and `wavetank replay-seed`: what they print and leave, and what wrong use is told. */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inProcess } from './command.ts';

const directory = mkdtempSync(join(tmpdir(), 'wavetank-fuzz-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const TWO = ['fuzz', '--seeds', '2', '--from', '2', '--minutes', '5', '--workers', '0'];
/** All but the last line, which is of the machine and the hour. */
const summaryIn = (out: string): string => readFileSync(join(out, 'fuzz.json'), 'utf8').split('\n').slice(0, -2).join('\n');

const sightsOf = (summary: string): object => {
  const { sights, faults, simulatedSeconds } = JSON.parse(`${summary.slice(0, -1)}}`);
  return { sights, faults, simulatedSeconds };
};

describe('fuzz', () => {
  test('runs seeds, counts the paths they took, and leaves a summary', async () => {
    const out = join(directory, 'two');
    const { code, out: text } = await inProcess(...TWO, '--quiet', '--out', out);
    expect(text).toMatch(/conflict \(409\) +\d+ +2 of 2/);
    expect(text).toMatch(/2 of 2 seeds of 5 simulated minutes, \d+ faults of \d+ kinds, build /);
    expect(text).toMatch(/\d+ simulated seconds a second and core/);
    expect(code).toBe(0);
    expect(JSON.parse(readFileSync(join(out, 'fuzz.json'), 'utf8'))).toMatchObject({ from: 2, done: 2, violated: [], interrupted: false });
  });

  describe('--resume', () => {
    const out = join(directory, 'two');
    const seeds = join(out, 'seeds.jsonl');
    const broken = (head: string, first: string): void => writeFileSync(seeds, `${head}\n${first}\n{"outcome":{"seed":3,"dig`);
    let whole = '';
    let lines: string[] = [];
    beforeAll(() => {
      whole = summaryIn(out);
      lines = readFileSync(seeds, 'utf8').trimEnd().split('\n');
    });

    test('repeats no seed, and comes to the summary of the unbroken campaign', async () => {
      // As if seed 2 had violated something: had it run again, that would be gone.
      const marked = (lines[1] as string).replace('"violations":[]', '"violations":[{"id":"X9","at":7,"message":"planted"}]');
      broken(lines[0] as string, marked);
      rmSync(join(out, 'fuzz.json'));
      const { code, out: text, err } = await inProcess(...TWO, '--resume', '--out', out);
      expect(err).toMatch(/^resuming: 1 of 2 seeds are done\n/);
      expect(text).toContain('seed 2: X9 violated at 0.000 s: planted');
      expect(code).toBe(1);
      const { outcomes, violated, ...rest } = JSON.parse(readFileSync(join(out, 'fuzz.json'), 'utf8'));
      expect({ violated, ...rest }).toMatchObject({ done: 2, from: 2, ...sightsOf(whole), violated: [2], interrupted: false });
      expect(outcomes).toMatchObject([{ seed: 2 }]);
    });

    test('a campaign that is done is shown again, byte for byte', async () => {
      writeFileSync(seeds, `${lines.toReversed().slice(0, 2).join('\n')}\n`.replace(/^/, `${lines[0]}\n`));
      const { code } = await inProcess(...TWO, '--resume', '--quiet', '--out', out);
      expect(code).toBe(0);
      expect(summaryIn(out)).toBe(whole);
    });

    test.each([
      ['--minutes', () => undefined, ['--minutes', '6'], /seeds\.jsonl: is of another campaign: --minutes was 5, is 6; take another --out/],
      ['a bug', () => undefined, ['--inject-bug', 'garbage-left'], /--inject-bug was none, is garbage-left/],
      ['damage', () => writeFileSync(seeds, `${lines[0]}\n{"seed":2}\n${lines[2]}\n`), [], /seeds\.jsonl:2: is no seed: \{"seed":2\}/],
      ['another file', () => writeFileSync(seeds, 'a: b\n'), [], /seeds\.jsonl:1: is not the seeds of a fuzz campaign/],
    ])('refuses %s and leaves all as it was', async (_what, spoil, more, says) => {
      spoil();
      const before = readFileSync(seeds, 'utf8');
      const { code, err } = await inProcess(...TWO, '--resume', ...more, '--out', out);
      expect(err).toMatch(says);
      expect(err.trimEnd().split('\n')).toHaveLength(1);
      expect(code).toBe(2);
      expect(readFileSync(seeds, 'utf8')).toBe(before);
    });
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
