/** `wavetank conformance etcd FILE...`: plays sequences recorded from a real etcd and prints which of them ours answers alike. */

import {
  playSequence,
  type RecordedSequence,
  readSequence,
  ServerGroup,
  SingleServer,
  type Subject,
  topologyMistake,
  VectorError,
} from '#experiment';
import { UserError } from '#scenario';
import { readJsonLines } from './json-lines.ts';

export interface EtcdConformanceOptions {
  /** How many members the sequences are played on, 1, 3, 5 or 7; default 1. */
  readonly members?: number;
  /** Where lines go; default standard output. */
  readonly print?: (line: string) => void;
}

export interface ConformanceCount {
  readonly passed: number;
  readonly failed: number;
}

/** Prints each sequence that differs with its first difference, and closes with the counts. Throws a UserError for malformed input. */
export async function runEtcdConformance(files: readonly string[], options: EtcdConformanceOptions = {}): Promise<ConformanceCount> {
  const { print = (line) => process.stdout.write(`${line}\n`) } = options;
  const members = options.members ?? 1;
  const mistake = topologyMistake(members);
  if (mistake !== undefined) throw new UserError([{ message: `--members: ${mistake}` }]);
  let passed = 0;
  let failed = 0;
  for (const file of files) {
    const profiles = new Map<string, { passed: number; steps: number; all: number }>();
    for await (const { line, value } of readJsonLines(file)) {
      const sequence = parse(file, line, value);
      const profile = profiles.get(sequence.profile) ?? { passed: 0, steps: 0, all: 0 };
      profiles.set(sequence.profile, profile);
      profile.all += 1;
      profile.steps += sequence.ops.length;
      const wrong = playSequence(sequence, subject(members));
      if (wrong === undefined) {
        passed += 1;
        profile.passed += 1;
      } else {
        failed += 1;
        print(`FAIL  sequence ${sequence.seq} (${sequence.profile}), step ${wrong.step} ${wrong.op}: ${wrong.detail}`);
      }
    }
    for (const [name, profile] of profiles) {
      print(`${name.padEnd(10)} ${String(profile.passed).padStart(3)} of ${profile.all} sequences alike, ${profile.steps} steps`);
    }
  }
  print(`${passed} passed, ${failed} failed`);
  return { passed, failed };
}

function subject(members: number): Subject {
  return members === 1 ? new SingleServer() : new ServerGroup(members);
}

function parse(file: string, line: number, value: unknown): RecordedSequence {
  try {
    return readSequence(value);
  } catch (error) {
    if (error instanceof VectorError) throw UserError.at({ file, line }, error.message);
    throw error;
  }
}
