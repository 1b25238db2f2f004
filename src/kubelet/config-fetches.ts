/** Reads ConfigMaps and Secrets for kubelets that watch none (configMapAndSecretChangeDetectionStrategy Cache or Get): with GET requests, when a pod needs them
 *  and at each of its syncs. Mirrors kubernetes v1.34 pkg/kubelet/util/manager/cache_based_manager.go (Cache: what was read is good for a minute, or for what the
 *  node's annotation says; a pod that comes has it read anew; what was not found is asked for again) and pkg/kubelet/configmap, secret (simple managers: Get).
 *
 *  Departures: pods sync every 60 to 90 s and not at each change besides; a change's propagation is recorded as the most that it can have taken, the time since
 *  the last read that showed the old object: the kubelet does not know when it was changed. */

import type { KubeObject } from '#api';
import type { Outcome } from '#client';
import { type Context, type Instant, SECOND } from '#sim';
import type { Continuation, NodeAgent } from './agent.ts';
import type { ConfigSource } from './pod-config.ts';

/** The TTL where the node's annotation names none (defaultTTL). */
const TTL_SECONDS = 60;
/** v1.ObjectTTLAnnotationKey. */
const TTL_ANNOTATION = 'node.alpha.kubernetes.io/ttl';

/** What is known of an object that is fetched. */
export interface Fetched {
  readonly kind: 'configmaps' | 'secrets';
  readonly namespace: string;
  readonly name: string;
  /** When it was last read, while that read counts; a pod that comes makes it count no more. */
  readAt: Instant | undefined;
  isFetching: boolean;
  /** Why the last read brought nothing that may be used. */
  failure: string | undefined;
  /** Slots of the pods that wait for the answer, and of all that name the object. */
  readonly readers: Set<number>;
  readonly pods: Set<number>;
}

export class ConfigFetches {
  private readonly agent: NodeAgent;
  private readonly sources = new Map<string, ConfigSource>();
  /** What each pod has read in the pass that it is in. */
  private readonly read = new Map<number, Set<ConfigSource>>();

  constructor(agent: NodeAgent) {
    this.agent = agent;
  }

  /** AddReference. */
  refer(key: string, source: ConfigSource, fetched: Fetched, slot: number): void {
    this.sources.set(key, source);
    source.fetched = fetched;
    if (fetched.pods.has(slot)) return;
    fetched.pods.add(slot);
    fetched.readAt = undefined;
  }

  /** UnregisterPod: what no pod names is forgotten. */
  forget(slot: number): readonly string[] {
    this.read.delete(slot);
    const gone: string[] = [];
    for (const [key, { fetched }] of this.sources) {
      fetched?.readers.delete(slot);
      if (fetched?.pods.delete(slot) === true && fetched.pods.size === 0) gone.push(key);
    }
    for (const key of gone) this.sources.delete(key);
    return gone;
  }

  /** Whether the pod may use what is known; if not, it is asked for. */
  isReady(source: ConfigSource, slot: number, ctx: Context): boolean {
    const { fetched } = source;
    if (fetched === undefined) return false;
    let read = this.read.get(slot);
    if (read?.has(source)) return true;
    if (read === undefined) this.read.set(slot, (read = new Set()));
    if (this.isFresh(source, fetched, ctx)) {
      read.add(source);
      return true;
    }
    fetched.readers.add(slot);
    if (!fetched.isFetching) this.fetch(source, fetched, ctx);
    return false;
  }

  /** The pod has what it wanted: the next pass reads anew. */
  done(slot: number): void {
    this.read.delete(slot);
  }

  private isFresh({ object }: ConfigSource, { readAt }: Fetched, ctx: Context): boolean {
    if (this.agent.settings.configMapAndSecretChangeDetectionStrategy === 'Get' || object === undefined || readAt === undefined)
      return false;
    const seconds = Number.parseInt(this.agent.node?.metadata?.annotations?.[TTL_ANNOTATION] ?? '', 10);
    return ctx.now < readAt + (Number.isNaN(seconds) ? TTL_SECONDS : seconds) * SECOND;
  }

  private fetch({ object }: ConfigSource, fetched: Fetched, ctx: Context): void {
    const { kind, namespace, name, readAt } = fetched;
    fetched.isFetching = true;
    const isRefresh =
      this.agent.settings.configMapAndSecretChangeDetectionStrategy === 'Cache' && object !== undefined && readAt !== undefined;
    const spec = { verb: 'get', resource: kind, namespace, name, ...(isRefresh ? { options: { resourceVersion: '0' } } : {}) } as const;
    this.agent.client.request(ctx, spec, { of: 'config', key: `${kind}/${namespace}/${name}` }, this.agent.egress);
  }

  /** Returns the pods that waited for it. */
  answered(key: string, { code, object, error }: Outcome<Continuation>, ctx: Context): readonly number[] {
    const source = this.sources.get(key);
    const fetched = source?.fetched;
    if (source === undefined || fetched === undefined) return [];
    fetched.isFetching = false;
    fetched.failure = undefined;
    if (code === 404 || (code === 200 && !isOlder(object, source.object))) {
      source.object = code === 200 ? object : undefined;
      fetched.readAt = ctx.now;
    } else if (code !== 200 && (source.object === undefined || this.agent.settings.configMapAndSecretChangeDetectionStrategy === 'Get')) {
      fetched.failure = error?.message ?? 'connection lost';
    }
    const waited = [...fetched.readers];
    fetched.readers.clear();
    for (const slot of waited) this.read.get(slot)?.add(source);
    return waited;
  }
}

/** isObjectOlder. */
function isOlder(next: KubeObject | undefined, known: KubeObject | undefined): boolean {
  if (next === undefined || known === undefined) return false;
  return Number(next.metadata?.resourceVersion ?? 0) < Number(known.metadata?.resourceVersion ?? 0);
}
