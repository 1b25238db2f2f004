/** The table of scheduler_perf: what it says of its rows, and what it leaves as people wrote it. */

import { describe, expect, it } from 'vitest';
import { drawPerfTable, type PerfRow } from '#experiment';

const row = (workload: string, verdict: PerfRow['verdict'], virtual: number, threshold: number | null): PerfRow => ({
  topic: 'misc',
  testCase: 'Basic',
  workload,
  labels: [],
  threshold,
  verdict,
  pods: 10,
  virtual,
});
const rows = [row('small', 'ok', 300, 270), row('large', 'below', 197.4, 600), row('free', '-', 5, null)];

describe('the table of scheduler_perf', () => {
  it('names what is below its threshold', () => {
    expect(drawPerfTable(rows, 'bench')).toContain('\nBelow their threshold: Basic / large (197.4 of 600).\n');
    expect(drawPerfTable(rows.slice(0, 1), 'bench')).toContain('\nNone is below its threshold.\n');
  });

  it('keeps the notes of the table before, however often it is written again', () => {
    const empty = drawPerfTable(rows, 'bench');
    const noted = empty.replace('<!-- end of notes -->', '\nWhy large is below:\n\nit is.\n\n<!-- end of notes -->');
    expect(noted).not.toBe(empty);
    const again = drawPerfTable(rows.slice(0, 2), 'bench', drawPerfTable(rows, 'bench', noted));
    expect(again).toContain('\nWhy large is below:\n\nit is.\n');
    expect(again.split('Why large').length).toBe(2);
    expect(again).not.toContain('Basic / free');
  });

  it('has no notes where there were none', () => {
    expect(drawPerfTable(rows, 'bench', 'something else')).toBe(drawPerfTable(rows, 'bench'));
  });
});
