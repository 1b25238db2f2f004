/** The objects of a cached resource by namespace, indexed again when the cache has moved on. */

import type { KubeObject } from '#api';
import type { ResourceState } from '../core.ts';

export class ByNamespace<T extends KubeObject> {
  private readonly resource: ResourceState | undefined;
  private revision = -1;
  private size = -1;
  private readonly index = new Map<string, T[]>();

  constructor(resource: ResourceState | undefined) {
    this.resource = resource;
  }

  get isEmpty(): boolean {
    return this.resource === undefined || this.resource.cache.objects.size === 0;
  }

  /** In the order of their names. */
  in(namespace: string): readonly T[] {
    if (this.resource === undefined || this.isEmpty) return [];
    const { cache } = this.resource;
    if (cache.revision !== this.revision || cache.objects.size !== this.size) {
      this.revision = cache.revision;
      this.size = cache.objects.size;
      this.index.clear();
      for (const { value } of cache.inOrder()) {
        const object = value as T;
        const at = object.metadata?.namespace ?? '';
        const known = this.index.get(at);
        if (known === undefined) this.index.set(at, [object]);
        else known.push(object);
      }
    }
    return this.index.get(namespace) ?? [];
  }
}

const indexes = new WeakMap<ResourceState, ByNamespace<KubeObject>>();

/** One index a resource and server. */
export function byNamespace<T extends KubeObject>(resource: ResourceState | undefined): ByNamespace<T> {
  if (resource === undefined) return new ByNamespace<T>(undefined);
  let index = indexes.get(resource);
  if (index === undefined) {
    index = new ByNamespace<KubeObject>(resource);
    indexes.set(resource, index);
  }
  return index as ByNamespace<T>;
}
