/** Reads a scheduler's journal back: finds pods, follows one through queues and attempts, and has its decisions taken again, plugin by plugin, on the
 *  cluster of that instant. The winner must stand in the tie set that the plugins come to; where it does not, the story says so. */

import { fitErrorMessage } from './diagnosis.ts';
import { ReplayedCluster } from './explain-cluster.ts';
import { type ExplainedDecision, explainDecision, nodeClasses } from './explain-decision.ts';
import type { KeptAnswer } from './explain-extenders.ts';
import type { Parts } from './explain-journal.ts';
import * as record from './explain-records.ts';
import { type Journal, joinNumber, LENGTHS, QUEUES } from './explain-records.ts';
import type { AttemptStory, DecisionStory, PodStory, QueueStep } from './explain-story.ts';
import { registeredPlugins } from './plugin-registration.ts';
import type { Profile } from './profile.ts';
import { messageOf } from './status.ts';

/** A pod that the journal knows. */
export interface JournalPod {
  readonly index: number;
  readonly key: string;
  readonly uid: string;
  readonly schedulerName: string;
  /** This scheduler had it in its queue, rather than seeing it on a node only. */
  isOwn: boolean;
  /** This scheduler made an attempt with it, rather than standing by. */
  isTried: boolean;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** An attempt with the place of its record. */
interface Found {
  readonly story: Mutable<AttemptStory>;
  readonly profile: string;
  readonly at: number;
}

export class JournalReplay {
  readonly pods: readonly JournalPod[];
  readonly #journal: Journal;
  readonly #profiles: ReadonlyMap<string, Profile>;

  /** Throws PluginError when a profile names a plugin that is not registered here. */
  constructor(journal: Journal) {
    this.#journal = journal;
    this.#profiles = new ReplayedCluster(journal, registeredPlugins()).profiles;
    this.pods = this.#podList();
  }

  /** `wanted` says which attempts are to be evaluated: by number, by place among those kept (0 is the first), and how many there are. */
  explain(index: number, wanted: (number: number, place: number, count: number) => boolean = () => true): PodStory {
    const { story, found } = this.#follow(index);
    const chosen = found.filter(({ story: { number } }, place) => wanted(number, place, found.length));
    if (chosen.length > 0) this.#evaluate(index, chosen);
    return story;
  }

  /** The profile that a pod's scheduler name leads to, for what its plugins wait for. */
  profile(schedulerName: string): Profile | undefined {
    return this.#profiles.get(schedulerName);
  }

  get maxUnschedulable(): number {
    return this.#journal.maxUnschedulable;
  }

  #podList(): JournalPod[] {
    const { words, texts } = this.#journal;
    const pods: JournalPod[] = [];
    const templates = new Map<number, { readonly namespace: string; readonly schedulerName: string }>();
    for (let at = 0; at < words.length; at += 1 + (LENGTHS[words[at] as number] as number)) {
      const about = pods[words[at + 1] as number] as JournalPod;
      if (words[at] === record.QUEUED) about.isOwn = true;
      if (words[at] === record.ATTEMPT || (words[at] === record.PLACED && words[at + 3] === 1)) about.isTried = true;
      if (words[at] !== record.POD) continue;
      const template = words[at + 3] as number;
      let shared = templates.get(template);
      if (shared === undefined) {
        const parts = JSON.parse(texts[template] as string) as Parts;
        const textAt = (path: string): string => (parts[path] === undefined ? '' : (JSON.parse(texts[parts[path]] as string) as string));
        shared = { namespace: textAt('metadata.namespace'), schedulerName: textAt('spec.schedulerName') || 'default-scheduler' };
        templates.set(template, shared);
      }
      const [name, uid] = [texts[words[at + 1] as number] as string, texts[words[at + 2] as number] as string];
      const { namespace, schedulerName } = shared;
      pods.push({ index: pods.length, key: `${namespace}/${name}`, uid, schedulerName, isOwn: false, isTried: false });
    }
    return pods;
  }

  /** One pass over the records of a pod. */
  #follow(index: number): { readonly story: PodStory; readonly found: readonly Found[] } {
    const { words } = this.#journal;
    const pod = this.pods[index] as JournalPod;
    const follower = new Follower(this.#journal.texts);
    let now = 0;
    for (let at = 0; at < words.length; at += 1 + (LENGTHS[words[at] as number] as number)) {
      const code = words[at] as number;
      if (code === record.TIME) now = joinNumber(words[at + 1] as number, words[at + 2] as number);
      else if (code === record.CHOSEN || code === record.REFUSED) follower.result(words, at);
      else if (ABOUT_POD[code] === true && words[at + 1] === index) follower.take(words, at, now);
      else follower.skip(code);
    }
    return { story: follower.story(pod, this.#journal), found: follower.found };
  }

  #evaluate(index: number, chosen: readonly Found[]): void {
    const { words, percentage } = this.#journal;
    const cluster = new ReplayedCluster(this.#journal, registeredPlugins());
    const byPlace = new Map(chosen.map((found) => [found.at, found]));
    const last = chosen.at(-1)?.at ?? -1;
    let answered = '[]';
    for (let at = 0; at <= last; at += 1 + (LENGTHS[words[at] as number] as number)) {
      cluster.apply(words, at);
      if (words[at] === record.ANSWERED) answered = this.#journal.texts[words[at + 1] as number] as string;
      if (words[at] !== record.ATTEMPT) continue;
      const extenders = answered;
      answered = '[]';
      const found = byPlace.get(at);
      const profile = found === undefined ? undefined : cluster.profiles.get(found.profile);
      const handle = found === undefined ? undefined : cluster.handles.get(found.profile);
      if (found === undefined || profile === undefined || handle === undefined) continue;
      const { story } = found;
      const search = {
        start: story.start,
        percentage: profile.percentageOfNodesToScore ?? percentage,
        nominated: story.nominated ?? '',
        extenders: JSON.parse(extenders) as KeptAnswer[],
      };
      try {
        story.decision = decisionStory(story, explainDecision(profile, handle, cluster.pod(index), search));
      } catch (error) {
        // As in the run, then: the message says it.
        if (story.result !== 'error') story.trouble = error instanceof Error ? error.message : String(error);
      }
    }
  }
}

const ABOUT_POD: readonly (boolean | undefined)[] = (() => {
  const about: boolean[] = [];
  const { PLACED, GONE, QUEUED, UNQUEUED, ATTEMPT, BOUND, UNDONE, NOTE } = record;
  for (const code of [PLACED, GONE, QUEUED, UNQUEUED, ATTEMPT, BOUND, UNDONE, NOTE]) about[code] = true;
  return about;
})();

/** Gathers one pod's records. */
class Follower {
  readonly found: Found[] = [];
  readonly #texts: readonly string[];
  readonly #queue: Mutable<QueueStep>[] = [];
  #isOpen = false;
  #node: string | undefined;
  #placedAt: number | undefined;
  #goneAt: number | undefined;
  readonly #undone: { readonly at: number; readonly why: string }[] = [];

  constructor(texts: readonly string[]) {
    this.#texts = texts;
  }

  take(words: Int32Array, at: number, now: number): void {
    const word = (offset: number): number => words[at + offset] as number;
    const text = (offset: number): string => this.#texts[word(offset)] as string;
    const last = this.found.at(-1)?.story;
    this.#isOpen = false;
    switch (words[at]) {
      case record.QUEUED:
        this.#leaveQueue(now);
        this.#goneAt = undefined;
        this.#node = undefined;
        this.#enterQueue(QUEUES[word(2)] as QueueStep['queue'], text(3), text(4), joinNumber(word(5), word(6)), now);
        break;
      case record.UNQUEUED:
        this.#leaveQueue(now);
        if (this.#node === undefined) this.#goneAt = now;
        break;
      case record.ATTEMPT:
        this.#leaveQueue(now);
        this.#begin(word, text, at, now);
        break;
      case record.PLACED:
        this.#leaveQueue(now);
        this.#node = text(2);
        this.#placedAt ??= now;
        this.#goneAt = undefined;
        break;
      case record.GONE:
        this.#goneAt = now;
        break;
      case record.BOUND:
        if (last !== undefined) last.boundAt = now;
        break;
      case record.UNDONE:
        this.#placedAt = undefined;
        if (last?.result === 'scheduled') last.undone = { at: now, why: text(2) };
        else this.#undone.push({ at: now, why: text(2) });
        break;
      case record.NOTE:
        if (last !== undefined) last.notes = [...(last.notes ?? []), { at: now, text: text(2) }];
    }
  }

  /** Another pod's record: what follows is no result of ours. */
  skip(code: number): void {
    if (code === record.ATTEMPT) this.#isOpen = false;
  }

  /** CHOSEN or REFUSED, right after an ATTEMPT. */
  result(words: Int32Array, at: number): void {
    const story = this.found.at(-1)?.story;
    if (!this.#isOpen || story === undefined) return;
    this.#isOpen = false;
    const [a, b, c, d] = [words[at + 1] as number, words[at + 2] as number, words[at + 3] as number, words[at + 4] as number];
    const text = (id: number): string => this.#texts[id] as string;
    if (words[at] === record.CHOSEN) {
      Object.assign(story, { result: 'scheduled', node: text(a), tied: b, draw: joinNumber(c, d) });
      return;
    }
    const plugins = text(b) === '' ? [] : text(b).split(' ');
    story.result = words[at + 5] === 1 ? 'error' : 'unschedulable';
    story.message = text(a);
    story.plugins = plugins;
    if (c > 1) story.preemption = { node: text(c - 1), victims: text(d) === '' ? [] : text(d).split(' ') };
  }

  story({ key, uid, schedulerName }: JournalPod, { mode }: Journal): PodStory {
    return {
      pod: key,
      uid,
      scheduler: schedulerName,
      mode,
      queue: this.#queue,
      attempts: this.found.map(({ story }) => story),
      ...(this.#node === undefined ? {} : { node: this.#node }),
      ...(this.#placedAt === undefined ? {} : { placedAt: this.#placedAt }),
      ...(this.#goneAt === undefined ? {} : { goneAt: this.#goneAt }),
      ...(this.#undone.length === 0 ? {} : { undone: this.#undone }),
    };
  }

  #begin(word: (offset: number) => number, text: (offset: number) => string, at: number, now: number): void {
    this.#isOpen = true;
    const story: Mutable<AttemptStory> = {
      number: word(3),
      at: now,
      cost: word(8),
      result: 'error',
      start: word(4),
      evaluated: word(5),
      feasible: word(6),
      ...(word(7) === 0 ? {} : { nominated: text(7) }),
    };
    this.found.push({ story, profile: text(2), at });
  }

  #leaveQueue(now: number): void {
    const step = this.#queue.at(-1);
    if (step !== undefined) step.until ??= now;
  }

  #enterQueue(queue: QueueStep['queue'], event: string, waitsFor: string, backoffUntil: number, now: number): void {
    const more = { ...(waitsFor === '' ? {} : { waitsFor }), ...(backoffUntil <= now ? {} : { backoffUntil }) };
    this.#queue.push({ queue, at: now, event, ...more });
  }
}

function decisionStory(attempt: AttemptStory, decision: ExplainedDecision): DecisionStory {
  const { nodes, preFilter, best, wanted, skippedFilters, skippedScores } = decision;
  let total: number | undefined;
  let second: { node: string; total: number } | undefined;
  for (const verdict of nodes)
    if (verdict.total !== undefined && verdict.total > (total ?? Number.NEGATIVE_INFINITY)) total = verdict.total;
  for (const { node, total: own } of nodes) {
    if (own === undefined || total === undefined || own === total) continue;
    if (second === undefined || own > second.total) second = { node, total: own };
  }
  const disagreement = disagreementOf(attempt, decision);
  return {
    nodes: nodes.length,
    wanted,
    classes: nodeClasses(nodes),
    verdicts: nodes,
    ...(preFilter === undefined ? {} : { preFilter: { plugin: preFilter.plugin, reasons: preFilter.reasons } }),
    best,
    ...(total === undefined ? {} : { total }),
    ...(second === undefined || total === undefined ? {} : { runnerUp: { ...second, behind: total - second.total } }),
    skippedFilters,
    skippedScores,
    ...(disagreement === undefined ? {} : { disagreement }),
  };
}

/** Whether the plugins come to what the run came to. */
function disagreementOf(attempt: AttemptStory, decision: ExplainedDecision): string | undefined {
  // Without any node no plugin is asked.
  if (attempt.result === 'error' || decision.nodes.length === 0) return undefined;
  const { evaluated, feasible, best } = decision;
  if (feasible !== attempt.feasible) return `${feasible} nodes fit here, ${attempt.feasible} in the run`;
  if (attempt.result === 'scheduled') {
    if (attempt.nominated === undefined && evaluated !== attempt.evaluated)
      return `${evaluated} nodes were looked at here, ${attempt.evaluated} in the run`;
    if (feasible > 1 && best.length !== attempt.tied) return `${best.length} nodes tie here, ${attempt.tied} in the run`;
    const chosen = best[Math.min(Math.floor((attempt.draw ?? 0) * best.length), best.length - 1)];
    return chosen === attempt.node ? undefined : `the draw falls on ${chosen ?? 'no node'} here, on ${attempt.node} in the run`;
  }
  const nodeCount = decision.nodes.length;
  const message = fitErrorMessage({
    nodeCount,
    statuses: decision.statuses,
    preFilterMessage: messageOf(decision.preFilter),
    postFilterMessage: '',
  });
  return attempt.message?.startsWith(message) === true
    ? undefined
    : `the reasons come to '${message}' here, to '${attempt.message ?? ''}' in the run`;
}
