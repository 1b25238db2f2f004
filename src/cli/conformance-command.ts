/** `wavetank conformance scheduler|etcd|history FILE...`: ours against recordings of the real ones. */

import { Command, Option } from 'commander';
import { runEtcdConformance } from './conformance-etcd.ts';
import { runHistoryConformance } from './conformance-history.ts';
import { runSchedulerConformance } from './conformance-scheduler.ts';
import { wholeNumber } from './run-options.ts';

interface Count {
  readonly failed: number;
}
const exitWith = ({ failed }: Count): void => {
  process.exitCode = failed === 0 ? 0 : 1;
};

export function conformanceCommand(): Command {
  const command = new Command('conformance').description(
    'play recordings of real components and compare; closes with `N passed, N failed`',
  );
  command.addHelpText(
    'after',
    '\nExamples:\n  wavetank conformance scheduler vectors/*.json\n  wavetank conformance etcd --members 3 sequences.jsonl.gz',
  );
  command
    .command('etcd')
    .description('sequences recorded from a real etcd')
    .argument('<file...>', 'JSON lines, plain or gzip')
    .addOption(new Option('--members <n>', 'etcd members (default 1)').argParser(wholeNumber(1, 5)))
    .action(async (files: readonly string[], options: { readonly members?: number }) => exitWith(await runEtcdConformance(files, options)));
  command
    .command('history')
    .description('histories of concurrent clients, judged for linearizability')
    .argument('<file...>', 'JSON lines, plain or gzip')
    .action(async (files: readonly string[]) => exitWith(await runHistoryConformance(files)));
  command
    .command('scheduler')
    .description('decisions and sequences recorded from a real kube-scheduler')
    .argument('<file...>', 'JSON lines, plain or gzip')
    .action(async (files: readonly string[]) => exitWith(await runSchedulerConformance(files)));
  return command;
}
