/** `wavetank ci <dir>`: a folder of scenarios as a test suite, against a committed baseline. */

import { appendFileSync, existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { Command, InvalidArgumentError, Option } from 'commander';
import {
  baselineOf,
  type CiResult,
  ciScenario,
  OutputError,
  openOutDirectory,
  readBaseline,
  studyDigest,
  suiteUnder,
  type TrialRecord,
  trialsOf,
  writeWhole,
} from '#experiment';
import { parseDuration, UserError } from '#scenario';
import { runStudy } from './run-study.ts';
import { type StudyFlags, withQueue, withStudyFlags } from './study-options.ts';
import { columns } from './verdict-table.ts';
import { VERSION } from './version.ts';

interface CiFlags extends StudyFlags {
  readonly baseline?: string;
  readonly updateBaseline?: boolean;
  readonly tolerance: number;
  readonly budget?: number;
  readonly junit?: string;
  readonly summary?: string;
}

const BASELINE = 'wavetank-baseline.json';
const EXAMPLES = `
Every scenario under <dir> that has 'expect' is run with its own seed. A suite fails when an expectation does, when a metric of the baseline
is worse than it was (in virtual time there is no noise: an equal digest means an equal run, another digest means a real change), or when the
budget runs out. The summary also goes to $GITHUB_STEP_SUMMARY where that is set. docs/examples/wavetank-ci.yaml is a workflow to start from.

Examples:
  wavetank ci scenarios/
  wavetank ci scenarios/ --update-baseline                write ${BASELINE} there, to be committed
  wavetank ci scenarios/ --tolerance 2% --budget 10m --junit junit.xml`;

export function ciCommand(): Command {
  const command = new Command('ci')
    .description('run a folder of scenarios as tests: JUnit, a summary, and a comparison with the committed baseline')
    .argument('<dir>', 'the folder')
    .option('--baseline <file>', `what to compare with (default: <dir>/${BASELINE}, where it exists)`)
    .option('--update-baseline', 'write what was measured as the new baseline, whatever the old one says')
    .addOption(
      new Option('--tolerance <percent>', 'how much worse a metric may be than the baseline').argParser(percentOf).default(0, '0%'),
    )
    .addOption(
      new Option('--budget <duration>', 'wall time after which nothing more is begun, and what runs is stopped').argParser(budgetOf),
    )
    .option('--junit <file>', 'where JUnit XML goes (default: <out>/junit.xml)')
    .option('--summary <file>', 'where the Markdown summary goes (default: <out>/summary.md)')
    .addHelpText('after', EXAMPLES);
  return withQueue(withStudyFlags(command, 'out/ci')).action(async (folder: string, flags: CiFlags) => {
    process.exitCode = await ci(folder, flags);
  });
}

function percentOf(text: string): number {
  const found = /^(\d+(?:\.\d+)?)\s*%?$/.exec(text);
  if (found === null) throw new InvalidArgumentError("expected a percentage, such as '2%'.");
  return Number(found[1]) / 100;
}

function budgetOf(text: string): number {
  const microseconds = parseDuration(text);
  if (microseconds === undefined || microseconds <= 0) throw new InvalidArgumentError('expected a duration such as 90s or 10m.');
  return microseconds / 1e3;
}

async function ci(folder: string, flags: CiFlags): Promise<number> {
  const { arms, without } = suiteUnder(folder);
  const file = flags.baseline ?? join(folder, BASELINE);
  const wanted = flags.updateBaseline !== true && (flags.baseline !== undefined || existsSync(file));
  const baseline = wanted ? readBaseline(file) : undefined;
  // One seed each, its own: scenarios are told apart by their names.
  const specs = arms.map((arm, index) => ({ ...trialsOf([arm], [arm.seed])[0]!, index }));
  const out = openOutDirectory(flags.out ?? join('out', 'ci'));
  try {
    const ends = flags.budget === undefined ? Number.POSITIVE_INFINITY : performance.now() + flags.budget;
    const overBudget = (): boolean => performance.now() > ends;
    const study = await runStudy({ kind: 'ci', plan: { folder }, specs, flags, out, stop: overBudget });
    const byName = new Map(study.records.map((record) => [record.arm, record]));
    const scenarios = arms.map((arm) => ciScenario(arm, byName.get(arm.name), baseline, flags.tolerance));
    const late = study.partial && overBudget() && !study.interrupted;
    const known = new Set(arms.map(({ name }) => name));
    const result: CiResult = {
      format: 'wavetank-ci/1',
      version: VERSION,
      folder,
      tolerance: flags.tolerance,
      scenarios,
      gone: Object.keys(baseline?.scenarios ?? {}).filter((name) => !known.has(name)),
      digest: studyDigest(study.records),
      partial: study.partial,
      notes: notesOf(flags, baseline !== undefined, file, late, without),
    };
    await write(result, flags, out);
    if (flags.updateBaseline === true) writeBaseline(file, result, study.records);
    if (study.interrupted) return 130;
    return scenarios.every(({ status }) => status === 'passed') ? 0 : 1;
  } finally {
    out.close();
  }
}

function notesOf(flags: CiFlags, compared: boolean, file: string, late: boolean, without: readonly string[]): readonly string[] {
  return [
    compared
      ? `Compared with ${file}. Virtual time has no noise: every difference comes from a change of the code or of the scenario${flags.tolerance > 0 ? `; up to ${Number((flags.tolerance * 100).toPrecision(3))} % worse is tolerated` : ''}.`
      : flags.updateBaseline === true
        ? `Written to ${file} as the new baseline.`
        : 'No baseline to compare with: --update-baseline writes one.',
    ...(late ? [`The time budget of ${Math.round((flags.budget ?? 0) / 1e3)} s ran out: what is marked 'not run' was not finished.`] : []),
    ...(without.length === 0 ? [] : [`Without 'expect', and left out: ${without.join(', ')}.`]),
  ];
}

async function write(result: CiResult, flags: CiFlags, out: { write(name: string, content: string): string }): Promise<void> {
  const { ciJunit, ciMarkdown } = await import('#report');
  const [junit, summary] = [ciJunit(result), ciMarkdown(result)];
  const files = [
    out.write('ci.json', `${JSON.stringify(result)}\n`),
    put(out, 'junit.xml', flags.junit, junit),
    put(out, 'summary.md', flags.summary, summary),
  ];
  const step = process.env['GITHUB_STEP_SUMMARY'];
  if (step !== undefined && step !== '') appendFileSync(step, summary);
  if (flags.json === true) process.stdout.write(`${JSON.stringify(result)}\n`);
  else process.stdout.write(`${await table(result)}${files.map((file) => `  ${file}\n`).join('')}`);
}

function put(out: { write(name: string, content: string): string }, name: string, asked: string | undefined, content: string): string {
  if (asked === undefined) return out.write(name, content);
  try {
    mkdirSync(dirname(asked), { recursive: true });
  } catch (error) {
    throw OutputError.from(asked, error);
  }
  writeWhole([{ path: asked, content }]);
  return asked;
}

function writeBaseline(file: string, { scenarios, partial }: CiResult, records: readonly TrialRecord[]): void {
  if (partial) throw UserError.at({ file }, 'is not written: not every scenario was run to its end');
  put({ write: () => '' }, '', file, `${JSON.stringify(baselineOf(scenarios, records, VERSION), null, 2)}\n`);
  process.stderr.write(`baseline written: ${file}\n`);
}

async function table({ scenarios, notes, gone }: CiResult): Promise<string> {
  const { changeWords } = await import('#report');
  const rows = scenarios.map(({ name, status, verdicts, baseline, wallSeconds, failure, regressions, changes }) => [
    status === 'passed' ? 'ok' : status.toUpperCase(),
    name,
    `${verdicts.filter(({ pass }) => pass).length}/${verdicts.length}`,
    baseline === 'changed' ? `${changes.length} metrics changed` : baseline,
    `${wallSeconds.toFixed(1)} s`,
    failure ??
      verdicts.filter(({ pass }) => !pass).map(({ metric, expected, measured }) => `${metric} ${expected}: ${measured ?? 'nothing'}`)[0] ??
      (regressions[0] === undefined ? '' : changeWords(regressions[0])),
  ]);
  const bad = scenarios.filter(({ status }) => status !== 'passed').length;
  const lines = [
    ...columns([['', 'scenario', 'held', 'baseline', 'wall', ''], ...rows]),
    '',
    bad === 0 ? `all ${scenarios.length} scenarios pass` : `${bad} of ${scenarios.length} scenarios do not pass`,
    ...gone.map((name) => `gone: ${name} is in the baseline and not in the folder`),
    ...notes.map((note) => `note: ${note}`),
  ];
  return `${lines.join('\n')}\n`;
}
