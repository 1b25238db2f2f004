/** How long scheduling took: one attempt, and a pod's whole way through the queues. */

import type { Result } from '#experiment';
import type { Chart, Section } from '../chart.ts';
import { percentileChart } from '../series.ts';

export function schedulingLatencySection(result: Result): Section {
  const charts: (Chart | undefined)[] = [
    percentileChart(result, ['submissionToBinding', 'wavetank_submission_to_binding_seconds'], {
      id: 'submissionToBinding',
      title: 'Submission to binding',
      caption: 'From a pod seen in the API until its nodeName is seen, by the time of binding. Milliseconds, logarithmic.',
    }),
    percentileChart(result, ['podScheduling', 'scheduler_pod_scheduling_sli_duration_seconds'], {
      id: 'schedulingSli',
      title: 'Scheduling, from queue to bound',
      caption:
        'scheduler_pod_scheduling_sli_duration_seconds: from the first time in the queue to bound, gated time left out. Milliseconds, logarithmic.',
    }),
    percentileChart(result, ['schedulingAttempt', 'scheduler_scheduling_attempt_duration_seconds'], {
      id: 'schedulingAttempt',
      title: 'One scheduling attempt',
      caption:
        'scheduler_scheduling_attempt_duration_seconds: filter, score and binding of one attempt; durations are modelled. Milliseconds, logarithmic.',
    }),
  ];
  const drawn = charts.filter((chart) => chart !== undefined);
  const head = { id: 'scheduling-latency', title: 'Scheduling latency' };
  return drawn.length === 0 ? { ...head, empty: 'No pod was scheduled while the run recorded.' } : { ...head, charts: drawn };
}
