/** `scale`: another number of replicas for some of the Deployments of another entry, as `kubectl scale` does. */

import { count, fields } from '../schema-pieces.ts';
import type { TimedRequest, WorkloadKind } from '../workload.ts';
import { type SelectionSpec, selected, selectionFields, selectionMistake } from './selected-deployments.ts';

interface ScaleSpec extends SelectionSpec {
  readonly replicas: number;
}

export const scale: WorkloadKind<ScaleSpec> = {
  name: 'scale',
  schema: fields('another number of replicas for some Deployments', { ...selectionFields, replicas: count('the new number') }, [
    'at',
    'of',
    'replicas',
  ]),
  mistake: selectionMistake,
  *requests(spec, scope): Iterable<TimedRequest> {
    for (const { name, namespace, at, owner } of selected(spec, scope.entries)) {
      const body = { spec: { replicas: spec.replicas } };
      yield {
        at,
        verb: 'patch',
        patchType: 'merge',
        resource: 'deployments.apps',
        namespace,
        name,
        body,
        pods: Math.max(0, spec.replicas - (owner.replicas ?? 1)),
      };
    }
  },
};
