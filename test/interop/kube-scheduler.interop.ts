/** A real kube-scheduler, built from Kubernetes' own modules, does the work of ours: in its default settings, so with protobuf bodies and leader election.
 *  Then each of its placements is judged by our plugins in the state it was made in, and all are held beside what our own scheduler does with the same pods. */

import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ILease } from 'kubernetes-models/coordination.k8s.io/v1/Lease';
import type { IEvent } from 'kubernetes-models/events.k8s.io/v1/Event';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject, Node, Pod } from '#api';
import { evaluateAll, newPodInfo, ObjectHandle, ObjectSnapshot, Profile } from '#scheduler';
import { LATE, listersOf } from '../../src/scheduler/conformance/vector.ts';
import { schedulerPath } from './needs.ts';
import { NODES, PODS, pods, profile, scenario } from './scheduler-workload.ts';
import { type Cluster, startCluster } from './serving.ts';

const binary = schedulerPath();
const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));
/** Placements by name of pod. */
type Placements = ReadonlyMap<string, string>;

async function ask<T>(cluster: Cluster, path: string, body?: object): Promise<T> {
  const options = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } };
  const response = await fetch(`${cluster.url}${path}`, options);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}
const listed = async <T>(cluster: Cluster, path: string): Promise<readonly T[]> =>
  (await ask<{ readonly items: readonly T[] }>(cluster, path)).items;

/** Asks until there is something, for so many seconds. */
async function until<T>(seconds: number, look: () => Promise<T | undefined>): Promise<T | undefined> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found !== undefined || performance.now() > deadline) return found;
    await sleep(250);
  }
}

async function nodesReady(cluster: Cluster): Promise<void> {
  const isReady = ({ status }: Node): boolean =>
    status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
  for (;;) {
    const nodes = await listed<Node>(cluster, '/api/v1/nodes?resourceVersion=0');
    if (nodes.length === NODES && nodes.every((node) => isReady(node) && (node.spec?.taints ?? []).every(({ key }) => key === 'odd')))
      return;
    await sleep(500);
  }
}

async function makePods(cluster: Cluster): Promise<void> {
  for (const pod of pods()) await ask(cluster, '/api/v1/namespaces/default/pods', pod);
}

async function placements(cluster: Cluster, seconds: number): Promise<Placements> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const all = await listed<Pod>(cluster, '/api/v1/namespaces/default/pods');
    const bound = all.filter(({ spec }) => spec?.nodeName !== undefined);
    if (bound.length === PODS || performance.now() > deadline)
      return new Map(bound.map(({ metadata, spec }) => [metadata?.name as string, spec?.nodeName as string]));
    await sleep(500);
  }
}

/** Each of their placements by our plugins: in the order of the names, in which both queues had them, on the state that their own placements made. */
function judge(nodes: readonly Node[], waiting: readonly Pod[], theirs: Placements, namespaces: readonly KubeObject[]) {
  const ours = new Profile();
  const snapshot = new ObjectSnapshot(nodes, []);
  const handle = new ObjectHandle(ours, snapshot, listersOf({ id: 'interop', nodes, namespaces }), new Map(), LATE);
  const wrong: string[] = [];
  let ties = 0;
  let byLuck = 0;
  for (const pod of waiting) {
    const name = pod.metadata?.name as string;
    const node = theirs.get(name) as string;
    const { best } = evaluateAll(ours, pod, handle);
    if (best.length > 1) ties++;
    byLuck += 1 / Math.max(best.length, 1);
    if (!best.includes(node)) wrong.push(`${name} on ${node}; best for us: ${best.slice(0, 5).join(' ')}`);
    const bound = { ...pod, spec: { ...pod.spec, nodeName: node } } as Pod;
    snapshot.get(node)?.addPod(newPodInfo(bound));
  }
  return { wrong, ties, byLuck };
}

const share = (count: number): string => `${((100 * count) / PODS).toFixed(1)} %`;
const of = (placed: Placements, kind: string): number => [...placed.values()].filter((node) => node.startsWith(`${kind}-`)).length;
const kinds = (placed: Placements): string => ['small', 'large', 'odd'].map((kind) => `${of(placed, kind)} ${kind}`).join(', ');

describe.skipIf(binary === undefined)('a real kube-scheduler', () => {
  let cluster: Cluster;
  let scheduler: ChildProcess | undefined;
  let said = '';
  let theirs: Placements = new Map();

  beforeAll(async () => {
    cluster = await startCluster({ scenario: scenario(undefined), flags: ['--speed', '5'] });
    await nodesReady(cluster);
    await makePods(cluster);
    const config = join(cluster.folder, 'scheduler.yaml');
    writeFileSync(config, profile(cluster.kubeconfig));
    // No port of its own, and nobody to ask who may look at it; the rest is as it comes.
    const args = ['--config', config, '--secure-port=0', '--authentication-skip-lookup=true', '-v=2'];
    scheduler = spawn(binary as string, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    scheduler.stderr?.on('data', (chunk: Buffer) => (said += String(chunk)));
    scheduler.on('exit', (code) => (said += `\nended with ${code}`));
  });
  afterAll(async () => {
    scheduler?.kill('SIGTERM');
    await cluster?.stop();
  });

  it(`places ${PODS} pods on ${NODES} simulated nodes while our own scheduler is off`, async () => {
    const begun = performance.now();
    theirs = await placements(cluster, 300);
    if (theirs.size < PODS) console.log(said.slice(-6000));
    expect(theirs.size).toBe(PODS);
    console.log(`kube-scheduler placed ${PODS} pods within ${((performance.now() - begun) / 1000).toFixed(1)} s of wall-clock time`);
  });

  it('leads by a lease, and its events arrive', async () => {
    const lease = await ask<ILease>(cluster, '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-scheduler');
    expect(lease.spec?.holderIdentity).toMatch(/./);
    const deadline = performance.now() + 60_000;
    let scheduled = 0;
    while (scheduled < 100 && performance.now() < deadline) {
      const events = await listed<IEvent>(cluster, '/apis/events.k8s.io/v1/namespaces/default/events');
      scheduled = events.filter(
        ({ reason, reportingController }) => reason === 'Scheduled' && reportingController === 'default-scheduler',
      ).length;
      await sleep(500);
    }
    expect(scheduled).toBeGreaterThanOrEqual(100);
  });

  it('finds nothing to complain of, nor does the cluster', () => {
    expect(said.split('\n').filter((line) => /^[EF]\d{4} /.test(line))).toEqual([]);
    expect(cluster.complaints()).toBe('');
  });

  it('and the pods run', async () => {
    const deadline = performance.now() + 120_000;
    let running = 0;
    while (running < PODS && performance.now() < deadline) {
      running = (await listed<Pod>(cluster, '/api/v1/namespaces/default/pods?fieldSelector=status.phase%3DRunning')).length;
      await sleep(500);
    }
    expect(running).toBe(PODS);
  });

  it('places every pod where our plugins find a best node too', async () => {
    const nodes = await listed<Node>(cluster, '/api/v1/nodes');
    const namespaces = await listed<KubeObject>(cluster, '/api/v1/namespaces');
    const waiting = pods().map((pod) => ({ ...pod, metadata: { ...(pod as Pod).metadata, namespace: 'default' } }) as Pod);
    const { wrong, ties, byLuck } = judge(nodes, waiting, theirs, namespaces);
    console.log(
      `${PODS - wrong.length} of ${PODS} placements of kube-scheduler are on a node that is best for our plugins in the same state; ` +
        `${ties} had several equally good nodes, among which it draws at random: drawing again would repeat ${byLuck.toFixed(0)} of them`,
    );
    expect(wrong).toEqual([]);
  });

  it('says of a pod that fits nowhere why, in its status and by an event', async () => {
    const path = '/api/v1/namespaces/default/pods';
    const resources = { requests: { cpu: '100' } };
    await ask(cluster, path, { metadata: { name: 'huge' }, spec: { containers: [{ name: 'main', image: 'web:1', resources }] } });
    const condition = await until(120, async () => {
      const { status } = await ask<Pod>(cluster, `${path}/huge`);
      return status?.conditions?.find(({ type, reason }) => type === 'PodScheduled' && reason === 'Unschedulable');
    });
    expect(condition?.message).toMatch(/^0\/500 nodes are available: 100 node\(s\) had untolerated taint.*, 400 Insufficient cpu/);
    const event = await until(120, async () =>
      (await listed<IEvent>(cluster, '/apis/events.k8s.io/v1/namespaces/default/events')).find(
        ({ regarding }) => regarding?.name === 'huge',
      ),
    );
    expect(event).toMatchObject({ reason: 'FailedScheduling', type: 'Warning', reportingController: 'default-scheduler' });
  });

  it('preempts: nominates a node, takes a victim away, and binds when it is gone', async () => {
    const path = '/api/v1/namespaces/default/pods';
    const node = (await listed<Node>(cluster, '/api/v1/nodes'))[0]?.metadata?.name;
    await ask(cluster, '/apis/scheduling.k8s.io/v1/priorityclasses', { metadata: { name: 'urgent' }, value: 1000 });
    const pod = (name: string, more: object) => {
      const container = { name: 'main', image: 'web:1', ports: [{ containerPort: 8080, hostPort: 8080 }] };
      return { metadata: { name }, spec: { nodeSelector: { 'kubernetes.io/hostname': node }, containers: [container], ...more } };
    };
    await ask(cluster, path, pod('humble', { terminationGracePeriodSeconds: 5 }));
    await until(120, async () => (await ask<Pod>(cluster, `${path}/humble`)).spec?.nodeName);
    await ask(cluster, path, pod('urgent', { priorityClassName: 'urgent' }));
    const bound = await until(120, async () => (await ask<Pod>(cluster, `${path}/urgent`)).spec?.nodeName);
    expect(bound).toBe(node);
    expect((await listed<Pod>(cluster, path)).map(({ metadata }) => metadata?.name)).not.toContain('humble');
    const events = await listed<IEvent>(cluster, '/apis/events.k8s.io/v1/namespaces/default/events');
    expect(events.some(({ reason, regarding }) => reason === 'Preempted' && regarding?.name === 'humble')).toBe(true);
  });

  it('and ours places the same pods alike, but for ties', async () => {
    const files = { 'profile.yaml': profile('unused') };
    const own = await startCluster({ scenario: scenario('profile.yaml'), files, flags: ['--speed', '5'] });
    try {
      await nodesReady(own);
      await makePods(own);
      const ours = await placements(own, 300);
      expect(ours.size).toBe(PODS);
      const equal = [...ours].filter(([pod, node]) => theirs.get(pod) === node).length;
      console.log(
        `${equal} of ${PODS} pods are on the same node by kube-scheduler and by ours (${share(equal)}): the first tie that two draws decide ` +
          `otherwise changes what all later pods find. By kind of node: ${kinds(theirs)}; ours ${kinds(ours)}`,
      );
      // What luck cannot change: nearly as many pods on each kind of node.
      for (const kind of ['small', 'large', 'odd']) expect(Math.abs(of(theirs, kind) - of(ours, kind))).toBeLessThan(PODS / 50);
    } finally {
      await own.stop();
    }
  });
});
