/** Generated bad bodies against a served cluster: each is answered by a Status as Kubernetes has them, and the server goes on. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Lab, openLab } from '../../serve/lab.ts';
import { luck, MUTATIONS } from './mutations.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
  await lab.pass(5);
}, 60_000);
afterAll(async () => {
  expect(lab.complaints).toEqual([]);
  await lab.stop();
});

const BODIES: readonly (readonly [path: string, body: object])[] = [
  [
    '/api/v1/namespaces/default/pods',
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '1' } } }] },
    },
  ],
  [
    '/api/v1/namespaces/default/configmaps',
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm', labels: { a: 'b' } }, data: { k: 'v' } },
  ],
  [
    '/apis/apps/v1/namespaces/default/deployments',
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd' },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'd' } },
        template: { metadata: { labels: { app: 'd' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
      },
    },
  ],
];
const TYPES = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf', 'text/plain'];

test('150 spoilt bodies', async () => {
  const ways = Object.entries(MUTATIONS);
  const wrong: string[] = [];
  let refused = 0;
  for (let number = 0; number < 150; number += 1) {
    const draw = luck(number * 7919 + 29);
    const [path, body] = BODIES[Math.floor(draw() * BODIES.length)] as (typeof BODIES)[number];
    const [way, spoil] = ways[Math.floor(draw() * ways.length)] as (typeof ways)[number];
    const type = TYPES[Math.floor(draw() * draw() * TYPES.length)] as string;
    const spoilt = spoil(JSON.stringify(body), draw);
    const isPatch = draw() < 0.2;
    const headers = { 'Content-Type': isPatch ? 'application/merge-patch+json' : type };
    const answer = await lab.call(isPatch ? 'PATCH' : 'POST', isPatch ? '/api/v1/nodes/node-0' : path, spoilt, headers);
    const { code, body: said, text } = answer;
    const which = `${number}, ${way}, ${headers['Content-Type']}: ${code} ${text.slice(0, 200)}`;
    if (code < 400) continue;
    refused += 1;
    const isStatus = said?.kind === 'Status' && said.apiVersion === 'v1' && said.status === 'Failure' && said.code === code && said.message;
    if (code >= 500 || !isStatus || /\n\s+at .*:\d+|TypeError|RangeError/.test(text)) wrong.push(which);
  }
  expect(wrong).toEqual([]);
  expect(refused).toBeGreaterThan(75);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  expect((await lab.call('GET', '/api/v1/nodes')).body.items.length).toBe(3);
}, 60_000);
