import { describe, expect, it } from 'vitest';
import { at, bindTo, create, lab, pod, type Step } from './lab.ts';

const map = (value: string, resourceVersion?: string): object => ({
  metadata: { name: 'm', ...(resourceVersion === undefined ? {} : { resourceVersion }) },
  data: { value },
});

describe('three equal servers', () => {
  it('let one of two racing writers win, and give the other the choice', () => {
    const race = (value: string): Step[] => [
      20,
      at('get', 'configmaps', 'm'),
      20,
      (seen) => at('update', 'configmaps', 'm', { body: map(value, seen[1]?.object?.metadata?.resourceVersion) }),
    ];
    const { clients } = lab([[create('configmaps', map('0'))], race('1'), race('2')], { servers: 3 });
    const codes = [clients[1]?.answers[3]?.code, clients[2]?.answers[3]?.code].sort();
    expect(codes).toEqual([200, 409]);
  });

  it('retry patches that race, so that both count', () => {
    const writer = (label: string): Step[] => [
      20,
      at('patch', 'configmaps', 'm', { patchType: 'merge', body: { metadata: { labels: { [label]: 'yes' } } } }),
    ];
    const { clients } = lab([[create('configmaps', map('0')), 100, at('get', 'configmaps', 'm')], writer('a'), writer('b'), writer('c')], {
      servers: 3,
    });
    expect(clients[0]?.answers[2]?.object.metadata.labels).toEqual({ a: 'yes', b: 'yes', c: 'yes' });
  });

  it('bind a pod once, however many schedulers try', () => {
    const bind = (node: string): Step[] => [20, bindTo('a', node)];
    const { clients } = lab([[create('pods', pod('a'))], bind('n1'), bind('n2'), bind('n3')], { servers: 3 });
    expect(
      clients
        .slice(1)
        .map((client) => client.answers[1]?.code)
        .sort(),
    ).toEqual([201, 409, 409]);
  });

  it('show what another wrote to a list without a version', () => {
    const { clients } = lab([[create('pods', pod('a'))], [5, { verb: 'list', resource: 'pods' }]], { servers: 2 });
    expect(clients[1]?.answers[1]?.object.items).toHaveLength(1);
  });

  it('make the same names and uids up for the same request', () => {
    const script: Step[] = [create('pods', pod('', { metadata: { generateName: 'g-' } }))];
    const [first] = lab([script], { servers: 3 }).clients;
    const [, second] = lab([[], script], { servers: 3 }).clients;
    expect(first?.answers[0]?.object.metadata.name).toHaveLength(7);
    expect(second?.answers[0]?.object.metadata.name).not.toBe(first?.answers[0]?.object.metadata.name);
    const again = lab([script], { servers: 1 }).clients[0];
    expect(again?.answers[0]?.object.metadata.name).toBe(first?.answers[0]?.object.metadata.name);
  });
});

describe('a server that crashes', () => {
  it('comes back with what etcd has, and answers what waited for it', () => {
    const { clients } = lab(
      [
        [
          create('pods', pod('a')),
          bindTo('a', 'n1'),
          10_000,
          { verb: 'list', resource: 'pods', options: { resourceVersion: '0' } },
          create('pods', pod('b')),
          bindTo('a', 'n2'),
        ],
      ],
      {
        changes: [
          { at: 3_000_000, change: 'crash', hosts: { hosts: [1] } },
          { at: 5_000_000, change: 'restart', hosts: { hosts: [1] } },
        ],
      },
    );
    const answers = clients[0]?.answers ?? [];
    expect(answers[3]?.object.items).toMatchObject([{ metadata: { name: 'a' }, spec: { nodeName: 'n1' } }]);
    expect(answers[4]?.code).toBe(201);
    expect(answers[5]?.code).toBe(409);
  });

  it('holds requests until its caches are filled', () => {
    const { clients } = lab([[4_951, { verb: 'list', resource: 'pods', options: { resourceVersion: '0' } }]], {
      changes: [
        { at: 3_000_000, change: 'crash', hosts: { hosts: [1] } },
        { at: 5_000_000, change: 'restart', hosts: { hosts: [1] } },
      ],
    });
    expect(clients[0]?.answers[1]?.code).toBe(200);
  });
});

describe('an etcd out of reach', () => {
  it("makes requests end after the time-out, in Kubernetes' words", () => {
    const { clients } = lab(
      [[create('configmaps', map('0')), 2000, create('configmaps', { metadata: { name: 'n' } }), 1000, at('get', 'configmaps', 'n')]],
      {
        changes: [
          { at: 1_000_000, change: 'partition', id: 'p', a: { hosts: [0] }, b: { hosts: [1] } },
          { at: 30_000_000, change: 'heal', id: 'p' },
        ],
        config: { requestTimeout: 10_000_000 },
      },
    );
    const answers = clients[0]?.answers ?? [];
    expect(answers[2]?.object).toMatchObject({
      code: 504,
      message: 'Timeout: request did not complete within requested timeout - context deadline exceeded',
    });
    expect(answers[4]?.code).toBe(504);
  });

  it('does not end watches: they go on where they were', () => {
    const { clients } = lab(
      [
        [{ verb: 'watch', resource: 'configmaps', options: { resourceVersion: '0' } }],
        [create('configmaps', map('0')), 2000, create('configmaps', { metadata: { name: 'n' } })],
      ],
      {
        servers: 2,
        seconds: 90,
        changes: [
          { at: 1_000_000, change: 'partition', id: 'p', a: { hosts: [0] }, b: { hosts: [1] } },
          { at: 30_000_000, change: 'heal', id: 'p' },
        ],
      },
    );
    expect(clients[0]?.watched(0).map(({ type, object }) => `${type} ${object.metadata?.name}`)).toEqual(['ADDED m', 'ADDED n']);
  });
});
