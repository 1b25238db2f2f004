import { describe, expect, it } from 'vitest';
import type { EtcdEvent, KeyValue } from '#etcd';
import type { Context } from '#sim';
import { compileFilter, type Filter } from '../../../src/apiserver/cache/filter.ts';
import { WatchCache } from '../../../src/apiserver/cache/watch-cache.ts';
import { newWatcher, type Watcher } from '../../../src/apiserver/cache/watchers.ts';
import type { ResourceDescriptor } from '../../../src/apiserver/registry/descriptor.ts';

const PREFIX = '/registry/pods/';
const NODES = '/registry/nodes/';
const pods = {
  watchIndex: 'spec.nodeName',
  fields: { 'spec.nodeName': (object: { spec?: { nodeName?: string } }) => object.spec?.nodeName ?? '' },
} as unknown as ResourceDescriptor;
const nodes = {} as ResourceDescriptor;

/** A resource in etcd, and a cache that is told of every change. */
class World {
  readonly cache: WatchCache;
  readonly prefix: string;
  readonly descriptor: ResourceDescriptor;
  revision = 10;
  private readonly known = new Map<string, KeyValue>();

  constructor(namespaced = true) {
    this.prefix = namespaced ? PREFIX : NODES;
    this.descriptor = namespaced ? pods : nodes;
    this.cache = new WatchCache(this.descriptor, this.prefix, namespaced, 1000);
    this.cache.fill([], this.revision);
  }

  kv(path: string, nodeName: string, app: string, version: number): KeyValue {
    const [namespace, name] = path.includes('/') ? path.split('/') : [undefined, path];
    const value = { metadata: { name, namespace, labels: { app } }, spec: { nodeName } };
    return { key: this.prefix + path, value, bytes: 1, createRevision: 1, modRevision: this.revision, version, lease: 0 };
  }

  event(path: string, nodeName?: string, app = ''): EtcdEvent {
    this.revision += 1;
    const previous = this.known.get(path);
    const kv = this.kv(path, nodeName ?? '', app, nodeName === undefined ? 0 : (previous?.version ?? 0) + 1);
    if (nodeName === undefined) this.known.delete(path);
    else this.known.set(path, kv);
    return {
      type: nodeName === undefined ? 'DELETE' : 'PUT',
      kv: nodeName === undefined ? { ...kv, value: undefined } : kv,
      previous,
      name: undefined,
    };
  }

  /** Without a node: deletes. Answers how many were told. */
  put(path: string, nodeName?: string, app?: string, dirty: Watcher[] = []): number | false {
    return this.cache.apply(this.event(path, nodeName, app), 0, dirty);
  }

  filter(fieldSelector = '', labelSelector = '', namespace?: string): Filter {
    return compileFilter(this.descriptor, namespace, { fieldSelector, labelSelector }) as Filter;
  }

  watch(fieldSelector = '', labelSelector = '', namespace?: string): Watcher {
    const watcher = newWatcher(1, 2, this.filter(fieldSelector, labelSelector, namespace), true, 3, 4);
    this.cache.watchers.add(watcher);
    return watcher;
  }

  select(fieldSelector = '', labelSelector = '', namespace?: string): string {
    return this.cache
      .select(this.filter(fieldSelector, labelSelector, namespace))
      .map(({ key }) => key.slice(this.prefix.length))
      .join(' ');
  }
}
/** What a watcher was told, taken from it. */
const told = (watcher: Watcher): string => {
  const all = (watcher.batch ?? []).map(({ type, object }) => `${type} ${object.metadata?.name}`).join(', ');
  watcher.batch = undefined;
  return all;
};

describe('the objects of a cache', () => {
  it('are those of the list that it was filled with, and forgotten with it', () => {
    const world = new World();
    const { cache } = world;
    expect([cache.isReady, cache.revision, new WatchCache(pods, PREFIX, true, 9).isReady]).toEqual([true, 10, false]);
    world.put('one/x', 'n1');
    cache.fill([world.kv('one/b', 'n1', '', 1), world.kv('one/a', 'n2', '', 1)], 20);
    expect([world.select(), world.select('spec.nodeName=n1'), cache.revision, cache.window.oldest]).toEqual([
      'one/a one/b',
      'one/b',
      20,
      20,
    ]);
    expect([cache.get(`${PREFIX}one/b`)?.metadata?.name, cache.get(`${PREFIX}one/x`)]).toEqual(['b', undefined]);
    cache.drop();
    expect([
      cache.isReady,
      cache.revision,
      world.select(),
      world.select('spec.nodeName=n1'),
      cache.looksAt(world.filter('spec.nodeName=n1')),
    ]).toEqual([false, 0, '', '', 0]);
    cache.fill([world.kv('one/c', 'n1', '', 1)], 30);
    expect([cache.isReady, world.select(), world.select('spec.nodeName=n1')]).toEqual([true, 'one/c', 'one/c']);
  });

  it('follow events, in the order of keys', () => {
    const world = new World();
    for (const path of ['b/b', 'a/z', 'b/a', 'a/a']) world.put(path, 'n1');
    expect([world.select(), world.select('', '', 'b')]).toEqual(['a/a a/z b/a b/b', 'b/a b/b']);
    world.put('b/a', 'n2', 'new');
    expect(world.cache.inOrder().map(({ modRevision }) => modRevision)).toEqual([14, 12, 15, 11]);
    world.put('a/z');
    world.put('b/0', 'n1');
    expect([world.select(), world.cache.objects.size]).toEqual(['a/a b/0 b/a b/b', 4]);
    world.put('b/0');
    expect([world.select(), world.cache.revision]).toEqual(['a/a b/a b/b', 18]);
    expect(world.cache.inOrder()).toEqual(world.cache.inOrder());
    world.put('b/0', 'n9');
    world.put('a/a');
    expect(world.select()).toBe('b/0 b/a b/b');
  });

  it('take no event twice, and none that does not follow from what is here', () => {
    const world = new World();
    const { cache } = world;
    const first = world.event('one/a', 'n1');
    const second = world.event('one/a', 'n2');
    const third = world.event('one/a');
    expect(cache.apply(second, 0, [])).toBe(false);
    expect([cache.objects.size, cache.revision]).toEqual([0, 10]);
    expect([cache.apply(first, 0, []), cache.apply(first, 0, []), cache.revision]).toEqual([0, 0, 11]);
    expect(cache.apply(third, 0, [])).toBe(false);
    expect([cache.apply(second, 0, []), cache.apply(third, 0, []), cache.objects.size]).toEqual([0, 0, 0]);
    const seen: number[] = [];
    cache.window.since(10, ({ kv }) => seen.push(kv.modRevision));
    expect(seen).toEqual([11, 12, 13]);
    world.put('one/b', 'n1');
    const unfollowed = { ...world.event('one/b', 'n2'), previous: undefined };
    expect(cache.apply(unfollowed, 0, [])).toBe(false);
  });

  it('are found by the index without a look at the others', () => {
    const world = new World();
    const { cache } = world;
    for (const [path, node] of [
      ['one/c', 'n1'],
      ['one/a', 'n1'],
      ['two/b', 'n2'],
      ['one/d', ''],
    ] as const)
      world.put(path, node);
    const looks = (fieldSelector: string): number => cache.looksAt(world.filter(fieldSelector));
    expect([
      looks(''),
      looks('spec.nodeName=n1'),
      looks('spec.nodeName=n3'),
      looks('spec.nodeName='),
      looks('spec.nodeName!=n1'),
      looks('metadata.name=a'),
    ]).toEqual([4, 2, 0, 1, 4, 4]);
    expect([
      world.select('spec.nodeName=n1'),
      world.select('spec.nodeName=n1,metadata.name=a'),
      world.select('spec.nodeName=n3'),
      world.select('spec.nodeName!=n1'),
    ]).toEqual(['one/a one/c', 'one/a', '', 'one/d two/b']);
    world.put('one/a', 'n2');
    world.put('two/b');
    expect([
      world.select('spec.nodeName=n1'),
      world.select('spec.nodeName=n2'),
      looks('spec.nodeName=n1'),
      looks('spec.nodeName=n2'),
    ]).toEqual(['one/c', 'one/a', 1, 1]);
  });

  it('are found by their name where names are enough', () => {
    const world = new World(false);
    for (const name of ['b', 'a', 'c']) world.put(name, '', name);
    expect([
      world.cache.looksAt(world.filter('metadata.name=b')),
      world.cache.looksAt(world.filter('metadata.name!=b')),
      world.cache.looksAt(world.filter()),
    ]).toEqual([1, 3, 3]);
    expect([
      world.select('metadata.name=b'),
      world.select('metadata.name=x'),
      world.select('metadata.name=b', 'app=c'),
      world.select('metadata.name!=b'),
    ]).toEqual(['b', '', '', 'a c']);
  });
});

describe('who waits for a revision', () => {
  it('is told when it has come or when the wait is over, once', () => {
    const world = new World();
    const { cache } = world;
    const heard: string[] = [];
    const wait = (name: string, revision: number, deadline: number): unknown =>
      cache.waiters.push({ revision, deadline, reached: (isReached) => heard.push(`${name} ${isReached}`) });
    wait('far', 99, 50);
    wait('soon', 11, 50);
    wait('late', 99, 20);
    wait('now', 10, 50);
    const release = (now: number): string[] => {
      cache.release({ now } as Context);
      return heard.splice(0);
    };
    expect(release(19)).toEqual(['now true']);
    world.put('one/a', 'n1');
    expect([release(20), release(20), release(49), release(50), cache.waiters.length]).toEqual([
      ['soon true', 'late false'],
      [],
      [],
      ['far false'],
      0,
    ]);
  });
});

describe('watchers', () => {
  it('hear of what comes into their filter, stays in it and leaves it', () => {
    const world = new World();
    const all = world.watch();
    const one = world.watch('', '', 'one');
    const app = world.watch('', 'app=x');
    const node = world.watch('spec.nodeName=n1');
    const name = world.watch('metadata.name=a');
    const both = world.watch('spec.nodeName=n1', '', 'one');
    const everyone = (): string[] => [all, one, app, node, name, both].map(told);
    expect([world.put('one/a', 'n1', 'x'), everyone()]).toEqual([6, Array(6).fill('ADDED a')]);
    expect([world.put('one/a', 'n1', 'y'), everyone()]).toEqual([
      6,
      ['MODIFIED a', 'MODIFIED a', 'DELETED a', 'MODIFIED a', 'MODIFIED a', 'MODIFIED a'],
    ]);
    expect([world.put('one/a', 'n2', 'x'), everyone()]).toEqual([
      6,
      ['MODIFIED a', 'MODIFIED a', 'ADDED a', 'DELETED a', 'MODIFIED a', 'DELETED a'],
    ]);
    expect([world.put('one/a', 'n1', 'x'), everyone()]).toEqual([
      6,
      ['MODIFIED a', 'MODIFIED a', 'MODIFIED a', 'ADDED a', 'MODIFIED a', 'ADDED a'],
    ]);
    expect([world.put('one/a'), everyone()]).toEqual([6, Array(6).fill('DELETED a')]);
    expect([world.put('two/b', 'n1', 'y'), everyone()]).toEqual([2, ['ADDED b', '', '', 'ADDED b', '', '']]);
    expect([world.put('two/b'), everyone()]).toEqual([2, ['DELETED b', '', '', 'DELETED b', '', '']]);
  });

  it('are shown what left with its last content and the revision at which it left', () => {
    const world = new World();
    const [app, all] = [world.watch('', 'app=x'), world.watch()];
    world.put('one/a', 'n1', 'x');
    world.put('one/a', 'n1', 'y');
    world.put('one/a');
    expect(app.batch?.[1]?.object).toMatchObject({ metadata: { labels: { app: 'x' }, resourceVersion: '12' } });
    expect(all.batch?.[2]?.object).toMatchObject({ metadata: { labels: { app: 'y' }, resourceVersion: '13' } });
    expect(app.batch?.map(({ key }) => key)).toEqual(['one/a', 'one/a']);
    // One form of an event for all who are told it.
    const other = world.watch();
    all.batch = undefined;
    world.put('one/b', 'n1');
    world.put('one/b', 'n2');
    world.put('one/b');
    expect(all.batch as unknown).toEqual(other.batch);
    expect([0, 1, 2].map((i) => all.batch?.[i] === other.batch?.[i])).toEqual([true, true, true]);
  });

  it('join those with something to send once, until their batch is taken', () => {
    const world = new World();
    const [b, a] = [world.watch('', 'app=b'), world.watch('', '', 'one')];
    const dirty: Watcher[] = [];
    world.put('two/x', 'n1', 'b', dirty);
    world.put('one/y', 'n1', 'b', dirty);
    expect(dirty).toEqual([b, a]);
    expect([told(b), told(a)]).toEqual(['ADDED x, ADDED y', 'ADDED y']);
    world.put('two/x', 'n2', 'b', dirty);
    expect(dirty).toEqual([b, a, b]);
  });

  it('are not told again what they heard elsewhere, nor anything once they are gone', () => {
    const world = new World();
    const watchers = [world.watch(), world.watch('metadata.name=a'), world.watch('spec.nodeName=n1')];
    for (const each of watchers) each.since = 12;
    expect([world.put('one/a', 'n1'), world.put('one/a', 'n1', 'x'), watchers.map(told)]).toEqual([0, 0, ['', '', '']]);
    expect([world.put('one/a', 'n1', 'y'), watchers.map(told)]).toEqual([3, ['MODIFIED a', 'MODIFIED a', 'MODIFIED a']]);
    expect(world.cache.watchers.count).toBe(3);
    for (const each of watchers) world.cache.watchers.remove(each);
    for (const each of watchers) world.cache.watchers.remove(each);
    world.cache.watchers.remove(newWatcher(1, 9, world.filter('metadata.name=never'), false, 0, 0));
    world.cache.watchers.remove(newWatcher(1, 9, world.filter('spec.nodeName=never'), false, 0, 0));
    expect([world.put('one/a', 'n1', 'z'), watchers.map(told), world.cache.watchers.count]).toEqual([0, ['', '', ''], 0]);
  });

  it('of one name hear of it also where there is no index', () => {
    const world = new World(false);
    const [a, notA, labelled] = [world.watch('metadata.name=a'), world.watch('metadata.name!=a'), world.watch('metadata.name=a', 'app=x')];
    expect([world.put('a', '', 'x'), world.put('b', '', 'x'), world.put('a', '', 'y'), world.put('a')]).toEqual([2, 1, 2, 1]);
    expect([told(a), told(notA), told(labelled)]).toEqual(['ADDED a, MODIFIED a, DELETED a', 'ADDED b', 'ADDED a, DELETED a']);
  });

  it('are as they were made', () => {
    const world = new World();
    expect(newWatcher(1, 2, world.filter('', 'a'), true, 3, 4)).toEqual({
      host: 1,
      id: 2,
      filter: world.filter('', 'a'),
      isOpen: false,
      isByIndex: false,
      bookmarks: true,
      endsAt: 3,
      nextBookmark: 4,
      sequence: 0,
      batch: undefined,
      isClosed: false,
      since: 0,
      view: undefined,
      stream: undefined,
      window: undefined,
    });
    const byIndex = ['spec.nodeName=n1', 'metadata.name=a', 'spec.nodeName=n1,metadata.name!=b', ''].map(
      (fields) => world.watch(fields).isByIndex,
    );
    expect([...byIndex, world.watch('spec.nodeName=n1', 'app').isByIndex, world.watch('spec.nodeName=n1', '', 'one').isByIndex]).toEqual([
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});

describe('whether something happened since', () => {
  it('is told by the index, by the name, or not at all', () => {
    const world = new World();
    const quiet = (fieldSelector: string, revision: number): boolean => world.cache.isQuietSince(world.filter(fieldSelector), revision);
    expect([quiet('spec.nodeName=n1', 10), quiet('spec.nodeName=n1', 9), quiet('', 9)]).toEqual([true, false, false]);
    world.put('one/a', 'n1');
    world.put('one/b', 'n2');
    world.put('one/c', 'n3');
    expect([10, 11, 12].map((revision) => quiet('spec.nodeName=n1', revision))).toEqual([false, true, true]);
    expect([
      quiet('spec.nodeName=n2', 11),
      quiet('spec.nodeName=n2', 12),
      quiet('spec.nodeName=n9', 10),
      quiet('', 12),
      quiet('', 13),
      quiet('metadata.name=a', 12),
    ]).toEqual([false, true, true, false, true, false]);
    world.put('one/a', 'n2');
    expect([quiet('spec.nodeName=n1', 13), quiet('spec.nodeName=n2', 13), quiet('spec.nodeName=n3', 13)]).toEqual([false, false, true]);
    world.revision = 50;
    world.cache.fill([], 50);
    world.put('one/z', 'n7');
    expect([
      quiet('spec.nodeName=n1', 49),
      quiet('spec.nodeName=n1', 50),
      quiet('spec.nodeName=n8', 49),
      quiet('spec.nodeName=n8', 50),
    ]).toEqual([false, true, false, true]);
  });

  it('is told of one object by its revision', () => {
    const world = new World(false);
    for (const name of ['a', 'b', 'c']) world.put(name, '');
    const quiet = (fieldSelector: string, revision: number): boolean => world.cache.isQuietSince(world.filter(fieldSelector), revision);
    expect([
      quiet('metadata.name=a', 10),
      quiet('metadata.name=a', 11),
      quiet('metadata.name=b', 11),
      quiet('metadata.name=x', 12),
      quiet('metadata.name=x', 13),
      quiet('metadata.name!=x', 12),
    ]).toEqual([false, true, false, false, true, false]);
  });
});
