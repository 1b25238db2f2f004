/** Whole runs with node groups: what pods and nodes are told, what is drained and what is not. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { inProcess } from '../cli/command.ts';

const place = mkdtempSync(join(tmpdir(), 'wavetank-autoscaler-'));
afterAll(() => rmSync(place, { recursive: true, force: true }));
const file = (name: string, content: string): string => {
  writeFileSync(join(place, name), content);
  return join(place, name);
};

const HEAD = `duration: 6m
cluster:
  nodes: [{ count: 1, capacity: { cpu: '2', memory: 8Gi, pods: '20' } }]
  nodeGroups:
    - { name: small, capacity: { cpu: '2', memory: 4Gi, pods: '10' }, max: 3, provision: 10s, price: 1, zones: 2 }
    - { name: big, capacity: { cpu: '8', memory: 16Gi, pods: '30' }, max: 1, provision: 10s, price: 4, labels: { size: big } }
    - { name: absent, capacity: { cpu: '16', memory: 64Gi }, max: 2, failures: 100 %, labels: { size: absent } }
  autoscaler: { scanInterval: 2s, scaleDownDelayAfterAdd: 10s, scaleDownUnneededTime: 20s, scaleDownDelayAfterFailure: 5s }
  kubelets: { preloadedImages: ['web:1'], startOver: 1s }
`;
const pod = (name: string, spec: string): string =>
  `        - { apiVersion: v1, kind: Pod, metadata: { name: ${name}, namespace: default }, spec: { ${spec} } }\n`;
const container = (cpu: string): string => `containers: [{ name: c, image: 'web:1', resources: { requests: { cpu: '${cpu}' } } }]`;

/** [seconds, reason, object, message] of the Events about scaling. */
async function events(scenario: string): Promise<readonly (readonly [at: number, reason: string, object: string, message: string])[]> {
  const to = `${scenario}.jsonl`;
  expect((await inProcess('export', scenario, '--as', 'events', '-o', to, '--quiet')).code).toBe(0);
  return readFileSync(to, 'utf8')
    .trim()
    .split('\n')
    .map(
      (line) =>
        JSON.parse(line) as { reason: string; message: string; firstTimestamp: string; involvedObject: { kind: string; name: string } },
    )
    .filter(({ reason }) => /ScaleUp|ScaleDown|DeletingNode/.test(reason))
    .map(({ reason, message, firstTimestamp, involvedObject: { kind, name } }) => [
      (Date.parse(firstTimestamp) - Date.parse('2026-01-01T00:00:00Z')) / 1000,
      reason,
      `${kind}/${name.replace(/^(web-0)-.*/, '$1')}`,
      message,
    ]);
}

it('orders nodes for pods without room, says why not for others, and gives them back', async () => {
  const scenario = file(
    'come-and-go.yaml',
    `${HEAD}workload:
  - deployments: { name: web, replicas: 2, start: 10s, image: 'web:1', cpu: 500m, memory: 256Mi }
  - scale: { at: 60s, of: web, replicas: 8 }
  - scale: { at: 150s, of: web, replicas: 2 }
  - apply:
      at: 20s
      objects:
${pod('huge', container('100'))}${pod('hopeful', `nodeSelector: { size: absent }, ${container('1')}`)}expect: { nodesAdded: 3, nodesRemoved: 1, nodesReady: 1, nodesMost: 2 }
`,
  );
  const told = await events(scenario);
  const of = (reason: string, object: string) =>
    told.filter(([, said, about]) => said === reason && about === object).map(([, , , message]) => message);
  expect(of('NotTriggerScaleUp', 'Pod/huge')[0]).toBe("pod didn't trigger scale-up: 3 Insufficient cpu");
  expect(of('TriggeredScaleUp', 'Pod/hopeful')[0]).toBe('pod triggered scale-up: [{absent 0->1 (max: 2)}]');
  expect(of('NotTriggerScaleUp', 'Pod/hopeful')[0]).toBe(
    "pod didn't trigger scale-up: 1 in backoff after failed scale-up, 2 node(s) didn't match Pod's node affinity/selector",
  );
  expect(of('TriggeredScaleUp', 'Pod/web-0')).toEqual(Array(4).fill('pod triggered scale-up: [{small 0->1 (max: 3)}]'));
  expect(of('ScaleDown', 'Node/small-0')).toEqual(['marked the node as toBeDeleted/unschedulable', 'node removed by cluster autoscaler']);
  expect(of('DeletingNode', 'Node/small-0')).toEqual(['Deleting node small-0 because it does not exist in the cloud provider']);
  // Not before it was unneeded for 20 s, and 5 s after it was marked.
  const [marked, removed] = told.filter(([, reason]) => reason === 'ScaleDown').map(([at]) => at) as [number, number];
  expect(marked).toBeGreaterThanOrEqual(170);
  expect(removed - marked).toBeGreaterThanOrEqual(5);
  const { out } = await inProcess('run', scenario, '--shards', '0', '--json', '--quiet', '--out', join(place, 'run'));
  const { verdicts, metrics } = JSON.parse(out) as {
    verdicts: { metric: string; pass: boolean }[];
    metrics: Record<string, { value: number }>;
  };
  expect(verdicts.filter(({ pass }) => !pass)).toEqual([]);
  // One node for 6 min, and one for a little more than a minute and a half.
  expect(metrics['nodeHours']?.value).toBeCloseTo(0.1 + 100 / 3600, 1);
}, 60_000);

it.each([
  [6, ['Node/small-0', 'Node/small-1', 'Node/small-2'], 2],
  // Two of the budget's pods are on small-1, and it allows one disruption.
  [7, ['Node/small-0', 'Node/small-2'], 0],
])(
  'drains within a disruption budget that wants %i, and leaves a node whose pod nobody would make anew',
  async (minAvailable, gone, evicted) => {
    const selector = 'selector: { matchLabels: { app: web-0 } }';
    const budget = `{ apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: { name: web, namespace: default }, spec: { minAvailable: ${minAvailable}, ${selector} } }`;
    const scenario = file(
      'drain.yaml',
      `${HEAD.replace('max: 3', 'max: 3, initial: 3').replace('6m', '2m')}workload:
  - apply:
      at: 5s
      objects:
        - ${budget}
${pod('kept', `nodeSelector: { size: big }, ${container('1')}`)}  - deployments: { name: web, replicas: 8, start: 10s, image: 'web:1', cpu: 300m, memory: 256Mi }
`,
    );
    const told = await events(scenario);
    const removed = told.filter(([, , , message]) => message === 'node removed by cluster autoscaler').map(([, , node]) => node);
    expect(removed.sort()).toEqual(gone);
    expect(told.filter(([, , , message]) => message === 'deleting pod for node scale down')).toHaveLength(evicted);
  },
);

it.each([
  ['nodeGroups: [{ name: a, max: 2, min: 3 }]', /nodeGroups\[0\]\.min': must not be more than max \(2\), found 3/],
  ['nodeGroups: [{ name: a, max: 2, machine: m5.larg }]', /there is no type 'm5\.larg'; did you mean 'm5\.large'/],
  ['nodeGroups: [{ name: node, max: 2 }]', /two groups of nodes are named 'node'/],
  ['nodeGroups: [{ name: a, max: 2, reclaims: 5 % }]', /only spot machines are taken back/],
  ['autoscaler: { scanInterval: 5s }', /'cluster\.autoscaler': is of no use without 'cluster\.nodeGroups'/],
])('refuses %s', async (part, message) => {
  const scenario = file('wrong.yaml', `duration: 1m\ncluster:\n  nodes: 1\n  ${part}\nworkload: []\n`);
  const { code, err } = await inProcess('run', scenario, '--quiet', '--out', join(place, 'wrong'));
  expect(err).toMatch(message);
  expect(err.trim().split('\n')).toHaveLength(1);
  expect(code).toBe(2);
});
