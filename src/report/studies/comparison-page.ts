/** The report of a comparison: the verdict, how far apart A and B are in each metric, and both distributions. */

import { type Comparison, comparisonCells, digits, type FailVerdict, judgementOf, type MetricComparison } from '#experiment';
import type { Chart, Section } from '../chart.ts';
import { escapeHtml, htmlTable, unbroken } from '../html.ts';
import { type Page, pageHtml } from '../page-shell.ts';

export type JudgedComparison = Comparison & { readonly failIf: readonly FailVerdict[] };

/** As many distributions as somebody looks at. */
const MOST_STRIPS = 24;

export const renderComparison = (comparison: JudgedComparison): string => pageHtml(comparisonPage(comparison));

export function comparisonPage(comparison: JudgedComparison): Page {
  const { a, b } = comparison;
  return {
    title: `${a.name} against ${b.name}`,
    head: head(comparison),
    sections: [failIfSection(comparison), changesSection(comparison), distributionsSection(comparison), methodSection(comparison)].filter(
      (section) => section !== undefined,
    ),
    footer: `Drawn from comparison.json alone by Wavetank ${escapeHtml(comparison.version)}. Digest of all trials <code class="value">${escapeHtml(comparison.digest)}</code>.`,
  };
}

function head({ a, b, verdict, seeds, equalRuns, metrics, failIf, partial }: JudgedComparison): string {
  const failed = failIf.filter(({ holds }) => holds).length;
  const answer =
    failIf.length === 0
      ? ''
      : failed === 0
        ? '<p class="answer holds">✓ None of the conditions to fail holds</p>'
        : `<p class="answer fails">✗ ${failed} of ${failIf.length} conditions to fail hold</p>`;
  const differing = metrics.filter((metric) => metric.verdict === 'different').length;
  const tiles: [string, string][] = [
    [String(seeds.length), 'paired seeds'],
    [String(equalRuns), 'pairs with equal digests'],
    [`${differing} of ${metrics.length}`, 'metrics differ'],
  ];
  return `<header>
<h1>${escapeHtml(a.name)} against ${escapeHtml(b.name)}</h1>
<p class="question">${escapeHtml(sentence(verdict))}${partial ? ' <strong>(partial: the study was interrupted)</strong>' : ''}</p>
${answer}
<ul class="tiles">${tiles.map(([value, name]) => `<li><b>${escapeHtml(value)}</b><span>${name}</span></li>`).join('')}</ul>
<p>A: ${escapeHtml(a.what)}<br>B: ${escapeHtml(b.what)}</p>
</header>`;
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

function failIfSection({ failIf }: JudgedComparison): Section | undefined {
  if (failIf.length === 0) return undefined;
  const rows = failIf.map(({ rule, holds, words }) => [escapeHtml(rule), holds ? '✗ holds' : '✓ does not hold', escapeHtml(words)]);
  return {
    id: 'fail-if',
    title: 'Conditions to fail',
    html: htmlTable('Judged by the mean over all pairs', ['Condition', 'Verdict', 'Measured'], rows),
  };
}

export const colourOf = (metric: MetricComparison): 'good' | 'bad' | 'muted' | 0 => {
  const judged = judgementOf(metric);
  if (judged === 'better') return 'good';
  if (judged === 'worse') return 'bad';
  return metric.verdict === 'different' ? 0 : 'muted';
};

function verdictHtml(metric: MetricComparison): string {
  const judged = judgementOf(metric);
  const sign = judged === 'better' ? 'pass">✓ ' : judged === 'worse' ? 'fail">✗ ' : 'plain">';
  return `<span class="${sign}${escapeHtml(judged)}</span>`;
}

function changesSection({ metrics, level }: JudgedComparison): Section {
  const confidence = `${digits(level * 100)} % CI`;
  const head = ['Metric', 'A', 'B', 'Change', confidence, 'p', 'Effect', 'Verdict'];
  const rows = metrics.map((metric) => [
    `<span title="${escapeHtml(metric.description)}">${escapeHtml(metric.metric)}</span>`,
    ...comparisonCells(metric)
      .slice(1, -1)
      .map((cell) => unbroken(cell || '–')),
    verdictHtml(metric),
  ]);
  const shown = metrics.filter(({ change }) => change !== null);
  const chart: Chart = {
    kind: 'forest',
    id: 'changes',
    title: 'Change from A to B',
    caption: `Change of the mean over all pairs, in per cent of A, with its ${confidence} (bootstrap over pairs). Green is better, red is worse, grey is not shown to differ.`,
    xLabel: 'change in %',
    yLabel: '',
    rows: shown.map((metric) => ({
      label: metric.metric,
      estimate: (metric.change as number) * 100,
      interval: metric.interval === null || metric.intervalOf !== 'change' ? null : [metric.interval[0] * 100, metric.interval[1] * 100],
      colour: colourOf(metric),
    })),
  };
  return {
    id: 'changes-section',
    title: 'How far apart',
    html: htmlTable('Means over all pairs; p after Holm’s correction; effect: Cohen’s d of the pairs', head, rows),
    ...(shown.length === 0 ? { empty: 'No metric was measured on both sides.' } : { charts: [chart] }),
  };
}

function distributionsSection({ metrics, a, b }: JudgedComparison): Section {
  const shown = metrics.filter(({ verdict }) => verdict !== 'equal').slice(0, MOST_STRIPS);
  const equal = metrics.length - metrics.filter(({ verdict }) => verdict !== 'equal').length;
  const charts: Chart[] = shown.map((metric, i) => {
    const share = metric.unit === 'share';
    const values = (side: MetricComparison['a']): number[] => side.values.map((value) => (share ? value * 100 : value));
    return {
      kind: 'strip',
      id: `strip${i}`,
      title: metric.metric,
      caption: `${metric.description}. A point a run; the box is the middle half of the runs, its line the median.`,
      xLabel: share ? '%' : metric.unit,
      yLabel: '',
      groups: [
        { label: a.name, values: values(metric.a), colour: 0 },
        { label: b.name, values: values(metric.b), colour: 1 },
      ],
    };
  });
  const note = equal === 0 ? '' : `<p>${equal} metric${equal === 1 ? ' is' : 's are'} the same in every pair and not drawn.</p>`;
  return {
    id: 'distributions-section',
    title: 'Both distributions',
    html: note,
    ...(charts.length === 0 ? { empty: 'Nothing differs: there is nothing to draw.' } : { charts }),
  };
}

function methodSection({ seeds, level, notes, metrics }: JudgedComparison): Section {
  const items = [
    `Seeds ${seedText(seeds)}: A and B met the same arrivals and the same faults in each, so pairs are compared, not crowds.`,
    `Intervals: bootstrap over pairs, 4,000 resamples, bias-corrected and accelerated, ${digits(level * 100)} % each.`,
    `Test: Wilcoxon’s signed-rank test, two-sided, exact; p-values corrected for ${metrics.length} metrics after Holm. A metric is called different when test and interval agree.`,
    'Within one seed virtual time has no noise: what varies here is the luck of arrivals, faults and durations from seed to seed.',
    ...notes,
  ];
  return { id: 'method', title: 'How this was judged', html: `<ul>${items.map((item) => `<li>${escapeHtml(item)}</li>`).join('')}</ul>` };
}

function seedText(seeds: readonly number[]): string {
  const first = seeds[0];
  const last = seeds.at(-1);
  const isRange = seeds.length > 2 && seeds.every((seed, i) => seed === (first as number) + i);
  return isRange ? `${first} to ${last}` : seeds.join(', ');
}
