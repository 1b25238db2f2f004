/** SimKube's traces (.sktrace: MessagePack, version 2; or the same as JSON): objects that were applied and deleted, second by second, and how long pods ran.
 *  Facts of the format: github.com/acrlabs/simkube, sk-store. A first apply is a create, a later one a patch of what changed. */

import { decode } from '@msgpack/msgpack';
import { type KubeObject, resourceForKind } from '#api';
import { printable, UserError } from '../user-error.ts';
import { rowImporter } from './importer.ts';
import { parseJson, unzippedBytes } from './json-document.ts';
import { mergeDifference } from './merge-difference.ts';
import { askedBy, podDemand } from './object-demand.ts';
import { podSpecOf, portableMetadata, portablePodSpec, withoutNulls, withPodSpec } from './portable-pod.ts';
import { medianSeconds, SimkubeLifetimes } from './simkube-lifetimes.ts';
import type { Tally } from './tally.ts';
import type { ObjectItem, PodItem } from './trace-item.ts';

type Fields = Readonly<Record<string, unknown>>;

interface SimkubeEvent {
  readonly ts: number;
  readonly applied: readonly Fields[];
  readonly deleted: readonly Fields[];
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Keys of its maps may be lists (an owner's kind and name): they become their JSON. */
function unpacked(file: string, bytes: Buffer): unknown {
  try {
    return decode(bytes, { mapKeyConverter: (key) => (typeof key === 'string' ? key : JSON.stringify(key)) });
  } catch (error) {
    const message = (error as Error).message;
    const isCut = error instanceof RangeError && /insufficient|out of bounds|Offset/i.test(message);
    throw UserError.at(
      { file },
      isCut ? 'is truncated: the MessagePack data end early' : `is neither JSON nor MessagePack: ${printable(message, 100)}`,
    );
  }
}

export function readSimkube(file: string): { readonly events: readonly SimkubeEvent[]; readonly lifetimes: SimkubeLifetimes } {
  const bytes = unzippedBytes(file);
  const first = bytes.find((byte) => byte > 32);
  const read = first === 0x7b || first === 0x5b ? parseJson(file, bytes) : unpacked(file, bytes);
  if (!isFields(read)) throw UserError.at({ file }, "is no trace of SimKube: expected a map with 'events'");
  const { version, events } = read;
  if (version !== undefined && version !== 2 && version !== 1)
    throw UserError.at({ file }, `'version' must be 1 or 2, found ${printable(String(version))}`);
  if (!Array.isArray(events)) throw UserError.at({ file }, "'events' is missing or no list: not a trace of SimKube");
  if (events.length === 0) throw UserError.at({ file }, "'events' is empty");
  return {
    events: events.map((event, index) => eventOf(file, event, index)),
    lifetimes: new SimkubeLifetimes(file, read['pod_lifecycles']),
  };
}

function eventOf(file: string, event: unknown, index: number): SimkubeEvent {
  const where = `events[${index}]`;
  if (!isFields(event)) throw UserError.at({ file }, `'${where}' must be a map, found ${printable(JSON.stringify(event) ?? 'nothing')}`);
  const { ts, applied_objs: applied = [], deleted_objs: deleted = [] } = event;
  if (typeof ts !== 'number' || !Number.isFinite(ts))
    throw UserError.at({ file }, `'${where}.ts' must be a number of seconds, found ${printable(JSON.stringify(ts) ?? 'nothing')}`);
  for (const [name, list] of [
    ['applied_objs', applied],
    ['deleted_objs', deleted],
  ] as const)
    if (!Array.isArray(list))
      throw UserError.at({ file }, `'${where}.${name}' must be a list, found ${printable(JSON.stringify(list) ?? 'nothing')}`);
  return { ts, applied: applied as readonly Fields[], deleted: deleted as readonly Fields[] };
}

/** The object's own name and kind; a mistake where it has none. */
function identified(file: string, object: unknown, where: string): KubeObject {
  if (!isFields(object))
    throw UserError.at({ file }, `'${where}' must be an object, found ${printable(JSON.stringify(object) ?? 'nothing')}`);
  for (const field of ['apiVersion', 'kind'])
    if (typeof object[field] !== 'string')
      throw UserError.at({ file }, `'${where}.${field}' must be a text, found ${printable(JSON.stringify(object[field]) ?? 'nothing')}`);
  const name = (object['metadata'] as Fields | undefined)?.['name'];
  if (typeof name !== 'string' || name === '') throw UserError.at({ file }, `'${where}.metadata.name' is missing`);
  return withoutNulls(object) as unknown as KubeObject;
}

const keyOf = ({ apiVersion, kind, metadata }: KubeObject): string =>
  `${apiVersion}/${kind} ${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`;

const NAMESPACE_LEAD = 0.5;

class Replay {
  readonly #file: string;
  readonly #tally: Tally;
  readonly #lifetimes: SimkubeLifetimes;
  readonly #brought = new Set<string>();
  readonly #states = new Map<string, KubeObject>();
  /** Pods that came and have not gone. */
  readonly #pods = new Map<string, { -readonly [Key in keyof PodItem]: PodItem[Key] }>();

  constructor(file: string, events: readonly SimkubeEvent[], lifetimes: SimkubeLifetimes, tally: Tally) {
    this.#file = file;
    this.#tally = tally;
    this.#lifetimes = lifetimes;
    for (const { applied } of events)
      for (const object of applied as readonly Partial<KubeObject>[])
        this.#brought.add(`${object?.kind}/${object?.metadata?.namespace ?? ''}/${object?.metadata?.name ?? ''}`);
  }

  applied(object: unknown, at: number, where: string): PodItem | ObjectItem | undefined {
    const found = identified(this.#file, object, where);
    if (resourceForKind(found.apiVersion ?? '', found.kind ?? '') === undefined) {
      this.#tally.drop(`no resource is served for ${found.apiVersion} ${found.kind}`);
      return undefined;
    }
    return found.kind === 'Pod' ? this.#pod(found, at, where) : this.#object(found, at);
  }

  deleted(object: unknown, at: number, where: string): ObjectItem | undefined {
    const found = identified(this.#file, object, where);
    const key = keyOf(found);
    const pod = this.#pods.get(key);
    if (pod !== undefined) {
      pod.until = at;
      this.#pods.delete(key);
      return undefined;
    }
    if (!this.#states.delete(key)) {
      this.#tally.drop('deleted without having been applied');
      return undefined;
    }
    const { name, namespace } = found.metadata ?? {};
    const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
    return { what: 'delete', at, object: { apiVersion: found.apiVersion, kind: found.kind, metadata } as KubeObject };
  }

  #pod(found: KubeObject, at: number, where: string): PodItem | undefined {
    const key = keyOf(found);
    if (this.#pods.has(key)) {
      this.#tally.drop('a later state of a pod that is there already');
      return undefined;
    }
    const spec = podSpecOf(found as unknown as Fields);
    if (spec === undefined) throw UserError.at({ file: this.#file }, `'${where}.spec.containers' is missing`);
    const portable = this.#portable(found, spec);
    const { name = '', namespace = 'default', labels = {} } = found.metadata ?? {};
    const runs = medianSeconds(this.#lifetimes.finished('v1.Pod', `${namespace}/${name}`));
    const annotations = portableMetadata(found.metadata as Fields)['annotations'] as Readonly<Record<string, string>> | undefined;
    const shape = {
      namespace,
      labels: labels as Readonly<Record<string, string>>,
      ...(annotations === undefined ? {} : { annotations }),
      spec: portable,
    };
    const item: PodItem = { what: 'pod', at, name, shape, demand: podDemand(portable), ...(runs === undefined ? {} : { runs }) };
    this.#pods.set(key, item);
    return item;
  }

  #object(found: KubeObject, at: number): ObjectItem | undefined {
    const key = keyOf(found);
    const { status: _status, ...written } = found as unknown as Fields;
    let object: Fields = { ...written, metadata: portableMetadata(found.metadata as Fields) };
    const spec = podSpecOf(object);
    if (spec !== undefined) object = withPodSpec(object, this.#portable(found, spec), this.#runSeconds(found, spec));
    const after = object as unknown as KubeObject;
    const before = this.#states.get(key);
    this.#states.set(key, after);
    // A namespace is there before what the same second brings into it.
    const begins = found.kind === 'Namespace' ? at - NAMESPACE_LEAD : at;
    if (before === undefined) return { what: 'create', at: begins, object: after, asks: askedBy(after) };
    const changes = mergeDifference(before as unknown as Fields, object);
    if (Object.keys(changes).length === 0) {
      this.#tally.drop('applied again without a change');
      return undefined;
    }
    const { name, namespace } = found.metadata ?? {};
    const metadata = { ...(changes['metadata'] as Fields | undefined), name, ...(namespace === undefined ? {} : { namespace }) };
    const patch = { ...changes, apiVersion: found.apiVersion, kind: found.kind, metadata } as KubeObject;
    return { what: 'patch', at, object: patch, asks: askedBy(after) };
  }

  /** How long pods of something that runs to its end ran. */
  #runSeconds({ apiVersion, kind, metadata }: KubeObject, { restartPolicy }: Fields): Record<string, string> {
    if (restartPolicy !== 'Never' && restartPolicy !== 'OnFailure') return {};
    const seconds = medianSeconds(
      this.#lifetimes.finished(`${apiVersion}.${kind}`, `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`),
    );
    return seconds === undefined ? {} : { 'wavetank.dev/run-seconds': String(seconds) };
  }

  #portable(found: KubeObject, spec: Fields): Fields {
    const namespace = found.metadata?.namespace ?? 'default';
    const known = (kind: string, of: string, name: string): boolean => this.#brought.has(`${kind}/${of}/${name}`);
    return portablePodSpec(spec, { namespace, known, tally: this.#tally, keepsNode: false });
  }
}

export const simkube = rowImporter({
  kind: 'simkube',
  description: 'a trace of SimKube: .sktrace (MessagePack) or JSON, plain or gzip',
  unit: 'applied and deleted objects',
  example: 'wavetank import simkube scaling.sktrace -o scaling.yaml',
  async *items([file], _options, tally) {
    const { events, lifetimes } = readSimkube(file as string);
    const replay = new Replay(file as string, events, lifetimes, tally);
    // Pods learn when they go only afterwards.
    const items: (PodItem | ObjectItem)[] = [];
    for (const [index, { ts, applied, deleted }] of events.entries()) {
      for (const [which, object] of applied.entries()) {
        const item = tally.judged(() => replay.applied(object, ts, `events[${index}].applied_objs[${which}]`));
        if (item !== undefined) items.push(item);
      }
      for (const [which, object] of deleted.entries()) {
        const item = tally.judged(() => replay.deleted(object, ts, `events[${index}].deleted_objs[${which}]`));
        if (item !== undefined) items.push(item);
      }
    }
    yield* items;
  },
});
