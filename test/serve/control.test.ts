import { describe, expect, it } from 'vitest';
import { type Lab, openLab, openWatch } from './lab.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const seconds = async (lab: Lab): Promise<number> => (await lab.call('GET', '/wavetank/status')).body.simulatedSeconds;

async function withLab(test: (lab: Lab) => Promise<void>, options: Parameters<typeof openLab>[0] = {}): Promise<void> {
  const lab = await openLab(options);
  try {
    await test(lab);
    expect(lab.complaints).toEqual([]);
  } finally {
    await lab.stop();
  }
}

describe('time', () => {
  it('stands still while paused, but for answers', () =>
    withLab(async (lab) => {
      const before = await seconds(lab);
      await new Promise((done) => setTimeout(done, 60));
      expect(await seconds(lab)).toBe(before);
      expect((await lab.call('GET', '/api/v1/namespaces')).code).toBe(200);
      const after = await seconds(lab);
      expect(after).toBeGreaterThan(before);
      expect(after).toBeLessThan(before + 5);
    }));

  it('steps exactly, and rests', () =>
    withLab(async (lab) => {
      const before = await seconds(lab);
      expect((await lab.call('POST', '/wavetank/step', { by: '90s' })).body).toMatchObject({ paused: true, simulatedSeconds: before + 90 });
      expect((await lab.call('POST', '/wavetank/step')).body.simulatedSeconds).toBe(before + 91);
    }));

  it('passes with the wall clock, and faster', () =>
    withLab(async (lab) => {
      await lab.call('POST', '/wavetank/resume');
      await expect.poll(() => seconds(lab), { timeout: 60_000 }).toBeGreaterThan(0.05);
      expect((await lab.call('POST', '/wavetank/speed', { speed: 'max' })).body).toMatchObject({ speed: 'max', paused: false });
      await expect.poll(() => seconds(lab), { timeout: 60_000 }).toBeGreaterThan(100);
      expect((await lab.call('POST', '/wavetank/pause')).body.paused).toBe(true);
      const at = await seconds(lab);
      expect(await seconds(lab)).toBe(at);
    }));

  it('refuses what is no time', () =>
    withLab(async (lab) => {
      for (const [path, body] of [
        ['speed', { speed: 0 }],
        ['speed', { speed: 'fast' }],
        ['speed', {}],
        ['speed', []],
        ['step', { by: 'a while' }],
        ['step', { by: -1 }],
        ['faults', { fault: 'crashNodes: { count: 99 }' }],
        ['faults', { fault: 'crashNodes: { cuont: 1 }' }],
        ['faults', { fault: ': [' }],
        ['faults', {}],
        ['load', {}],
        ['load', { version: 1 }],
      ] as const) {
        const { body: status } = await lab.call('POST', `/wavetank/${path}`, body);
        expect(status, `${path} ${JSON.stringify(body)}`).toMatchObject({ kind: 'Status', code: 400 });
        expect(status.message).not.toContain('\n');
      }
      expect((await lab.call('POST', '/wavetank/dance')).code).toBe(404);
      expect((await lab.call('DELETE', '/wavetank/pause')).code).toBe(405);
    }));
});

describe('faults', () => {
  it('strike now, by the grammar of scenarios, and end', () =>
    withLab(async (lab) => {
      await lab.pass(60);
      const ready = async () =>
        (await lab.call('GET', '/api/v1/nodes')).body.items.filter((node: { status: { conditions: { type: string; status: string }[] } }) =>
          node.status.conditions.some(({ type, status }) => type === 'Ready' && status === 'True'),
        ).length;
      expect(await ready()).toBe(3);
      const before = lab.session.run.now;
      expect((await lab.call('POST', '/wavetank/faults', { fault: 'crashNodes: { count: 2, for: 3m }' })).code).toBe(200);
      expect((await lab.call('GET', '/api/v1/namespaces/default')).code).toBe(200);
      // Time stands still but for the answer: the fault's end does not draw it on.
      expect(lab.session.run.now - before).toBeLessThan(1_000_000);
      await lab.pass(100);
      expect(await ready()).toBe(1);
      await lab.pass(200);
      expect(await ready()).toBe(3);
    }));

  it('take an API server away: its streams end, and another one answers', () =>
    withLab(
      async (lab) => {
        await lab.pass(30);
        const watch = await openWatch(lab, `${MAPS}?watch=true`);
        expect(watch.code).toBe(200);
        const first = lab.session.run.door.server;
        await lab.call('POST', '/wavetank/faults', { fault: 'crashApiServer: { index: 0, killed: true }' });
        await lab.pass(5);
        let event = await watch.next();
        while (event !== undefined) event = await watch.next();
        expect(lab.session.run.door.server).not.toBe(first);
        expect((await lab.call('POST', MAPS, { metadata: { name: 'after' } })).code).toBe(201);
        expect((await lab.call('GET', '/readyz')).code).toBe(200);
      },
      { yaml: 'duration: 1h\ncluster: { nodes: [{ count: 1 }], apiServers: { count: 2 } }' },
    ));

  it('of the only API server are told to clients, without waiting for ever', () =>
    withLab(
      async (lab) => {
        await lab.pass(30);
        await lab.call('POST', '/wavetank/faults', { fault: { crashApiServer: { for: '100s' } } });
        await lab.pass(10);
        expect((await lab.call('GET', '/readyz')).code).toBe(500);
        expect((await lab.call('GET', MAPS)).body).toMatchObject({ kind: 'Status', code: expect.toSatisfy((code: number) => code >= 503) });
        await lab.pass(120);
        expect((await lab.call('GET', MAPS)).code).toBe(200);
      },
      { yaml: 'duration: 1h\ncluster: { nodes: [{ count: 1 }], apiServers: { count: 1 } }' },
    ));
});

describe('snapshots', () => {
  it('make the same cluster again', () =>
    withLab(async (lab) => {
      const template = { metadata: { labels: { app: 'd' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
      await lab.pass(20);
      await lab.call('POST', '/apis/apps/v1/namespaces/default/deployments', {
        metadata: { name: 'd' },
        spec: { replicas: 4, selector: { matchLabels: { app: 'd' } }, template },
      });
      await lab.pass(7);
      await lab.call('POST', '/wavetank/faults', { fault: 'crashNodes: { count: 1 }' });
      await lab.pass(60);
      const snapshot = (await lab.call('GET', '/wavetank/snapshot')).text;
      const pods = (await lab.call('GET', '/api/v1/pods')).body.items;
      expect(pods).toHaveLength(4);
      await lab.call('DELETE', '/apis/apps/v1/namespaces/default/deployments/d');
      await lab.pass(100);
      expect((await lab.call('GET', '/api/v1/pods')).body.items).not.toEqual(pods);
      const watch = await openWatch(lab, `${MAPS}?watch=true`);
      const loaded = await lab.call('POST', '/wavetank/load', snapshot, { 'Content-Type': 'application/json' });
      expect(loaded.body).toMatchObject({ paused: true, simulatedSeconds: JSON.parse(snapshot).at / 1e6 });
      expect(await watch.next()).toBeUndefined();
      expect((await lab.call('GET', '/api/v1/pods')).body.items).toEqual(pods);
      // And goes on from there, and can be saved again.
      expect((await lab.call('POST', MAPS, { metadata: { name: 'later' } })).code).toBe(201);
      await lab.pass(5);
      const again = JSON.parse((await lab.call('GET', '/wavetank/snapshot')).text);
      expect(again.inputs.length).toBeGreaterThan(JSON.parse(snapshot).inputs.length);
    }));

  it('of another scenario are refused in one line', () =>
    withLab(async (lab) => {
      await lab.pass(1);
      const snapshot = JSON.parse((await lab.call('GET', '/wavetank/snapshot')).text);
      const other = await lab.call('POST', '/wavetank/load', { ...snapshot, seed: 2 });
      expect(other.body.message).toMatch(/^a snapshot of scenario 'lab' with seed 2, but scenario 'lab' with seed 1 is served/);
      expect((await lab.call('GET', '/readyz')).code).toBe(200);
    }));
});

describe('the live picture', () => {
  it('shows nodes as arrays, pods by phase, queues and latencies', () =>
    withLab(async (lab) => {
      await lab.pass(30);
      const pods = '/api/v1/namespaces/default/pods';
      const resources = { requests: { cpu: '1' } };
      await lab.call('POST', pods, { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i', resources }] } });
      await lab.call('POST', pods, {
        metadata: { name: 'q' },
        spec: { nodeSelector: { no: 'where' }, containers: [{ name: 'c', image: 'i' }] },
      });
      await lab.pass(20);
      const response = await fetch(`${lab.url}/wavetank/events`);
      expect(response.headers.get('content-type')).toBe('text/event-stream');
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
      let text = '';
      // biome-ignore lint/suspicious/noExplicitAny: a picture.
      let picture: any;
      let layout: { readonly name: string[]; readonly zone: string[] } | null = null;
      while (picture === undefined || picture.nodes.state.length < 3 || picture.pods.Running === undefined) {
        text += (await reader?.read())?.value ?? '';
        const events = text.split('\n\n').slice(0, -1);
        const last = (isLayout: boolean) =>
          events.findLast((one) => one.includes('data: ') && one.startsWith('event: layout') === isLayout)?.split('data: ')[1];
        picture = JSON.parse(last(false) ?? 'null') ?? undefined;
        layout = JSON.parse(last(true) ?? 'null');
        await lab.pass(1);
      }
      expect(picture).toMatchObject({ paused: true, pods: { Running: 1, Unscheduled: 1 }, queues: { unschedulable: 1 } });
      expect([...(layout?.name ?? [])].sort()).toEqual(['node-0', 'node-1', 'node-2']);
      expect([...(layout?.zone ?? [])].sort()).toEqual(['a', 'a', 'b']);
      expect(picture.nodes.state).toEqual([1, 1, 1]);
      expect([...picture.nodes.cpuPercent].sort()).toEqual([0, 0, 25]);
      expect(picture.latencyMs.apiServer).toEqual({ p50: expect.any(Number), p99: expect.any(Number) });
      await reader?.cancel();
      await expect.poll(() => lab.session.gate.size).toBe(0);
    }));
});
