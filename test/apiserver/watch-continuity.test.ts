import { describe, expect, it } from 'vitest';
import { create, lab } from './lab.ts';

const map = (name: string): object => ({ metadata: { name } });
const watched = { verb: 'watch', resource: 'configmaps' } as const;

describe('what a watch is told', () => {
  it('has no hole where messages from etcd were lost', () => {
    const { clients } = lab(
      [
        [500, { ...watched, options: { resourceVersion: '0' } }],
        [1500, create('configmaps', map('lost')), 3000, create('configmaps', map('heard'))],
      ],
      {
        servers: 2,
        changes: [
          { at: 1_000_000, change: 'partition', id: 'p', a: { hosts: [0] }, b: { hosts: [1] }, oneWay: true },
          { at: 3_000_000, change: 'heal', id: 'p' },
        ],
      },
    );
    expect(clients[0]?.watched(1).map(({ object }) => object.metadata?.name)).toEqual(['lost', 'heard']);
  });

  it('never goes back behind the version that it begins with, though this server has yet to come there', () => {
    const { clients } = lab([[{ ...watched, options: { resourceVersion: '1000000' } }, 100, create('configmaps', map('old'))]]);
    expect(clients[0]?.answers[2]?.code).toBe(201);
    expect(clients[0]?.watched(0)).toEqual([]);
  });
});
