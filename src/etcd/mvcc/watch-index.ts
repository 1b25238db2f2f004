/** Which watchers want a key: a map for single keys, and ranges sorted by start for the rest. With disjoint ranges (one prefix a resource,
 *  as API servers watch) a key costs one binary search, however many watchers there are. Mirrors watcherGroup of etcd 3.6's mvcc. */

import { rangeEndOf } from './store.ts';

interface RangeGroup<W> {
  readonly start: string;
  readonly end: string;
  readonly watchers: W[];
  /** The greatest end of this group and those before it. */
  reach: string;
}

/** What an index needs of a watcher. */
export interface Watched {
  readonly key: string;
  readonly rangeEnd: string | undefined;
}

export class WatchIndex<W extends Watched> {
  private readonly exact = new Map<string, W[]>();
  private readonly ranges: RangeGroup<W>[] = [];

  add(watcher: W): void {
    if (watcher.rangeEnd === undefined || watcher.rangeEnd === '') {
      const same = this.exact.get(watcher.key);
      if (same === undefined) this.exact.set(watcher.key, [watcher]);
      else same.push(watcher);
      return;
    }
    const end = rangeEndOf(watcher.key, watcher.rangeEnd);
    const at = this.positionOf(watcher.key, end);
    const group = this.ranges[at];
    if (group !== undefined && group.start === watcher.key && group.end === end) group.watchers.push(watcher);
    else this.ranges.splice(at, 0, { start: watcher.key, end, watchers: [watcher], reach: end });
    this.measure();
  }

  remove(watcher: W): void {
    if (watcher.rangeEnd === undefined || watcher.rangeEnd === '') {
      const same = this.exact.get(watcher.key);
      if (same !== undefined && take(same, watcher) && same.length === 0) this.exact.delete(watcher.key);
      return;
    }
    const at = this.positionOf(watcher.key, rangeEndOf(watcher.key, watcher.rangeEnd));
    const group = this.ranges[at];
    if (group !== undefined && take(group.watchers, watcher) && group.watchers.length === 0) this.ranges.splice(at, 1);
    this.measure();
  }

  /** Calls `visit` for each watcher of a key with the given argument (no closure needed on the hot path). */
  visit<A>(key: string, argument: A, visit: (watcher: W, argument: A) => void): void {
    const same = this.exact.get(key);
    if (same !== undefined) for (let i = 0; i < same.length; i += 1) visit(same[i] as W, argument);
    const { ranges } = this;
    let low = 0;
    let high = ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ranges[middle] as RangeGroup<W>).start <= key) low = middle + 1;
      else high = middle;
    }
    for (let at = low - 1; at >= 0; at -= 1) {
      const group = ranges[at] as RangeGroup<W>;
      if (group.reach <= key) return;
      if (group.end <= key) continue;
      const { watchers } = group;
      for (let i = 0; i < watchers.length; i += 1) visit(watchers[i] as W, argument);
    }
  }

  private positionOf(start: string, end: string): number {
    let at = 0;
    while (at < this.ranges.length) {
      const group = this.ranges[at] as RangeGroup<W>;
      if (group.start > start || (group.start === start && group.end >= end)) break;
      at += 1;
    }
    return at;
  }

  private measure(): void {
    let reach = '';
    for (const group of this.ranges) {
      if (group.end > reach) reach = group.end;
      group.reach = reach;
    }
  }
}

function take<W>(from: W[], watcher: W): boolean {
  const at = from.indexOf(watcher);
  if (at >= 0) from.splice(at, 1);
  return at >= 0;
}
