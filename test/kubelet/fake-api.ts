/** A tiny API server for kubelet tests: stores objects, patches strategically, feeds watches by field selector, keeps a log of all writes. */

import {
  type ApiRequest,
  type ApiResponse,
  type KubeObject,
  keyOf,
  notFound,
  type Pod,
  type Pong,
  rfc3339,
  strategicMergePatch,
  strategicSchema,
  type WatchEvents,
} from '#api';
import type { Context, Host, HostId, Message } from '#sim';
import { messageKind } from '#sim';

/** What a test does to the cluster, delivered to the server at an instant. */
export interface TestAction extends Message {
  readonly kind: 'TestAction';
  readonly action: number;
}
messageKind<TestAction>({ kind: 'TestAction', digest: (m, hasher) => hasher.int(m.action) });

export interface Write {
  readonly at: number;
  readonly verb: string;
  readonly resource: string;
  readonly name: string;
  readonly body: Record<string, unknown>;
}

interface Watch {
  readonly host: HostId;
  readonly id: number;
  readonly resource: string;
  readonly selector: string;
  sequence: number;
}

const KINDS: Record<string, string> = { pods: 'Pod', nodes: 'Node', events: 'Event' };

export class FakeApi implements Host {
  readonly objects = new Map<string, KubeObject>();
  readonly writes: Write[] = [];
  readonly reads: { readonly at: number; readonly resource: string; readonly name: string; readonly options: ApiRequest['options'] }[] = [];
  readonly actions: { at: number; run: (api: FakeApi, ctx: Context) => void }[];
  /** Watches by resource and field selector. */
  private readonly watches = new Map<string, Watch[]>();
  private revision = 10;
  logWrites = true;
  /** Requests that are answered with an error code once: 'verb resource'. */
  readonly failures = new Map<string, number[]>();

  /** What comes and is no request to an API server. */
  other: (message: Message, ctx: Context) => void = () => {};

  constructor(actions: { at: number; run: (api: FakeApi, ctx: Context) => void }[] = []) {
    this.actions = actions;
  }

  start(ctx: Context): void {
    this.actions.forEach(({ at }, action) => ctx.after(at, { kind: 'TestAction', action } as TestAction));
  }

  receive(message: Message, ctx: Context): void {
    if (message.kind === 'TestAction') return this.actions[(message as TestAction).action]?.run(this, ctx);
    if (message.kind === 'Ping') return ctx.send(ctx.source, { kind: 'Pong', since: 0 } as Pong);
    if (message.kind !== 'ApiRequest') return this.other(message, ctx);
    const request = message as ApiRequest;
    const fails = this.failures.get(`${request.verb} ${request.resource}`);
    const code = fails?.shift();
    if (code !== undefined) return this.answer(request, code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code }, ctx);
    this.serve(request, ctx);
  }

  /** How many watches of a resource are open. */
  watching(resource: string): number {
    let count = 0;
    for (const list of this.watches.values()) for (const watch of list) if (watch.resource === resource) count++;
    return count;
  }

  pod(key: string): Pod | undefined {
    return this.objects.get(`pods/${key}`) as Pod | undefined;
  }

  private answer(request: ApiRequest, code: number, object: unknown, ctx: Context): void {
    const sent = request.discardBody === true && code < 400 ? { metadata: (object as KubeObject).metadata } : object;
    ctx.send(ctx.source, { kind: 'ApiResponse', id: request.id, code, object: sent } as ApiResponse);
  }

  private serve(request: ApiRequest, ctx: Context): void {
    const { verb, resource } = request;
    const body = request.body as KubeObject & Record<string, unknown>;
    const name = request.name ?? body?.metadata?.name ?? '';
    const key = `${resource}/${request.namespace === undefined ? name : `${request.namespace}/${name}`}`;
    if (verb === 'list') return this.list(request, ctx);
    if (verb === 'watch') {
      const selector = request.options?.fieldSelector ?? '';
      const at = `${resource}/${selector}`;
      const list = this.watches.get(at) ?? [];
      list.push({ host: ctx.source, id: request.id, resource, selector, sequence: 0 });
      this.watches.set(at, list);
      return this.answer(request, 200, {}, ctx);
    }
    if (this.logWrites && verb !== 'get')
      this.writes.push({
        at: ctx.now,
        verb: request.subresource === undefined ? verb : `${verb} ${request.subresource}`,
        resource,
        name,
        body,
      });
    if (verb === 'get') this.reads.push({ at: ctx.now, resource, name, options: request.options });
    const existing = this.objects.get(key);
    if (verb === 'create') {
      if (existing !== undefined)
        return this.answer(request, 409, { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'AlreadyExists', code: 409 }, ctx);
      if (resource === 'events') return this.answer(request, 201, body, ctx);
      const made = this.put(
        key,
        { ...body, metadata: { ...body.metadata, uid: `uid-${this.revision}`, creationTimestamp: rfc3339(ctx.clock()) } },
        'ADDED',
        ctx,
      );
      return this.answer(request, 201, made, ctx);
    }
    if (resource === 'events') return this.answer(request, 200, { metadata: {} }, ctx);
    if (existing === undefined) return this.answer(request, 404, notFound(resource, name), ctx);
    if (verb === 'get') return this.answer(request, 200, existing, ctx);
    if (verb === 'update') return this.answer(request, 200, this.put(key, body, 'MODIFIED', ctx), ctx);
    if (verb === 'delete') {
      this.objects.delete(key);
      this.notify(resource, 'DELETED', { ...existing, metadata: { ...existing.metadata, resourceVersion: String(++this.revision) } }, ctx);
      return this.answer(request, 200, existing, ctx);
    }
    const patched = strategicMergePatch(existing as Record<string, unknown>, body, strategicSchema(KINDS[resource] ?? ''));
    this.answer(request, 200, this.put(key, patched as KubeObject, 'MODIFIED', ctx), ctx);
  }

  private list(request: ApiRequest, ctx: Context): void {
    const items = [...this.objects.entries()]
      .filter(
        ([key, object]) =>
          key.startsWith(`${request.resource}/`) && selectorOf(request.resource, object) === (request.options?.fieldSelector ?? ''),
      )
      .map(([, object]) => object);
    this.answer(request, 200, { kind: 'List', apiVersion: 'v1', metadata: { resourceVersion: String(this.revision) }, items }, ctx);
  }

  /** Stores and tells the watchers. */
  put(key: string, object: KubeObject, type: 'ADDED' | 'MODIFIED', ctx: Context): KubeObject {
    this.revision += 1;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.revision) } };
    this.objects.set(key, stored);
    this.notify(key.slice(0, key.indexOf('/')), type, stored, ctx);
    return stored;
  }

  private notify(resource: string, type: 'ADDED' | 'MODIFIED' | 'DELETED', object: KubeObject, ctx: Context): void {
    const watches = this.watches.get(`${resource}/${selectorOf(resource, object)}`);
    if (watches === undefined) return;
    for (const watch of watches) {
      ctx.send(watch.host, { kind: 'WatchEvents', id: watch.id, sequence: watch.sequence++, events: [{ type, object }] } as WatchEvents);
    }
  }

  /** Binds a pod to its spec.nodeName by creating it there. */
  addPod(pod: Pod, ctx: Context): void {
    const metadata = { uid: `uid-${keyOf(pod)}`, creationTimestamp: rfc3339(ctx.clock()), ...pod.metadata };
    this.put(`pods/${keyOf(pod)}`, { ...pod, metadata, status: { phase: 'Pending' } } as KubeObject, 'ADDED', ctx);
  }

  deletePod(key: string, graceSeconds: number, ctx: Context): void {
    const pod = this.pod(key) as Pod;
    const metadata = {
      ...pod.metadata,
      deletionTimestamp: rfc3339(ctx.clock() + graceSeconds * 1e6),
      deletionGracePeriodSeconds: graceSeconds,
    };
    this.put(`pods/${key}`, { ...pod, metadata } as KubeObject, 'MODIFIED', ctx);
  }

  /** As a force deletion: the object goes at once. */
  removePod(key: string, ctx: Context): void {
    const pod = this.objects.get(`pods/${key}`) as KubeObject;
    this.objects.delete(`pods/${key}`);
    this.notify('pods', 'DELETED', pod, ctx);
  }
}

function selectorOf(resource: string, object: KubeObject): string {
  if (resource === 'pods') return `spec.nodeName=${(object as Pod).spec?.nodeName ?? ''}`;
  return resource === 'nodes' || resource === 'configmaps' || resource === 'secrets' ? `metadata.name=${object.metadata?.name ?? ''}` : '';
}
