/** What an admission plugin is told of a request. Mirrors apiserver v1.34 pkg/admission/attributes.go. */

import type { KubeObject, Resource, StatusObject } from '#api';
import { forbidden } from '#api';
import type { Operation } from '../core.ts';

/** admission.Operation. */
export type AdmissionVerb = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

export interface Attributes {
  readonly operation: Operation;
  readonly verb: AdmissionVerb;
  readonly resource: Resource;
  readonly subresource: string;
  readonly namespace: string;
  /** Of the URL; on create that of the object, when it has one already. */
  readonly name: string;
  /** Absent on deletions. */
  readonly object: KubeObject | undefined;
  /** What is stored; absent on creations. */
  readonly old: KubeObject | undefined;
}

export function verbOf({ action, isNew }: Operation): AdmissionVerb {
  switch (action) {
    case 'update':
    case 'patch':
      return isNew ? 'CREATE' : 'UPDATE';
    case 'delete':
    case 'deletecollection':
      return 'DELETE';
    default:
      return 'CREATE';
  }
}

export function attributesOf(operation: Operation, object: KubeObject | undefined, old: KubeObject | undefined): Attributes {
  const { request, resource } = operation;
  const verb = verbOf(operation);
  return {
    operation,
    verb,
    resource: resource.info.resource,
    subresource: request.subresource ?? '',
    namespace: request.namespace ?? '',
    name: request.name ?? object?.metadata?.name ?? '',
    object: verb === 'DELETE' ? undefined : object,
    old: verb === 'CREATE' ? undefined : old,
  };
}

/** admission.NewForbidden: 403 with the object's name, or generateName's; 'Unknown' is not said where there is none. */
export function refusedBy(attributes: Attributes, why: string): StatusObject {
  const { object, name, resource } = attributes;
  return forbidden(resource, name || object?.metadata?.name || object?.metadata?.generateName || 'Unknown', why);
}

/** utilerrors.NewAggregate's text: one as it is, several in brackets, none twice. */
export function aggregate(texts: readonly string[]): string {
  const different = [...new Set(texts)];
  return different.length === 1 ? (different[0] as string) : `[${different.join(', ')}]`;
}
