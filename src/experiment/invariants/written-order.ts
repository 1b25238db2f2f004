/** Changes of several kinds in the order in which etcd had them. Who watches hears of each kind on a stream of its own, one later than the other, and a list
 *  tells at once, by name, what came one after the other. */

import { type Change, type History, of } from './history.ts';

export interface Written extends Change {
  /** When it was written at the latest: nothing is heard of before it is there, so no later than whatever was written after it was heard of. */
  readonly written: number;
}

const revision = (object: Change['object'] | undefined): number => Number(object?.metadata?.resourceVersion ?? 0);

/** In the order of their revisions; as they were heard of where revisions do not tell (`isUnordered`). */
export function inWrittenOrder(history: History, ...resources: readonly string[]): readonly Written[] {
  const newest = new Map<string, number>();
  const placed: { readonly change: Change; readonly place: number }[] = [];
  for (const change of of(history, ...resources)) {
    const { type, object, before, resource } = change;
    const last = newest.get(resource) ?? 0;
    // What a list no longer shows comes as it was last known: it went after all that was heard of its kind before.
    const isMissed = type === 'delete' && revision(object) <= revision(before);
    const place = isMissed ? last : revision(object);
    newest.set(resource, Math.max(last, place));
    placed.push({ change, place });
  }
  if (history.settings.isUnordered === true) return placed.map(({ change }) => ({ ...change, written: change.at }));
  placed.sort((a, b) => a.place - b.place);
  let earliest = Number.POSITIVE_INFINITY;
  const written = placed.map(() => 0);
  for (let i = placed.length - 1; i >= 0; i--) written[i] = earliest = Math.min(earliest, placed[i]?.change.at ?? earliest);
  return placed.map(({ change }, i) => ({ ...change, written: written[i] as number }));
}
