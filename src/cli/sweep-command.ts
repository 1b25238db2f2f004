/** `wavetank sweep study.yaml`: a scenario over the values of some axes and over seeds. */

import { join } from 'node:path';
import { Command } from 'commander';
import {
  digits,
  inUnit,
  loadSweep,
  nextRound,
  openOutDirectory,
  type SweepDrawing,
  type SweepPlan,
  type SweepResult,
  sweepResult,
  sweepTrials,
  type TrialRecord,
} from '#experiment';
import { UserError } from '#scenario';
import { openStudy } from './run-study.ts';
import { type StudyFlags, withSharing, withStudyFlags } from './study-options.ts';
import { columns } from './verdict-table.ts';
import { VERSION } from './version.ts';

const EXAMPLES = `
A study file (schema: wavetank schema sweep):
  scenario: first-light.yaml
  axes:
    - { path: 'cluster.nodes[0].count', values: [10, 20, 40], name: nodes }
    - { profiles: [least-allocated, most-allocated] }
  seeds: 5
  metrics: [podStartP95, fragmentation]
  stop: { width: 5 %, most: 40 }      # more seeds until the means are known to 5 %

Examples:
  wavetank sweep study.yaml
  wavetank sweep study.yaml --shard 2/8 --out out/part-2      one of eight parts; wavetank merge puts them together`;

export function sweepCommand(): Command {
  const command = new Command('sweep')
    .description('a scenario over the values of some axes and over seeds: heat maps, lines, intervals')
    .argument('<study.yaml>', 'the study')
    .addHelpText('after', EXAMPLES);
  return withSharing(withStudyFlags(command, 'out/<name>')).action(async (file: string, flags: StudyFlags) => {
    process.exitCode = await sweep(loadSweep(file), flags);
  });
}

async function sweep(plan: SweepPlan, flags: StudyFlags): Promise<number> {
  if (plan.stop !== undefined && flags.shard !== undefined)
    throw UserError.at({}, "--shard: a study with 'stop' decides by all that is known, so it cannot be done in parts; take 'stop' away");
  const specs = sweepTrials(plan);
  const out = openOutDirectory(flags.out ?? join('out', plan.name));
  try {
    const { name, question, axes, metrics, stop } = plan;
    const drawing: SweepDrawing = {
      name,
      axes,
      metrics,
      ...(question === undefined ? {} : { question }),
      ...(stop === undefined ? {} : { stop }),
    };
    const session = await openStudy({ kind: 'sweep', plan: drawing, specs, flags, out });
    let records: readonly TrialRecord[] = [];
    let partial = false;
    try {
      for (let round = nextRound(plan, specs, records); round.length > 0 && !partial; round = nextRound(plan, specs, records)) {
        const outcome = await session.run(round);
        records = [...records, ...outcome.records];
        partial = outcome.partial;
        if (flags.shard !== undefined) break;
      }
    } finally {
      await session.close();
    }
    if (flags.shard !== undefined) {
      process.stdout.write(`${records.length} of ${specs.length} trials, part ${flags.shard.i} of ${flags.shard.n}: ${session.file}\n`);
      return session.interrupted() ? 130 : 0;
    }
    return await finishSweep(drawing, records, { out, json: flags.json === true, partial, interrupted: session.interrupted() });
  } finally {
    out.close();
  }
}

export async function finishSweep(
  plan: SweepDrawing,
  records: readonly TrialRecord[],
  finish: {
    readonly out: { write(name: string, content: string): string };
    readonly json: boolean;
    readonly partial: boolean;
    readonly interrupted: boolean;
  },
): Promise<number> {
  const ordered = records.toSorted((a, b) => a.index - b.index);
  const result = sweepResult(plan, ordered, VERSION, finish.partial);
  const { renderSweep, STUDY_FORMATS } = await import('#report');
  const files = [
    finish.out.write('sweep.json', `${JSON.stringify(result)}\n`),
    finish.out.write('sweep.csv', STUDY_FORMATS.csv('sweep', result)),
    finish.out.write('report.html', renderSweep(result)),
  ];
  if (finish.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  else process.stdout.write(`${table(result)}${files.map((file) => `  ${file}\n`).join('')}`);
  if (finish.interrupted) return 130;
  return result.points.some(({ unlike }) => unlike.length > 0) ? 1 : 0;
}

/** As many metrics as a terminal is wide. */
const MOST_COLUMNS = 5;

function table({ axes, metrics, points, digest, partial, notes }: SweepResult): string {
  const shown = metrics.slice(0, MOST_COLUMNS);
  const rows = points.map((point) => [
    ...axes.map(({ name }) => String(point.point[name])),
    `${point.held}/${point.runs}`,
    ...shown.map(({ name, unit }) => {
      const found = point.metrics[name];
      if (found === undefined) return '';
      const half =
        found.high === null ? '' : ` ±${unit === 'share' ? digits((found.high - found.mean) * 100) : digits(found.high - found.mean)}`;
      return `${inUnit(found.mean, unit)}${half}`;
    }),
  ]);
  const head = [...axes.map(({ name }) => name), 'held', ...shown.map(({ name }) => name)];
  const more = metrics.length > shown.length ? [`${metrics.length - shown.length} more metrics in the files below`] : [];
  const runs = points.reduce((sum, point) => sum + point.runs, 0);
  return `${[...columns([head, ...rows]), '', `${points.length} points, ${runs} seeds in all; digest of all trials ${digest}${partial ? '; PARTIAL' : ''}`, ...more, ...notes.map((note) => `note: ${note}`)].join('\n')}\n`;
}
