import { describe, expect, test } from 'vitest';
import type { ApiRequest, ApiResponse } from '#api';
import type { FakeApi } from './fake-api.ts';
import { type Action, add, container, pod, runNode } from './one-node.ts';

type Answer = readonly [code: number, object: unknown];

/** Asks node 0 (host 1) at instants, and runs. */
function ask(
  seconds: number,
  actions: readonly Action[],
  asked: readonly (readonly [at: number, name: string, parameters: Readonly<Record<string, string>>])[],
  settings: object = {},
): readonly Answer[] {
  const answers: Answer[] = [];
  const listen = (api: FakeApi): void => {
    api.other = (message) => {
      if (message.kind !== 'ApiResponse') return;
      const { id, code, object } = message as ApiResponse;
      answers[id] = [code, object];
    };
  };
  const requests = asked.map(
    ([at, name, parameters], id): Action => [
      at,
      (api, ctx) => {
        listen(api);
        const request: ApiRequest = {
          kind: 'ApiRequest',
          id,
          verb: 'get',
          resource: 'pods',
          subresource: 'log',
          namespace: 'default',
          name,
          parameters,
          user: 'kube-apiserver',
        };
        ctx.send(1, request);
      },
    ],
  );
  runNode(seconds, [...actions, ...requests], { settings });
  return answers;
}

const behaving = (behaviour: object): Record<string, string> => ({ 'wavetank.dev/behaviour': JSON.stringify(behaviour) });
const lines = ([code, text]: Answer | undefined = [0, '']): readonly string[] => {
  expect(code, String(text)).toBe(200);
  return String(text).split('\n').slice(0, -1);
};

describe('the log of a container', () => {
  const spec = { containers: [container('web', { readinessProbe: { httpGet: { path: '/ready', port: 80 }, periodSeconds: 10 } })] };

  test('tells its start, its probes, SIGTERM and its end', () => {
    const [early, late] = ask(
      80,
      [
        [2, add(pod('a', spec, behaving({ readyAfterSeconds: 15, stopSeconds: 5 })))],
        [40, (api, ctx) => api.deletePod('default/a', 30, ctx)],
      ],
      [
        [35, 'a', { container: 'web' }],
        [42, 'a', { container: 'web', tailLines: '2' }],
      ],
    );
    expect(lines(early)).toEqual([
      'web started (web:1)',
      '"GET /ready" 503 "kube-probe/1.34"',
      '"GET /ready" 503 "kube-probe/1.34"',
      '"GET /ready" 200 "kube-probe/1.34"',
      '"GET /ready" 200 "kube-probe/1.34"',
    ]);
    expect(lines(late)).toContain('received SIGTERM');
  });

  test('of the life before, and of none', () => {
    const crash = pod('b', {}, behaving({ runSeconds: 5, exitCode: 7 }));
    const [early, now, before, other, gone] = ask(
      30,
      [[2, add(crash)]],
      [
        [5, 'b', { container: 'web', previous: 'true' }],
        [12, 'b', { container: 'web' }],
        [25, 'b', { container: 'web', previous: 'true' }],
        [25, 'b', { container: 'none' }],
        [25, 'none', { container: 'web' }],
      ],
    );
    expect(early).toEqual([400, expect.objectContaining({ message: 'previous terminated container "web" in pod "b" not found' })]);
    expect(lines(now)).toContain('web started (web:1)');
    expect(lines(before)).toEqual(['web started (web:1)', 'exits with code 7']);
    expect(other).toEqual([400, expect.objectContaining({ message: 'container "none" in pod "b" is not available' })]);
    expect(gone?.[0]).toBe(404);
  });

  const chatty = pod('c', {}, behaving({ log: { linesPerSecond: 4, lines: ['one', 'two', 'three'] } }));

  test('speaks at its pace; tail, since, time stamps and bytes', () => {
    const [whole, tail, since, stamped, short] = ask(
      60,
      [[2, add(chatty)]],
      [
        [12.6, 'c', { container: 'web' }],
        [12.6, 'c', { container: 'web', tailLines: '3' }],
        [12.6, 'c', { container: 'web', sinceSeconds: '2' }],
        [12.6, 'c', { container: 'web', tailLines: '1', timestamps: 'true' }],
        [12.6, 'c', { container: 'web', limitBytes: '8' }],
      ],
    );
    const all = lines(whole);
    // From about 2.5 s on.
    expect(all.length).toBeGreaterThan(38);
    expect(all.slice(0, 5)).toEqual(['web started (web:1)', 'one', 'two', 'three', 'one']);
    expect(lines(tail)).toEqual(all.slice(-3));
    expect(lines(since)).toEqual(all.slice(-8));
    expect(lines(stamped)[0]).toMatch(/^2026-01-01T00:00:12\.\d{9}Z (one|two|three)$/);
    expect(short).toEqual([200, 'web star']);
  });

  test('is what the newest file holds, and takes disk until that is too much', () => {
    const [small, later] = ask(
      300,
      [[2, add(chatty)]],
      [
        [100, 'c', { container: 'web' }],
        [299, 'c', { container: 'web' }],
      ],
      { containerLogMaxBytes: 4000 },
    );
    // 45 bytes a line and 4 lines a second: 4,000 bytes are full after 30 s at the log manager's next look.
    expect(lines(small).length).toBeLessThan(130);
    expect(lines(later).length).toBeLessThan(130);
    expect(lines(small)).not.toContain('web started (web:1)');

    const limits = { resources: { limits: { 'ephemeral-storage': '10k' } } };
    const bounded = { ...chatty, spec: { nodeName: 'n0', containers: [container('web', limits)] } };
    const { api } = runNode(200, [[2, add(bounded)]]);
    expect(api.pod('default/c')?.status?.reason).toBe('Evicted');
  });

  test('is followed piece by piece', () => {
    const [first, second] = ask(
      60,
      [[2, add(chatty)]],
      [
        [10, 'c', { container: 'web', position: '0' }],
        [20, 'c', { container: 'web', position: '10000000' }],
      ],
    );
    expect(first).toEqual([200, expect.objectContaining({ kind: 'PodLog', isLive: true })]);
    const { text, position } = (second ?? [0, {}])[1] as { text: string; position: number };
    expect(text.split('\n').length).toBeGreaterThan(39);
    expect(position).toBeGreaterThan(20_000_000);
  });
});
