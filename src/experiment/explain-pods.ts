/** From a run's journals to the stories of pods: by name or namespace/name, through every scheduler that had the pod in its queue. */

import { nearest, UserError } from '#scenario';
import { type Journal, JournalReplay, type PendingStory, PluginError, type PodStory, pendingStory } from '#scheduler';
import type { Explainable } from './explain-file.ts';

export interface ExplainedPod {
  readonly key: string;
  readonly uid: string;
  readonly host: string;
  readonly index: number;
  readonly replay: JournalReplay;
  /** When the run ended. */
  readonly endsAt: number;
}

/** Every pod of that name: one of several lives, or in several schedulers' queues. Throws UserError when there is none, or several namespaces have one. */
export function findPods({ file, journals, endsAt }: Explainable, wanted: string): readonly ExplainedPod[] {
  const name = wanted.replace(/^pods\//, '');
  const all = journals.flatMap(({ host, journal }) => {
    const replay = replayOf(file, journal);
    return replay.pods
      .filter((pod) => pod.isOwn)
      .map(({ key, index, uid, isTried }) => ({ key, uid, host, index, replay, endsAt, isTried }));
  });
  const named = all.filter(({ key, uid }) => key === name || uid === name || (!name.includes('/') && key.endsWith(`/${name}`)));
  // Replicas that stand by have every pod in their queues, too.
  const tried = named.filter(({ isTried }) => isTried);
  const found = tried.length > 0 ? tried : named.filter(({ uid }, i) => named.findIndex((other) => other.uid === uid) === i);
  const keys = [...new Set(found.map(({ key }) => key))];
  if (keys.length > 1) throw UserError.at({ file }, `pod '${wanted}': several namespaces have one: ${keys.slice(0, 10).join(', ')}`);
  if (found.length === 0) {
    refuseForeign(file, journals, name);
    throw UserError.at(
      { file },
      `no pod in a scheduler's queue was called '${wanted}'${near(name, [
        ...all.map(({ key }) => key),
        ...journals.flatMap(({ journal }) => (journal.foreign ?? []).map(([key]) => key)),
      ])}`,
    );
  }
  return found;
}

/** Nobody had the pod in a queue because it asks for a scheduler that is not there. */
function refuseForeign(file: string, journals: Explainable['journals'], name: string): void {
  const running = [...new Set(journals.flatMap(({ journal }) => journal.profiles.map(({ schedulerName }) => schedulerName)))].sort();
  for (const { journal } of journals) {
    for (const [key, scheduler] of journal.foreign ?? []) {
      const bare = key.slice(key.indexOf('/') + 1);
      const isMeant = key === name || bare === name || bare.startsWith(`${name}-`);
      if (!isMeant || running.includes(scheduler)) continue;
      throw UserError.at(
        { file },
        `pod ${key} asks for schedulerName ${scheduler}: no scheduler named ${scheduler} runs in this scenario (there are: ${running.join(', ')})`,
      );
    }
  }
}

/** The run's plugins must be here, too. */
function replayOf(file: string, journal: Journal): JournalReplay {
  try {
    return new JournalReplay(journal);
  } catch (error) {
    if (!(error instanceof PluginError)) throw error;
    throw UserError.at({ file }, `${error.message}: name the file of the run's plugin with --plugin`);
  }
}

/** Names that hold it; else the one that a slip of the fingers away is; else those that begin most alike. */
function near(name: string, keys: readonly string[]): string {
  const plain = name.slice(name.indexOf('/') + 1);
  const names = [...new Set(keys)];
  if (names.length === 0) return ': no pod ever waited for this scheduler';
  const bare = new Map(names.map((key) => [key, key.slice(key.indexOf('/') + 1)]));
  let close = names.filter((key) => key.includes(plain));
  if (close.length === 0) {
    const meant = nearest(plain, [...bare.values()]);
    close = names.filter((key) => bare.get(key) === meant);
  }
  if (close.length === 0) {
    const alike = (key: string): number => commonStart(plain, bare.get(key) as string);
    const most = names.reduce((best, key) => Math.max(best, alike(key)), 2);
    close = names.filter((key) => alike(key) === most);
  }
  if (close.length > 0) return ` (near it: ${close.sort().slice(0, 5).join(', ')})`;
  return ` (there are ${names.length}, such as ${names.slice(0, 3).join(', ')})`;
}

function commonStart(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

export function explainPod({ index, replay }: ExplainedPod, wanted: (number: number, place: number, count: number) => boolean): PodStory {
  return replay.explain(index, wanted);
}

/** One a pod: where several schedulers, or lives of one, had it, the latest knows why it waits. */
export function pendingOf(found: readonly ExplainedPod[]): readonly PendingStory[] {
  const byUid = new Map<string, PendingStory>();
  const latest = ({ last, since }: PendingStory): number => Math.max(last?.at ?? 0, since ?? 0);
  for (const { uid, index, replay, endsAt } of found) {
    const story = replay.explain(index, (_number, place, count) => place === count - 1);
    const pending = pendingStory(story, replay.profile(story.scheduler), replay.maxUnschedulable, endsAt);
    const before = byUid.get(uid);
    if (before === undefined || latest(before) < latest(pending)) byUid.set(uid, pending);
  }
  return [...byUid.values()];
}
