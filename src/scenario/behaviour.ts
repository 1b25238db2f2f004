/** How the containers of an entry behave, as the annotation that kubelets read (`wavetank.dev/behaviour`; times in seconds). */

import type { Distribution } from '#sim';
import type { PodFields } from './pod-template.ts';
import { parseDurationDistribution, parsePercent } from './units.ts';

export function behaviourAnnotations(workload: string, pod: PodFields): Readonly<Record<string, string>> {
  const behaviour: Record<string, unknown> = {};
  if (pod.runtime !== undefined) behaviour['runSeconds'] = inSeconds(parseDurationDistribution(pod.runtime) ?? 0);
  if (pod.startup !== undefined) behaviour['readyAfterSeconds'] = inSeconds(parseDurationDistribution(pod.startup) ?? 0);
  const failures = pod.failures === undefined ? undefined : parsePercent(pod.failures);
  if (failures !== undefined) behaviour['exitCode'] = { '1': failures };
  if (pod.crashEvery !== undefined) {
    behaviour['runSeconds'] = inSeconds(parseDurationDistribution(pod.crashEvery) ?? 0);
    behaviour['exitCode'] = 1;
  }
  const annotations: Record<string, string> = { 'wavetank.dev/workload': workload };
  if (Object.keys(behaviour).length > 0) annotations['wavetank.dev/behaviour'] = JSON.stringify(behaviour);
  return annotations;
}

/** The same distribution with microseconds turned into seconds. */
export function inSeconds(distribution: Distribution): Distribution {
  return scaled(distribution, 1 / 1_000_000);
}

/** Every value of a distribution times a factor; shapes and quantiles stay. */
export function scaled(distribution: Distribution, factor: number): Distribution {
  if (typeof distribution === 'number') return distribution * factor;
  const [shape, fields] = Object.entries(distribution)[0] as [string, unknown];
  if (shape === 'empirical')
    return {
      empirical: (fields as readonly (readonly [number, number])[]).map(([quantile, value]) => [quantile, value * factor] as const),
    };
  const out: Record<string, number> = {};
  for (const [key, value] of Object.entries(fields as Record<string, number>)) out[key] = key === 'shape' ? value : value * factor;
  return { [shape]: out } as unknown as Distribution;
}
