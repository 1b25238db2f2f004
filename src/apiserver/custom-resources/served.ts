/** Keeps what a server serves in step with the definitions that it knows, and does for them what controllers inside kube-apiserver do: accept names,
 *  establish, and on deletion remove the objects first. Mirrors apiextensions-apiserver v1.34 pkg/apiserver/customresource_handler.go and pkg/controller.
 *  Every server tries; the first one's write wins and the others' fail on the version. */

import { type ApiRequest, type KubeObject, type ResourceInfo, rfc3339 } from '#api';
import type { Context } from '#sim';
import type { CacheFeed } from '../cache-feed.ts';
import type { ResourceDescriptor } from '../registry/descriptor.ts';
import type { ServedResources } from '../served-resources.ts';
import { type ResourceView, remembered } from '../views/resource-view.ts';
import type { Converter } from './conversion/converter.ts';
import { customDescriptor, customInfo } from './custom-resource.ts';
import {
  CLEANUP_FINALIZER,
  compareVersions,
  conditionIs,
  DEFINITIONS,
  type DefinedVersion,
  type Definition,
  storageVersion,
} from './definition.ts';
import { nextStatus } from './naming.ts';

/** A request of the server's own. */
export type OwnRequest = Omit<ApiRequest, 'kind' | 'id' | 'user'>;

interface Served {
  definition: Definition;
  readonly feed: CacheFeed;
  names: readonly string[];
}

/** Served versions, the best first: that is the one whose name needs no version. */
export const servedVersions = ({ spec }: Definition): readonly DefinedVersion[] =>
  spec.versions.filter(({ served }) => served).toSorted((a, b) => compareVersions(a.name, b.name));

const isServed = (definition: Definition): boolean =>
  conditionIs(definition, 'Established', 'True') && servedVersions(definition).length > 0;

/** Without a webhook versions differ by name alone. */
const renamedView = (stored: ResourceInfo, { apiVersion }: ResourceInfo): ResourceView => ({
  stored,
  present: remembered((object) => (object.apiVersion === apiVersion ? object : ({ ...object, apiVersion } as KubeObject))),
  absorb: (object) => object,
});

/** With one, whoever reads an object has it converted first. */
const convertedView = (converter: Converter, own: ResourceInfo): ResourceView => ({
  stored: own,
  converter,
  present: (object) => converter.known(object, own.apiVersion) ?? object,
  absorb: (object) => object,
});

export class CustomResources {
  private readonly resources: ServedResources;
  private readonly converterOf: (definition: Definition, storage: string) => Converter | undefined;
  private readonly send: (request: OwnRequest, ctx: Context) => void;
  private readonly served = new Map<string, Served>();
  /** Definitions about which this server has written, by version: once is enough. */
  private readonly written = new Map<string, string>();
  private hasTerminating = false;

  constructor(
    resources: ServedResources,
    converterOf: (definition: Definition, storage: string) => Converter | undefined,
    send: (request: OwnRequest, ctx: Context) => void,
  ) {
    this.resources = resources;
    this.converterOf = converterOf;
    this.send = send;
  }

  /** Called when the server's caches are filled: from now on definitions are followed. */
  watch(ctx: Context): void {
    const cache = this.resources.get(DEFINITIONS)?.cache;
    const feed = cache === undefined ? undefined : this.resources.feed(cache);
    if (feed === undefined) return;
    feed.changed = (then) => this.sync(then);
    this.sync(ctx);
  }

  /** Every definition that this server knows. */
  get definitions(): Definition[] {
    const cache = this.resources.get(DEFINITIONS)?.cache;
    return (cache?.inOrder() ?? []).map(({ value }) => value as Definition);
  }

  /** Called when definitions have changed. */
  sync(ctx: Context): void {
    const all = this.definitions;
    const known = new Set(all.map(({ metadata }) => metadata?.name ?? ''));
    for (const [name, served] of [...this.served]) if (!known.has(name)) this.withdraw(name, served, ctx);
    this.hasTerminating = false;
    for (const definition of all) {
      if (isServed(definition)) this.serve(definition, ctx);
      if (definition.metadata?.deletionTimestamp !== undefined) this.hasTerminating = true;
      else this.advance(definition, all, ctx);
    }
    if (this.hasTerminating) this.tick(ctx);
  }

  private serve(definition: Definition, ctx: Context): void {
    const name = definition.metadata?.name ?? '';
    const storage = storageVersion(definition) as DefinedVersion;
    const storedInfo = customInfo(definition, storage.name);
    let served = this.served.get(name);
    if (served?.definition === definition) return;
    if (served === undefined) {
      const descriptor = customDescriptor(definition, storage) as unknown as ResourceDescriptor;
      served = { definition, feed: this.resources.add(name, descriptor, storedInfo), names: [] };
      this.served.set(name, served);
      served.feed.list(ctx);
    }
    served.definition = definition;
    for (const old of served.names) this.resources.hide(old);
    const base = served.feed.resource;
    const converter = this.converterOf(definition, storedInfo.apiVersion);
    const names: string[] = [];
    servedVersions(definition).forEach((version, i) => {
      const info = customInfo(definition, version.name);
      const descriptor = customDescriptor(definition, version) as unknown as ResourceDescriptor;
      // With one version there is nothing to convert.
      const isOnly = definition.spec.versions.length === 1 && (definition.status?.storedVersions?.length ?? 1) <= 1;
      const view: ResourceView | undefined = isOnly
        ? undefined
        : converter === undefined
          ? renamedView(storedInfo, info)
          : convertedView(converter, info);
      const own = `${info.plural}.${version.name}.${info.group}`;
      names.push(own);
      this.resources.show(own, base, descriptor, info, view);
      if (i === 0) this.resources.show(name, base, descriptor, info, view);
    });
    served.names = names;
  }

  private withdraw(name: string, served: Served, ctx: Context): void {
    for (const old of [name, ...served.names]) this.resources.hide(old);
    this.resources.remove(served.feed, ctx);
    this.served.delete(name);
    this.written.delete(name);
  }

  /** Names accepted, then established. */
  private advance(definition: Definition, all: readonly Definition[], ctx: Context): void {
    const status = nextStatus(definition, all, rfc3339(ctx.clock()));
    if (status !== undefined) this.write({ ...definition, status }, 'status', ctx);
  }

  private write(definition: Definition, subresource: string | undefined, ctx: Context): void {
    const { name = '', resourceVersion = '' } = definition.metadata ?? {};
    if (this.written.get(name) === resourceVersion) return;
    this.written.set(name, resourceVersion);
    this.send(
      { verb: 'update', resource: DEFINITIONS, name, body: definition, ...(subresource === undefined ? {} : { subresource }) },
      ctx,
    );
  }

  /** Once a second while definitions are dying: objects go first, then the finalizer. */
  tick(ctx: Context): void {
    if (!this.hasTerminating) return;
    for (const definition of this.definitions) {
      const { metadata } = definition;
      if (metadata?.deletionTimestamp === undefined || !metadata.finalizers?.includes(CLEANUP_FINALIZER)) continue;
      const served = this.served.get(metadata.name ?? '');
      if (served !== undefined && !served.feed.resource.cache.isReady) continue;
      const left = served === undefined ? [] : served.feed.resource.cache.inOrder();
      if (left.length === 0) {
        const finalizers = metadata.finalizers.filter((one) => one !== CLEANUP_FINALIZER);
        this.write({ ...definition, metadata: { ...metadata, finalizers } }, undefined, ctx);
        continue;
      }
      for (const { value } of left) {
        const { name, namespace, deletionTimestamp } = (value as KubeObject).metadata ?? {};
        if (deletionTimestamp === undefined) this.send({ verb: 'delete', resource: metadata.name ?? '', name, namespace }, ctx);
      }
    }
  }
}
