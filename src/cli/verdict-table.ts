/** The table that ends a run: what was expected, what was measured, and the figures of the run itself. */

import type { Result } from '#experiment';
import { percentDecimals } from '#report';
import { clock } from './progress.ts';

export function verdictTable(result: Result): string {
  const lines: string[] = [];
  const rows = result.verdicts.map((verdict) => [
    verdict.pass ? 'ok' : 'FAIL',
    verdict.metric,
    verdict.expected,
    measured(verdict.measured, verdict.unit),
    verdict.note ?? '',
  ]);
  if (rows.length > 0) lines.push(...columns([['', 'metric', 'expected', 'measured', ''], ...rows]), '');
  const { shards } = result;
  const faster = result.wallSeconds > 0 ? result.simulatedSeconds / result.wallSeconds : 0;
  lines.push(
    `${result.scenario}: ${result.nodes} nodes, ${result.podsCreated} pods created, ${result.podsBound} bound, ${result.podsRunning} Running at the end`,
    `${clock(result.simulatedSeconds)} simulated in ${result.wallSeconds.toFixed(1)} s (${faster.toFixed(0)} times real time), ${shards.events} events, ${Math.round(result.peakRssBytes / 1048576)} MiB, ${shards.used === 0 ? 'one thread' : `${shards.used} shards`}`,
    `digest ${result.digest}, seed ${result.seed}${result.partial ? `, PARTIAL: ${result.ended ?? ''}` : ''}`,
  );
  for (const mark of result.marks.filter((one) => one.name === 'request refused'))
    lines.push(`refused at ${mark.atSeconds.toFixed(1)} s: ${mark.detail ?? ''}`);
  for (const note of result.notes) lines.push(`note: ${note}`);
  return `${lines.join('\n')}\n`;
}

export function measured(value: number | null, unit: string): string {
  if (value === null) return 'nothing';
  if (unit === 'share') return `${(value * 100).toFixed(percentDecimals(value))} %`;
  if (unit === 'bytes') return value >= 1e9 ? `${(value / 1e9).toFixed(2)} GB` : `${(value / 1e6).toFixed(1)} MB`;
  if (unit === 'pods' || unit === 'nodes') return `${value} ${unit}`;
  return `${Number(value.toPrecision(4))} ${unit}`;
}

/** Left-aligned columns, two blanks between. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
