/** Namespaces: deleted in two steps, so that their contents go first. Mirrors Kubernetes v1.34 pkg/registry/core/namespace/strategy.go. */

import type { Namespace } from '#api';
import { dns1123Label } from '../validation/names.ts';
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
  // spec.finalizers change through /finalize alone.
  prepareForUpdate: (next, old) => ({ ...next, spec: { ...next.spec, finalizers: old.spec?.finalizers } }),
};
