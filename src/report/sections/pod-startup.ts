/** How long pods took from request to ready: over time, and in parts. */

import type { Result } from '#experiment';
import type { BarChart, Section } from '../chart.ts';
import { numberText } from '../number-text.ts';
import { percentileBars, percentileChart } from '../series.ts';

/** A pod's start and the parts of it that a result may keep, in the order of a pod's way. */
const parts = [
  { name: 'podStart', label: 'request to ready' },
  { name: 'podStart/queue', label: 'queue' },
  { name: 'podStart/schedule', label: 'schedule and bind' },
  { name: 'podStart/volumes', label: 'volumes' },
  { name: 'podStart/sandbox', label: 'sandbox' },
  { name: 'podStart/pull', label: 'images pulled' },
  { name: 'podStart/init', label: 'init containers' },
  { name: 'podStart/start', label: 'containers started' },
  { name: 'podStart/probe', label: 'started to ready, by its probes' },
  { name: 'submissionToBinding', label: 'request to binding' },
  { name: 'kubeletPodStart', label: 'kubelet: seen to running' },
  { name: 'kubeletPodStartSli', label: 'Kubernetes\u2019 SLI: without pulls and init' },
];

export function podStartupSection(result: Result): Section {
  const charts = [
    percentileChart(
      result,
      ['podStart', 'wavetank_pod_start_seconds'],
      {
        id: 'podStart',
        title: 'Pod start',
        caption: 'From a pod seen in the API until all its containers are ready, images pulled. Seconds, logarithmic.',
      },
      's',
    ),
    percentileBars(
      result,
      parts,
      { id: 'podStartParts', title: 'Pod start and its parts', caption: 'Percentiles over the whole run. Seconds, logarithmic.' },
      's',
    ),
    histogramChart(result),
  ].filter((chart) => chart !== undefined);
  const head = { id: 'pod-startup', title: 'Pod startup' };
  return charts.length === 0 ? { ...head, empty: 'No pod started while the run recorded.' } : { ...head, charts };
}

/** The shape of the distribution, where the run kept one. */
function histogramChart({ distributions: { podStart } }: Result): BarChart | undefined {
  if (podStart?.buckets === undefined || podStart.buckets.length === 0) return undefined;
  return {
    id: 'podStartHistogram',
    kind: 'bars',
    title: 'Distribution of pod start',
    caption: `How many of ${numberText(podStart.count)} pods took up to so many seconds from request to ready, and more than the bar before.`,
    xLabel: 'up to, seconds',
    yLabel: 'pods',
    categories: podStart.buckets.map(([upTo]) => numberText(upTo)),
    datasets: [{ label: 'pods', values: podStart.buckets.map(([, count]) => count), colour: 0 }],
  };
}
