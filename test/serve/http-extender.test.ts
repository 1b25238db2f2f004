import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { type Lab, openLab } from './lab.ts';

let server: Server | undefined;
let lab: Lab | undefined;
afterEach(async () => {
  await lab?.stop();
  server?.closeAllConnections();
  server?.close();
});

type Answer = (path: string, args: Record<string, unknown>) => { readonly code?: number; readonly text: string } | undefined;

async function listen(answer: Answer): Promise<number> {
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      const given = answer(request.url ?? '', JSON.parse(text));
      if (given !== undefined) response.writeHead(given.code ?? 200).end(given.text);
    });
  });
  await new Promise<void>((done) => server?.listen(0, '127.0.0.1', done));
  return (server.address() as AddressInfo).port;
}

const cluster = (port: number, extra: string): string => `
duration: 1h
cluster:
  nodes: [{ name: node, count: 3 }]
  schedulers:
    - config:
        apiVersion: kubescheduler.config.k8s.io/v1
        kind: KubeSchedulerConfiguration
        extenders: [{ urlPrefix: 'http://127.0.0.1:${port}/ext', ${extra} }]
`;

async function place(yaml: string): Promise<{ nodeName?: string; conditions: { type: string; message?: string }[] }> {
  lab = await openLab({ yaml });
  await lab.pass(20);
  const path = '/api/v1/namespaces/default/pods';
  await lab.call('POST', path, { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } });
  // Questions go out in real time: as much simulated time as the answers need.
  lab.session.driver.setSpeed('max');
  lab.session.driver.resume();
  for (;;) {
    const { body } = await lab.call('GET', `${path}/p`);
    const { spec, status } = body;
    const said = status.conditions?.some(
      (one: { type: string; message?: string }) => one.type === 'PodScheduled' && one.message !== undefined,
    );
    if (spec.nodeName !== undefined || said) return { nodeName: spec.nodeName, conditions: status.conditions ?? [] };
  }
}

it('asks the extender by HTTP and heeds it', async () => {
  const asked: string[] = [];
  const port = await listen((path, args) => {
    asked.push(path);
    return {
      text: JSON.stringify(
        path.endsWith('/filter') ? { NodeNames: ['node-2'] } : (args['NodeNames'] as string[]).map((Host) => ({ Host, Score: 1 })),
      ),
    };
  });
  const { nodeName } = await place(cluster(port, 'filterVerb: filter, prioritizeVerb: prioritize, weight: 1, nodeCacheCapable: true'));
  expect(nodeName).toBe('node-2');
  expect(asked).toContain('/ext/filter');
});

it('does without an extender that may be ignored', async () => {
  const port = await listen(() => ({ code: 500, text: 'no' }));
  expect((await place(cluster(port, 'filterVerb: filter, ignorable: true'))).nodeName).toMatch(/^node-/);
});

it('leaves the pod waiting for one that may not, and tells why', async () => {
  const port = await listen(() => ({ code: 500, text: 'no' }));
  const { nodeName, conditions } = await place(cluster(port, 'filterVerb: filter'));
  expect(nodeName).toBeUndefined();
  expect(conditions.find(({ type }) => type === 'PodScheduled')?.message).toBe(
    `failed filter with extender at URL http://127.0.0.1:${port}/ext/filter, code 500`,
  );
});

it('is not asked about pods that want nothing of what it manages', async () => {
  const asked: string[] = [];
  const port = await listen((path) => {
    asked.push(path);
    return { code: 500, text: 'no' };
  });
  const managed = 'filterVerb: filter, managedResources: [{ name: example.com/fpga, ignoredByScheduler: true }]';
  expect((await place(cluster(port, managed))).nodeName).toMatch(/^node-/);
  expect(asked).toEqual([]);
});

it('may be asked to bind, with the node chosen, and refuse', async () => {
  const asked: Record<string, unknown>[] = [];
  const port = await listen((_path, args) => {
    asked.push(args);
    return { text: JSON.stringify({ Error: 'no seat for it' }) };
  });
  const { nodeName, conditions } = await place(cluster(port, 'bindVerb: bind'));
  expect(nodeName).toBeUndefined();
  expect(conditions.find(({ type }) => type === 'PodScheduled')?.message).toBe('no seat for it');
  expect(asked[0]).toMatchObject({ PodName: 'p', PodNamespace: 'default', Node: expect.stringMatching(/^node-/) });
});

it('takes garbage and a closed port for failures', async () => {
  const port = await listen(() => ({ text: '<html>' }));
  expect((await place(cluster(port, 'filterVerb: filter'))).nodeName).toBeUndefined();
  await lab?.stop();
  server?.closeAllConnections();
  await new Promise((done) => server?.close(done));
  const { nodeName, conditions } = await place(cluster(port, 'filterVerb: filter'));
  expect(nodeName).toBeUndefined();
  expect(JSON.stringify(conditions)).toContain('connection refused');
});

it('gives up on one that never answers when its time is over', async () => {
  const port = await listen(() => undefined);
  lab = await openLab({ yaml: cluster(port, 'filterVerb: filter, ignorable: true, httpTimeout: 300ms') });
  await lab.pass(20);
  await lab.call('POST', '/api/v1/namespaces/default/pods', { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } });
  await lab.pass(30);
  expect((await lab.call('GET', '/api/v1/namespaces/default/pods/p')).body.spec.nodeName).toMatch(/^node-/);
});
