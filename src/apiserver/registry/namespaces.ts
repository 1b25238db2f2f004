/** Namespaces: deleted in two steps, so that their contents go first. Mirrors Kubernetes v1.34 pkg/registry/core/namespace/strategy.go. */

import type { Namespace } from '#api';
import { invalidValue } from '../validation/field-error.ts';
import { dns1123Label, qualifiedName } from '../validation/names.ts';
import { NO_FINALIZER, STANDARD_FINALIZERS } from '../validation/object-meta.ts';
import type { ResourceDescriptor } from './descriptor.ts';

const NAME_LABEL = 'kubernetes.io/metadata.name';
const FINALIZER = 'kubernetes';

function withNameLabel(namespace: Namespace): Namespace {
  const name = namespace.metadata?.name;
  if (!name || namespace.metadata?.labels?.[NAME_LABEL] === name) return namespace;
  return { ...namespace, metadata: { ...namespace.metadata, labels: { ...namespace.metadata?.labels, [NAME_LABEL]: name } } };
}

export const namespaces: ResourceDescriptor<Namespace> = {
  resource: 'namespaces',
  nameRule: dns1123Label,
  hasStatus: true,
  returnsDeletedObject: true,
  fields: { 'status.phase': (namespace) => namespace.status?.phase ?? '' },
  defaults: withNameLabel,
  prepareForCreate(namespace) {
    const finalizers = namespace.spec?.finalizers ?? [];
    return {
      ...namespace,
      spec: { ...namespace.spec, finalizers: finalizers.includes(FINALIZER) ? finalizers : [...finalizers, FINALIZER] },
      status: { phase: 'Active' },
    };
  },
  validate({ spec }) {
    const finalizers = spec?.finalizers ?? [];
    return finalizers.flatMap((finalizer) => {
      const field = 'spec.finalizers';
      const errors = qualifiedName(finalizer).map((text) => invalidValue(field, finalizer, text));
      if (!finalizer.includes('/') && !STANDARD_FINALIZERS.includes(finalizer)) errors.push(invalidValue(field, finalizer, NO_FINALIZER));
      return errors;
    });
  },
  validateUpdate: () => [],
  // spec.finalizers change through /finalize alone.
  prepareForUpdate: (next, old) => ({ ...next, spec: { ...next.spec, finalizers: old.spec?.finalizers } }),
};
