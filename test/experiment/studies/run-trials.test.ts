/** Trials are neither lost nor counted twice, whoever does them, in whatever order, and whoever dies meanwhile. */

import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type Arm,
  JournalWriter,
  knownTrials,
  readJournal,
  runTrials,
  type StudyHead,
  studyDigest,
  studyKey,
  TrialCrash,
  type TrialExecutor,
  trialsOf,
} from '../../../src/experiment/index.ts';
import { record } from './synthetic.ts';

const arm = (name: string): Arm => ({ name, file: 'a.yaml', text: `name: ${name}`, set: [], plugins: [], extenders: [] });
const specs = trialsOf([arm('A'), arm('B')], [1, 2, 3, 4, 5]);
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Ends trials in an order of its own; those in `dies` kill their worker so often first. */
function executor(width: number, dies: Readonly<Record<string, number>> = {}, log: string[] = []): TrialExecutor {
  const left = { ...dies };
  return {
    width,
    async run({ key, arm: { name }, seed, index }) {
      await new Promise((resolve) => setTimeout(resolve, (seed * 7) % 4));
      log.push(key);
      if ((left[key] ?? 0) > 0) {
        left[key] = (left[key] as number) - 1;
        throw new TrialCrash('worker exited');
      }
      return record(name, seed, { podStartP50: seed }, { key, index, digest: `d${seed}` });
    },
    stop() {},
    async close() {},
  };
}

describe('running trials', () => {
  it('gives one digest for any width', async () => {
    const digests = await Promise.all(
      [1, 3, 8].map(async (width) => studyDigest((await runTrials({ specs, executor: executor(width) })).records)),
    );
    expect(new Set(digests).size).toBe(1);
  });

  it('runs a trial again whose worker died, once each time', async () => {
    const log: string[] = [];
    const dies = { [specs[3]?.key as string]: 2 };
    const outcome = await runTrials({ specs, executor: executor(2, dies, log) });
    expect(outcome.runAgain).toBe(2);
    expect(outcome.records.map(({ key }) => key)).toEqual(specs.map(({ key }) => key));
    expect(log.length).toBe(specs.length + 2);
  });

  it('blames the trial that always kills its worker', async () => {
    const dies = { [specs[0]?.key as string]: 99 };
    await expect(runTrials({ specs, executor: executor(2, dies) })).rejects.toThrow(/killed whoever ran it 3 times: worker exited/);
  });

  it('stops when asked, keeps what is done, and says that it is partial', async () => {
    let done = 0;
    const outcome = await runTrials({
      specs,
      executor: executor(1),
      onRecord: () => done++,
      enough: () => false,
      interrupted: () => done >= 3,
    });
    expect(outcome.partial).toBe(done < specs.length);
    expect(outcome.records.length).toBe(done);
  });

  it('does what is known no second time', async () => {
    const log: string[] = [];
    const known = (await runTrials({ specs: specs.slice(0, 4), executor: executor(2) })).records;
    const { records } = await runTrials({ specs, known, executor: executor(2, {}, log) });
    expect(log.length).toBe(6);
    expect(records.length).toBe(10);
  });

  it('names the same work the same, and other work otherwise', () => {
    expect(studyKey(trialsOf([arm('A'), arm('B')], [1, 2, 3, 4, 5]))).toBe(studyKey(specs));
    expect(studyKey(trialsOf([arm('A'), arm('C')], [1, 2, 3, 4, 5]))).not.toBe(studyKey(specs));
    expect(new Set(trialsOf([arm('A')], [1, 2], 3).map(({ key }) => key)).size).toBe(6);
  });
});

describe('trials.jsonl', () => {
  const head: StudyHead = { format: 'wavetank-study/1', kind: 'compare', study: studyKey(specs), trials: 10, plan: {}, version: 'test' };
  const file = (): string => {
    folders.push(mkdtempSync(join(tmpdir(), 'wavetank-journal-')));
    return join(folders.at(-1) as string, 'trials.jsonl');
  };

  it('holds every trial that was reported, and forgets the line that was cut off', () => {
    const path = file();
    const journal = new JournalWriter(path, head);
    journal.add(record('A', 1, { podStartP50: 1 }));
    journal.add(record('A', 2, { podStartP50: 2 }));
    journal.close();
    appendFileSync(path, readFileSync(path, 'utf8').split('\n')[1]?.slice(0, 40) as string);
    expect(readJournal(path).records.map(({ key }) => key)).toEqual(['A-1', 'A-2']);
  });

  it('is damaged when a line in its middle is', () => {
    const path = file();
    writeFileSync(path, `${JSON.stringify(head)}\nnonsense\n${JSON.stringify(record('A', 1, {}))}\n`);
    expect(() => readJournal(path)).toThrow(/trials\.jsonl:2: is no trial: nonsense/);
  });

  it("is not gone on with when it is another study's", () => {
    const path = file();
    new JournalWriter(path, { ...head, study: 'other' }).close();
    expect(() => knownTrials(path, head.study)).toThrow(/belongs to another study/);
  });
});
