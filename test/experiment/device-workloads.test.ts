/** scheduler_perf's operations on devices, in a file of the same shape as upstream's dra/performance-config.yaml. */

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runPerfWorkload } from '#experiment';
import { PerfFile } from '#scenario';

const directory = mkdtempSync(join(tmpdir(), 'wavetank-devices-'));
const FILES: Readonly<Record<string, string>> = {
  'node.yaml':
    'apiVersion: v1\nkind: Node\nmetadata: { generateName: dra-node- }\nstatus:\n  capacity: { pods: "110", cpu: "4", memory: 32Gi }\n  conditions: [{ type: Ready, status: "True" }]\n',
  'class.yaml':
    'apiVersion: resource.k8s.io/v1\nkind: DeviceClass\nmetadata: { name: test-class }\nspec:\n  selectors: [{ cel: { expression: device.driver == "test-driver.cdi.k8s.io" } }]\n',
  'template.yaml':
    'apiVersion: resource.k8s.io/v1\nkind: ResourceClaimTemplate\nmetadata: { name: one }\nspec: { spec: { devices: { requests: [{ name: r, exactly: { deviceClassName: test-class } }] } } }\n',
  'claim.yaml':
    'apiVersion: resource.k8s.io/v1\nkind: ResourceClaim\nmetadata: { name: "claim-{{.Index}}" }\nspec: { devices: { requests: [{ name: r, exactly: { deviceClassName: test-class } }] } }\n',
  'pod.yaml':
    'apiVersion: v1\nkind: Pod\nmetadata: { generateName: test- }\nspec:\n  containers: [{ name: c, image: "i:1" }]\n  resourceClaims: [{ name: d, resourceClaimTemplateName: one }]\n',
  'performance-config.yaml': `
- name: Devices
  featureGates: { DynamicResourceAllocation: true }
  workloadTemplate:
  - { opcode: createNodes, nodeTemplatePath: node.yaml, countParam: $nodes }
  - { opcode: createResourceDriver, driverName: test-driver.cdi.k8s.io, nodes: "dra-node-*", maxClaimsPerNodeParam: $devices }
  - { opcode: createAny, templatePath: class.yaml }
  - { opcode: createAny, templatePath: claim.yaml, namespace: init, countParam: $initClaims }
  - { opcode: allocResourceClaims, namespace: init }
  - { opcode: createAny, templatePath: template.yaml, namespace: test }
  - { opcode: createPods, namespace: test, countParam: $pods, podTemplatePath: pod.yaml, collectMetrics: true }
  workloads:
  - { name: full, params: { nodes: 4, devices: 5, initClaims: 12, pods: 8 } }
  - { name: tooMany, params: { nodes: 1, devices: 2, initClaims: 3, pods: 0 } }
- name: Steady
  featureGates: { DynamicResourceAllocation: true }
  workloadTemplate:
  - { opcode: createNodes, nodeTemplatePath: node.yaml, count: 2 }
  - { opcode: createResourceDriver, driverName: test-driver.cdi.k8s.io, nodes: "dra-node-*", maxClaimsPerNode: 6 }
  - { opcode: createAny, templatePath: class.yaml }
  - { opcode: createAny, templatePath: template.yaml, namespace: test }
  - { opcode: createPods, namespace: test, count: 10, podTemplatePath: pod.yaml, steadyState: true, duration: 5s, collectMetrics: true }
  workloads:
  - { name: tenOfTwelve }
`,
};
for (const [name, text] of Object.entries(FILES)) writeFileSync(join(directory, name), text);
const workloads = new PerfFile(join(directory, 'performance-config.yaml')).workloads();

const run = (name: string) => {
  const workload = workloads.find((one) => one.name === name);
  if (workload === undefined) throw new Error(`no workload ${name}`);
  expect(workload.skipped).toBeUndefined();
  return runPerfWorkload(workload, { seed: 1, version: 'test', interrupted: () => false });
};

test('pods take what claims allocated beforehand have left, to the last device', { timeout: 60_000 }, async () => {
  const { failure, measuredPods } = await run('full');
  expect({ failure, measuredPods }).toEqual({ failure: undefined, measuredPods: 8 });
});

test('says which claim found no device', { timeout: 60_000 }, async () => {
  expect((await run('tooMany')).failure).toBe('operation 5 (allocResourceClaims): could not allocate claim 2 out of 3');
});

test('devices of deleted pods are given out again, batch after batch', { timeout: 60_000 }, async () => {
  const { failure, measuredPods } = await run('tenOfTwelve');
  expect(failure).toBeUndefined();
  expect(measuredPods).toBeGreaterThan(50);
});
