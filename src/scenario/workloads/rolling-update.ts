/** `rollingUpdate`: a new image for some of the Deployments of another entry, as `kubectl set image` does. */

import { imageName } from '../pod-template.ts';
import { fields, text } from '../schema-pieces.ts';
import type { TimedRequest, WorkloadKind } from '../workload.ts';
import { type SelectionSpec, selected, selectionFields, selectionMistake } from './selected-deployments.ts';

interface RollingUpdateSpec extends SelectionSpec {
  readonly image: string;
}

export const rollingUpdate: WorkloadKind<RollingUpdateSpec> = {
  name: 'rollingUpdate',
  schema: fields('a new image for some Deployments', { ...selectionFields, image: text('the new image of every container') }, [
    'at',
    'of',
    'image',
  ]),
  mistake: selectionMistake,
  *requests(spec, scope): Iterable<TimedRequest> {
    for (const { name, namespace, at, owner, ordinal } of selected(spec, scope.entries)) {
      const containers = Array.from({ length: owner.containers ?? 1 }, (_, index) => ({
        name: `main-${index}`,
        image: imageName(spec.image, owner, ordinal),
      }));
      const body = { spec: { template: { spec: { containers } } } };
      yield { at, verb: 'patch', patchType: 'strategic', resource: 'deployments.apps', namespace, name, body, pods: owner.replicas ?? 1 };
    }
  },
};
