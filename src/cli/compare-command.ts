/** `wavetank compare A B`: which of two is better, by how much, and how sure that is. */

import { join } from 'node:path';
import { Command, Option } from 'commander';
import {
  armsOf,
  type Comparison,
  checkMetric,
  compare,
  type FailRule,
  judgeFailRules,
  openOutDirectory,
  PROFILES,
  pairsOf,
  parseFailRule,
  readSide,
  recordsOf,
  type Side,
  STUDY_METRICS,
  type TrialRecord,
  trialsOf,
} from '#experiment';
import { UserError } from '#scenario';
import { comparisonTable } from './comparison-table.ts';
import { runStudy } from './run-study.ts';
import { namesOf, type StudyFlags, seedsOption, withSharing, withStudyFlags } from './study-options.ts';
import { columns } from './verdict-table.ts';
import { VERSION } from './version.ts';

interface CompareFlags extends StudyFlags {
  readonly seeds?: readonly number[];
  readonly scenario?: string;
  readonly set: readonly string[];
  readonly aSet: readonly string[];
  readonly bSet: readonly string[];
  readonly plugin: readonly string[];
  readonly extender: readonly string[];
  readonly metrics?: readonly string[];
  readonly failIf: readonly string[];
  readonly confidence: number;
  readonly listMetrics?: boolean;
}

/** What a comparison is put together from again by `wavetank merge`. */
export interface ComparePlan {
  readonly a: Comparison['a'];
  readonly b: Comparison['b'];
  readonly metrics?: readonly string[];
  readonly level: number;
  readonly failIf: readonly string[];
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];
const DEFAULT_SEEDS = Array.from({ length: 20 }, (_, i) => i + 1);

const EXAMPLES = `
A and B: scenarios (.yaml), KubeSchedulerConfiguration files, profiles (${Object.keys(PROFILES).join(', ')}),
scheduler plugins (.ts, .js), other builds of wavetank (a checkout), or results that exist (a run's folder,
result.json, or a folder of such folders, paired by seed). What is no scenario runs in that of --scenario, or of the other side.

Exit code: 0; 1 when a --fail-if holds; 2 for wrong use; 130 when interrupted (what was done is reported, marked partial).

Examples:
  wavetank compare least-allocated most-allocated --scenario scenarios/first-light.yaml
  wavetank compare scenarios/first-light.yaml my.yaml --seeds 20
  wavetank compare my.yaml my.yaml --b-set cluster.schedulers[0].percentageOfNodesToScore=100
  wavetank compare main/ branch/ --scenario my.yaml --fail-if 'schedulingLatencyMsP99 > +5%'
  wavetank compare out/before out/after`;

export function compareCommand(): Command {
  const command = new Command('compare')
    .description('A against B over paired seeds: differences with confidence intervals, and a verdict in words')
    .argument('[A]', 'the one (what is compared against)')
    .argument('[B]', 'the other')
    .addOption(seedsOption('20'))
    .option('--scenario <file>', 'what both run, where A or B is no scenario')
    .option('--set <path=value>', 'overlay a value of the scenario on both sides; may be given again', collect, [])
    .option('--a-set <path=value>', 'overlay it on A only; may be given again', collect, [])
    .option('--b-set <path=value>', 'overlay it on B only; may be given again', collect, [])
    .option('--plugin <file>', 'a scheduler plugin that both sides have; may be given again', collect, [])
    .option('--extender <name=file>', 'what answers for an HTTP extender on both sides; may be given again', collect, [])
    .option('--metrics <names>', 'which metrics, with commas between (default: the chief ones)', namesOf)
    .option('--list-metrics', 'say which metrics there are, and end')
    .option('--fail-if <condition>', "exit 1 when it holds of B, such as 'podStartP95 > +5%'; may be given again", collect, [])
    .addOption(new Option('--confidence <share>', 'of the intervals').argParser(confidenceOf).default(0.95))
    .addHelpText('after', EXAMPLES);
  return withSharing(withStudyFlags(command, 'out/compare-<A>-<B>')).action(
    async (a: string | undefined, b: string | undefined, flags: CompareFlags) => {
      if (flags.listMetrics === true) {
        process.stdout.write(metricList());
        return;
      }
      if (a === undefined || b === undefined) throw UserError.at({}, 'compare: expected two sides, A and B (wavetank compare --help)');
      process.exitCode = await compareSides(readSide(a), readSide(b), flags);
    },
  );
}

function confidenceOf(text: string): number {
  const found = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(text);
  const level = found === null ? Number.NaN : Number(found[1]) / (found[2] === '%' ? 100 : 1);
  if (!(level >= 0.5 && level <= 0.999)) throw UserError.at({}, `--confidence ${text}: expected 50 % to 99.9 %, such as 0.95 or 95%`);
  return level;
}

function metricList(): string {
  const rows = Object.entries(STUDY_METRICS).map(([name, { unit, better, headline, description }]) => [
    name,
    unit,
    better === 'neither' ? '' : `${better} is better`,
    headline === true ? 'by default' : '',
    description,
  ]);
  return `${columns(rows).join('\n')}\nand each distribution of a result by part: etcdRequest/put.p99, imagePull.mean, ... (mean, p50, p90, p95, p99, max, count)\n`;
}

async function compareSides(a: Side, b: Side, flags: CompareFlags): Promise<number> {
  const rules = flags.failIf.map(parseFailRule);
  for (const name of flags.metrics ?? []) checkMetric(name, '--metrics');
  const metrics = metricsFor(flags.metrics, rules);
  const plan = (what: readonly [string, string]): ComparePlan => ({
    a: { name: nameOf(a, b, 'A', flags.aSet), what: what[0] },
    b: { name: nameOf(b, a, 'B', flags.bSet), what: what[1] },
    ...(metrics === undefined ? {} : { metrics }),
    level: flags.confidence,
    failIf: flags.failIf,
  });
  if (a.kind === 'results' || b.kind === 'results') return compareResults(a, b, flags, plan);
  const { arms, what } = armsOf(a, b, { ...flags, plugins: flags.plugin, extenders: flags.extender });
  const specs = trialsOf(arms, flags.seeds ?? DEFAULT_SEEDS);
  const out = openOutDirectory(flags.out ?? join('out', `compare-${a.name}-${b.name}`));
  try {
    const study = await runStudy({ kind: 'compare', plan: plan(what), specs, flags, out });
    if (flags.shard !== undefined) {
      process.stdout.write(`${study.records.length} of ${specs.length} trials, part ${flags.shard.i} of ${flags.shard.n}: ${study.file}\n`);
      return study.interrupted ? 130 : 0;
    }
    return await finishComparison(study.records, plan(what), {
      out,
      json: flags.json === true,
      partial: study.partial,
      interrupted: study.interrupted,
    });
  } finally {
    out.close();
  }
}

/** Rules that were asked for are measured, whatever else is. */
function metricsFor(asked: readonly string[] | undefined, rules: readonly FailRule[]): readonly string[] | undefined {
  if (asked === undefined && rules.every(({ metric }) => STUDY_METRICS[metric]?.headline === true)) return undefined;
  const chosen = asked ?? Object.entries(STUDY_METRICS).flatMap(([name, { headline }]) => (headline === true ? [name] : []));
  return [...new Set([...chosen, ...rules.map(({ metric }) => metric)])];
}

function nameOf(side: Side, other: Side, letter: 'A' | 'B', set: readonly string[]): string {
  return side.name !== other.name && set.length === 0 ? `${letter} (${side.name})` : letter;
}

async function compareResults(
  a: Side,
  b: Side,
  flags: CompareFlags,
  plan: (what: readonly [string, string]) => ComparePlan,
): Promise<number> {
  if (a.kind !== 'results' || b.kind !== 'results') {
    const run = a.kind === 'results' ? b : a;
    throw UserError.at(
      {},
      `compare: one side is results that exist, the other ('${run.name}') is to be run: run it first, or name two of a kind`,
    );
  }
  const records = [...recordsOf(a.results, 'A'), ...recordsOf(b.results, 'B')];
  const lone = a.results.length === 1 && b.results.length === 1;
  // Two single results are compared whatever their seeds: that they differ is then said.
  const paired = lone ? records.map((record) => ({ ...record, seed: a.results[0]?.seed ?? 0 })) : records;
  const notes =
    lone && a.results[0]?.seed !== b.results[0]?.seed ? ['the two results have different seeds: part of every difference is luck'] : [];
  if (pairsOf(paired, 'A', 'B').length === 0) throw UserError.at({}, 'compare: the two sides have no seed in common');
  const out = openOutDirectory(flags.out ?? join('out', `compare-${a.name}-${b.name}`));
  try {
    const what = plan([`results of ${a.name}`, `results of ${b.name}`]);
    return await finishComparison(paired, what, { out, json: flags.json === true, partial: false, interrupted: false, notes });
  } finally {
    out.close();
  }
}

export interface Finish {
  readonly out: { readonly path: string; write(name: string, content: string): string };
  readonly json: boolean;
  readonly partial: boolean;
  readonly interrupted: boolean;
  readonly notes?: readonly string[];
}

/** Judges, writes comparison.json and report.html, prints; the exit code. */
export async function finishComparison(records: readonly TrialRecord[], plan: ComparePlan, finish: Finish): Promise<number> {
  const { a, b, level, metrics } = plan;
  const comparison = compare(pairsOf(records, 'A', 'B'), {
    version: VERSION,
    a,
    b,
    level,
    partial: finish.partial,
    ...(metrics === undefined ? {} : { metrics }),
    ...(finish.notes === undefined ? {} : { notes: finish.notes }),
  });
  const fails = judgeFailRules(plan.failIf.map(parseFailRule), comparison);
  const outcome = { ...comparison, failIf: fails };
  const { renderComparison } = await import('#report');
  const files = [
    finish.out.write('comparison.json', `${JSON.stringify(outcome)}\n`),
    finish.out.write('report.html', renderComparison(outcome)),
  ];
  if (finish.json) process.stdout.write(`${JSON.stringify(outcome)}\n`);
  else process.stdout.write(`${comparisonTable(comparison, fails)}${files.map((file) => `  ${file}\n`).join('')}`);
  for (const { rule, words } of fails.filter(({ holds }) => holds)) process.stderr.write(`wavetank: --fail-if '${rule}' holds: ${words}\n`);
  if (finish.interrupted) return 130;
  return fails.some(({ holds }) => holds) ? 1 : 0;
}
