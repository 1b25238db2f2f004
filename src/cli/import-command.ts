/** `wavetank import <kind> FILE`: somebody's trace, job list or dump as a scenario of one's own, with a summary of what was dropped and why. */

import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import {
  IMPORT_DEFAULTS,
  IMPORTERS,
  type Imported,
  type Importer,
  type ImportOptions,
  isQuantity,
  nearest,
  parseDuration,
  parsePercent,
  printable,
  UserError,
  writeScenario,
} from '#scenario';
import { positiveNumber, wholeNumber } from './run-options.ts';

export interface ImportFlags {
  readonly output?: string;
  readonly name?: string;
  readonly seed: number;
  readonly timeScale: number;
  readonly sample: number;
  readonly inflate?: number;
  readonly anonymise?: boolean;
  readonly from?: number;
  readonly to?: number;
  readonly strict?: boolean;
  readonly nodes?: number;
  readonly nodeCapacity?: Readonly<Record<string, string>>;
  readonly nodeList?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly [own: string]: unknown;
}

const AFTER = `
Examples:
  wavetank import openb pods.csv.gz --node-list nodes.csv.gz --time-scale 100 -o openb.yaml
  wavetank import csv tasks.csv --mapping tasks.map.yaml --sample 10% -o tasks.yaml
  wavetank import cluster dump.json -o cluster.yaml      of kubectl get nodes,deployments,pods -A -o json
  wavetank run openb.yaml
\`wavetank import <kind> --help\` has the options of each; docs/traces.md the formats.`;

export function importCommand(): Command {
  const command = new Command('import')
    .description("make a scenario of somebody's trace, job list, dump or manifests")
    .addHelpText('after', AFTER);
  for (const importer of IMPORTERS) command.addCommand(kindCommand(importer));
  // Without a kind: say which there are, and which it may be.
  return command
    .allowUnknownOption()
    .argument('[kind]')
    .argument('[file...]')
    .action((kind: string | undefined) => {
      if (kind === undefined) return command.help({ error: true });
      const kinds = IMPORTERS.map((one) => one.kind).join(', ');
      const hint = existsSync(kind as string) ? ': the kind comes first' : '';
      const near = nearest(
        kind,
        IMPORTERS.map((one) => one.kind),
      );
      const expected = near === undefined ? `; expected one of ${kinds}` : `; did you mean '${near}'?`;
      throw UserError.at({}, `'${printable(kind)}' is no kind of trace${hint}${expected}`);
    });
}

function kindCommand(importer: Importer): Command {
  const command = new Command(importer.kind).description(importer.description).argument('<file...>', 'the trace, plain or gzip');
  command.option('-o, --output <file.yaml>', 'where the scenario goes (default: <kind>.yaml); the trace lies beside it');
  return withImportFlags(command, importer)
    .option('--json', 'print the summary as JSON')
    .option('--quiet', 'no summary')
    .addHelpText('after', `\nExample:\n  ${importer.example}`)
    .action(async (files: readonly string[], flags: ImportFlags) => {
      const output = flags.output ?? `${importer.kind}.yaml`;
      const { imported, path } = await importTo(importer, files, flags, output);
      if (flags.quiet === true) return;
      if (flags.json === true)
        process.stdout.write(`${JSON.stringify({ scenario: path, summary: imported.summary, ...imported.tally.json() })}\n`);
      else process.stdout.write(`${imported.tally.text(importer.unit)}${imported.summary}\n  ${path}\n  run it: wavetank run ${path}\n`);
    });
}

/** Flags that every import has, without those that mean nothing to this one. */
export function withImportFlags(command: Command, importer: Importer): Command {
  const options = [
    new Option('--name <name>', 'of the scenario (default: the name of the output)'),
    new Option('--seed <n>', 'luck of samples and of the run').argParser(wholeNumber(0, 4_294_967_295)).default(1),
    new Option('--time-scale <x>', "how many times as fast as the trace's own pace").argParser(positiveNumber).default(1),
    new Option('--sample <share>', 'keep so many of the rows: 0.1 or 10%').argParser(share).default(1),
    new Option('--inflate <x>', 'repeat pods until the peak asks for x times the cluster (0.9, 130%)').argParser(load),
    new Option('--anonymise', 'take names, commands, environment and annotations out'),
    new Option('--from <time>', 'begin there: 90s, 2h, 1d after the first row').argParser(seconds),
    new Option('--to <time>', 'stop there').argParser(seconds),
    new Option('--strict', 'refuse the file at the first bad row; else bad rows are left out and counted'),
    new Option('--nodes <n>', 'so many nodes (default: as many as the peak needs)').argParser(wholeNumber(1, 65_536)),
    new Option('--node-capacity <amounts>', 'of each node: cpu=32,memory=128Gi,nvidia.com/gpu=8').argParser(capacity),
    new Option('--node-list <file>', 'a CSV of machines: openb (sn, cpu_milli, ...) or Alibaba spot (node_name, cpu_num, ...)'),
  ];
  for (const option of options) if (importer.without?.includes(option.long ?? '') !== true) command.addOption(option);
  for (const { flags, description, required } of importer.options ?? []) {
    const option = new Option(flags, description);
    if (required === true) option.makeOptionMandatory();
    command.addOption(option);
  }
  return command;
}

const DOES_NOT_COUNT = new Set(['output', 'json', 'quiet', 'out', 'shards']);

/** Reads, transforms and writes the scenario and its trace; both or neither. */
export async function importTo(
  importer: Importer,
  files: readonly string[],
  flags: ImportFlags,
  output: string,
): Promise<{ readonly imported: Imported; readonly path: string }> {
  if (!/\.ya?ml$/.test(output)) throw UserError.at({}, `--output: expected a name that ends in .yaml, found '${output}'`);
  const stem = output.replace(/\.ya?ml$/, '');
  const options: ImportOptions = {
    ...IMPORT_DEFAULTS,
    ...Object.fromEntries(Object.entries(flags).filter(([key, value]) => value !== undefined && !DOES_NOT_COUNT.has(key))),
    name: flags.name ?? nameOf(stem),
    own: Object.fromEntries(Object.entries(flags).filter((entry): entry is [string, string] => typeof entry[1] === 'string')),
  };
  makeFolder(dirname(output));
  const imported = await importer.import(files, options, `${stem}.trace.jsonl`);
  writeScenario(output, imported.document);
  return { imported, path: output };
}

const nameOf = (stem: string): string =>
  (stem.split('/').at(-1) ?? 'trace')
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 52) || 'trace';

function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    throw UserError.at({ file: path }, `cannot be made (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
}

function share(text: string): number {
  const value = text.endsWith('%') ? parsePercent(text) : Number(text);
  if (value === undefined || !(value > 0 && value <= 1))
    throw new InvalidArgumentError('expected a share above 0 and up to 1: 0.1 or 10%.');
  return value;
}

function load(text: string): number {
  const value = text.endsWith('%') ? Number(text.slice(0, -1)) / 100 : Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError('expected how many times the cluster: 0.9 or 130%.');
  return value;
}

/** Days too: traces are long. */
function seconds(text: string): number {
  const days = /^(\d+(?:\.\d+)?)d$/.exec(text);
  const value = days === null ? parseDuration(text) : Number(days[1]) * 86_400e6;
  if (value === undefined || value < 0) throw new InvalidArgumentError('expected a time such as 90s, 2h or 1d.');
  return value / 1e6;
}

function capacity(text: string): Readonly<Record<string, string>> {
  const pairs = text.split(',').map((part) => part.split('='));
  for (const [name, amount, ...more] of pairs)
    if (name === undefined || !/^[a-z0-9]([-a-z0-9./]*[a-z0-9])?$/i.test(name) || more.length > 0 || !isQuantity(amount))
      throw new InvalidArgumentError(
        `expected amounts such as cpu=32,memory=128Gi,nvidia.com/gpu=8; '${(name ?? '').slice(0, 40)}' is none.`,
      );
  return Object.fromEntries(pairs as [string, string][]);
}
