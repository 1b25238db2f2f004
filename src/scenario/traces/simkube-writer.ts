/** Changes of objects as a trace of SimKube (version 2): what was applied and deleted second by second, and how long pods lived. Read back by simkube.ts and by
 *  SimKube itself. MessagePack for `.sktrace`, JSON for everything else. */

import { encode } from '@msgpack/msgpack';
import type { KubeObject } from '#api';
import { adapted, stageOf } from './cluster-dump.ts';
import { identityOf, isOwned, type ObjectChange } from './object-change.ts';
import { podSpecOf, portableMetadata } from './portable-pod.ts';
import { reasonToDrop } from './standing-objects.ts';
import { shareOf } from './trace-luck.ts';

type Fields = Readonly<Record<string, unknown>>;

interface WrittenEvent {
  readonly ts: number;
  readonly applied_objs: Fields[];
  readonly deleted_objs: Fields[];
}

type Lifetime = { readonly Running: number } | { readonly Finished: readonly [number, number] };

/** A lifetime under its owner: kind and namespace/name. */
interface PodLife {
  readonly owner: readonly [kind: string, name: string];
  readonly hash: number;
  readonly lifetime: Lifetime;
}

export interface SimkubeTrace {
  readonly config: Fields;
  readonly events: readonly WrittenEvent[];
  readonly index: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly lives: readonly PodLife[];
}

const kindOf = ({ apiVersion, kind }: KubeObject): string => `${apiVersion}.${kind}`;
const nameOf = ({ metadata }: KubeObject): string =>
  metadata?.namespace === undefined ? (metadata?.name ?? '') : `${metadata.namespace}/${metadata.name}`;

/** What a user asked for: without status and the server's bookkeeping. */
function wished(object: KubeObject): Fields {
  const { status: _status, ...rest } = object as unknown as Fields;
  const applied = adapted({ ...rest, metadata: portableMetadata(object.metadata as unknown as Fields) });
  if (object.kind !== 'Pod') return applied;
  const { nodeName: _node, ...spec } = rest['spec'] as Fields;
  return { ...applied, spec };
}

const hashOf = (object: Fields): number =>
  Math.floor(shareOf(0, 'simkube', JSON.stringify(podSpecOf(object) ?? object['spec'] ?? {})) * 2 ** 32);

interface TerminatedState {
  readonly state?: {
    readonly terminated?: { readonly startedAt?: string; readonly finishedAt?: string };
    readonly running?: { readonly startedAt?: string };
  };
}

/** From the first start to the last end of its containers. */
function lifetimeOf(pod: KubeObject, gone: number | undefined): Lifetime | undefined {
  const states = ((pod as { status?: { containerStatuses?: readonly TerminatedState[] } }).status?.containerStatuses ?? []).map(
    ({ state }) => state,
  );
  const starts = states.flatMap((state) => state?.terminated?.startedAt ?? state?.running?.startedAt ?? []).map(secondsOf);
  if (starts.length === 0) return undefined;
  const start = Math.min(...starts);
  const ends = states.flatMap((state) => state?.terminated?.finishedAt ?? []).map(secondsOf);
  if (ends.length === states.length) return { Finished: [start, Math.max(start, ...ends)] };
  return gone === undefined ? { Running: start } : { Finished: [start, Math.max(start, Math.floor(gone))] };
}

const secondsOf = (text: string): number => Math.floor(Date.parse(text) / 1000);

/** Changes in the order of time. */
export function simkubeTraceOf(changes: Iterable<ObjectChange>): SimkubeTrace {
  const events: WrittenEvent[] = [];
  const known = new Map<string, string>();
  const pods = new Map<string, { readonly pod: KubeObject; readonly gone?: number }>();
  const index: Record<string, Record<string, number>> = {};
  const eventAt = (seconds: number): WrittenEvent => {
    const ts = Math.floor(seconds);
    const last = events.at(-1);
    if (last?.ts === ts) return last;
    const next: WrittenEvent = { ts, applied_objs: [], deleted_objs: [] };
    events.push(next);
    return next;
  };
  for (const { seconds, type, object } of changes) {
    const key = identityOf(object);
    if (object.kind === 'Pod')
      pods.set(`${key} ${object.metadata?.uid ?? ''}`, { pod: object, ...(type === 'DELETED' ? { gone: seconds } : {}) });
    const isLeaving = object.metadata?.deletionTimestamp !== undefined;
    // A pod that is being deleted is gone for whoever deleted it: SimKube writes the request, not its end.
    if (type === 'DELETED' || (object.kind === 'Pod' && isLeaving)) {
      if (!known.delete(key)) continue;
      eventAt(seconds).deleted_objs.push(wished(object));
      continue;
    }
    if (object.kind === 'Node' || object.kind === 'Event' || isOwned(object) || (!known.has(key) && reasonToDrop(object) !== undefined))
      continue;
    const applied = wished(object);
    const text = JSON.stringify(applied);
    // A pod's own spec does not change, but for what the scheduler and admission write into it.
    if (known.get(key) === text || (object.kind === 'Pod' && known.has(key))) continue;
    known.set(key, text);
    eventAt(seconds).applied_objs.push(applied);
    const kind = kindOf(object);
    index[kind] ??= {};
    index[kind][nameOf(object)] = hashOf(applied);
  }
  // A first list tells kinds in any order.
  for (const { applied_objs: applied } of events) applied.sort((a, b) => stageOf(String(a['kind'])) - stageOf(String(b['kind'])));
  const tracked = Object.fromEntries(Object.keys(index).map((kind) => [kind, kind === 'v1.Pod' ? POD_PATHS : TEMPLATE_PATHS]));
  return { config: { trackedObjects: tracked }, events, index, lives: [...pods.values()].flatMap(({ pod, gone }) => lifeOf(pod, gone)) };
}

const POD_PATHS = { podSpecTemplatePaths: [''], trackLifecycle: true, skipOwned: true };
const TEMPLATE_PATHS = { podSpecTemplatePaths: ['/spec/template'], trackLifecycle: true };

function lifeOf(pod: KubeObject, gone: number | undefined): PodLife[] {
  const lifetime = lifetimeOf(pod, gone);
  if (lifetime === undefined) return [];
  const controller = pod.metadata?.ownerReferences?.find((one) => one.controller === true);
  const owner: PodLife['owner'] =
    controller === undefined
      ? ['v1.Pod', nameOf(pod)]
      : [`${controller.apiVersion}.${controller.kind}`, `${pod.metadata?.namespace ?? 'default'}/${controller.name}`];
  return [{ owner, hash: hashOf(wished(pod)), lifetime }];
}

/** By owner, then by hash. */
function grouped(lives: readonly PodLife[]): Map<string, { readonly owner: PodLife['owner']; readonly byHash: Map<number, Lifetime[]> }> {
  const out = new Map<string, { readonly owner: PodLife['owner']; readonly byHash: Map<number, Lifetime[]> }>();
  for (const { owner, hash, lifetime } of lives) {
    const key = owner.join(' ');
    const of = out.get(key) ?? { owner, byHash: new Map<number, Lifetime[]>() };
    out.set(key, of);
    of.byHash.set(hash, [...(of.byHash.get(hash) ?? []), lifetime]);
  }
  return out;
}

/** A map whose keys are no texts: the encoder writes objects only. */
function packedMap(entries: readonly (readonly [key: Uint8Array, value: Uint8Array])[]): Uint8Array {
  const head =
    entries.length < 16 ? [0x80 + entries.length] : [0xdf, ...new Uint8Array(new Uint32Array([entries.length]).buffer).reverse()];
  return Buffer.concat([Uint8Array.from(head), ...entries.flat()]);
}

export function simkubeBytes({ config, events, index, lives }: SimkubeTrace, isMessagePack: boolean): Uint8Array {
  if (!isMessagePack) {
    const byOwner = [...grouped(lives).values()].map(({ owner, byHash }) => [owner.join(':'), Object.fromEntries(byHash)]);
    return Buffer.from(`${JSON.stringify({ version: 2, config, events, index, pod_lifecycles: Object.fromEntries(byOwner) })}\n`);
  }
  const byOwner = [...grouped(lives).values()].map(
    ({ owner, byHash }) => [encode(owner), packedMap([...byHash].map(([hash, of]) => [encode(hash), encode(of)] as const))] as const,
  );
  const plain = (value: unknown): Uint8Array => encode(value, { ignoreUndefined: true });
  const parts = {
    version: encode(2),
    config: plain(config),
    events: plain(events),
    index: plain(index),
    pod_lifecycles: packedMap(byOwner),
  };
  return packedMap(Object.entries(parts).map(([key, value]) => [encode(key), value] as const));
}
