/** CustomResourceDefinitions. Mirrors apiextensions-apiserver v1.34 pkg/registry/customresourcedefinition (strategy.go, etcd.go). */

import { deepEqual } from '#api';
import {
  CLEANUP_FINALIZER,
  DEFINITIONS,
  type Definition,
  defaultDefinition,
  storageVersion,
  withCondition,
} from '../custom-resources/definition.ts';
import { validateDefinitionUpdate, validateNewDefinition } from '../custom-resources/definition-validation.ts';
import type { Meta } from '../object-meta.ts';
import type { ResourceDescriptor } from './descriptor.ts';

/** The version in which objects are stored has been one from now on. */
function storedVersions(definition: Definition): readonly string[] {
  const known = definition.status?.storedVersions ?? [];
  const name = storageVersion(definition)?.name;
  return name === undefined || known.includes(name) ? known : [...known, name];
}

export const customResourceDefinitions: ResourceDescriptor<Definition> = {
  resource: DEFINITIONS,
  storagePath: 'apiextensions.k8s.io/customresourcedefinitions',
  hasStatus: true,
  hasGeneration: true,
  requiresResourceVersion: true,
  returnsDeletedObject: false,
  defaults: defaultDefinition,
  prepareForCreate(definition) {
    const storage = (definition.spec?.versions ?? []).find((version) => version.storage);
    return { ...definition, status: { storedVersions: storage === undefined ? [] : [storage.name] } };
  },
  validate: validateNewDefinition,
  prepareForUpdate: (next, old) => {
    const stored = storedVersions({ ...next, status: old.status });
    return deepEqual(stored, old.status?.storedVersions)
      ? { ...next, status: old.status }
      : { ...next, status: { ...old.status, storedVersions: stored } };
  },
  validateUpdate: validateDefinitionUpdate,
  // Objects are removed before their definition goes.
  prepareForDelete(definition, time) {
    const { metadata, status } = definition;
    const finalizers = metadata?.finalizers ?? [];
    return {
      ...definition,
      metadata: finalizers.includes(CLEANUP_FINALIZER) ? metadata : { ...metadata, finalizers: [...finalizers, CLEANUP_FINALIZER] },
      status: {
        ...status,
        conditions: withCondition(
          status?.conditions,
          {
            type: 'Terminating',
            status: 'True',
            reason: 'InstanceDeletionPending',
            message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
          },
          time,
        ),
      },
    };
  },
  prepareForStatusUpdate: (next, old) => ({ ...old, metadata: next.metadata as Meta, status: next.status ?? {} }),
};
