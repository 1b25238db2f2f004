/** What waited: pods before the scheduler, keys before the controllers. */

import type { Result } from '#experiment';
import type { Section } from '../chart.ts';
import { byLabel, highest, labelText, seriesOf, timeAxis } from '../series.ts';

export function queueDepthsSection(result: Result): Section {
  const pending = seriesOf(result, 'scheduler_pending_pods', 'gauge').filter((series) => highest(series) > 0);
  const queues = byLabel(seriesOf(result, 'workqueue_depth', 'gauge'), 6);
  const charts = [];
  if (pending.length > 0) {
    const datasets = pending.map((series, colour) => ({ label: labelText(series) || 'pending', values: series.values, colour }));
    charts.push({
      id: 'schedulerQueues',
      kind: 'stack' as const,
      title: "The scheduler's queues",
      caption: 'scheduler_pending_pods by queue: ready to be tried (active), backing off, found unschedulable, gated.',
      yLabel: 'pods',
      x: timeAxis(result, pending),
      datasets,
    });
  }
  if (queues.length > 0) {
    charts.push({
      id: 'workQueues',
      kind: 'lines' as const,
      title: "The controllers' work queues",
      caption: 'workqueue_depth by controller: keys that wait for a reconcile; the deepest queues.',
      yLabel: 'keys',
      x: timeAxis(result, queues),
      datasets: queues.map((series, colour) => ({ label: labelText(series), values: series.values, colour })),
    });
  }
  const head = { id: 'queues', title: 'Queue depths' };
  return charts.length === 0 ? { ...head, empty: 'No queue held anything at the end of any time bucket.' } : { ...head, charts };
}
