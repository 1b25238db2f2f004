/** How much simulation there was: deliveries a second of simulated time. */

import type { Result } from '#experiment';
import type { Section } from '../chart.ts';
import { numberText } from '../number-text.ts';
import { overall, perSecond, timeAxis } from '../series.ts';

export function eventsRateSection(result: Result): Section {
  const head = { id: 'events', title: 'Events a second' };
  const series = overall(result, 'wavetank_events_total', 'counter');
  const mean = result.shards.events / Math.max(result.wallSeconds, 0.001);
  const html = `<p>${numberText(result.shards.events)} events in all; this machine delivered ${numberText(Math.round(mean))} of them a second of wall time.</p>`;
  if (series === undefined) return { ...head, html };
  return {
    ...head,
    html,
    charts: [
      {
        id: 'eventsRate',
        kind: 'lines',
        title: 'Events a second of simulated time',
        caption: 'Messages and timers delivered to hosts, on all shards together.',
        yLabel: 'events / s',
        x: timeAxis(result, [series]),
        datasets: [{ label: 'events', values: perSecond(result, series), colour: 0 }],
      },
    ],
  };
}
