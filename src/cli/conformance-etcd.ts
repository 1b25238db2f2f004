/** `wavetank conformance etcd FILE...`: plays sequences recorded from a real etcd and prints which of them ours answers alike. */

import { playSequence, readSequence, ServerGroup, SingleServer, type Subject, topologyMistake, VectorError } from '#experiment';
import { UserError } from '#scenario';
import { type ConformanceFlags, judgeCases, readCase } from './judge-cases.ts';

export interface EtcdConformanceFlags extends ConformanceFlags {
  /** How many members the sequences are played on, 1, 3, 5 or 7; default 1. */
  readonly members?: number;
}

/** Prints each sequence that differs with its first difference, and closes with the counts; the exit code. */
export async function runEtcdConformance(files: readonly string[], flags: EtcdConformanceFlags): Promise<number> {
  const members = flags.members ?? 1;
  const mistake = topologyMistake(members);
  if (mistake !== undefined) throw new UserError([{ message: `--members: ${mistake}` }]);
  const profiles = new Map<string, { passed: number; steps: number; all: number }>();
  return judgeCases(
    files,
    {
      kind: 'etcd',
      cases: 'sequences',
      fields: { members },
      judge(value, file, line) {
        const sequence = readCase(readSequence, value, VectorError, { file, line });
        const profile = profiles.get(sequence.profile) ?? { passed: 0, steps: 0, all: 0 };
        profiles.set(sequence.profile, profile);
        profile.all += 1;
        profile.steps += sequence.ops.length;
        const wrong = playSequence(sequence, subject(members));
        const id = `sequence ${sequence.seq} (${sequence.profile})`;
        if (wrong === undefined) {
          profile.passed += 1;
          return { id, pass: true, details: [], lines: [] };
        }
        const difference = `step ${wrong.step} ${wrong.op}: ${wrong.detail}`;
        return { id, pass: false, details: [difference], lines: [`FAIL  ${id}, ${difference}`] };
      },
      summary() {
        const lines = [...profiles].map(
          ([name, { passed, all, steps }]) => `${name.padEnd(10)} ${String(passed).padStart(3)} of ${all} sequences alike, ${steps} steps`,
        );
        profiles.clear();
        return lines;
      },
    },
    flags,
  );
}

function subject(members: number): Subject {
  return members === 1 ? new SingleServer() : new ServerGroup(members);
}
