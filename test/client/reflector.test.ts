import { describe, expect, it } from 'vitest';
import type { ApiRequest } from '#api';
import { gone } from '#api';
import { type Act, play, pod, podList, stream } from './world.ts';

const act = (second: number, messages: Act['messages'], server = 1): Act => ({ second, server, messages });
const asked = (requests: readonly { request: ApiRequest }[]) =>
  requests.map(({ request: { verb, options } }) => `${verb} ${options?.resourceVersion ?? (verb === 'list' ? 'etcd' : '')}`);
const told = (tenant: ReturnType<typeof play>['tenant']) =>
  tenant.events.map(({ event: { type, key, object } }) => `${type} ${key} ${object.metadata?.resourceVersion}`);
const bookmark = (resourceVersion: string) => ({ kind: 'Pod', metadata: { resourceVersion } });

/** Lists one pod at version 10, opens watches. */
const answer = ({ verb }: ApiRequest) => (verb === 'list' ? podList('10', pod('a', '5')) : { code: 200 });

describe('the reflector', () => {
  it('lists, then watches from the version of the list', () => {
    const { tenant, requests } = play({
      watches: true,
      answer,
      acts: [
        act(
          1,
          stream(0, [
            ['ADDED', pod('b', '11')],
            ['MODIFIED', pod('a', '12')],
          ]),
        ),
        act(2, stream(1, [['DELETED', pod('b', '13')]])),
      ],
    });
    expect(asked(requests)).toEqual(['list 0', 'watch 10']);
    expect(told(tenant)).toEqual(['add ns/a 5', 'add ns/b 11', 'update ns/a 12', 'delete ns/b 13']);
    expect(tenant.events[2]?.event.previous?.metadata?.resourceVersion).toBe('5');
    expect([...tenant.informer.list()].map(({ metadata }) => metadata?.name)).toEqual(['a']);
    expect(tenant.informer.synced).toBe(true);
  });

  it('resumes at a gap from the last version it has, and at the end of a stream from its last bookmark', () => {
    const { requests, heard } = play({
      watches: true,
      answer,
      acts: [
        act(1, stream(0, [['ADDED', pod('b', '11')]])),
        act(2, stream(2, [['ADDED', pod('d', '13')]])),
        act(5, stream(0, [['BOOKMARK', bookmark('40')]])),
        act(6, stream(1, [], true)),
      ],
    });
    expect(asked(requests)).toEqual(['list 0', 'watch 10', 'watch 11', 'watch 40']);
    expect(heard.filter(({ request }) => request.kind === 'CloseWatch')).toHaveLength(1);
  });

  it('lists afresh from etcd when its version is too old, and tells what changed meanwhile', () => {
    let lists = 0;
    const { tenant, requests } = play({
      watches: true,
      answer: ({ verb }) => {
        if (verb === 'watch') return { code: 200 };
        return lists++ === 0 ? podList('10', pod('a', '5'), pod('b', '6')) : podList('90', pod('a', '5'), pod('c', '80'));
      },
      acts: [act(1, stream(0, [['ERROR', gone('too old resource version: 10 (50)')]]))],
    });
    expect(asked(requests)).toEqual(['list 0', 'watch 10', 'list etcd', 'watch 90']);
    expect(told(tenant)).toEqual(['add ns/a 5', 'add ns/b 6', 'delete ns/b 6', 'add ns/c 80']);
  });

  it('backs off from 0.8 s to 30 s, with jitter up to twice, while the list fails', () => {
    const { requests } = play({ watches: true, answer: () => ({ code: 500, object: { kind: 'Status', code: 500 } }), seconds: 400 });
    const pauses = requests.slice(1).map(({ at }, i) => at - (requests[i]?.at ?? 0));
    let expected = 0.8;
    for (const pause of pauses) {
      expect(pause).toBeGreaterThanOrEqual(expected);
      expect(pause).toBeLessThan(expected * 2 + 0.01);
      expected = Math.min(30, expected * 2);
    }
    expect(pauses.length).toBeGreaterThan(8);
  });

  it('goes to another server when its own is reset', () => {
    const first = play({ servers: 3, watches: true, answer }).requests[0]?.server as number;
    const { requests, tenant } = play({
      servers: 3,
      watches: true,
      answer,
      acts: [act(1, stream(0, [['ADDED', pod('b', '11')]]), first), act(2, () => [{ kind: 'ConnectionReset' }], first)],
    });
    expect(asked(requests)).toEqual(['list 0', 'watch 10', 'watch 11']);
    expect(requests[2]?.server).not.toBe(first);
    expect(told(tenant)).toEqual(['add ns/a 5', 'add ns/b 11']);
  });

  it('waits for nothing when a stream is reset and there is another server, however often; with one server it does', () => {
    const watched = (servers: number) => {
      const resets = [2, 5, 8, 11].map((second, i) => act(second, () => [{ kind: 'ConnectionReset' }], (i % servers) + 1));
      const { requests } = play({ servers, watches: true, answer, acts: resets, seconds: 14 });
      return requests.flatMap(({ at, request }) => (request.verb === 'watch' ? [Math.floor(at * 10) / 10] : [])).slice(1);
    };
    expect(watched(2).slice(-3)).toEqual([5, 8, 11]);
    expect(watched(1)[0]).toBeGreaterThan(2.7);
  });

  it('takes no reset of other connections for one of the connection just made', () => {
    const first = play({ servers: 2, watches: true, answer }).requests[0]?.server as number;
    const reset = (server: number) => act(5, () => [{ kind: 'ConnectionReset' }], server);
    const { requests } = play({ servers: 2, watches: true, answer, acts: [reset(first), reset(3 - first)] });
    expect(requests.slice(2).map(({ at, server }) => [Math.floor(at), server])).toEqual([[5, 3 - first]]);
  });

  it('opens a silent stream anew', () => {
    const { requests } = play({ watches: true, answer, seconds: 320 });
    expect(asked(requests)).toEqual(['list 0', 'watch 10', 'watch 10']);
  });

  it('reads long lists from etcd page by page', () => {
    const { tenant, requests } = play({
      watches: true,
      answer: ({ verb, options }) => {
        if (verb === 'watch') return options?.resourceVersion === '90' ? { code: 200 } : { code: 410, object: gone('too old') };
        if (options?.limit === undefined) return podList('10');
        const isLast = options.continue === 'page2';
        const { object } = podList('90', pod(isLast ? 'z' : 'y', '50'));
        return { code: 200, object: { ...object, metadata: { resourceVersion: '90', ...(isLast ? {} : { continue: 'page2' }) } } };
      },
    });
    expect(asked(requests)).toEqual(['list 0', 'watch 10', 'list etcd', 'list etcd', 'watch 90']);
    expect(told(tenant)).toEqual(['add ns/y 50', 'add ns/z 50']);
  });
});
