/** A study in the forms that other programs read, each from its data alone. */

import { parquetWriteBuffer } from 'hyparquet-writer';
import { csvField, markdownCell, prometheusLabels, xmlText } from '../escape.ts';
import type { StudyData } from './study-data.ts';

export function studyCsv({ columns, rows }: StudyData): string {
  const lines = rows.map((row) => row.map((value) => (typeof value === 'string' ? csvField(value) : String(value ?? ''))).join(','));
  return `${[columns.map(({ name }) => csvField(name)).join(','), ...lines].join('\r\n')}\r\n`;
}

export function studyParquet({ columns, rows }: StudyData): Uint8Array {
  const columnData = columns.map(({ name, type }, i) => {
    const values = rows.map((row) => row[i] ?? null);
    if (type === 'number') return { name, data: values.map((value) => (value === null ? null : Number(value))), type: 'DOUBLE' as const };
    return { name, data: values.map((value) => (value === null ? null : String(value))), type: 'STRING' as const };
  });
  return new Uint8Array(parquetWriteBuffer({ columnData: columnData.map((column) => ({ ...column, nullable: true })) }));
}

export function studyMarkdown({ title, answer, partial, head, table, notes, digest, cases }: StudyData): string {
  const failed = cases.filter(({ failure }) => failure !== undefined);
  const line = (cells: readonly string[]): string => `| ${cells.map(markdownCell).join(' | ')} |`;
  const rows =
    table.length === 0 ? [] : ['', line(head), `|${head.map((_, i) => (i === 0 ? '---' : '--:')).join('|')}|`, ...table.map(line)];
  return `${[
    `### ${markdownCell(title)}${partial ? ' (partial: interrupted)' : ''}`,
    '',
    markdownCell(answer),
    ...(failed.length === 0 ? [] : ['', ...failed.map(({ name, failure }) => `- ✗ ${markdownCell(`${name}: ${failure}`)}`)]),
    ...rows,
    '',
    ...notes.map((note) => `- ${markdownCell(note)}`),
    ...(digest === '' ? [] : ['', `Digest of all runs \`${markdownCell(digest)}\`.`]),
  ].join('\n')}\n`;
}

export function studyJunit({ title, kind, partial, digest, cases }: StudyData): string {
  const failures = cases.filter(({ failure }) => failure !== undefined).length;
  const skipped = cases.filter((one) => one.skipped !== undefined).length;
  const counts = `tests="${cases.length}" failures="${failures}" errors="${partial ? 1 : 0}" skipped="${skipped}"`;
  const texts = cases.map((one) => {
    const open = `    <testcase classname="${xmlText(`wavetank.${kind}`)}" name="${xmlText(one.name)}"`;
    if (one.failure !== undefined) return `${open}><failure message="${xmlText(one.failure)}"/></testcase>\n`;
    if (one.skipped !== undefined) return `${open}><skipped message="${xmlText(one.skipped)}"/></testcase>\n`;
    return `${open}/>\n`;
  });
  const properties =
    digest === '' ? '' : `    <properties>\n      <property name="digest" value="${xmlText(digest)}"/>\n    </properties>\n`;
  const ended = partial ? '    <system-err>partial: the study was interrupted</system-err>\n' : '';
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites ${counts}>
  <testsuite name="${xmlText(title)}" ${counts}>
${properties}${texts.join('')}${ended}  </testsuite>
</testsuites>
`;
}

export function studyPrometheus({ kind, title, version, digest, partial, gauges }: StudyData): string {
  const name = kind.replaceAll('-', '_');
  const lines = [
    `# HELP wavetank_study_info A study of Wavetank; 1.`,
    '# TYPE wavetank_study_info gauge',
    `wavetank_study_info${prometheusLabels([
      ['kind', kind],
      ['title', title],
      ['digest', digest],
      ['version', version],
      ['partial', String(partial)],
    ])} 1`,
  ];
  for (const gauge of gauges) {
    if (gauge.samples.length === 0) continue;
    const full = `wavetank_${name}_${gauge.name}`;
    lines.push(`# HELP ${full} ${gauge.help}`, `# TYPE ${full} gauge`);
    for (const [labels, value] of gauge.samples) lines.push(`${full}${prometheusLabels(Object.entries(labels))} ${value}`);
  }
  return `${lines.join('\n')}\n`;
}
