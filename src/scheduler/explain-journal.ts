/** Writes a scheduler's journal (explain-records.ts) while it runs: a few words an event, parts that pods and nodes share by reference once. */

import type { KubeObject, Node, Pod } from '#api';
import { keyOf } from '#api';
import type { Duration, Instant } from '#sim';
import { keptAnswer } from './explain-extenders.ts';
import * as record from './explain-records.ts';
import { type ExplainMode, type Journal, LENGTHS, QUEUES, type QueueName, splitNumber } from './explain-records.ts';
import { isTerminating, nodeName, podKey, podName, podUid } from './pod-fields.ts';
import type { ProfileSpec } from './profile-spec.ts';
import type { QueuedPodInfo } from './queue/queued-pod-info.ts';
import type { Decision } from './schedule-pod.ts';

/** Parts of pods are looked up by their containers first: those of one template are the same object. */
interface Template {
  readonly sample: Pod;
  readonly id: number;
}

/** What is kept of a node: the parts by which the next version is compared. */
interface NodeParts {
  readonly node: Node;
  readonly text: number;
}

export interface JournalSettings {
  readonly mode: ExplainMode;
  readonly profiles: readonly ProfileSpec[];
  readonly percentage: number;
  readonly maxUnschedulable: number;
}

/** Pods of other schedulers that are remembered by name. */
const FOREIGN_MAX = 1000;

export class ExplainJournal {
  readonly #settings: JournalSettings;
  /** Pods that ask for another scheduler. */
  readonly #foreign = new Map<string, string>();
  #words = new Int32Array(1024);
  #used = 0;
  #now: Instant = 0;
  #written: Instant = -1;
  readonly #texts: string[] = [''];
  readonly #textIds = new Map<string, number>([['', 0]]);
  readonly #partIds = new WeakMap<object, number>();
  /** Of living pods and of those on their way out. */
  readonly #templates = [new WeakMap<object, Template>(), new WeakMap<object, Template>()] as const;
  readonly #pods = new Map<string, { readonly index: number; template: number }>();
  readonly #nodes = new Map<string, NodeParts>();

  constructor(settings: JournalSettings) {
    this.#settings = settings;
  }

  /** The instant of what follows. */
  at(now: Instant): void {
    this.#now = now;
  }

  node(node: Node): void {
    const name = nodeName(node);
    const before = this.#nodes.get(name);
    let text = before?.text ?? 0;
    if (before === undefined || !isSameNode(before.node, node)) {
      text = this.#text(JSON.stringify(this.#nodeParts(node)));
      if (before?.text !== text) this.#add(record.NODE, this.#text(name), text);
    }
    const images = node.status?.images as readonly unknown[] | undefined;
    if (images !== before?.node.status?.images) {
      const list = (images ?? []).map((image) => this.#part(image));
      this.#add(record.IMAGES, this.#text(name), this.#text(list.join(' ')));
    }
    this.#nodes.set(name, { node, text });
  }

  nodeGone(name: string): void {
    this.#nodes.delete(name);
    this.#add(record.NODE_GONE, this.#text(name));
  }

  placed(pod: Pod, node: string, isOwn: boolean): void {
    this.#add(record.PLACED, this.#pod(pod), this.#text(node), isOwn ? 1 : 0);
  }

  gone(pod: Pod): void {
    this.#add(record.GONE, this.#index(pod));
  }

  nominated(pod: Pod, node: string): void {
    this.#add(record.NOMINATED, this.#pod(pod), this.#text(node));
  }

  /** What plugins look up besides pods and nodes. `isSelecting`: only its labels and selector are ever read. */
  object(resource: string, object: KubeObject, isGone: boolean, isSelecting: boolean): void {
    if (resource === BUDGETS) return;
    const text = isGone ? 0 : this.#text(JSON.stringify(isSelecting ? selectorOf(object) : object));
    this.#add(record.OBJECT, this.#text(resource), this.#text(keyOf(object)), text);
  }

  queued(info: QueuedPodInfo, queue: QueueName, event: string, waitsFor: string, now: Instant): void {
    this.at(now);
    const [low, high] = splitNumber(queue === 'active' ? 0 : info.backoffUntil);
    this.#add(record.QUEUED, this.#pod(info.pod), QUEUES.indexOf(queue), this.#text(event), this.#text(waitsFor), low, high);
  }

  /** A pod that this scheduler is not asked to place. */
  foreign(pod: Pod): void {
    if (this.#foreign.size < FOREIGN_MAX) this.#foreign.set(podKey(pod), pod.spec?.schedulerName ?? 'default-scheduler');
  }

  /** Pods that the watch shows on a node leave the queue, too: of those PLACED tells. */
  unqueued(pod: Pod): void {
    if ((pod.spec?.nodeName ?? '') === '') this.#add(record.UNQUEUED, this.#index(pod));
  }

  /** After the decision and before anything follows from it: the cluster is what the journal says so far. */
  attempt(info: QueuedPodInfo, decision: Decision, start: number, draw: number, startedAt: Instant, endsAt: Instant): void {
    const now = this.#now;
    this.at(startedAt);
    this.#attempt(info, decision, start, draw, endsAt - startedAt);
    this.at(now);
  }

  #attempt(info: QueuedPodInfo, decision: Decision, start: number, draw: number, took: Duration): void {
    const { failure, extenders = [] } = decision;
    if (failure === undefined && this.#settings.mode !== 'all') {
      this.#add(record.CYCLE);
      return;
    }
    const { pod } = info;
    const profile = this.#text(pod.spec?.schedulerName ?? 'default-scheduler');
    const nominated = this.#text((pod.status?.nominatedNodeName as string | undefined) ?? '');
    const { evaluated, feasible } = decision;
    const index = this.#pod(pod);
    if (extenders.length > 0) this.#add(record.ANSWERED, this.#text(JSON.stringify(extenders.map(keptAnswer))));
    this.#add(record.ATTEMPT, index, profile, info.attempts, start, evaluated, feasible, nominated, took);
    if (failure === undefined) {
      const [low, high] = splitNumber(draw);
      this.#add(record.CHOSEN, this.#text(decision.nodeName), decision.tied, low, high);
      return;
    }
    const { nominatedNodeName, victims = [] } = failure.postFilter;
    const promised = nominatedNodeName === undefined ? 0 : 1 + this.#text(nominatedNodeName);
    const plugins = this.#text([...failure.plugins].sort().join(' '));
    const isError = failure.isError ?? failure.plugins.size === 0;
    this.#add(record.REFUSED, this.#text(failure.message), plugins, promised, this.#text(victims.map(podKey).join(' ')), isError ? 1 : 0);
  }

  bound(pod: Pod, now: Instant): void {
    if (this.#settings.mode !== 'all') return;
    this.at(now);
    this.#add(record.BOUND, this.#index(pod));
  }

  /** The place was given back. */
  undone(pod: Pod, why: string, now: Instant): void {
    this.at(now);
    this.#add(record.UNDONE, this.#index(pod), this.#text(why));
  }

  note(pod: Pod, text: string, now: Instant): void {
    this.at(now);
    this.#add(record.NOTE, this.#index(pod), this.#text(text));
  }

  /** `epoch`: what the host's clock showed at instant 0. */
  read(epoch: number): Journal {
    const foreign = this.#foreign.size === 0 ? {} : { foreign: [...this.#foreign] };
    return { ...this.#settings, epoch, texts: this.#texts, words: this.#words.slice(0, this.#used), ...foreign };
  }

  /** As many words as the code has; no list is made of them. */
  #add(code: number, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0): void {
    if (this.#written !== this.#now) {
      this.#written = this.#now;
      const [low, high] = splitNumber(this.#now);
      this.#add(record.TIME, low, high);
    }
    if (this.#used + RECORD > this.#words.length) {
      const words = new Int32Array(2 * this.#words.length);
      words.set(this.#words);
      this.#words = words;
    }
    const words = this.#words;
    const at = this.#used;
    words[at] = code;
    words[at + 1] = a;
    words[at + 2] = b;
    words[at + 3] = c;
    words[at + 4] = d;
    words[at + 5] = e;
    words[at + 6] = f;
    words[at + 7] = g;
    words[at + 8] = h;
    this.#used = at + 1 + (LENGTHS[code] as number);
  }

  #text(text: string): number {
    let id = this.#textIds.get(text);
    if (id === undefined) {
      id = this.#texts.push(text) - 1;
      this.#textIds.set(text, id);
    }
    return id;
  }

  /** A text that will not come again. */
  #ownText(text: string): number {
    return this.#texts.push(text) - 1;
  }

  /** A value's text, looked for by reference first. */
  #part(value: unknown): number {
    if (typeof value !== 'object' || value === null) return this.#text(JSON.stringify(value));
    let id = this.#partIds.get(value);
    if (id === undefined) {
      id = this.#text(JSON.stringify(value));
      this.#partIds.set(value, id);
    }
    return id;
  }

  #pod(pod: Pod): number {
    const uid = podUid(pod);
    const known = this.#pods.get(uid);
    const template = this.#template(pod);
    if (known === undefined) {
      const index = this.#pods.size;
      this.#pods.set(uid, { index, template });
      this.#add(record.POD, this.#ownText(podName(pod)), this.#ownText(uid), template);
      return index;
    }
    if (known.template !== template) {
      known.template = template;
      this.#add(record.CHANGED, known.index, template);
    }
    return known.index;
  }

  /** Where what the pod asks for does not matter. */
  #index(pod: Pod): number {
    return this.#pods.get(podUid(pod))?.index ?? this.#pod(pod);
  }

  #template(pod: Pod): number {
    // Claims that were generated for a pod are its own.
    const containers = pod.status?.resourceClaimStatuses === undefined ? pod.spec?.containers : undefined;
    const templates = this.#templates[isTerminating(pod) ? 1 : 0];
    const known = containers === undefined ? undefined : templates.get(containers);
    if (known !== undefined && isSameTemplate(known.sample, pod)) return known.id;
    const id = this.#text(JSON.stringify(this.#podParts(pod)));
    if (containers !== undefined) templates.set(containers, { sample: pod, id });
    return id;
  }

  #podParts(pod: Pod): Parts {
    const { metadata = {}, spec } = pod;
    const parts: Record<string, number> = {};
    const meta = metadata as Readonly<Record<string, unknown>>;
    for (const key of META) if (meta[key] !== undefined) parts[`metadata.${key}`] = this.#part(meta[key]);
    const fields = (spec ?? {}) as Readonly<Record<string, unknown>>;
    for (const key in fields) if (key !== 'nodeName' && fields[key] !== undefined) parts[`spec.${key}`] = this.#part(fields[key]);
    if (pod.status?.resourceClaimStatuses !== undefined)
      parts['status.resourceClaimStatuses'] = this.#part(pod.status.resourceClaimStatuses);
    if (isTerminating(pod)) parts['metadata.deletionTimestamp'] = this.#part(LEAVING);
    if (isBeingResized(pod))
      for (const key of RESIZED) if (pod.status?.[key] !== undefined) parts[`status.${key}`] = this.#part(pod.status[key]);
    return parts;
  }

  #nodeParts(node: Node): Parts {
    const parts: Record<string, number> = {};
    const { metadata = {}, spec, status } = node;
    for (const key of ['labels', 'annotations'] as const)
      if (metadata[key] !== undefined) parts[`metadata.${key}`] = this.#part(metadata[key]);
    if (spec?.taints !== undefined) parts['spec.taints'] = this.#part(spec.taints);
    if (spec?.unschedulable !== undefined) parts['spec.unschedulable'] = this.#part(spec.unschedulable);
    if (status?.allocatable !== undefined) parts['status.allocatable'] = this.#part(status.allocatable);
    return parts;
  }
}

/** Words of the longest record, its code included. */
const RECORD = 9;
/** When a pod leaves decides nothing, only that it does. */
const LEAVING = '1970-01-01T00:00:00Z';
const META = ['namespace', 'labels', 'annotations', 'ownerReferences'] as const;
const RESIZED = ['conditions', 'containerStatuses', 'initContainerStatuses'] as const;

/** Paths of the parts of a pod or a node, with the places of their texts. */
export type Parts = Readonly<Record<string, number>>;

/** Only preemption asks for these, and what it came to is kept with the attempt. */
const BUDGETS = 'poddisruptionbudgets.policy';

function selectorOf({ apiVersion, kind, metadata, ...rest }: KubeObject): object {
  const { name, namespace, uid, labels, ownerReferences } = metadata ?? {};
  const { spec } = rest as { spec?: { selector?: unknown } };
  return {
    apiVersion,
    kind,
    metadata: { name, namespace, uid, labels, ownerReferences },
    ...(spec?.selector === undefined ? {} : { spec: { selector: spec.selector } }),
  };
}

/** In-place resizing shows in the container statuses; besides them only names of generated claims decide where a pod fits. */
function isBeingResized(pod: Pod): boolean {
  for (const status of pod.status?.containerStatuses ?? []) if ((status as { resources?: unknown }).resources !== undefined) return true;
  for (const status of pod.status?.initContainerStatuses ?? [])
    if ((status as { resources?: unknown }).resources !== undefined) return true;
  return false;
}

/** Whether all that #podParts reads is the same by reference. */
function isSameTemplate(a: Pod, b: Pod): boolean {
  const left = (a.metadata ?? {}) as Readonly<Record<string, unknown>>;
  const right = (b.metadata ?? {}) as Readonly<Record<string, unknown>>;
  for (const key of META) if (left[key] !== right[key]) return false;
  if (isBeingResized(a) || isBeingResized(b)) return false;
  const ours = (a.spec ?? {}) as Readonly<Record<string, unknown>>;
  const theirs = (b.spec ?? {}) as Readonly<Record<string, unknown>>;
  for (const key in ours) if (key !== 'nodeName' && ours[key] !== theirs[key]) return false;
  for (const key in theirs) if (key !== 'nodeName' && ours[key] !== theirs[key]) return false;
  return true;
}

function isSameNode(a: Node, b: Node): boolean {
  return (
    a.metadata?.labels === b.metadata?.labels &&
    a.metadata?.annotations === b.metadata?.annotations &&
    a.spec?.taints === b.spec?.taints &&
    a.spec?.unschedulable === b.spec?.unschedulable &&
    a.status?.allocatable === b.status?.allocatable
  );
}
