/** The cluster as a scheduler saw it, made again from its journal: the same cache, nominations and looked-up objects, record by record. */

import type { KubeObject, Node, Pod } from '#api';
import { Cache } from './cache.ts';
import type { Parts } from './explain-journal.ts';
import * as record from './explain-records.ts';
import { type Journal, joinNumber } from './explain-records.ts';
import { CycleState, type ObjectLister } from './framework.ts';
import { LiveHandle } from './live-handle.ts';
import { Nominator } from './nominator.ts';
import type { Registry } from './plugins/registry.ts';
import { podKey } from './pod-fields.ts';
import { newPodInfo } from './pod-info.ts';
import { Profile } from './profile.ts';

/** Parts that only some plugins have: a handle kept from the beginning, and news of objects. */
interface Observing {
  attach?(handle: LiveHandle): void;
  observe?(resource: string, before: KubeObject | undefined, after: KubeObject | undefined): void;
}

/** Objects of one kind by key, as an informer would hold them. */
class ReplayedLister implements ObjectLister<KubeObject> {
  readonly objects = new Map<string, KubeObject>();

  get(key: string): KubeObject | undefined {
    return this.objects.get(key);
  }

  list(): Iterable<KubeObject> {
    return this.objects.values();
  }
}

/** Pods by key, made when somebody asks: those on nodes and those that wait. */
class ReplayedPods implements ObjectLister<KubeObject> {
  /** Number and node of each living pod. */
  readonly alive = new Map<number, string>();
  readonly #cluster: ReplayedCluster;

  constructor(cluster: ReplayedCluster) {
    this.#cluster = cluster;
  }

  get(key: string): KubeObject | undefined {
    for (const pod of this.list()) if (podKey(pod as Pod) === key) return pod;
    return undefined;
  }

  *list(): Iterable<KubeObject> {
    for (const [index, node] of this.alive) yield this.#cluster.pod(index, node);
  }
}

type Fields = Record<string, unknown>;

interface Reserved {
  readonly profile: Profile;
  readonly handle: LiveHandle;
  readonly state: CycleState;
  readonly nodeName: string;
}

export class ReplayedCluster {
  readonly cache = new Cache();
  readonly profiles = new Map<string, Profile>();
  readonly handles = new Map<string, LiveHandle>();
  readonly #nominator = new Nominator();
  readonly #alive = new ReplayedPods(this);
  readonly #listers = new Map<string, ObjectLister<KubeObject>>([['pods', this.#alive]]);
  readonly #texts: readonly string[];
  readonly #parts = new Map<number, unknown>();
  readonly #templates = new Map<number, { readonly metadata: Fields; readonly spec: Fields; readonly status: Fields }>();
  /** Name, uid and template of each pod met so far. */
  readonly #pods: { readonly name: string; readonly uid: string; template: number }[] = [];
  /** Pods whose place plugins keep a state of their own for: volumes, claims. */
  readonly #reserved = new Map<number, Reserved>();

  constructor(journal: Journal, registry: Registry) {
    this.#texts = journal.texts;
    for (const spec of journal.profiles) {
      const profile = new Profile(spec, registry);
      this.profiles.set(spec.schedulerName, profile);
      const handle = new LiveHandle(profile, this.cache, this.#nominator, this.#listers);
      handle.epoch = journal.epoch;
      this.handles.set(spec.schedulerName, handle);
      for (const plugin of profile.plugins.values()) (plugin as Observing).attach?.(handle);
    }
  }

  /** Takes in the record whose code stands at `at`. */
  apply(words: Int32Array, at: number): void {
    const [a, b, c] = [words[at + 1] as number, words[at + 2] as number, words[at + 3] as number];
    switch (words[at]) {
      case record.TIME:
        for (const handle of this.handles.values()) handle.now = handle.epoch + joinNumber(a, b);
        break;
      case record.POD:
        this.#pods.push({ name: this.#text(a), uid: this.#text(b), template: c });
        break;
      case record.CHANGED:
        (this.#pods[a] as { template: number }).template = b;
        break;
      case record.NODE:
        this.cache.updateNode(this.#node(this.#text(a), b));
        break;
      case record.IMAGES:
        this.#giveImages(this.#text(a), this.#text(b));
        break;
      case record.NODE_GONE:
        this.cache.removeNode(this.#text(a));
        break;
      case record.PLACED:
        this.#place(a, this.#text(b), c === 1);
        break;
      case record.QUEUED:
        this.#alive.alive.set(a, '');
        break;
      case record.UNQUEUED:
        this.#alive.alive.delete(a);
        break;
      case record.GONE:
        this.#alive.alive.delete(a);
        this.cache.removePod(this.pod(a));
        break;
      case record.NOMINATED:
        if (b === 0) this.#nominator.remove(this.pod(a));
        else this.#nominator.add(this.pod(a), this.#text(b));
        break;
      case record.OBJECT:
        this.#object(this.#text(a), this.#text(b), c);
        break;
      case record.UNDONE:
        this.#unreserve(a);
        break;
      case record.CYCLE:
      case record.ATTEMPT:
        // A cycle begins by taking its snapshot; what nodes know of images is as old as that.
        void this.cache.order;
    }
  }

  /** A pod by its number, as it was when last seen. */
  pod(index: number, onNode = ''): Pod {
    const { name, uid, template } = this.#pods[index] as { name: string; uid: string; template: number };
    const { metadata, spec, status } = this.#template(template);
    return {
      metadata: { ...metadata, name, uid },
      spec: onNode === '' ? spec : { ...spec, nodeName: onNode },
      status,
    } as unknown as Pod;
  }

  #text(id: number): string {
    return this.#texts[id] as string;
  }

  #part(id: number): unknown {
    let part = this.#parts.get(id);
    if (part === undefined) {
      part = JSON.parse(this.#text(id));
      this.#parts.set(id, part);
    }
    return part;
  }

  #template(id: number): { readonly metadata: Fields; readonly spec: Fields; readonly status: Fields } {
    let template = this.#templates.get(id);
    if (template === undefined) {
      template = this.#assembled(JSON.parse(this.#text(id)) as Parts);
      this.#templates.set(id, template);
    }
    return template;
  }

  #assembled(parts: Parts): { metadata: Fields; spec: Fields; status: Fields } {
    const rooms: Record<string, Fields> = { metadata: {}, spec: {}, status: {} };
    for (const path of Object.keys(parts)) {
      const dot = path.indexOf('.');
      (rooms[path.slice(0, dot)] as Fields)[path.slice(dot + 1)] = this.#part(parts[path] as number);
    }
    return rooms as { metadata: Fields; spec: Fields; status: Fields };
  }

  #node(name: string, content: number): Node {
    const { metadata, spec, status } = this.#assembled(JSON.parse(this.#text(content)) as Parts);
    const images = this.cache.get(name)?.node.status?.images;
    return { metadata: { ...metadata, name }, spec, status: { ...status, images } } as unknown as Node;
  }

  /** A list of its own each time: the cache tells lists apart by reference. */
  #giveImages(name: string, list: string): void {
    const node = this.cache.get(name)?.node;
    const images = list === '' ? [] : list.split(' ').map((id) => this.#part(Number(id)));
    if (node !== undefined) this.cache.updateNode({ ...node, status: { ...node.status, images } } as Node);
  }

  #object(resource: string, key: string, content: number): void {
    let lister = this.#listers.get(resource) as ReplayedLister | undefined;
    if (lister === undefined) {
      lister = new ReplayedLister();
      this.#listers.set(resource, lister);
    }
    const before = lister.objects.get(key);
    const after = content === 0 ? undefined : (JSON.parse(this.#text(content)) as KubeObject);
    if (after === undefined) lister.objects.delete(key);
    else lister.objects.set(key, after);
    for (const profile of this.profiles.values())
      for (const plugin of profile.plugins.values()) (plugin as Observing).observe?.(resource, before, after);
  }

  #place(index: number, nodeName: string, isOwn: boolean): void {
    const pod = this.pod(index, nodeName);
    const reserved = isOwn ? this.#prepared(index, nodeName) : undefined;
    this.cache.assumePod(newPodInfo(pod), nodeName);
    this.#alive.alive.set(index, nodeName);
    if (reserved === undefined) return;
    this.#reserved.set(index, reserved);
    for (const plugin of reserved.profile.reserve) plugin.reserve(reserved.state, pod, nodeName, reserved.handle);
  }

  /** The cycle's state, for pods about whose place plugins remember something: those with volumes or claims. */
  #prepared(index: number, nodeName: string): Reserved | undefined {
    const pod = this.pod(index);
    const spec = pod.spec as { volumes?: readonly unknown[]; resourceClaims?: readonly unknown[]; schedulerName?: string } | undefined;
    if ((spec?.volumes ?? []).length === 0 && (spec?.resourceClaims ?? []).length === 0) return undefined;
    const name = spec?.schedulerName ?? 'default-scheduler';
    const profile = this.profiles.get(name);
    const handle = this.handles.get(name);
    const node = this.cache.get(nodeName);
    if (profile === undefined || handle === undefined || node === undefined) return undefined;
    const state = new CycleState();
    profile.runPreFilter(state, pod, handle);
    profile.runFilter(state, pod, node, handle);
    return { profile, handle, state, nodeName };
  }

  #unreserve(index: number): void {
    const reserved = this.#reserved.get(index);
    if (reserved === undefined) return;
    this.#reserved.delete(index);
    const { profile, handle, state, nodeName } = reserved;
    const pod = this.pod(index, nodeName);
    for (const plugin of [...profile.reserve].reverse()) plugin.unreserve(state, pod, nodeName, handle);
  }
}
