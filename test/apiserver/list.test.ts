import { describe, expect, it } from 'vitest';
import { at, bindTo, create, play, pod, type Step } from './lab.ts';

const names = (list: { items: { metadata: { name: string } }[] } | undefined): string[] =>
  (list?.items ?? []).map((each) => each.metadata.name);
const list = (options: object = {}): Step => ({ verb: 'list', resource: 'pods', namespace: 'default', options });
const five: Step[] = ['e', 'b', 'd', 'a', 'c'].map((name) =>
  create('pods', pod(name, { metadata: { labels: { odd: 'ace'.includes(name) ? 'yes' : 'no' } } })),
);

describe('list', () => {
  it('is consistent: it shows what was written just before, in the order of keys', () => {
    const { answers } = play([...five, list()]);
    expect(names(answers[5]?.object)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(answers[5]?.object).toMatchObject({ kind: 'PodList', apiVersion: 'v1' });
    const newest = Math.max(
      ...(answers[5]?.object.items ?? []).map((each: { metadata: { resourceVersion: string } }) => Number(each.metadata.resourceVersion)),
    );
    expect(Number(answers[5]?.object.metadata.resourceVersion)).toBeGreaterThanOrEqual(newest);
  });

  it('selects by labels and fields', () => {
    const { answers } = play([
      ...five,
      bindTo('b', 'n1'),
      list({ labelSelector: 'odd=yes' }),
      list({ labelSelector: 'odd notin (yes)' }),
      list({ fieldSelector: 'spec.nodeName=n1' }),
      list({ fieldSelector: 'metadata.name!=a,status.phase=Pending' }),
      list({ fieldSelector: 'spec.color=red' }),
      list({ labelSelector: 'a=b=c' }),
    ]);
    expect(names(answers[6]?.object)).toEqual(['a', 'c', 'e']);
    expect(names(answers[7]?.object)).toEqual(['b', 'd']);
    expect(names(answers[8]?.object)).toEqual(['b']);
    expect(names(answers[9]?.object)).toEqual(['b', 'c', 'd', 'e']);
    expect(answers[10]?.object).toMatchObject({ code: 400, message: 'field label not supported: spec.color' });
    expect(answers[11]?.code).toBe(400);
  });

  it('comes in pages that all show one moment', () => {
    const { answers } = play([
      ...five,
      list({ limit: 2 }),
      at('delete', 'pods', 'c'),
      create('pods', pod('cc')),
      (seen) => ({ ...(list() as object), options: { limit: 2, continue: seen[5]?.object.metadata.continue } }) as never,
      (seen) => ({ ...(list() as object), options: { limit: 2, continue: seen[8]?.object.metadata.continue } }) as never,
      list({ limit: 2, continue: 'nonsense' }),
    ]);
    expect(names(answers[5]?.object)).toEqual(['a', 'b']);
    expect(answers[5]?.object.metadata.remainingItemCount).toBe(3);
    expect(names(answers[8]?.object)).toEqual(['c', 'd']);
    expect(names(answers[9]?.object)).toEqual(['e']);
    expect(answers[9]?.object.metadata.continue).toBeUndefined();
    expect(answers[9]?.object.metadata.resourceVersion).toBe(answers[5]?.object.metadata.resourceVersion);
    expect(answers[10]?.code).toBe(400);
  });

  it('pages through what a selector leaves out', () => {
    const { answers } = play([...five, list({ limit: 2, labelSelector: 'odd=yes' })]);
    expect(names(answers[5]?.object)).toEqual(['a', 'c']);
    expect(answers[5]?.object.metadata.remainingItemCount).toBeUndefined();
  });

  it('at an exact version shows the past; beyond the present it waits and gives up', () => {
    const { answers } = play([
      create('pods', pod('a')),
      create('pods', pod('b')),
      (seen) =>
        ({
          ...(list() as object),
          options: { resourceVersion: seen[0]?.object.metadata.resourceVersion, resourceVersionMatch: 'Exact' },
        }) as never,
      list({ resourceVersion: '100000' }),
      list({ resourceVersion: 'x' }),
    ]);
    expect(names(answers[2]?.object)).toEqual(['a']);
    expect(answers[3]?.object).toMatchObject({ code: 504, reason: 'Timeout' });
    expect(answers[3]?.object.message).toMatch(/^Timeout: Too large resource version: 100000, current: \d+$/);
    expect((answers[3]?.at ?? 0) - (answers[2]?.at ?? 0)).toBeGreaterThan(2_900_000);
    expect(answers[4]?.code).toBe(400);
  });

  it('over compacted history is gone', () => {
    const { answers } = play(
      [
        ...five,
        list({ limit: 2 }),
        25_000,
        create('pods', pod('z')),
        25_000,
        (seen) => ({ ...(list() as object), options: { limit: 2, continue: seen[5]?.object.metadata.continue } }) as never,
      ],
      {
        config: { compactionInterval: 10_000_000 },
        seconds: 90,
      },
    );
    expect(answers[9]?.object).toMatchObject({ code: 410, reason: 'Expired' });
    expect(answers[9]?.object.message).toMatch(/^The provided continue parameter is too old/);
  });
});

describe('events, which no cache keeps', () => {
  const event = (name: string) =>
    create('events', { metadata: { name }, involvedObject: { kind: 'Pod', namespace: 'default', name: 'p' }, reason: 'R' });
  const listEvents = (options: object = {}): Step => ({ verb: 'list', resource: 'events', namespace: 'default', options });

  it('are listed from etcd', () => {
    const { answers } = play([
      event('a'),
      event('b'),
      listEvents(),
      listEvents({ resourceVersion: '0', limit: 1 }),
      listEvents({ limit: 1 }),
      listEvents({ fieldSelector: 'reason=X' }),
    ]);
    expect(names(answers[2]?.object)).toEqual(['a', 'b']);
    expect(names(answers[3]?.object)).toEqual(['a', 'b']);
    expect(names(answers[4]?.object)).toEqual(['a']);
    expect(names(answers[5]?.object)).toEqual([]);
  });

  it('are watched all the same, from where the client was', () => {
    const client = play(
      [
        event('a'),
        event('b'),
        (seen) => ({
          verb: 'watch',
          resource: 'events',
          namespace: 'default',
          options: { resourceVersion: seen[0]?.object.metadata.resourceVersion, timeoutSeconds: 10 },
        }),
        20,
        event('c'),
        60_000,
        event('d'),
        { verb: 'watch', resource: 'events', namespace: 'default', options: { resourceVersion: '0' } },
      ],
      { seconds: 100 },
    );
    const heard = (id: number): string[] => client.watched(id).map(({ type, object }) => `${type} ${object.metadata?.name}`);
    expect(heard(2)).toEqual(['ADDED b', 'ADDED c']);
    expect(heard(7)).toEqual(['ADDED a', 'ADDED b', 'ADDED c', 'ADDED d']);
  });
});

describe('the index of nodes', () => {
  const mine = (node: string): Step => list({ resourceVersion: '0', fieldSelector: `spec.nodeName=${node}` });

  it('follows pods as they are bound and deleted, and is there again after a restart', () => {
    const { answers } = play(
      [
        ...five,
        bindTo('a', 'n1'),
        bindTo('b', 'n1'),
        bindTo('c', 'n2'),
        at('delete', 'pods', 'b', { options: { gracePeriodSeconds: 0 } }),
        50,
        mine('n1'),
        mine('n2'),
        mine('n3'),
        mine(''),
        10_000,
        mine('n1'),
      ],
      {
        changes: [
          { at: 5_000_000, change: 'crash', hosts: { hosts: [1] } },
          { at: 6_000_000, change: 'restart', hosts: { hosts: [1] } },
        ],
      },
    );
    expect(names(answers[10]?.object)).toEqual(['a']);
    expect(names(answers[11]?.object)).toEqual(['c']);
    expect(names(answers[12]?.object)).toEqual([]);
    expect(names(answers[13]?.object)).toEqual(['d', 'e']);
    expect(names(answers[15]?.object)).toEqual(['a']);
  });
});

describe('a revision that is yet to come', () => {
  it.each(['configmaps', 'events'])('is a matter of time, not gone: %s', (resource) => {
    const exact = { resourceVersion: '999999', resourceVersionMatch: 'Exact' } as const;
    const { answers } = play([{ verb: 'list', resource, namespace: 'default', options: exact }]);
    expect(answers[0]?.object).toMatchObject({
      code: 504,
      reason: 'Timeout',
      details: { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }], retryAfterSeconds: 1 },
    });
    expect(answers[0]?.object.message).toMatch(/^Timeout: Too large resource version: 999999, current: \d+$/);
  });
});
