/** A comparison as people say it: 'binds 12 % faster (95 % CI 9 to 15 %)'. */

import type { MetricComparison } from './compare.ts';
import { type StudyMetric, studyMetric } from './study-metrics.ts';

/** Words that follow the name of B. */
export function verdictOf(comparison: Omit<MetricComparison, 'words'>, level: number): string {
  const info = studyMetric(comparison.metric) as StudyMetric;
  const { verdict } = comparison;
  if (verdict === 'equal') return `has the same ${info.noun}`;
  const size = sizeWords(comparison, info);
  const interval = intervalWords(comparison, level);
  if (verdict === 'no difference shown')
    return `is no different in ${info.noun}${interval === '' ? '' : ` (${interval.replace(/CI (?!of)/, 'CI of the change ')})`}`;
  return `${size}${interval === '' ? '' : ` (${interval})`}`;
}

function sizeWords({ change, difference, unit, better, a, b }: Omit<MetricComparison, 'words'>, info: StudyMetric): string {
  const less = difference < 0;
  const judged = better === 'neither' ? '' : (better === 'lower') === less ? ', which is better' : ', which is worse';
  // What multiplies is said as so many times: '900 % higher' is hard to picture.
  if (change === null || unit === 'share') return `has ${info.noun} of ${inUnit(b.mean, unit)} instead of ${inUnit(a.mean, unit)}${judged}`;
  const size = Math.abs(change) >= 2 ? `${digits(1 + change)} times` : `${digits(Math.abs(change) * 100)} %`;
  if (info.verb !== undefined) {
    const verb = (less ? info.verb[0] : info.verb[1]).replace('%', size);
    if (Math.abs(change) < 2) return verb;
    return `${verb.replace(/ \S+ times (faster|slower)/, '')} in ${digits(1 + change)} times the time`;
  }
  // 'Fewer nodes', where things are counted.
  const degree = COUNTED.has(unit) ? (less ? 'fewer' : 'more') : less ? 'lower' : 'higher';
  return Math.abs(change) >= 2 ? `has ${size} the ${info.noun}${judged}` : `has ${size} ${degree} ${info.noun}${judged}`;
}

const COUNTED: ReadonlySet<string> = new Set(['nodes', 'pods']);

function intervalWords({ interval, intervalOf, unit, verdict, difference }: Omit<MetricComparison, 'words'>, level: number): string {
  if (interval === null) return '';
  const name = `${digits(level * 100)} % CI`;
  const [low, high] = interval;
  // Two values side by side say nothing of a change: the interval has to.
  if (intervalOf === 'change' && unit === 'share') return `${name} of the change ${digits(low * 100)} to ${digits(high * 100)} %`;
  if (intervalOf === 'difference') return `${name} ${inUnit(low, unit)} to ${inUnit(high, unit)}`;
  // '12 % faster, 9 to 15 %': the sign is in the word already.
  if (verdict !== 'no difference shown' && difference < 0 && high < 0) return `${name} ${digits(-high * 100)} to ${digits(-low * 100)} %`;
  return `${name} ${digits(low * 100)} to ${digits(high * 100)} %`;
}

export function inUnit(value: number, unit: string): string {
  if (unit === 'share') return `${digits(value * 100)} %`;
  if (unit === 'bytes') return `${digits(value / 1e6)} MB`;
  return `${digits(value)} ${unit}`;
}

/** Below it a number is what adding and dividing left over. */
const NOTHING = 1e-9;

/** Three digits that count. */
export function digits(value: number): string {
  if (Math.abs(value) < NOTHING) return '0';
  if (!Number.isFinite(value)) return String(value);
  const short = Number(value.toPrecision(3));
  return String(Math.abs(short) >= 1000 ? Math.round(value) : short).replace('-', '−');
}

const signed = (value: number, text: string): string => (value > 0 ? `+${text}` : text);

/** The change of a metric from A to B: '+12 %', '-3 nodes', 'none'. */
export function changeText({ change, difference, unit }: MetricComparison): string {
  if (difference === 0) return 'none';
  return change === null ? signed(difference, inUnit(difference, unit)) : signed(change, `${digits(change * 100)} %`);
}

/** Its confidence interval; '' where there is none. */
export function intervalText({ interval, intervalOf, unit }: MetricComparison): string {
  if (interval === null) return '';
  const text = (value: number): string => signed(value, intervalOf === 'change' ? `${digits(value * 100)} %` : inUnit(value, unit));
  return `${text(interval[0])} to ${text(interval[1])}`;
}

/** How far the change stands out, with the usual words for Cohen's d. */
export function effectText({ effect, difference }: MetricComparison): string {
  if (difference === 0) return '';
  if (effect === null) return 'always';
  const size = Math.abs(effect);
  return `${digits(effect)} ${size < 0.2 ? 'none' : size < 0.5 ? 'small' : size < 0.8 ? 'medium' : 'large'}`;
}

/** A metric's line in a table: its name, both means, change, interval, p, effect, judgement. */
export const comparisonCells = (metric: MetricComparison): readonly string[] => [
  metric.metric,
  inUnit(metric.a.mean, metric.unit),
  inUnit(metric.b.mean, metric.unit),
  changeText(metric),
  intervalText(metric),
  metric.pCorrected < 0.001 ? '<0.001' : metric.pCorrected.toFixed(3),
  effectText(metric),
  judgementOf(metric),
];

/** 'better' or 'worse' where a difference was shown and one is better than the other, else the verdict. */
export function judgementOf({ verdict, better, difference }: MetricComparison): string {
  if (verdict !== 'different' || better === 'neither') return verdict;
  return (better === 'lower') === difference < 0 ? 'better' : 'worse';
}
