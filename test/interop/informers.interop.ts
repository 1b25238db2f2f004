/** `@kubernetes/client-node` as its users use it: informers over a served cluster while it changes, and while connections are cut. */

import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientNode } from './needs.ts';
import { type Cluster, startCluster } from './serving.ts';

interface Thing {
  readonly metadata?: { readonly name?: string; readonly resourceVersion?: string };
  readonly spec?: { readonly nodeName?: string };
  readonly status?: { readonly phase?: string };
}
interface Listed {
  readonly items: readonly Thing[];
}
interface Informer {
  on(verb: 'add' | 'update' | 'delete' | 'error' | 'connect', heard: (thing: Thing & Error) => void): void;
  start(): Promise<void>;
  stop(): Promise<void>;
  list(namespace?: string): readonly Thing[];
}
interface CoreApi {
  listNamespacedPod(query: { namespace: string; labelSelector?: string }): Promise<Listed>;
  createNamespacedPod(query: { namespace: string; body: object }): Promise<Thing>;
  deleteNamespacedPod(query: { namespace: string; name: string }): Promise<Thing>;
  listNode(): Promise<Listed>;
}
interface KubeConfig {
  loadFromOptions(options: object): void;
  makeApiClient(kind: unknown): CoreApi;
}
interface Library {
  readonly KubeConfig: new () => KubeConfig;
  readonly CoreV1Api: unknown;
  makeInformer(config: KubeConfig, path: string, list: () => Promise<Listed>, labelSelector?: string): Informer;
}

const library = clientNode() as Library | undefined;
const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** A wire that can be cut. */
class Wire {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  cuts = 0;

  constructor(to: number) {
    this.server = createServer((near) => {
      const far = connect(to, '127.0.0.1');
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.sockets.add(socket);
        socket.on('error', () => other.destroy());
        socket.on('close', () => {
          this.sockets.delete(socket);
          other.destroy();
        });
        socket.pipe(other);
      }
    });
  }

  open(): Promise<number> {
    return new Promise((done) => this.server.listen(0, '127.0.0.1', () => done((this.server.address() as { port: number }).port)));
  }

  cut(): void {
    this.cuts++;
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  close(): void {
    this.cut();
    this.server.close();
  }
}

const pod = (name: string): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { app: 'informed' } },
  spec: { containers: [{ name: 'main', image: 'nginx' }] },
});

/** Name, version and phase of each: what two looks at one state must agree in. */
const seen = (things: readonly Thing[]): string[] =>
  things.map(({ metadata, status }) => `${metadata?.name} ${metadata?.resourceVersion} ${status?.phase}`).sort();

describe.skipIf(library === undefined)('informers of @kubernetes/client-node', () => {
  const { KubeConfig, CoreV1Api, makeInformer } = library ?? ({} as Library);
  let cluster: Cluster;
  let wire: Wire;
  let direct: CoreApi;
  let wired: KubeConfig;
  const counts = { add: 0, update: 0, delete: 0, error: 0 };

  function configFor(server: string): KubeConfig {
    const config = new KubeConfig();
    config.loadFromOptions({
      clusters: [{ name: 'c', server, skipTLSVerify: true }],
      users: [{ name: 'u' }],
      contexts: [{ name: 'x', cluster: 'c', user: 'u' }],
      currentContext: 'x',
    });
    return config;
  }

  beforeAll(async () => {
    cluster = await startCluster({ flags: ['--speed', '10'] });
    wire = new Wire(Number(new URL(cluster.url).port));
    wired = configFor(`http://127.0.0.1:${await wire.open()}`);
    direct = configFor(cluster.url).makeApiClient(CoreV1Api);
  });
  afterAll(async () => {
    wire?.close();
    await cluster?.stop();
  });

  function informerOf(path: string, list: () => Promise<Listed>, labelSelector?: string): Informer {
    const informer = makeInformer(wired, path, list, labelSelector);
    for (const verb of ['add', 'update', 'delete'] as const) informer.on(verb, () => counts[verb]++);
    // As the library's own example does: wait, start again.
    informer.on('error', () => {
      counts.error++;
      setTimeout(() => informer.start().catch(() => undefined), 200);
    });
    return informer;
  }

  /** Until both agree, or why they never did. */
  async function agree(informer: Informer, list: () => Promise<Listed>, seconds = 60): Promise<void> {
    const deadline = performance.now() + seconds * 1000;
    for (;;) {
      const [ours, theirs] = [seen(informer.list()), seen((await list()).items)];
      if (JSON.stringify(ours) === JSON.stringify(theirs)) return;
      if (performance.now() > deadline) expect(ours).toEqual(theirs);
      await sleep(250);
    }
  }

  it('follow pods as they are made, scheduled, run and deleted', async () => {
    const list = () => direct.listNamespacedPod({ namespace: 'default', labelSelector: 'app=informed' });
    const informer = informerOf('/api/v1/namespaces/default/pods', list, 'app=informed');
    await informer.start();
    for (let i = 0; i < 20; i++) await direct.createNamespacedPod({ namespace: 'default', body: pod(`one-${i}`) });
    await direct.createNamespacedPod({
      namespace: 'default',
      body: { ...pod('other'), metadata: { name: 'other', labels: { app: 'else' } } },
    });
    const deadline = performance.now() + 120_000;
    while (informer.list().filter(({ status }) => status?.phase === 'Running').length < 20 && performance.now() < deadline)
      await sleep(250);
    expect(informer.list()).toHaveLength(20);
    expect(informer.list().every(({ status, spec }) => status?.phase === 'Running' && spec?.nodeName !== undefined)).toBe(true);
    for (let i = 0; i < 10; i++) await direct.deleteNamespacedPod({ namespace: 'default', name: `one-${i}` });
    while (informer.list().length > 10 && performance.now() < deadline) await sleep(250);
    await agree(informer, list);
    expect(counts).toMatchObject({ add: 20, delete: 10, error: 0 });
    expect(counts.update).toBeGreaterThan(40);
    await informer.stop();
  });

  it('are whole again after each of ten cuts of the wire, with changes meanwhile', async () => {
    const list = () => direct.listNamespacedPod({ namespace: 'default' });
    const informer = informerOf('/api/v1/namespaces/default/pods', () =>
      wired.makeApiClient(CoreV1Api).listNamespacedPod({ namespace: 'default' }),
    );
    await informer.start();
    for (let i = 0; i < 10; i++) {
      await direct.createNamespacedPod({ namespace: 'default', body: pod(`two-${i}`) });
      wire.cut();
      await direct.createNamespacedPod({ namespace: 'default', body: pod(`three-${i}`) });
      if (i > 0) await direct.deleteNamespacedPod({ namespace: 'default', name: `two-${i - 1}` });
      await sleep(400);
    }
    await agree(informer, list);
    expect(wire.cuts).toBe(10);
    expect(counts.error).toBeGreaterThan(0);
    await informer.stop();
  });

  it('follow nodes through heartbeats, and end when they are told to', async () => {
    const informer = informerOf('/api/v1/nodes', () => direct.listNode());
    await informer.start();
    expect(informer.list()).toHaveLength(10);
    await informer.stop();
    const before = counts.update;
    await sleep(2000);
    expect(counts.update).toBe(before);
  });

  it('made the cluster complain of nothing', () => expect(cluster.complaints()).toBe(''));
});
