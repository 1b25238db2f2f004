/** Events of the core group: many, small, short-lived. Mirrors Kubernetes v1.34 pkg/registry/core/event/strategy.go. */

import type { Event, FieldError } from '#api';
import { type FieldErrors, invalidValue, NO_ERRORS } from '../validation/field-error.ts';
import type { ResourceDescriptor } from './descriptor.ts';

/** Cluster-scoped objects' events live in 'default' (or kube-system). */
function validate(event: Event): FieldErrors {
  const involved = event.involvedObject?.namespace ?? '';
  const namespace = event.metadata?.namespace ?? '';
  if (involved === namespace || (involved === '' && (namespace === 'default' || namespace === 'kube-system' || namespace === '')))
    return NO_ERRORS;
  const errors: FieldError[] = [invalidValue('involvedObject.namespace', involved, 'does not match event.namespace')];
  return errors;
}

export const events: ResourceDescriptor<Event> = {
  resource: 'events',
  expires: true,
  uncached: true,
  allowsCreateOnUpdate: true,
  fields: {
    'involvedObject.kind': (event) => event.involvedObject?.kind ?? '',
    'involvedObject.namespace': (event) => event.involvedObject?.namespace ?? '',
    'involvedObject.name': (event) => event.involvedObject?.name ?? '',
    'involvedObject.uid': (event) => event.involvedObject?.uid ?? '',
    'involvedObject.apiVersion': (event) => event.involvedObject?.apiVersion ?? '',
    'involvedObject.resourceVersion': (event) => event.involvedObject?.resourceVersion ?? '',
    'involvedObject.fieldPath': (event) => event.involvedObject?.fieldPath ?? '',
    reason: (event) => event.reason ?? '',
    reportingComponent: (event) => event.reportingComponent ?? '',
    source: (event) => event.source?.component || event.reportingComponent || '',
    type: (event) => event.type ?? '',
  },
  validate,
};
