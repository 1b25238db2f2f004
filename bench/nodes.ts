/** 5,000 kubelets with 30 pods each against the tests' API server: events a second, memory, simulated over wall time. `node bench/nodes.ts [nodes] [pods] [seconds] [probes]`. */

import type { Pod } from '#api';
import { Kubelet, type KubeletConfig, type KubeletSettings } from '#kubelet';
import { type HostSpec, runInProcess, SECOND, type WorldSpec } from '#sim';
import { FakeApi } from '../test/kubelet/fake-api.ts';

const [nodes = 5000, podsPerNode = 30, seconds = 600] = process.argv.slice(2, 5).map(Number);
const probes = process.argv[5] === 'each' ? 'each' : 'analytic';
const settings: Partial<KubeletSettings> = { probes, startupJitterSeconds: 30, events: process.argv[6] === 'none' ? 'none' : 'all' };
const hosts: HostSpec[] = [{ name: 'api', program: 'api', config: {}, group: 'control-plane', zone: 'a' }];
const capacity = { cpu: '32', memory: '128Gi', pods: '110' };
for (let i = 0; i < nodes; i++) {
  const config: KubeletConfig = {
    nodeName: `n${i}`,
    client: { user: `system:node:n${i}`, servers: [0], qps: 50, burst: 100 },
    capacity,
    podCIDR: `10.${i >> 8}.${i & 255}.0/24`,
    settings,
  };
  hosts.push({ name: `n${i}`, program: 'kubelet', config, group: 'node', zone: 'a', egressFloor: 10_000 });
}
const probe = { periodSeconds: Number(process.env.PERIOD ?? 10), failureThreshold: 3, successThreshold: 1, httpGet: { port: 80 } };
const resources = { requests: { cpu: '100m', memory: '128Mi' } };
const containers = [
  { name: 'web', image: 'web:1', imagePullPolicy: 'IfNotPresent' as const, readinessProbe: probe, livenessProbe: probe, resources },
  { name: 'side', image: 'side:1', imagePullPolicy: 'IfNotPresent' as const, resources },
];
const labels = { app: 'web' };
const total = nodes * podsPerNode;
// Pods arrive over 200 s from 60 s on.
const batches = 200;
const api = new FakeApi(
  Array.from({ length: batches }, (_, batch) => ({
    at: (60 + batch) * SECOND,
    run: (server, ctx) => {
      for (let i = Math.floor((total * batch) / batches); i < Math.floor((total * (batch + 1)) / batches); i++) {
        const pod: Pod = {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: `web-7d4b9c-${i.toString(36)}`, namespace: 'default', labels },
          spec: { nodeName: `n${i % nodes}`, containers, restartPolicy: 'Always', terminationGracePeriodSeconds: 30 },
        };
        server.addPod(pod, ctx);
      }
    },
  })),
);
api.logWrites = false;
const world: WorldSpec = {
  seed: 1,
  epoch: 1_767_225_600_000_000,
  hosts,
  links: [{ from: '*', to: '*', latencyMin: 250 }],
  changes: [],
  until: seconds * SECOND,
  bucket: 10 * SECOND,
};
const began = performance.now();
let last = began;
let lastEvents = 0;
let lastAt = 0;
const heap = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1e6;
};
const outcome = runInProcess(world, (spec) => (spec.program === 'api' ? api : new Kubelet(spec.config as KubeletConfig)), {
  onProgress: ({ at, events }) => {
    if (at - lastAt < 30 * SECOND) return;
    const now = performance.now();
    console.log(
      `${at / SECOND} s: ${events - lastEvents} events in ${((now - last) / 1000).toFixed(2)} s wall, ${(((events - lastEvents) / (now - last)) * 1000).toFixed(0)} events/s, ${((at - lastAt) / 1000 / (now - last)).toFixed(0)} x real time, heap ${heap().toFixed(0)} MB`,
    );
    last = performance.now();
    lastEvents = events;
    lastAt = at;
  },
});
const wall = (performance.now() - began) / 1000;
const sli = outcome.recorded.histogram('kubelet_pod_start_sli_duration_seconds')?.overall;
console.log(
  `${outcome.events} events, ${wall.toFixed(1)} s wall, ${(outcome.events / wall).toFixed(0)} events/s, ${(seconds / wall).toFixed(1)} x real time, digest ${outcome.digest}`,
);
console.log(
  `running ${outcome.recorded.gauge('kubelet_running_pods')?.values.at(-1)}, start SLI p50 ${sli?.percentile(0.5).toFixed(2)} s p99 ${sli?.percentile(0.99).toFixed(2)} s`,
);
