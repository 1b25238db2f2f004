/** `wavetank conformance scheduler|etcd|history FILE...`: ours against recordings of the real ones. */

import { Command, Option } from 'commander';
import { type EtcdConformanceFlags, runEtcdConformance } from './conformance-etcd.ts';
import { runHistoryConformance } from './conformance-history.ts';
import { runSchedulerConformance } from './conformance-scheduler.ts';
import type { ConformanceFlags } from './judge-cases.ts';
import { wholeNumber } from './run-options.ts';

const HELP = `
Exit code: 0 when all passed; 1 when one failed; 2 for wrong use; 130 when interrupted (what was judged is printed, marked partial).

Examples:
  wavetank conformance scheduler vectors/*.json
  wavetank conformance etcd --members 3 sequences.jsonl.gz
  wavetank conformance history histories.jsonl.gz --json`;

export function conformanceCommand(): Command {
  const command = new Command('conformance').description(
    'play recordings of real components and compare; closes with `N passed, N failed`',
  );
  command.addHelpText('after', HELP);
  const add = (name: string, description: string): Command =>
    command
      .command(name)
      .description(description)
      .argument('<file...>', 'JSON lines, plain or gzip')
      .option('--json', 'print the outcome, case by case, as JSON')
      .option('--quiet', 'no progress');
  add('etcd', 'sequences recorded from a real etcd')
    .addOption(new Option('--members <n>', 'etcd members (default 1)').argParser(wholeNumber(1, 5)))
    .action(async (files: readonly string[], flags: EtcdConformanceFlags) => {
      process.exitCode = await runEtcdConformance(files, flags);
    });
  add('history', 'histories of concurrent clients, judged for linearizability').action(
    async (files: readonly string[], flags: ConformanceFlags) => {
      process.exitCode = await runHistoryConformance(files, flags);
    },
  );
  add('scheduler', 'decisions and sequences recorded from a real kube-scheduler').action(
    async (files: readonly string[], flags: ConformanceFlags) => {
      process.exitCode = await runSchedulerConformance(files, flags);
    },
  );
  return command;
}
