/** The command line: one file a command. Wrong use is one clear line and exit code 2; a failed verdict is 1; what the machine would not write is 3. */

import { Command, CommanderError } from 'commander';
import { OutputError, PluginError } from '#experiment';
import { formatMistake, printable, UserError } from '#scenario';
import { benchCommand } from './bench-command.ts';
import { branchCommand } from './branch-command.ts';
import { calibrateCommand } from './calibrate-command.ts';
import { capacityCommand } from './capacity-command.ts';
import { ciCommand } from './ci-command.ts';
import { compareCommand } from './compare-command.ts';
import { conformanceCommand } from './conformance-command.ts';
import { ctlCommand } from './ctl-command.ts';
import { explainCommand } from './explain-command.ts';
import { exportCommand } from './export-command.ts';
import { fuzzCommand } from './fuzz-command.ts';
import { gpuStudyCommand } from './gpu-study-command.ts';
import { importCommand } from './import-command.ts';
import { mainJobCommand } from './main-job-command.ts';
import { mergeCommand } from './merge-command.ts';
import { recordCommand } from './record-command.ts';
import { replayCommand } from './replay-command.ts';
import { replaySeedCommand } from './replay-seed-command.ts';
import { reportCommand } from './report-command.ts';
import { runCommand } from './run-command.ts';
import { schemaCommand } from './schema-command.ts';
import { serveCommand } from './serve-command.ts';
import { sweepCommand } from './sweep-command.ts';
import { traceCommand } from './trace-command.ts';
import { VERSION } from './version.ts';
import { workerCommand } from './worker-command.ts';

const EXAMPLES = `
Examples:
  wavetank run scenarios/first-light.yaml            a small cluster, in a second or two
  wavetank run scenarios/scale-target.yaml --out out/scale
  wavetank run my.yaml --seed 7 --set 'cluster.nodes[0].count=100'
  wavetank trace out/first-light web-0-...           one pod's way, step by step
  wavetank explain out/first-light web-0-...         why it is on its node, or why it still waits
  wavetank branch out/first-light --at 2m --set faults=[]   the same run, without the faults that came after two minutes
  wavetank compare least-allocated most-allocated --scenario scenarios/first-light.yaml
  wavetank main-job                                  the full-size scenario (a tenth of it on a small machine)`;

/** Parses arguments (without node and script), runs the command and gives the exit code. Never throws. */
export async function run(args: readonly string[]): Promise<number> {
  const program = new Command('wavetank')
    .description('A wave tank for Kubernetes clusters: real control-plane decisions, thousands of simulated nodes, virtual time.')
    .version(VERSION)
    .addHelpText('after', EXAMPLES)
    .showSuggestionAfterError(true)
    .configureOutput({ outputError: (text, write) => write(shown(text)) })
    .exitOverride();
  for (const command of [
    runCommand(),
    mainJobCommand(),
    serveCommand(),
    ctlCommand(),
    traceCommand(),
    explainCommand(),
    branchCommand(),
    compareCommand(),
    sweepCommand(),
    capacityCommand(),
    ciCommand(),
    mergeCommand(),
    workerCommand(),
    replayCommand(),
    fuzzCommand(),
    replaySeedCommand(),
    benchCommand(),
    gpuStudyCommand(),
    importCommand(),
    exportCommand(),
    recordCommand(),
    conformanceCommand(),
    calibrateCommand(),
    reportCommand(),
    schemaCommand(),
  ]) {
    inherit(command, program);
    program.addCommand(command);
  }
  if (args.length === 0) {
    program.outputHelp();
    return 0;
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    return complain(error);
  }
}

/** Commander repeats what was given, whatever it was: shortened, and without control characters. Help, which spans lines, stays as it is. */
function shown(text: string): string {
  const isMistake = text.startsWith('error: ');
  return isMistake ? `wavetank: ${printable(text.slice('error: '.length).trimEnd().replaceAll('\n', ' '), 600)}\n` : text;
}

function inherit(command: Command, from: Command): void {
  command.copyInheritedSettings(from);
  for (const child of command.commands) inherit(child, command);
}

function complain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof UserError) {
    for (const mistake of error.mistakes)
      process.stderr.write(`${mistake.file === undefined ? 'wavetank: ' : ''}${printable(formatMistake(mistake), 900)}\n`);
    return 2;
  }
  if (error instanceof OutputError) {
    process.stderr.write(`wavetank: ${error.message}\n`);
    return 3;
  }
  // A scheduler plugin of the user's own.
  if (error instanceof PluginError) {
    process.stderr.write(`wavetank: ${error.message}\n`);
    return 2;
  }
  process.stderr.write(`wavetank: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 70;
}
