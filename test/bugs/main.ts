/** `npm run fuzz:bugs`: each seeded bug against seeds of the swarm until one finds it; the table is written to reports/seeded-bugs.
 *
 *    node test/bugs/main.ts [--seeds 500] [--tries 500] [--clean fuzz.json] [--wall-minutes 600] [--workers 1] [name[@seed] ...]
 *
 *  What a seed violates counts only when the same seed without the bug violates nothing. Seeds whose plan cannot show the bug (shown-by.ts) are passed over,
 *  and bugs that the table has as found are not run again unless they are named. `--tries 3` looks at so many more seeds of each bug. A name
 *  with a seed begins there: where an earlier tree showed the bug is the place to look first. `--clean` names the summary of a campaign of this build: what it
 *  found clean is not run again without the bug. Exit code: 0 all found, 1 some were not. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type SeedOutcome, swarmPlan } from '#experiment';
import { BUGS } from './index.ts';
import { SHOWN_BY } from './shown-by.ts';

interface Row {
  readonly found: boolean;
  /** The seed that found it, or the last that was looked at. */
  readonly seed: number;
  /** How many were run; absent: all up to it. */
  readonly ran?: number;
  readonly invariant?: string;
  readonly message?: string;
  readonly wallSeconds: number;
  readonly build: string;
}

const ROOT = new URL('../..', import.meta.url).pathname;
const REPORTS = join(ROOT, 'reports', 'seeded-bugs');
const TABLE = join(REPORTS, 'results.json');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '500' },
    clean: { type: 'string' },
    tries: { type: 'string', default: '500' },
    'wall-minutes': { type: 'string', default: '600' },
    workers: { type: 'string', default: '1' },
  },
});
/** Of each bug that was named, the seed to begin with. */
const named = new Map(positionals.map((one) => [one.split('@')[0] as string, Number(one.split('@')[1] ?? 1)]));
const unknown = [...named].flatMap(([name, from]) => (Object.hasOwn(BUGS, name) && from >= 1 ? [] : [name]));
const [seeds, tries, minutes] = [Number(values.seeds), Number(values.tries), Number(values['wall-minutes'])];
if (unknown.length > 0 || !(seeds >= 1) || !(tries >= 1) || !(minutes > 0)) {
  process.stderr.write(
    unknown.length > 0
      ? `fuzz:bugs: there is no bug '${unknown[0]}'\n`
      : 'fuzz:bugs: --seeds, --tries and --wall-minutes are numbers above 0\n',
  );
  process.exit(2);
}

interface Fuzzed {
  readonly build: string;
  readonly outcomes: readonly SeedOutcome[];
}

function fuzz(from: number, count: number, bug: string | undefined): Fuzzed {
  const out = mkdtempSync(join(tmpdir(), 'seeded-bug-'));
  const injected = bug === undefined ? [] : ['--inject-bug', bug];
  const args = [
    'fuzz',
    '--from',
    String(from),
    '--seeds',
    String(count),
    '--workers',
    values.workers,
    '--fail-fast',
    '--no-shrink',
    '--quiet',
  ];
  const run = spawnSync(process.execPath, [join(ROOT, 'bin', 'wavetank.js'), ...args, ...injected, '--out', out], { encoding: 'utf8' });
  if ((run.status !== 0 && run.status !== 1) || !existsSync(join(out, 'fuzz.json')))
    throw new Error(`fuzz ended with ${run.status ?? run.signal}: ${run.stderr}`);
  const fuzzed = JSON.parse(readFileSync(join(out, 'fuzz.json'), 'utf8')) as Fuzzed;
  rmSync(out, { recursive: true });
  return fuzzed;
}

const clean = new Map<number, boolean>();
if (values.clean !== undefined) {
  const campaign = JSON.parse(readFileSync(values.clean, 'utf8')) as {
    from: number;
    done: number;
    seeds: number;
    violated: readonly number[];
  };
  // One that was broken off has done seeds in no order.
  if (campaign.done === campaign.seeds)
    for (let seed = campaign.from; seed < campaign.from + campaign.seeds; seed++) clean.set(seed, !campaign.violated.includes(seed));
}
function isClean(seed: number): boolean {
  let is = clean.get(seed);
  if (is === undefined) clean.set(seed, (is = fuzz(seed, 1, undefined).outcomes.length === 0));
  return is;
}

const MINUTES = 10;

/** Goes on behind the seeds that were looked at before: a table can be deepened an hour at a time. */
function hunt(bug: string, before: Row | undefined, ends: number): Row | undefined {
  const began = performance.now() - (before?.wallSeconds ?? 0) * 1000;
  const canShow = SHOWN_BY[bug] ?? ((): boolean => true);
  let [ran, most, last] = [before?.ran ?? before?.seed ?? 0, tries, before?.build ?? ''];
  let seed = before?.seed ?? (named.get(bug) ?? 1) - 1;
  while (seed < seeds && most > 0 && performance.now() < ends) {
    seed++;
    if (!canShow(swarmPlan(seed, MINUTES))) continue;
    const { outcomes, build } = fuzz(seed, 1, bug);
    [ran, most, last] = [ran + 1, most - 1, build];
    const first = outcomes[0];
    if (first === undefined || !isClean(seed)) continue;
    const { id, message } = first.violations[0] ?? { id: '?', message: '' };
    return { found: true, seed, ran, invariant: id, message: message.slice(0, 300), wallSeconds: secondsSince(began), build };
  }
  return most === tries ? undefined : { found: false, seed, ran, wallSeconds: secondsSince(began), build: last };
}
const secondsSince = (began: number): number => Math.round((performance.now() - began) / 1000);

const rows: Record<string, Row> = readTable();
function readTable(): Record<string, Row> {
  try {
    return JSON.parse(readFileSync(TABLE, 'utf8')) as Record<string, Row>;
  } catch {
    return {};
  }
}

function write(): void {
  mkdirSync(REPORTS, { recursive: true });
  const names = Object.keys(BUGS);
  const known = Object.fromEntries(names.flatMap((name) => (rows[name] === undefined ? [] : [[name, rows[name]]])));
  writeFileSync(TABLE, `${JSON.stringify(known, null, 2)}\n`);
  const found = names.filter((name) => rows[name]?.found);
  const marked = names.filter((name) => BUGS[name]?.marked);
  const soon = marked.filter((name) => rows[name]?.found && (rows[name]?.seed ?? 0) <= 100);
  const ran = (row: Row): number => row.ran ?? row.seed;
  const line = (name: string): string => {
    const row = rows[name];
    const end =
      row === undefined
        ? 'not run | | |'
        : row.found
          ? `${row.seed} | ${ran(row)} | ${row.invariant} |`
          : `not in ${row.seed} | ${ran(row)} | |`;
    return `| \`${name}\`${BUGS[name]?.marked ? ' !' : ''} | ${BUGS[name]?.breaks} | ${end}`;
  };
  const text = [
    '# Seeded bugs',
    '',
    'Mistakes put in on purpose (`test/bugs`), each run against seeds of the swarm, from 1 on or from one that showed it on an earlier tree, until a seed',
    'violates something that it does not violate without the mistake: `npm run fuzz:bugs`, and for one of them',
    '`node bin/wavetank.js fuzz --inject-bug NAME --seeds 100 --fail-fast`. Those with ! are to be found within 100 seeds, 95 % of all within 500. Seeds that',
    'cannot show a bug, because they have not what it spoils (`test/bugs/shown-by.ts`), are passed over.',
    '',
    `Found: ${found.length} of ${names.length}; of those with ! ${soon.length} of ${marked.length} within 100 seeds. Not run yet: ${names.filter((name) => rows[name] === undefined).length}.`,
    '',
    '| bug | what is wrong | seed that finds it | seeds run | violates |',
    '|---|---|---|---|---|',
    ...names.map(line),
    '',
  ];
  writeFileSync(join(REPORTS, 'README.md'), text.join('\n'));
}

const ends = performance.now() + minutes * 60_000;
const tried = (name: string): number => rows[name]?.seed ?? 0;
const ranOf = (name: string): number => rows[name]?.ran ?? tried(name);
const missing = Object.keys(BUGS).filter((name) => rows[name]?.found !== true && tried(name) < seeds);
// Bugs come and go between two hunts.
write();
for (const name of named.size > 0 ? named.keys() : missing.sort((a, b) => ranOf(a) - ranOf(b))) {
  if (performance.now() > ends) break;
  const row = hunt(name, named.size > 0 ? undefined : rows[name], ends);
  if (row === undefined) continue;
  rows[name] = row;
  process.stdout.write(
    `${name}: ${row.found ? `seed ${row.seed}, ${row.invariant}: ${row.message?.slice(0, 140)}` : `not found in ${row.seed} seeds`} (${row.wallSeconds} s)\n`,
  );
  write();
}
process.exitCode = Object.keys(BUGS).every((name) => rows[name]?.found) ? 0 : 1;
