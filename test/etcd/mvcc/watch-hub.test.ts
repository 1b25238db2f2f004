import { describe, expect, it } from 'vitest';
import { LeaseTable } from '../../../src/etcd/lease.ts';
import { MvccStore } from '../../../src/etcd/mvcc/store.ts';
import { type Watcher, WatchHub } from '../../../src/etcd/mvcc/watch-hub.ts';
import { WatchIndex } from '../../../src/etcd/mvcc/watch-index.ts';

interface World {
  readonly store: MvccStore;
  readonly hub: WatchHub<string>;
  put(...keys: string[]): void;
  drop(key: string): void;
}

function world(): World {
  const store = new MvccStore(new LeaseTable());
  const hub = new WatchHub<string>(store);
  const change = (act: () => void): void => {
    store.begin();
    act();
    hub.notify(store.end());
  };
  return {
    store,
    hub,
    put: (...keys) => change(() => keys.forEach((key) => store.put(key, `at ${store.revision + 1}`, 1, 0))),
    drop: (key) => change(() => store.delete(key)),
  };
}
/** What a watcher has to send, taken from it: key and revision. */
const told = (watcher: Watcher<string>): string[] =>
  watcher.pending.splice(0).map(({ type, kv }) => `${type === 'PUT' ? '' : '-'}${kv.key}@${kv.modRevision}`);
const owners = (watchers: readonly Watcher<string>[]): string[] => watchers.map(({ owner }) => owner);

describe('WatchHub', () => {
  it('tells a watcher of its key, its range or all, and of no other', () => {
    const { hub, put, drop } = world();
    const [one, range, rest, all] = [
      hub.add('one', 'b', undefined, 0),
      hub.add('range', 'b', 'c', 0),
      hub.add('rest', 'b', '\0', 0),
      hub.add('all', '\0', '\0', 0),
    ];
    put('a', 'b', 'b/x');
    put('c');
    drop('b');
    expect(told(one)).toEqual(['b@2', '-b@4']);
    expect(told(range)).toEqual(['b@2', 'b/x@2', '-b@4']);
    expect(told(rest)).toEqual(['b@2', 'b/x@2', 'c@3', '-b@4']);
    expect(told(all)).toEqual(['a@2', 'b@2', 'b/x@2', 'c@3', '-b@4']);
  });

  it('names those that have something to send, once, in the order in which they first had', () => {
    const { hub, put } = world();
    const b = hub.add('b', 'b', undefined, 0);
    hub.add('a', 'a', undefined, 0);
    expect(hub.hasDirty).toBe(false);
    put('b');
    put('a');
    put('b');
    expect(hub.hasDirty).toBe(true);
    expect(owners(hub.takeDirty())).toEqual(['b', 'a']);
    expect([hub.hasDirty, hub.takeDirty()]).toEqual([false, []]);
    expect(told(b)).toEqual(['b@2', 'b@4']);
    put('b');
    expect(owners(hub.takeDirty())).toEqual(['b']);
  });

  it('starts in the past, now, or in the future', () => {
    const { hub, put } = world();
    put('a');
    put('a');
    const [past, present, now, future] = [
      hub.add('past', 'a', undefined, 2),
      hub.add('present', 'a', undefined, 3),
      hub.add('now', 'a', undefined, 0),
      hub.add('future', 'a', undefined, 5),
    ];
    expect([past, present, now, future].map(({ state, nextRevision }) => `${state} ${nextRevision}`)).toEqual([
      'unsynced 2',
      'unsynced 3',
      'synced 4',
      'synced 5',
    ]);
    expect(hub.hasUnsynced).toBe(true);
    put('a');
    expect(owners(hub.takeDirty())).toEqual(['now']);
    expect(owners(hub.sync())).toEqual(['past', 'present']);
    expect([hub.hasUnsynced, past.nextRevision]).toEqual([false, 5]);
    put('a');
    expect([past, present, now, future].map(told)).toEqual([['a@2', 'a@3', 'a@4', 'a@5'], ['a@3', 'a@4', 'a@5'], ['a@4', 'a@5'], ['a@5']]);
  });

  it('reads a thousand revisions at a time, never half of one, and of its range alone', () => {
    const { hub, put } = world();
    put('k/first', 'z', 'k/second');
    for (let i = 0; i < 1000; i += 1) put('j', 'k/a', 'k/b', 'l');
    const watcher = hub.add('w', 'k/', 'k0', 2);
    const single = hub.add('s', 'k/a', undefined, 3);
    expect(owners(hub.sync())).toEqual(['w', 's']);
    expect([watcher.pending.length, watcher.nextRevision, watcher.state]).toEqual([2000, 1002, 'unsynced']);
    expect([single.pending.length, single.state]).toEqual([1000, 'synced']);
    expect(told(watcher).slice(0, 3)).toEqual(['k/first@2', 'k/second@2', 'k/a@3']);
    single.pending = [];
    expect(owners(hub.sync())).toEqual(['w']);
    expect([told(watcher), watcher.state]).toEqual([['k/a@1002', 'k/b@1002'], 'synced']);
    expect(hub.sync()).toEqual([]);
  });

  it('tells no watcher that reads nothing of its own that it has something to send', () => {
    const { hub, put } = world();
    put('a');
    const watcher = hub.add('w', 'b', undefined, 1);
    expect([hub.sync(), watcher.state, watcher.nextRevision]).toEqual([[], 'synced', 3]);
  });

  it('gives up a watcher whose start was compacted away, and spares it the value before', () => {
    const { store, hub, put } = world();
    for (let i = 0; i < 4; i += 1) put('a');
    const [lost, edge] = [hub.add('lost', 'a', undefined, 2), hub.add('edge', 'a', undefined, 3)];
    store.compact(3);
    expect(owners(hub.sync())).toEqual(['lost', 'edge']);
    expect([lost.state, edge.state, hub.hasUnsynced]).toEqual(['compacted', 'synced', false]);
    expect(edge.pending.map(({ kv, previous }) => [kv.modRevision, previous?.modRevision])).toEqual([
      [3, undefined],
      [4, 3],
      [5, 4],
    ]);
    expect(lost.pending).toEqual([]);
    put('a');
    expect(told(lost)).toEqual([]);
  });

  it('tells a cancelled watcher nothing, caught up or not', () => {
    const { hub, put } = world();
    put('a');
    const watchers = [hub.add('one', 'a', undefined, 0), hub.add('range', 'a', 'b', 0), hub.add('old', 'a', undefined, 2)];
    const same = hub.add('same', 'a', undefined, 0);
    const stays = hub.add('stays', 'a', 'b', 0);
    put('a');
    for (const each of watchers) hub.cancel(each);
    put('a');
    expect(hub.sync()).toEqual([]);
    expect([watchers.map(told), watchers.map(({ state }) => state), hub.hasUnsynced]).toEqual([
      [[], [], []],
      ['cancelled', 'cancelled', 'cancelled'],
      false,
    ]);
    expect(told(same)).toEqual(['a@3', 'a@4']);
    expect(told(stays)).toEqual(['a@3', 'a@4']);
  });

  it('lets those catch up that have missed what a store took over', () => {
    const { store, hub, put } = world();
    const [watcher, future] = [hub.add('w', 'a', undefined, 0), hub.add('future', 'a', undefined, 9)];
    put('a');
    told(watcher);
    const other = new MvccStore(new LeaseTable());
    for (let i = 0; i < 4; i += 1) {
      other.begin();
      other.put('a', i, 1, 0);
      other.end();
    }
    hub.resync([watcher], 2);
    expect(watcher.state).toBe('synced');
    store.become(other);
    hub.resync([watcher, future], 2);
    expect([watcher.state, watcher.nextRevision, future.state]).toEqual(['unsynced', 3, 'synced']);
    put('a');
    expect(owners(hub.sync())).toEqual(['w']);
    expect(told(watcher)).toEqual(['a@3', 'a@4', 'a@5', 'a@6']);
    put('a');
    expect([told(watcher), told(future)]).toEqual([['a@7'], []]);
  });
});

describe('the watchers of ranges that lie in each other', () => {
  const ranges: readonly (readonly [string, string])[] = [
    ['c', 'z'],
    ['b', 'g'],
    ['a', 'z'],
    ['b', 'c'],
    ['b', 'f'],
    ['b', 'c'],
    ['d', 'e'],
    ['e', '\0'],
    ['\0', 'b'],
    ['m', 'n'],
    ['d', 'g'],
  ];
  const keys = ['A', 'a', 'b', 'bb', 'c', 'd', 'dd', 'e', 'ee', 'f', 'g', 'm', 'mm', 'n', 'z', 'zz'];
  const inside = ([from, to]: readonly [string, string], key: string): boolean => key >= from && (to === '\0' || key < to);

  it.each([[[]], [[0]], [[2, 3]], [[1, 3, 8]], [[5, 6, 7, 0]], [[0, 1, 2, 3, 4, 5, 6, 7, 8]]])(
    'hear each what is theirs, also when some leave: %j',
    (leave) => {
      const { hub, put } = world();
      const watchers = ranges.map(([from, to], i) => hub.add(String(i), from, to, 0));
      for (const at of leave) hub.cancel(watchers[at] as Watcher<string>);
      for (const key of keys) put(key);
      watchers.forEach((watcher, i) => {
        const expected = leave.includes(i) ? [] : keys.filter((key) => inside(ranges[i] as readonly [string, string], key));
        expect(watcher.pending.map(({ kv }) => kv.key)).toEqual(expected);
      });
    },
  );

  it('is the same for those that come back', () => {
    const { hub, put } = world();
    for (let round = 0; round < 3; round += 1) {
      const one = [hub.add('one', 'a', undefined, 0), hub.add('two', 'a', '', 0)];
      const range = hub.add('range', 'a', 'b', 0);
      put('a');
      expect([...one, range].map((each) => each.pending.length)).toEqual([1, 1, 1]);
      for (const each of [...one, range]) hub.cancel(each);
      hub.cancel(range);
    }
  });

  it('loses none when one is removed that was never there', () => {
    const index = new WatchIndex<{ key: string; rangeEnd: string | undefined }>();
    const heard = (key: string): number => {
      let count = 0;
      index.visit(key, undefined, () => {
        count += 1;
      });
      return count;
    };
    for (const rangeEnd of [undefined, 'b']) {
      index.add({ key: 'a', rangeEnd });
      index.add({ key: 'a', rangeEnd });
      index.remove({ key: 'a', rangeEnd });
      index.remove({ key: 'never', rangeEnd });
    }
    expect([heard('a'), heard('aa'), heard('b')]).toEqual([4, 2, 0]);
  });
});
