/** `wavetank merge`: puts the parts of a study together that several machines did (`--shard i/n`). */

import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { JournalWriter, mergeJournals, openOutDirectory, readJournal, type SweepDrawing, TRIALS_FILE } from '#experiment';
import { UserError } from '#scenario';
import { type ComparePlan, finishComparison } from './compare-command.ts';
import { finishSweep } from './sweep-command.ts';

/** Shards that a message names. */
const MOST_NAMED = 8;

interface MergeFlags {
  readonly out: string;
  readonly json?: boolean;
  readonly allowMissing?: boolean;
}

export function mergeCommand(): Command {
  return new Command('merge')
    .description('put the parts of a study together: trials done twice count once, and the digest is that of one machine')
    .argument('<parts...>', 'folders of parts, or their trials.jsonl')
    .option('--out <dir>', 'where the whole study goes', 'out/merged')
    .option('--allow-missing', 'report on what there is, marked partial, when trials are missing')
    .option('--json', 'print the outcome as JSON instead of a table')
    .addHelpText(
      'after',
      '\nExamples:\n  wavetank merge out/part-1 out/part-2 out/part-3 --out out/whole\n  wavetank merge /shared/study/*/trials.jsonl',
    )
    .action(async (parts: readonly string[], flags: MergeFlags) => {
      process.exitCode = await merge(parts, flags);
    });
}

async function merge(parts: readonly string[], flags: MergeFlags): Promise<number> {
  const journals = parts.map((part) => {
    const file = existsSync(part) && statSync(part).isDirectory() ? join(part, TRIALS_FILE) : part;
    return { file, journal: readJournal(file) };
  });
  const { head, records, missing } = mergeJournals(journals);
  if (missing > 0 && flags.allowMissing !== true)
    throw UserError.at(
      {},
      `merge: ${missing} of ${head.trials} trials are in none of the parts${absentShards(journals.map(({ journal }) => journal.head.shard))} (--allow-missing reports on the others)`,
    );
  const out = openOutDirectory(flags.out);
  try {
    new JournalWriter(join(out.path, TRIALS_FILE), head, records).close();
    const finish = { out, json: flags.json === true, partial: missing > 0, interrupted: false };
    if (head.kind === 'compare') return await finishComparison(records, comparePlanOf(head.plan, journals[0]?.file ?? ''), finish);
    if (head.kind === 'sweep') return await finishSweep(head.plan as SweepDrawing, records, finish);
    throw UserError.at({ file: journals[0]?.file ?? '' }, `is of a study of kind '${head.kind}', which is not done in parts`);
  } finally {
    out.close();
  }
}

/** Of parts that were all cut into as many: those that nobody brought. Where all are there, some were not finished. */
function absentShards(shards: readonly (string | undefined)[]): string {
  const cuts = new Set(shards.map((shard) => shard?.split('/')[1]));
  const [n] = [...cuts].map(Number);
  if (cuts.size !== 1 || !(n !== undefined && n >= 1)) return '';
  const here = new Set(shards);
  const absent = Array.from({ length: n }, (_, i) => `${i + 1}/${n}`).filter((shard) => !here.has(shard));
  if (absent.length === 0) return ': a part is not finished, --resume goes on with it';
  const shown =
    absent.length > MOST_NAMED ? `${absent.slice(0, MOST_NAMED).join(', ')} and ${absent.length - MOST_NAMED} more` : absent.join(', ');
  return `: ${absent.length === 1 ? 'shard' : 'shards'} ${shown} ${absent.length === 1 ? 'is' : 'are'} missing`;
}

/** What the head line says of a comparison, if all of it is there. */
function comparePlanOf(plan: unknown, file: string): ComparePlan {
  const { a, b, level, failIf, metrics } = (typeof plan === 'object' && plan !== null ? plan : {}) as Partial<ComparePlan>;
  const isNamed = (side: typeof a): boolean => typeof side?.name === 'string' && typeof side.what === 'string';
  const areTexts = (list: unknown): boolean => Array.isArray(list) && list.every((one) => typeof one === 'string');
  if (
    !isNamed(a) ||
    !isNamed(b) ||
    !(Number(level) > 0 && Number(level) < 1) ||
    !areTexts(failIf) ||
    !(metrics === undefined || areTexts(metrics))
  )
    throw UserError.at({ file, line: 1 }, "is not the head of a comparison's trials: a part of its 'plan' is missing or of another type");
  return plan as ComparePlan;
}
