/** `wavetank worker`: does trials of studies that others put into a queue, until it is told to stop or has waited long enough. */

import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import { Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '#scenario';
import { wholeNumber } from './run-options.ts';
import { VERSION } from './version.ts';

interface WorkerFlags {
  readonly queue: string;
  readonly workers: number;
  readonly idle?: number;
  readonly quiet?: boolean;
}

const POLL_MS = 200;
const EXAMPLES = `
Ctrl-C ends it once what is under way is answered; a second Ctrl-C ends it at once, and its trials go to others. So does killing it.
Worker and asker must be the same version of Wavetank; plugins and other files that a study names must lie in the same place for both.

Examples:
  wavetank worker --queue redis://queue.example:6379
  wavetank worker --queue redis://127.0.0.1:6379 --workers 4 --idle 5m
  wavetank sweep study.yaml --queue redis://queue.example:6379          the study itself`;

export function workerCommand(): Command {
  return new Command('worker')
    .description('do trials of studies that were started with --queue, on as many machines as you like')
    .requiredOption('--queue <redis://...>', 'where trials wait')
    .addOption(
      new Option('--workers <n>', `trials at a time, each in a thread of its own (default: the cores, here ${availableParallelism()})`)
        .argParser(wholeNumber(1, 256))
        .default(availableParallelism(), ''),
    )
    .addOption(new Option('--idle <duration>', 'end after so long without a trial (default: never)').argParser(idleOf))
    .option('--quiet', 'say nothing about each trial')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: WorkerFlags) => {
      process.exitCode = await work(flags);
    });
}

function idleOf(text: string): number {
  const microseconds = parseDuration(text);
  if (microseconds === undefined || microseconds <= 0) throw new InvalidArgumentError('expected a duration such as 90s or 10m.');
  return microseconds / 1e3;
}

async function work({ queue, workers, idle = Number.POSITIVE_INFINITY, quiet }: WorkerFlags): Promise<number> {
  const { serveTrials } = await import('#workers');
  const say = (text: string): void => {
    if (quiet !== true) process.stderr.write(`${text}\n`);
  };
  let busyAt = performance.now();
  const server = await serveTrials({
    url: queue,
    version: VERSION,
    workers,
    onStart: (what) => say(`begun: ${what}`),
    onEnd: (what) => say(`ended: ${what}`),
  });
  let asked = false;
  const handler = (): void => {
    if (asked) process.exit(130);
    asked = true;
    say(`stopping: ${server.running()} trials are still under way (again: stop at once, and others do them)`);
  };
  process.on('SIGINT', handler);
  process.on('SIGTERM', handler);
  say(`waiting for trials, ${workers} at a time`);
  try {
    while (!asked && performance.now() - busyAt < idle) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      if (server.running() > 0) busyAt = performance.now();
    }
    await server.close();
  } finally {
    process.removeListener('SIGINT', handler);
    process.removeListener('SIGTERM', handler);
  }
  process.stdout.write(`${server.done()} trials done\n`);
  return 0;
}
