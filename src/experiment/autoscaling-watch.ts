/** How long autoscalers take to catch up with a load that rises: until the last pod that was made since is ready. */

import { type Context, type Instant, SECOND } from '#sim';
import type { RunOutcome } from './outcome.ts';

const GAUGE = 'wavetank_autoscaling_seconds';

/** A pod is ready that was first seen at `seen`. `rises`: when the load rose, in order. */
export function noteAutoscaling(rises: readonly Instant[], seen: Instant, ctx: Context): void {
  const rise = rises.findLastIndex((at) => at <= seen);
  if (rise < 0) return;
  ctx.record.gauge(GAUGE, { rise: String(rise) }).set((ctx.now - (rises[rise] as Instant)) / SECOND);
}

/** The slowest of all rises. */
export function autoscalingMeasure({ recorded }: RunOutcome): { readonly value: number | null; readonly note?: string } {
  const lasts = recorded.gauges.flatMap(({ name, values }) => (name === GAUGE ? [Math.max(...values)] : []));
  return lasts.length === 0
    ? { value: null, note: 'no pod came after a rise of the load' }
    : { value: Math.max(...lasts), note: `${lasts.length} rises` };
}
