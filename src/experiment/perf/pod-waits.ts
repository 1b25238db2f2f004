/** What the driver waits for among pods: scheduled, or at least attempted. */

import type { Pod } from '#api';
import type { Informer } from '#client';
import type { PerfOperation } from '#scenario';

type Barrier = PerfOperation & { readonly op: 'barrier' };
type CreatePods = PerfOperation & { readonly op: 'createPods' };

export class PodWaits {
  /** Namespaces whose pods were created without waiting: what barriers look at. */
  readonly #unwaited = new Set<string>();

  begin({ namespace, skipWait }: CreatePods): void {
    if (skipWait) this.#unwaited.add(namespace);
  }

  count(pods: Informer<Pod>, namespace: string): { readonly scheduled: number; readonly all: number } {
    let scheduled = 0;
    let all = 0;
    for (const pod of pods.list()) {
      if (pod.metadata?.namespace !== namespace || pod.metadata.deletionTimestamp !== undefined) continue;
      all++;
      if (isScheduled(pod)) scheduled++;
    }
    return { scheduled, all };
  }

  barrierMet(pods: Informer<Pod>, { namespaces, labels, stage }: Barrier): boolean {
    const watched = namespaces.length > 0 ? new Set(namespaces) : this.#unwaited;
    for (const pod of pods.list()) {
      if (!watched.has(pod.metadata?.namespace ?? '') || !carries(pod, labels) || pod.metadata?.deletionTimestamp !== undefined) continue;
      if (isScheduled(pod)) continue;
      if (stage === 'Scheduled' || pod.status?.conditions?.some((condition) => condition.type === 'PodScheduled') !== true) return false;
    }
    if (stage === 'Scheduled') for (const namespace of watched) this.#unwaited.delete(namespace);
    return true;
  }

  matching(pods: Informer<Pod>, namespace: string, labels: Readonly<Record<string, string>>): Pod[] {
    return [...pods.list()].filter((pod) => pod.metadata?.namespace === namespace && carries(pod, labels));
  }
}

const isScheduled = (pod: Pod): boolean => pod.spec?.nodeName !== undefined && pod.spec.nodeName !== '';

export function carries(pod: Pod, labels: Readonly<Record<string, string>>): boolean {
  for (const key of Object.keys(labels)) if (pod.metadata?.labels?.[key] !== labels[key]) return false;
  return true;
}
