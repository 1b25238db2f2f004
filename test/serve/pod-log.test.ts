/** `GET pods/NAME/log` of a served cluster: whose log, what stands in it, and what Kubernetes says when there is none. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseSource, scenarioFrom } from '#scenario';
import { type Serving, serve } from '#serve';

const YAML = `
name: logs
duration: 1h
cluster:
  nodes: 2
  apiServers: { count: 1, authorization: RBAC }
`;
const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'two', annotations: { 'wavetank.dev/behaviour': '{"containers":{"short":{"runSeconds":30,"exitCode":3}}}' } },
  spec: {
    restartPolicy: 'Never',
    containers: [
      { name: 'long', image: 'web:1' },
      { name: 'short', image: 'tool:2' },
    ],
  },
};

describe('the log of a container', () => {
  let serving: Serving;
  const pods = '/api/v1/namespaces/default/pods';
  const pass = (seconds: number) => serving.session.driver.step(seconds * 1_000_000);

  async function log(query: string, headers: Readonly<Record<string, string>> = {}): Promise<readonly [number, string]> {
    const response = await fetch(`${serving.url}${pods}/${query}`, { headers });
    const text = await response.text();
    return [response.status, response.status === 200 ? text : (JSON.parse(text) as { message: string }).message];
  }

  const make = (pod: object) =>
    fetch(`${serving.url}${pods}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(pod) });

  beforeAll(async () => {
    const scenario = scenarioFrom(parseSource(YAML, 'logs.yaml'));
    const begins = Date.UTC(2026, 0, 1);
    serving = await serve({ scenario, seed: 1, address: '127.0.0.1', port: 0, speed: 1, paused: true, begins, complain: console.error });
    await pass(30);
    expect((await make(POD)).status).toBe(201);
  }, 60_000);
  afterAll(() => serving?.stop());

  it('is empty before the pod has a node, and none while its container waits', async () => {
    await make({ ...POD, metadata: { name: 'nowhere' }, spec: { ...POD.spec, nodeSelector: { no: 'where' } } });
    expect(await log('nowhere/log?container=long')).toEqual([200, '']);
    await pass(0.5);
    expect(await log('two/log?container=long')).toEqual([400, 'container "long" in pod "two" is waiting to start: ContainerCreating']);
  });

  it('tells that it started, and follows it to its end', async () => {
    await pass(20);
    const followed = log('two/log?container=short&follow=true');
    expect(await log('two/log?container=short')).toEqual([200, 'short started (tool:2)\n']);
    await pass(40);
    const whole = await followed;
    expect(whole).toEqual([200, 'short started (tool:2)\nexits with code 3\n']);
    expect(await log('two/log?container=short')).toEqual(whole);
    expect(await log('two/log?container=short&tailLines=1&timestamps=true')).toEqual([
      200,
      expect.stringMatching(/^2026-01-01T00:0\d:\d\d\.\d{6}000Z exits with code 3\n$/),
    ]);
    expect(await log('two/log?container=short&limitBytes=8')).toEqual([200, 'short st']);
    expect(await log('two/log?container=short&sinceSeconds=1')).toEqual([200, '']);
  });

  it.each([
    ['two/log', 400, 'a container name must be specified for pod two, choose one of: [long short]'],
    ['two/log?container=other', 400, 'container other is not valid for pod two'],
    ['two/log?container=long&previous=true', 400, 'previous terminated container "long" in pod "two" not found'],
    ['none/log', 404, 'pods "none" not found'],
    ['two/log?container=long&tailLines=-1', 422, 'tailLines: Invalid value: -1: must be greater than or equal to 0'],
    ['two/log?container=long&limitBytes=x', 400, 'strconv.ParseInt: parsing "x": invalid syntax'],
  ])('%s: %i %s', async (query, code, message) => {
    expect(await log(query)).toEqual([code, expect.stringContaining(message)]);
  });

  it('is not for everybody', async () => {
    expect(await log('two/log?container=long', { 'Impersonate-User': 'nobody' })).toEqual([
      403,
      expect.stringContaining('User "nobody" cannot get resource "pods/log"'),
    ]);
  });
});
