/** `delete`: some of the Deployments of another entry go, and all that is theirs (background propagation). */

import { fields } from '../schema-pieces.ts';
import type { TimedRequest, WorkloadKind } from '../workload.ts';
import { type SelectionSpec, selected, selectionFields, selectionMistake } from './selected-deployments.ts';

export const deleteDeployments: WorkloadKind<SelectionSpec> = {
  name: 'delete',
  schema: fields('deletes some Deployments', selectionFields, ['at', 'of']),
  mistake: selectionMistake,
  *requests(spec, scope): Iterable<TimedRequest> {
    for (const { name, namespace, at } of selected(spec, scope.entries)) {
      yield { at, verb: 'delete', resource: 'deployments.apps', namespace, name, options: { propagationPolicy: 'Background' } };
    }
  },
};
