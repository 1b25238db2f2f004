import { expect, it } from 'vitest';
import type { ApiRequest, ApiResponse } from '#api';
import { type Controller, ControllerHost } from '#client';
import { type Context, type Host, type Message, messageKind, runInProcess, SECOND } from '#sim';
import { pod, podList } from './world.ts';

interface Late extends Message {
  readonly kind: 'TestLateList';
  readonly id: number;
}
messageKind<Late>({ kind: 'TestLateList', digest: (m, hasher) => hasher.int(m.id) });

/** Lists pods at once and nodes after five seconds. */
const server: Host = {
  receive(message: Message, ctx: Context): void {
    const { id, verb, resource } = message as ApiRequest;
    if (message.kind === 'TestLateList') return ctx.send(0, { kind: 'ApiResponse', id, ...podList('10') } as ApiResponse);
    if (message.kind !== 'ApiRequest') return;
    if (verb === 'list' && resource === 'nodes') return void ctx.after(5 * SECOND, { kind: 'TestLateList', id } as Late);
    ctx.send(0, { kind: 'ApiResponse', id, ...(verb === 'list' ? podList('10', pod('a', '5')) : { code: 200 }) } as ApiResponse);
  },
};

it('takes up at once, when all its informers have listed, what has waited long enough by then', () => {
  const reconciled: [key: string, second: number][] = [];
  const controller: Controller = {
    name: 'late',
    workers: 1,
    watches: [
      { resource: 'pods', keys: ({ key }) => [key], delay: SECOND },
      { resource: 'nodes', keys: () => [] },
    ],
    reconcile(key, view) {
      reconciled.push([key, Math.floor(view.now / SECOND)]);
      return {};
    },
  };
  const client = { user: 'test', servers: [1], qps: 0, burst: 0 };
  const host = (name: string) => ({ name, program: name, config: {}, group: 'control-plane', zone: 'a' });
  const links = [{ from: '*', to: '*', latencyMin: 100 }];
  const world = { seed: 1, epoch: 0, hosts: [host('manager'), host('server')], links, changes: [], until: 20 * SECOND, bucket: SECOND };
  runInProcess(world, ({ program }) => (program === 'server' ? server : new ControllerHost({ client, controllers: () => [controller] })));
  expect(reconciled).toEqual([['ns/a', 5]]);
});
