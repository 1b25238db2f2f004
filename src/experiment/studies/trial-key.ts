/** Names a trial by what it runs, so that two machines call the same work the same, and a study knows what it has done already. */

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import type { Arm, TrialRecord, TrialSpec } from './trial.ts';

/** 16 hex digits. Files that an arm names count by what they hold, not by where they lie. */
export function armKey(arm: Arm): string {
  const files = [...arm.plugins, ...arm.extenders.map((text) => text.slice(text.indexOf('=') + 1)), ...filesIn(arm.set)].map(contents);
  return hash([arm.name, arm.text, arm.set.map(withoutFile), files, arm.build ?? '', arm.point ?? null]);
}

/** Assigned values that are files: `cluster.schedulers[0].config=/some/file.yaml`. */
const filesIn = (set: readonly string[]): readonly string[] =>
  set.map((assignment) => assignment.slice(assignment.indexOf('=') + 1)).filter(isFile);

const withoutFile = (assignment: string): string => {
  const equals = assignment.indexOf('=');
  return isFile(assignment.slice(equals + 1)) ? assignment.slice(0, equals) : assignment;
};

function isFile(path: string): boolean {
  return path.includes('/') && path.length < 4096 && existsSync(path) && statSync(path).isFile();
}

const contents = (file: string): string => (isFile(file) || existsSync(file) ? hash([readFileSync(file, 'base64')]) : file);

const hash = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);

export const trialKey = (arm: string, seed: number, repeat: number): string => `${arm}-${seed}${repeat === 0 ? '' : `-${repeat}`}`;

/** Every arm with every seed, `repeats` times: seed by seed, so that what is known early is known of all arms. */
export function trialsOf(arms: readonly Arm[], seeds: readonly number[], repeats = 1): readonly TrialSpec[] {
  const keyed = arms.map((arm) => ({ arm, key: armKey(arm) }));
  const out: TrialSpec[] = [];
  for (const seed of seeds)
    for (const { arm, key } of keyed)
      for (let repeat = 0; repeat < repeats; repeat++) out.push({ index: out.length, key: trialKey(key, seed, repeat), arm, seed, repeat });
  return out;
}

/** One name for a whole study: what all its trials are. */
export const studyKey = (specs: readonly TrialSpec[]): string => hash(specs.map(({ key }) => key).sort());

/** One digest for a whole study: the same however many workers did it, in whatever order, on however many machines. */
export function studyDigest(records: readonly Pick<TrialRecord, 'key' | 'digest'>[]): string {
  const lines = records.map(({ key, digest }) => `${key} ${digest}`).sort();
  return createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 32);
}
