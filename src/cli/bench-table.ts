/** `wavetank bench FILE... --table DIR`: every workload run or listed as skipped, into one table. Written anew after each workload, so that whatever ends the
 *  command leaves the rows so far; --keep goes on from them. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawPerfTable, measuredRow, openOutDirectory, type PerfRow, rowName, runPerfWorkload, skippedRow } from '#experiment';
import { type PerfWorkload, UserError } from '#scenario';
import { BenchProgress } from './bench-progress.ts';
import { onInterrupt } from './execute.ts';
import { VERSION } from './version.ts';

interface TableFlags {
  readonly table: string;
  readonly keep?: boolean;
  readonly seed: number;
  readonly plugins: readonly string[];
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** What --json prints. */
export const benchJson = (workloads: readonly PerfRow[], seed: number, partial: boolean): string =>
  `${JSON.stringify({ format: 'wavetank-bench/1', version: VERSION, seed, partial, workloads })}\n`;

const RESULTS = 'results.json';

const nameOf = ({ topic, testCase, name }: PerfWorkload): string => rowName({ topic, testCase, workload: name });

/** Empty where there is none. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Rows of an earlier run that came to an end. */
function earlier(flags: TableFlags): Map<string, PerfRow> {
  const rows = new Map<string, PerfRow>();
  if (flags.keep !== true) return rows;
  const file = join(flags.table, RESULTS);
  const text = textOf(file);
  if (text === '') return rows;
  try {
    const { seed, workloads } = JSON.parse(text) as { readonly seed: number; readonly workloads: readonly PerfRow[] };
    if (seed !== flags.seed) throw UserError.at({ file }, `holds rows of seed ${seed}; --keep goes on with --seed ${seed} only`);
    for (const row of workloads) if (row.verdict !== 'failed' && row.verdict !== 'skipped') rows.set(rowName(row), row);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw UserError.at({ file }, 'is no table of workloads: --keep goes on from one that --table wrote');
  }
  return rows;
}

/** 0 when every workload ran and passed its threshold. */
export async function writeBenchTable(chosen: readonly PerfWorkload[], flags: TableFlags): Promise<number> {
  const kept = earlier(flags);
  const out = openOutDirectory(flags.table);
  const interrupt = onInterrupt();
  const before = textOf(join(flags.table, 'README.md'));
  const rows = new Map<string, PerfRow>();
  for (const workload of chosen) {
    const name = nameOf(workload);
    const row = workload.skipped === undefined ? kept.get(name) : skippedRow(workload);
    if (row !== undefined) rows.set(name, row);
  }
  const write = (): PerfRow[] => {
    const done = chosen.map((workload) => rows.get(nameOf(workload))).filter((row) => row !== undefined);
    out.write(RESULTS, `${JSON.stringify({ version: VERSION, seed: flags.seed, workloads: done }, null, 1)}\n`);
    out.write('README.md', drawPerfTable(done, 'npm run bench:scheduler-perf', before));
    return done;
  };
  const wanted = chosen.filter((workload) => !rows.has(nameOf(workload)));
  const progress = new BenchProgress(process.stderr, flags.quiet === true, wanted);
  try {
    for (const workload of wanted) {
      if (interrupt.asked()) break;
      progress.begin(workload);
      const result = await runPerfWorkload(workload, {
        seed: flags.seed,
        version: VERSION,
        interrupted: interrupt.asked,
        onProgress: (share, scheduled) => progress.show(workload, share, scheduled),
        plugins: flags.plugins,
      });
      progress.end(workload);
      // What was cut off is no figure.
      if (interrupt.asked() && result.failure !== undefined) break;
      rows.set(nameOf(workload), measuredRow(result));
      write();
    }
    const done = write();
    const partial = done.length < chosen.length;
    if (flags.json === true) process.stdout.write(benchJson(done, flags.seed, partial));
    else {
      if (partial) process.stdout.write(`partial: interrupted with ${done.length} of ${chosen.length} workloads done\n`);
      process.stdout.write(`  ${join(flags.table, 'README.md')}\n`);
    }
    for (const row of done)
      if (row.verdict === 'failed' || row.verdict === 'below')
        process.stderr.write(`wavetank: ${rowName(row)}: ${row.reason ?? `${row.virtual} pods/s, threshold ${row.threshold}`}\n`);
    if (partial) return 130;
    return done.every((row) => row.verdict !== 'failed' && row.verdict !== 'below') ? 0 : 1;
  } finally {
    progress.finish();
    interrupt.release();
    out.close();
  }
}
