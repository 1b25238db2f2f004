/** `wavetank export`: a run as SimKube's trace, as manifests, or as a log of Kubernetes Events. The run is done again: it is the same one. */

import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { checkInputs, chronicleOf, type RunInputs } from '#experiment';
import {
  EVENTS,
  eventsOf,
  loadScenario,
  manifestsOf,
  type ObjectChange,
  parseSource,
  RECORDED_RESOURCES,
  type Scenario,
  scenarioFrom,
  simkubeBytes,
  simkubeTraceOf,
  UserError,
} from '#scenario';
import { onInterrupt } from './execute.ts';
import { ProgressLine } from './progress.ts';
import { wholeNumber, withSet } from './run-options.ts';

export type ExportForm = 'sktrace' | 'manifests' | 'events';
export const EXPORT_FORMS: readonly ExportForm[] = ['sktrace', 'manifests', 'events'];

interface ExportFlags {
  readonly as?: ExportForm;
  readonly output: string;
  readonly seed?: number;
  readonly set: readonly string[];
  readonly quiet?: boolean;
}

const AFTER = `
The form follows from the name of the output: .sktrace and .json are SimKube's trace (MessagePack and JSON), .yaml manifests, .jsonl the
Events as JSON Lines, .log and .txt as a table. --as says otherwise.

Examples:
  wavetank export scenarios/first-light.yaml -o first-light.sktrace
  wavetank export out/first-light -o first-light.manifests.yaml     the run that lies there
  wavetank export scenarios/first-light.yaml -o events.log`;

export function exportCommand(): Command {
  const command = new Command('export')
    .description("a run as SimKube's trace, as manifests for kubectl apply, or as a log of Kubernetes Events")
    .argument('<scenario.yaml | out>', 'a scenario, or the directory of a run')
    .requiredOption('-o, --output <file>', 'where it goes')
    .addOption(formOption())
    .addOption(new Option('--seed <n>', "luck of the run (default: the run's, or the scenario's)").argParser(wholeNumber(0, 4_294_967_295)))
    .option('--quiet', 'no progress')
    .addHelpText('after', AFTER);
  return withSet(command).action(async (from: string, flags: ExportFlags) => {
    process.exitCode = await exportRun(from, flags);
  });
}

export const formOption = (): Option =>
  new Option('--as <form>', 'what to write (default: by the name of the output)').choices(EXPORT_FORMS);

/** What a file's name says, or the flag. */
export function formOf(output: string, asked: ExportForm | undefined): ExportForm {
  if (asked !== undefined) return asked;
  if (/\.(sktrace|json)$/.test(output)) return 'sktrace';
  if (/\.ya?ml$/.test(output)) return 'manifests';
  if (/\.(jsonl|log|txt)$/.test(output)) return 'events';
  throw UserError.at({}, `--output: '${output}' tells no form: expected .sktrace, .json, .yaml, .jsonl, .log or .txt, or --as`);
}

/** A scenario file, or the result.json of a run's directory. */
function scenarioOf(from: string, set: readonly string[]): { readonly scenario: Scenario; readonly seed: number } {
  const file = join(from, 'result.json');
  if (statSync(from, { throwIfNoEntry: false })?.isDirectory() !== true) {
    const scenario = loadScenario(from, set);
    return { scenario, seed: scenario.seed };
  }
  if (!existsSync(file)) throw UserError.at({ file: from }, 'has no result.json: expected a scenario or the directory of a run');
  let read: { readonly scenarioSource?: unknown; readonly seed?: unknown; readonly inputs?: RunInputs };
  try {
    read = JSON.parse(readFileSync(file, 'utf8')) as typeof read;
  } catch (error) {
    throw UserError.at({ file }, `is no JSON: ${(error as Error).message}`);
  }
  if (typeof read?.seed !== 'number' || typeof read.scenarioSource !== 'object') throw UserError.at({ file }, 'is no result of a run');
  const { inputs } = read;
  if (inputs !== undefined) checkInputs(inputs, file);
  // What it names lies beside the scenario, not beside the result.
  const scenario = scenarioFrom(parseSource(JSON.stringify(read.scenarioSource), inputs?.scenarioFile ?? file), set);
  return { scenario, seed: read.seed };
}

async function exportRun(from: string, flags: ExportFlags): Promise<number> {
  const form = formOf(flags.output, flags.as);
  const { scenario, seed } = scenarioOf(from, flags.set);
  const interrupt = onInterrupt();
  const progress = new ProgressLine(process.stderr, flags.quiet === true);
  try {
    const changes = await chronicleOf(scenario, {
      seed: flags.seed ?? seed,
      resources: form === 'events' ? [EVENTS] : RECORDED_RESOURCES,
      onProgress: (state) => progress.show(state),
      interrupted: interrupt.asked,
    });
    progress.finish();
    process.stdout.write(`${writeChanges(flags.output, form, changes)}\n`);
    return interrupt.asked() ? 130 : 0;
  } finally {
    progress.finish();
    interrupt.release();
  }
}

/** Writes the file whole and says what is in it. */
export function writeChanges(output: string, form: ExportForm, changes: readonly ObjectChange[]): string {
  switch (form) {
    case 'manifests': {
      const { text, objects } = manifestsOf(changes);
      writeWholeFile(output, Buffer.from(text));
      return `${objects} objects: ${output}`;
    }
    case 'events': {
      const { text, events } = eventsOf(changes, /\.(log|txt)$/.test(output));
      writeWholeFile(output, Buffer.from(text));
      return `${events} events: ${output}`;
    }
    default: {
      const trace = simkubeTraceOf(changes);
      const count = (of: 'applied_objs' | 'deleted_objs'): number => trace.events.reduce((sum, event) => sum + event[of].length, 0);
      writeWholeFile(output, simkubeBytes(trace, !output.endsWith('.json')));
      return `${count('applied_objs')} objects applied, ${count('deleted_objs')} deleted, ${trace.lives.length} pods lived: ${output}`;
    }
  }
}

function writeWholeFile(output: string, bytes: Uint8Array): void {
  const temporary = `${output}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, bytes);
    renameSync(temporary, output);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw UserError.at({ file: output }, `cannot be written (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
}
