import { describe, expect, it } from 'vitest';
import { at, bindTo, create, lab, play, pod, type ScriptedClient, type Step } from './lab.ts';

const watch = (options: object = {}): Step => ({
  verb: 'watch',
  resource: 'pods',
  namespace: 'default',
  options: { resourceVersion: '0', ...options },
});
const seen = (client: ScriptedClient | undefined, id: number): string[] =>
  (client?.watched(id) ?? []).map(
    ({ type, object }) =>
      `${type} ${object.metadata?.name ?? object.metadata?.resourceVersion ?? (object as { message?: string }).message}`,
  );
const labelled = (name: string, app: string): object => pod(name, { metadata: { labels: { app } } });

describe('watch', () => {
  it('shows the state, then what happens, with the very objects that lists show', () => {
    const client = play([
      create('pods', pod('a')),
      10,
      watch(),
      create('pods', pod('b')),
      at('delete', 'pods', 'a'),
      { verb: 'list', resource: 'pods', namespace: 'default' },
    ]);
    expect(seen(client, 2)).toEqual(['ADDED a', 'ADDED b', 'MODIFIED a', 'DELETED a']);
    expect(client.watched(2)[1]?.object).toBe(client.answers[5]?.object.items[0]);
    expect(client.events.map((message) => message.sequence)).toEqual(client.events.map((_, i) => i));
  });

  it('resumes where it was told to', () => {
    const client = play([
      create('pods', pod('a')),
      create('pods', pod('b')),
      create('pods', pod('c')),
      10,
      (answers) => ({ verb: 'watch', resource: 'pods', options: { resourceVersion: answers[0]?.object.metadata.resourceVersion } }),
    ]);
    expect(seen(client, 4)).toEqual(['ADDED b', 'ADDED c']);
  });

  it('turns leaving the selector into DELETED and coming back into ADDED', () => {
    const relabel = (app: string): Step => at('patch', 'pods', 'a', { patchType: 'merge', body: { metadata: { labels: { app } } } });
    const client = play([watch({ labelSelector: 'app=x' }), create('pods', labelled('a', 'x')), relabel('y'), relabel('z'), relabel('x')]);
    expect(seen(client, 0)).toEqual(['ADDED a', 'DELETED a', 'ADDED a']);
    const left = client.watched(0)[1]?.object;
    expect(left?.metadata?.labels).toEqual({ app: 'x' });
    expect(left?.metadata?.resourceVersion).toBe(client.answers[2]?.object.metadata.resourceVersion);
  });

  it('hides what ended from those who watch for the living', () => {
    const client = play([
      watch({ fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed' }),
      create('pods', pod('a')),
      at('patch', 'pods', 'a', { subresource: 'status', patchType: 'merge', body: { status: { phase: 'Succeeded' } } }),
    ]);
    expect(seen(client, 0)).toEqual(['ADDED a', 'DELETED a']);
  });

  it('tells each node of its own pods alone', () => {
    const kubelet = (node: string): Step[] => [
      { verb: 'watch', resource: 'pods', options: { resourceVersion: '0', fieldSelector: `spec.nodeName=${node}` } },
    ];
    const driver: Step[] = [
      10,
      create('pods', pod('a')),
      create('pods', pod('b')),
      bindTo('a', 'n1'),
      bindTo('b', 'n2'),
      at('delete', 'pods', 'a', { options: { gracePeriodSeconds: 0 } }),
    ];
    const { clients } = lab([kubelet('n1'), kubelet('n2'), kubelet('n3'), driver]);
    expect(seen(clients[0], 0)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a']);
    expect(seen(clients[1], 0)).toEqual(['ADDED b']);
    expect(seen(clients[2], 0)).toEqual([]);
  });

  it('by name hears of one object', () => {
    const client = play([watch({ fieldSelector: 'metadata.name=b' }), create('pods', pod('a')), create('pods', pod('b'))]);
    expect(seen(client, 0)).toEqual(['ADDED b']);
  });

  it('from too long ago is gone', () => {
    const many = Array.from({ length: 130 }, (_, i) => create('pods', pod(`p${i}`)));
    const client = play([...many, 10, watch({ resourceVersion: '2' })], { config: { watchCacheSize: 100 } });
    expect(client.events).toMatchObject([{ closed: true, events: [{ type: 'ERROR', object: { code: 410, reason: 'Expired' } }] }]);
    expect(seen(client, 131)[0]).toMatch(/^ERROR too old resource version: 2 \(\d+\)$/);
  });

  it('sends bookmarks, each minute, to those who asked, at a version that grows though nothing happens to pods', () => {
    const client = play([watch({ allowWatchBookmarks: true }), watch(), 30_000, create('configmaps', { metadata: { name: 'm' } })], {
      seconds: 150,
    });
    const marks = client.watched(0);
    expect(marks.map(({ type }) => type)).toEqual(['BOOKMARK', 'BOOKMARK']);
    expect(Number(marks[0]?.object.metadata?.resourceVersion)).toBeGreaterThanOrEqual(
      Number(client.answers[3]?.object.metadata.resourceVersion),
    );
    expect(client.watched(1)).toEqual([]);
  });

  it('with sendInitialEvents ends the state with a marked bookmark', () => {
    const client = play([
      create('pods', pod('a')),
      10,
      watch({ resourceVersion: '', sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: true }),
    ]);
    expect(client.watched(2)).toMatchObject([
      { type: 'ADDED', object: { metadata: { name: 'a' } } },
      { type: 'BOOKMARK', object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } } },
    ]);
  });

  it('ends when its time is up, or when the client closes it', () => {
    const client = play([watch({ timeoutSeconds: 5 }), 10_000, create('pods', pod('a'))]);
    expect(client.events).toMatchObject([{ id: 0, closed: true, events: [] }]);
  });

  it('gets the events of one etcd batch in one message', () => {
    const writers = Array.from({ length: 20 }, (_, i): Step[] => [create('pods', pod(`p${i}`))]);
    const { clients } = lab([[watch()], ...writers]);
    expect(clients[0]?.watched(0)).toHaveLength(20);
    expect(clients[0]?.events.length).toBeLessThan(12);
  });
});

describe('a kubelet that comes back', () => {
  const mine = (resourceVersion: string): Step => ({
    verb: 'watch',
    resource: 'pods',
    options: { resourceVersion, fieldSelector: 'spec.nodeName=n1' },
  });

  it('hears what it missed, and nothing when it missed nothing', () => {
    const client = play([
      create('pods', pod('a')),
      bindTo('a', 'n1'),
      create('pods', pod('b')),
      bindTo('b', 'n2'),
      20,
      (answers) => ({ ...(mine(answers[0]?.object.metadata.resourceVersion) as object) }) as never,
      (answers) => ({ ...(mine(answers[2]?.object.metadata.resourceVersion) as object) }) as never,
      at('delete', 'pods', 'a', { options: { gracePeriodSeconds: 0 } }),
    ]);
    expect(seen(client, 5)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a']);
    expect(seen(client, 6)).toEqual(['MODIFIED a', 'DELETED a']);
  });
});
