/** Which Services a pod's coming, changing or going concerns. Mirrors kubernetes v1.34 staging/src/k8s.io/endpointslice/util/controller_utils.go
 *  (GetServicesToUpdateOnPodChange), which both controllers of endpoints ask. */

import type { Pod, Service } from '#api';
import { matchesSelector } from '#api';
import type { InformerEvent, View } from '#client';
import { Memberships } from './label-sets.ts';
import { siblingKey } from './owner-references.ts';
import { semanticEqual } from './semantic-equal.ts';

const NONE: readonly never[] = [];

/** The equality selector that a Service's spec.selector is. */
export const selectorOf = (service: Service) =>
  Object.entries(service.spec?.selector ?? {}).map(([key, value]) => ({ key, operator: 'In' as const, values: [value] }));

export class ServiceMemberships {
  readonly #memberships = new Memberships();
  readonly #hasSelector: (service: Service) => boolean;
  readonly #isSame: (previous: Pod, pod: Pod) => boolean;

  /** `isSame`: whether an endpoint shows the same of both. */
  constructor(hasSelector: (service: Service) => boolean, isSame: (previous: Pod, pod: Pod) => boolean) {
    this.#hasSelector = hasSelector;
    this.#isSame = isSame;
  }

  /** Some selector came, changed or went. */
  forget(): void {
    this.#memberships.forget();
  }

  /** Keys of Services whose endpoints an event of a pod may change. Most updates of a pod change nothing that an endpoint shows. */
  keysOf(event: InformerEvent, view: View): readonly string[] {
    const services = view.lister<Service>('services');
    if (services.size === 0) return NONE;
    const selecting = (labels: Readonly<Record<string, string>>, namespace: string): readonly string[] => {
      const keys: string[] = [];
      for (const service of services.list()) {
        if (service.metadata?.namespace !== namespace || !this.#hasSelector(service)) continue;
        if (matchesSelector(selectorOf(service), labels)) keys.push(siblingKey(service.metadata, service.metadata?.name ?? ''));
      }
      return keys;
    };
    const pod = event.object as Pod;
    const previous = event.previous as Pod | undefined;
    const keys = this.#memberships.keysOf(pod, selecting);
    if (event.type !== 'update' || previous === undefined) return keys;
    const isMoved = previous.metadata?.labels !== pod.metadata?.labels && !semanticEqual(previous.metadata?.labels, pod.metadata?.labels);
    if (isMoved) return [...new Set([...keys, ...this.#memberships.keysOf(previous, selecting)])];
    return keys.length > 0 && this.#isSame(previous, pod) ? NONE : keys;
  }
}
