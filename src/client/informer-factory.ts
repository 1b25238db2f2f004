/** A host's informers over one connection. Mirrors client-go v1.34 informers/factory.go. */

import type { KubeObject, Resource } from '#api';
import type { Context, Duration, Message } from '#sim';
import type { Client } from './api-client.ts';
import type { ApiClient, Informer, InformerFactory } from './contract.ts';
import { SharedInformer } from './informer.ts';
import { Reflector } from './reflector.ts';

class SharedInformerFactory implements InformerFactory {
  readonly #client: Client<unknown>;
  readonly #eventCost: Duration;
  readonly #informers = new Map<string, SharedInformer<KubeObject>>();
  readonly #reflectors: Reflector[] = [];
  #isStarted = false;

  constructor(client: Client<unknown>, eventCost: Duration) {
    this.#client = client;
    this.#eventCost = eventCost;
  }

  informer<T extends KubeObject>(
    resource: Resource,
    options: { labelSelector?: string; fieldSelector?: string; namespace?: string } = {},
  ): Informer<T> {
    const name = `${resource}|${options.namespace ?? ''}|${options.labelSelector ?? ''}|${options.fieldSelector ?? ''}`;
    let informer = this.#informers.get(name);
    if (informer === undefined) {
      if (this.#isStarted) throw new Error(`informer for ${resource} asked for after the factory started`);
      informer = new SharedInformer<KubeObject>(resource);
      this.#informers.set(name, informer);
      this.#reflectors.push(new Reflector(this.#client, resource, informer, { ...options, eventCost: this.#eventCost }));
    }
    return informer as unknown as Informer<T>;
  }

  start(ctx: Context): void {
    this.#isStarted = true;
    for (const reflector of this.#reflectors) reflector.start(ctx);
  }

  get synced(): boolean {
    for (const informer of this.#informers.values()) if (!informer.synced) return false;
    return true;
  }

  receive(message: Message, ctx: Context): boolean {
    if (!this.#client.isInternal(message)) return false;
    this.#client.receive(message, ctx);
    return true;
  }
}

/** `eventCost`: CPU charged to the host per object decoded (default none: a kubelet's few events do not matter). */
export function createInformerFactory<C>(client: ApiClient<C>, { eventCost = 0 }: { eventCost?: Duration } = {}): InformerFactory {
  return new SharedInformerFactory(client as unknown as Client<unknown>, eventCost);
}
