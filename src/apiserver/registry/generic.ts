/** What every kind does unless its descriptor says otherwise. */

import { deepEqual, type KubeObject, type ResourceInfo } from '#api';
import type { Meta, Stored } from '../object-meta.ts';
import type { PartRules, ResourceDescriptor } from './descriptor.ts';

type WithSpec = Stored & { readonly spec?: unknown; readonly status?: unknown };

/** The object under `metadata`, in its kind's one shape; members that the kind does not have fall away, as a decoder drops them. */
export function shaped(
  { hasStatus, hasOnlySpec, openShape }: ResourceDescriptor,
  info: ResourceInfo,
  object: KubeObject,
  metadata: Meta,
): Stored {
  const { apiVersion, kind } = info;
  const { spec, status } = object as { spec?: unknown; status?: unknown };
  if (openShape) return { ...object, apiVersion, kind, metadata } as Stored;
  if (hasStatus) return { apiVersion, kind, metadata, spec, status } as Stored;
  if (hasOnlySpec) return { apiVersion, kind, metadata, spec } as Stored;
  return { ...object, apiVersion, kind, metadata } as Stored;
}

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

/** On subresources that are a part of the object (/resize). */
export function preparePart(
  descriptor: ResourceDescriptor,
  part: PartRules<KubeObject>,
  next: Stored,
  old: KubeObject,
  time: string,
): KubeObject {
  const result = part.prepare(next, old, time);
  if (descriptor.hasGeneration) bumpGeneration(result as WithSpec, old as WithSpec);
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
