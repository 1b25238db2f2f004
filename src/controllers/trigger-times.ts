/** When what led to a change of a Service's endpoints happened, for the annotation by which the latency of network programming is measured.
 *  Mirrors kubernetes v1.34 staging/src/k8s.io/endpointslice/util/trigger_time_tracker.go: times are compared as text, all are whole seconds of UTC. */

import type { Pod, Service } from '#api';
import { podCondition } from './pod-state.ts';

/** v1.EndpointsLastChangeTriggerTime. */
export const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';

interface Known {
  readonly service: string;
  /** By pod: when it last became ready or unready. */
  readonly pods: ReadonlyMap<string, string>;
}

export class TriggerTimes {
  readonly #known = new Map<string, Known>();

  /** The earliest of what is new since the last pass; undefined: nothing is. */
  of(key: string, service: Service, pods: readonly Pod[]): string | undefined {
    const known = this.#known.get(key);
    const created = service.metadata?.creationTimestamp ?? '';
    const times = new Map<string, string>();
    let earliest: string | undefined;
    for (const pod of pods) {
      const time = podCondition(pod, 'Ready')?.lastTransitionTime;
      if (time === undefined || time === null) continue;
      const name = pod.metadata?.name ?? '';
      times.set(name, time);
      if (time > (known?.pods.get(name) ?? '') && (earliest === undefined || time < earliest)) earliest = time;
    }
    if (created > (known?.service ?? '') && (earliest === undefined || created < earliest)) earliest = created;
    this.#known.set(key, { service: created, pods: times });
    return known === undefined ? created : earliest;
  }

  forget(key: string): void {
    this.#known.delete(key);
  }
}

/** addTriggerTimeAnnotation: without a new time an old one goes. */
export function withTriggerTime(
  annotations: Readonly<Record<string, string>> | undefined,
  time: string | undefined,
): Readonly<Record<string, string>> | undefined {
  if (time !== undefined && time !== '') return { ...annotations, [TRIGGER_TIME]: time };
  if (annotations?.[TRIGGER_TIME] === undefined) return annotations;
  const { [TRIGGER_TIME]: _old, ...rest } = annotations;
  return rest;
}
