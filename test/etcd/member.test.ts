import { describe, expect, it } from 'vitest';
import { type EtcdEvents, EtcdMember, type EtcdOperation, type EtcdRequest, type EtcdResponse } from '#etcd';
import { FakeWorld } from './fake-world.ts';

let nextId = 0;
function request(operation: EtcdOperation): EtcdRequest {
  nextId += 1;
  return { kind: 'EtcdRequest', id: nextId, operation };
}
const create = (key: string, value: object = { metadata: {} }, lease = 0): EtcdRequest =>
  request({ op: 'guarded', key, modRevision: 0, put: { key, value, bytes: 256, lease } });

function ask(world: FakeWorld, message: EtcdRequest): { response: EtcdResponse; took: number } {
  const began = world.now;
  world.deliver(message);
  world.runUntil(world.now + 5_000);
  const found = world.take().find((each) => (each.message as EtcdResponse).id === message.id && each.message.kind === 'EtcdResponse');
  if (found === undefined) throw new Error('no answer');
  return { response: found.message as EtcdResponse, took: found.at - began };
}

describe('EtcdMember', () => {
  it('creates when the key is absent and shows the key when it is not', () => {
    const world = new FakeWorld(new EtcdMember({ name: 'etcd-0' }));
    expect(ask(world, create('/a')).response).toMatchObject({ succeeded: true, revision: 2 });
    const second = ask(world, create('/a')).response;
    expect(second.succeeded).toBe(false);
    expect(second.kvs?.[0]).toMatchObject({ key: '/a', modRevision: 2 });
    expect(second.revision).toBe(2);
  });

  it('stamps a value once with its revision, before it is stored', () => {
    const stamped: [unknown, number][] = [];
    const world = new FakeWorld(new EtcdMember({ name: 'etcd-0' }, { stamp: (value, revision) => stamped.push([value, revision]) }));
    const value = { metadata: {} };
    ask(world, create('/a', value));
    ask(world, create('/a'));
    expect(stamped).toEqual([[value, 2]]);
    expect(ask(world, request({ op: 'range', key: '/a' })).response.kvs?.[0]?.value).toBe(value);
  });

  it('commits what arrives during an fsync with the next one, and tells a watcher of several batches at once', () => {
    const world = new FakeWorld(new EtcdMember({ name: 'etcd-0' }));
    ask(world, request({ op: 'watch', key: '/', rangeEnd: '0', startRevision: 0 }));
    for (let i = 0; i < 10; i += 1) world.deliver(create(`/k${i}`));
    world.runUntil(world.now + 50_000);
    expect(world.syncs).toBe(2);
    const heard = world.take().filter((each) => each.message.kind === 'EtcdEvents');
    expect(heard.map((each) => (each.message as EtcdEvents).events.length)).toEqual([10]);
  });

  it('answers an idle put and get within the measured medians (0.43-0.63 ms and 0.27-0.35 ms, loopback links of 20 us left out)', () => {
    const world = new FakeWorld(new EtcdMember({ name: 'etcd-0' }));
    const put = ask(world, create('/a')).took + 40;
    expect(put).toBeGreaterThan(0.8 * 427);
    expect(put).toBeLessThan(1.2 * 628);
    const get = ask(world, request({ op: 'range', key: '/a' })).took + 40;
    expect(get).toBeGreaterThan(0.8 * 266);
    expect(get).toBeLessThan(1.2 * 345);
  });

  it('replays from a past revision and refuses a compacted one', () => {
    const world = new FakeWorld(new EtcdMember({ name: 'etcd-0' }));
    for (let i = 0; i < 5; i += 1) ask(world, create(`/k${i}`));
    world.deliver(request({ op: 'watch', key: '/', rangeEnd: '0', startRevision: 3 }));
    const events = world.take().find((each) => each.message.kind === 'EtcdEvents')?.message as EtcdEvents;
    expect(events.events.map((event) => event.kv.modRevision)).toEqual([3, 4, 5, 6]);
    expect(ask(world, request({ op: 'compact', revision: 5 })).response.error).toBeUndefined();
    world.deliver(request({ op: 'watch', key: '/', rangeEnd: '0', startRevision: 3 }));
    const refused = world.take().find((each) => each.message.kind === 'EtcdEvents')?.message as EtcdEvents;
    expect(refused.compactRevision).toBe(5);
  });

  it('deletes the keys of an expired lease in one revision, at most half a second late', () => {
    const world = new FakeWorld(new EtcdMember({ name: 'etcd-0' }));
    const lease = ask(world, request({ op: 'leaseGrant', ttlSeconds: 10 })).response.lease as number;
    ask(world, create('/b', {}, lease));
    ask(world, create('/a', {}, lease));
    ask(world, request({ op: 'watch', key: '/', rangeEnd: '0', startRevision: 0 }));
    world.runUntil(9_900_000);
    expect(world.take()).toEqual([]);
    world.runUntil(10_600_000);
    const events = world.take().map((each) => each.message as EtcdEvents);
    expect(events).toHaveLength(1);
    expect(events[0]?.events.map((event) => [event.type, event.kv.key, event.kv.modRevision])).toEqual([
      ['DELETE', '/a', 4],
      ['DELETE', '/b', 4],
    ]);
  });

  it('refuses to grow past its quota', () => {
    const world = new FakeWorld(new EtcdMember({ name: 'etcd-0', quotaBytes: 500 }));
    ask(world, create('/a'));
    ask(world, create('/b'));
    expect(ask(world, create('/c')).response.error?.message).toBe('etcdserver: mvcc: database space exceeded');
  });
});
