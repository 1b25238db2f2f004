/** `npm run mutation -- [file ...]`: StrykerJS on the core files, one after the other: is each change of theirs noticed by a test? Adds to the table under
 *  reports/mutation. Exit code: 0 all of the asked-for files reach the bar, 1 some do not, 2 wrong use. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CORE_FILES, type CoreFile } from './core-files.ts';

/** Per cent of mutants that are to be noticed. */
const BAR = 85;
const ROOT = new URL('../..', import.meta.url).pathname;
const REPORTS = join(ROOT, 'reports', 'mutation');
const TABLE = join(REPORTS, 'results.json');
/** Where Stryker puts the changed sources. */
const SANDBOXES = join(ROOT, 'out', 'mutation');

interface Mutant {
  readonly status: 'Killed' | 'Survived' | 'Timeout' | 'NoCoverage' | 'RuntimeError' | 'CompileError' | 'Ignored' | 'Pending';
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly location: { readonly start: { readonly line: number } };
}

interface Row {
  readonly killed: number;
  readonly timeout: number;
  readonly survived: number;
  readonly uncovered: number;
  /** Line, and what stands there instead and nobody notices. */
  readonly survivors: readonly string[];
}

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !CORE_FILES.some(({ file }) => file === name));
if (unknown !== undefined) {
  process.stderr.write(`mutation: '${unknown}' is not one of ${CORE_FILES.map(({ file }) => file).join(', ')}\n`);
  process.exit(2);
}

function mutate({ file, tests }: CoreFile): Row {
  const folder = mkdtempSync(join(tmpdir(), 'mutation-'));
  const [config, report] = [join(folder, 'stryker.json'), join(folder, 'mutation.json')];
  const settings = {
    testRunner: 'plain',
    plugins: [join(ROOT, 'test', 'mutation', 'runner.ts')],
    coverageAnalysis: 'perTest',
    concurrency: 1,
    mutate: [file],
    reporters: ['json'],
    jsonReporter: { fileName: report },
    tempDirName: SANDBOXES,
    // The runner stops what does not end, by its processor time; this is for what escapes it.
    timeoutMS: 300_000,
    ignorePatterns: ['out', 'dist', 'reports', 'bench', 'scenarios', 'docs'],
    // TypeScript 7 has no parser for Stryker to rewrite a tsconfig with.
    tsconfigFile: 'none.json',
  };
  writeFileSync(config, JSON.stringify(settings));
  const bin = join(ROOT, 'node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js');
  const env = { ...process.env, MUTATION_FILE: file, MUTATION_TESTS: tests.join(',') };
  const run = spawnSync(process.execPath, [bin, 'run', config], { cwd: ROOT, env, stdio: ['ignore', 'inherit', 'inherit'] });
  if (run.status !== 0) throw new Error(`stryker ended with ${run.status ?? run.signal} on ${file}`);
  const { files } = JSON.parse(readFileSync(report, 'utf8')) as { files: Record<string, { mutants: readonly Mutant[] }> };
  rmSync(folder, { recursive: true });
  const mutants = files[file]?.mutants ?? [];
  const count = (status: Mutant['status']): number => mutants.filter((one) => one.status === status).length;
  const survivors = mutants
    .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
    .map(
      ({ location, mutatorName, replacement = '' }) =>
        `${location.start.line}: ${mutatorName}, ${replacement.replaceAll(/\s+/g, ' ').slice(0, 80)}`,
    );
  return { killed: count('Killed'), timeout: count('Timeout'), survived: count('Survived'), uncovered: count('NoCoverage'), survivors };
}

const scoreOf = ({ killed, timeout, survived, uncovered }: Row): number =>
  (100 * (killed + timeout)) / Math.max(1, killed + timeout + survived + uncovered);

const rows: Record<string, Row> = readTable();
function readTable(): Record<string, Row> {
  try {
    return JSON.parse(readFileSync(TABLE, 'utf8')) as Record<string, Row>;
  } catch {
    return {};
  }
}

/** What was found when survivors were looked at. */
const ABOUT_SURVIVORS = [
  '## What survives',
  '',
  'Looked at one by one in the event queue, the watch index and the cache of the scheduler, read over in the rest. Most of it changes nothing to be noticed:',
  '',
  '- `<=` for `<` (or the other way round) where equals are treated alike: the end of a merge, a running least, a swap with itself.',
  '- A shortcut taken away or always taken: a chunk that is split instead of opened anew, a group of watchers that stays though it is empty, a look at an index',
  '  before the same is found without it. It costs time or memory, and the answer is the same.',
  '- A search that begins a block too early, where all before it is known to be empty; the first content of an array or name that is overwritten before it is read.',
  '- Optional chaining on what validated objects always have (`spec`, `status` of a pod that the API server let in).',
  '',
  'Some of it could be noticed and is not: the refusal of more than 16,777,216 pending events (a test would fill a gigabyte).',
  '',
];

function write(): void {
  mkdirSync(REPORTS, { recursive: true });
  const known = Object.fromEntries(CORE_FILES.flatMap(({ file }) => (rows[file] === undefined ? [] : [[file, rows[file]]])));
  writeFileSync(TABLE, `${JSON.stringify(known, null, 2)}\n`);
  const line = ({ file, what }: CoreFile): string => {
    const row = rows[file];
    if (row === undefined) return `| \`${file}\` | ${what} | not run | | |`;
    const { killed, timeout, survived, uncovered } = row;
    return `| \`${file}\` | ${what} | ${scoreOf(row).toFixed(1)} % | ${killed + timeout} of ${killed + timeout + survived + uncovered} | ${uncovered} |`;
  };
  const text = [
    '# Mutation score of the core files',
    '',
    `StrykerJS changes a file in one place after the other and runs the file's own tests each time: \`npm run mutation\`, or \`npm run mutation -- FILE\`. The bar is`,
    `${BAR} % noticed; what loops is stopped and counts as noticed. What nobody noticed stands in results.json, line by line. Random tests are cut to few cases, the`,
    'same ones each time, so that a score can be had again.',
    '',
    '| file | what | noticed | mutants | on no path of a test |',
    '|---|---|---|---|---|',
    ...CORE_FILES.map(line),
    '',
    ...ABOUT_SURVIVORS,
  ];
  writeFileSync(join(REPORTS, 'README.md'), text.join('\n'));
}

// Tests look for recorded vectors beside the checkout.
const shared = join(SANDBOXES, 'shared');
mkdirSync(SANDBOXES, { recursive: true });
if (existsSync(join(ROOT, '..', 'shared')) && !existsSync(shared)) symlinkSync(join(ROOT, '..', 'shared'), shared);
const chosen = CORE_FILES.filter(({ file }) => asked.length === 0 || asked.includes(file));
for (const core of chosen) {
  const row = mutate(core);
  rows[core.file] = row;
  process.stdout.write(`${core.file}: ${scoreOf(row).toFixed(1)} %\n`);
  for (const survivor of row.survivors) process.stdout.write(`  ${survivor}\n`);
  write();
}
process.exitCode = chosen.every(({ file }) => scoreOf(rows[file] as Row) >= BAR) ? 0 : 1;
