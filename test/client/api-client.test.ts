import { describe, expect, it } from 'vitest';
import { tooManyRequests } from '#api';
import { play } from './world.ts';

const at = (second: number, ...names: string[]) => names.map((name) => ({ second, name }));
const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `p${i}`);

describe('the client', () => {
  it('sends the burst at once, then qps a second, in order', () => {
    const { requests } = play({ config: { qps: 20, burst: 30 }, requests: at(1, ...names(70)) });
    expect(requests.map(({ request }) => request.name)).toEqual(names(70));
    const times = requests.map((request) => request.at);
    expect(times[29]).toBeCloseTo(1, 2);
    expect(times[30]).toBeCloseTo(1.05, 2);
    expect(times[69]).toBeCloseTo(3, 2);
  });

  it('matches answers by id, with what was given along', () => {
    const { tenant } = play({
      requests: at(1, 'a', 'b', 'c'),
      answer: ({ name }) =>
        name === 'b'
          ? { code: 404, object: { kind: 'Status', code: 404, reason: 'NotFound' } }
          : { code: 200, object: { metadata: { name } } },
    });
    expect(
      tenant.outcomes.map(({ outcome }) => [outcome.continuation, outcome.code, outcome.object?.metadata?.name, outcome.error?.reason]),
    ).toEqual([
      ['a', 200, 'a', undefined],
      ['b', 404, undefined, 'NotFound'],
      ['c', 200, 'c', undefined],
    ]);
  });

  it('says code 0 when no answer came, moves to the next server, and tries that from then on', () => {
    const { tenant, requests } = play({
      servers: 2,
      config: { timeout: 10_000_000 },
      requests: [...at(1, 'a', 'b'), ...at(30, 'c')],
      answer: (_request, server) => (server === requestsFirst ? undefined : { code: 200 }),
    });
    expect(tenant.outcomes.map(({ at: when, outcome }) => [Math.floor(when), outcome.continuation, outcome.code])).toEqual([
      [11, 'a', 0],
      [11, 'b', 0],
      [30, 'c', 200],
    ]);
    expect(new Set(requests.map(({ server }) => server)).size).toBe(2);
  });

  it('stays with a server that answers others in time', () => {
    const { requests } = play({
      servers: 2,
      config: { timeout: 5_000_000 },
      requests: [...at(1, 'slow'), ...at(4, 'a'), ...at(8, 'b')],
      answer: ({ name }) => (name === 'slow' ? undefined : { code: 200 }),
    });
    expect(new Set(requests.map(({ server }) => server)).size).toBe(1);
  });

  it('fails all that is under way when the connection is reset', () => {
    const { tenant } = play({
      requests: at(1, 'a', 'b', 'c'),
      answer: () => undefined,
      acts: [{ second: 2, server: 1, messages: () => [{ kind: 'ConnectionReset' }] }],
    });
    expect(tenant.outcomes.map(({ outcome }) => [outcome.continuation, outcome.code])).toEqual([
      ['a', 0],
      ['b', 0],
      ['c', 0],
    ]);
    expect(Math.floor(tenant.outcomes[2]?.at ?? 0)).toBe(2);
  });

  it('tries again as Retry-After says, and no more than ten times', () => {
    let count = 0;
    const { tenant } = play({
      requests: at(1, 'a'),
      answer: () => (count++ < 2 ? { code: 429, object: tooManyRequests('slow down', 3) } : { code: 200 }),
    });
    expect(tenant.outcomes.map(({ at: when, outcome }) => [Math.floor(when), outcome.code])).toEqual([[7, 200]]);
    const refused = play({ requests: at(1, 'a'), answer: () => ({ code: 429, object: tooManyRequests('slow down', 1) }) });
    expect(refused.requests).toHaveLength(11);
    expect(refused.tenant.outcomes[0]?.outcome).toMatchObject({ code: 429, error: { reason: 'TooManyRequests' } });
  });
});

/** The server that host 0 is pinned to. */
const requestsFirst = play({ servers: 2, requests: at(1, 'a') }).requests[0]?.server;
