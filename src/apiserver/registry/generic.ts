/** What every kind does unless its descriptor says otherwise. */

import { deepEqual, type KubeObject } from '#api';
import type { Meta, Stored } from '../object-meta.ts';
import type { ResourceDescriptor } from './descriptor.ts';

type WithSpec = Stored & { readonly spec?: unknown; readonly status?: unknown };

/** On create: a generation of 1, and no status but the server's own. */
export function prepareForCreate(descriptor: ResourceDescriptor, object: Stored, time: string): KubeObject {
  if (descriptor.hasGeneration) object.metadata.generation = 1;
  else object.metadata.generation = undefined;
  if (descriptor.prepareForCreate !== undefined) return descriptor.prepareForCreate(object, time);
  return descriptor.hasStatus && (object as WithSpec).status !== undefined ? ({ ...object, status: {} } as KubeObject) : object;
}

/** On update: status stays, and a changed spec bumps the generation. */
export function prepareForUpdate(descriptor: ResourceDescriptor, next: Stored, old: KubeObject, time: string): KubeObject {
  let result: KubeObject = next;
  const before = old as WithSpec;
  if (descriptor.hasStatus && (next as WithSpec).status !== before.status) result = { ...next, status: before.status } as KubeObject;
  if (descriptor.prepareForUpdate !== undefined) result = descriptor.prepareForUpdate(result, old, time);
  if (descriptor.hasGeneration) bumpGeneration(result as WithSpec, before);
  return result;
}

/** The new metadata is not published yet, so it may still be written. */
function bumpGeneration(next: WithSpec, old: WithSpec): void {
  const metadata: Meta = next.metadata;
  const generation = old.metadata.generation ?? 0;
  metadata.generation = next.spec !== old.spec && !deepEqual(next.spec, old.spec) ? generation + 1 : old.metadata.generation;
}

/** On /status: everything but status stays as it was; labels too. */
export function prepareForStatusUpdate(descriptor: ResourceDescriptor, next: Stored, old: KubeObject, time: string): KubeObject {
  if (descriptor.prepareForStatusUpdate !== undefined) return descriptor.prepareForStatusUpdate(next, old, time);
  const metadata: Meta = next.metadata;
  metadata.labels = old.metadata?.labels;
  return { ...old, metadata, status: (next as WithSpec).status } as KubeObject;
}
