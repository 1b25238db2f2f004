/** A store kept by a reflector, with handlers. Mirrors client-go v1.34 tools/cache/shared_informer.go; handlers run at once, in order of registration. */

import type { KubeObject, Resource } from '#api';
import { keyOf } from '#api';
import type { Context } from '#sim';
import type { Informer, InformerEvent } from './contract.ts';
import type { Sink } from './reflector.ts';
import { Store } from './store.ts';

type Handler<T extends KubeObject> = (event: InformerEvent<T>, ctx: Context) => void;

export class SharedInformer<T extends KubeObject> extends Store<T> implements Informer<T>, Sink {
  readonly resource: Resource;
  synced = false;
  readonly #handlers: Handler<T>[] = [];

  constructor(resource: Resource) {
    super();
    this.resource = resource;
  }

  onEvent(handler: Handler<T>): void {
    this.#handlers.push(handler);
  }

  #notify(event: InformerEvent<T>, ctx: Context): void {
    for (const handler of this.#handlers) handler(event, ctx);
  }

  upsert(object: KubeObject, ctx: Context, key: string = keyOf(object)): void {
    const previous = this.set(key, object as T);
    // A relist shows again what is known already.
    if (previous !== undefined && (previous === object || previous.metadata?.resourceVersion === object.metadata?.resourceVersion)) return;
    if (this.#handlers.length === 0) return;
    // The same key with another uid: the deletion between was missed. Upstream tells it as an update too.
    this.#notify({ type: previous === undefined ? 'add' : 'update', key, object: object as T, previous }, ctx);
  }

  remove(object: KubeObject, ctx: Context, key: string = keyOf(object)): void {
    const previous = this.delete(key);
    if (previous === undefined || this.#handlers.length === 0) return;
    this.#notify({ type: 'delete', key, object: object as T, previous }, ctx);
  }

  replace(objects: readonly KubeObject[], ctx: Context): void {
    const listed = new Set<string>();
    for (const object of objects) listed.add(keyOf(object));
    const vanished: T[] = [];
    for (const key of this.keys()) if (!listed.has(key)) vanished.push(this.get(key) as T);
    for (const object of vanished) this.remove(object, ctx);
    for (const object of objects) this.upsert(object, ctx);
    this.synced = true;
  }
}
