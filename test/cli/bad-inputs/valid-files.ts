/** Small valid files of every kind that commands read, and how each is given to its command. What is made of them by mutation is what a saboteur would give. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface FileKind {
  readonly text: string;
  /** Its name in the folder. */
  readonly file: string;
  /** Files beside it that stay whole. */
  readonly beside?: Readonly<Record<string, string>>;
  /** `path`: of the file; `folder`: where it lies; `out`: where output may go. */
  readonly command: (at: { readonly path: string; readonly folder: string; readonly out: string }) => readonly string[];
}

const SCENARIO = `name: tiny
seed: 3
duration: 3s
cluster:
  nodes:
    - { count: 3, zones: [a, b], capacity: { cpu: 4, memory: 8Gi, pods: 20 }, labels: { disk: ssd } }
  apiServers: { count: 1 }
  etcd: { quota: 2GiB }
  controllers: { nodeMonitorGracePeriod: 40s }
images: { 'web:1': 60MiB }
workload:
  - deployments: { name: web, count: 1, replicas: 2, start: 1s, podsPerSecond: 10, image: 'web:1', cpu: 250m, readinessProbe: { period: 5s } }
  - jobs: { name: crunch, count: 1, completions: 2, start: 1s, cpu: 500m, runtime: { lognormal: { p50: 1s, p99: 2s } } }
  - apply:
      at: 1s
      objects:
        - { apiVersion: v1, kind: ConfigMap, metadata: { name: settings }, data: { a: b } }
        - { apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: { name: web }, spec: { minAvailable: 50%, selector: { matchLabels: { app: web } } } }
faults:
  - crashNodes: { at: 2s, count: 1, for: 1s }
expect:
  podsScheduled: '>= 0 %'
`;

const CONFIGURATION = `apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
parallelism: 16
percentageOfNodesToScore: 50
podInitialBackoffSeconds: 1
podMaxBackoffSeconds: 10
profiles:
  - schedulerName: default-scheduler
    plugins:
      score: { disabled: [{ name: NodeResourcesFit }], enabled: [{ name: NodeResourcesFit, weight: 3 }] }
    pluginConfig:
      - name: NodeResourcesFit
        args: { scoringStrategy: { type: MostAllocated, resources: [{ name: cpu, weight: 1 }] } }
      - name: InterPodAffinity
        args: { hardPodAffinityWeight: 5 }
`;

const MANIFEST = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, labels: { app: web } }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - name: web
          image: web:1
          resources: { requests: { cpu: 100m, memory: 64Mi } }
          ports: [{ containerPort: 80 }]
`;

const NODES = 'sn,cpu_milli,memory_mib,gpu,model\nn-0,64000,262144,2,P100\nn-1,64000,262144,2,P100\n';
const PODS =
  'name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time\n' +
  'p-0,1000,1024,1,1000,,LS,Running,0,1,0\np-1,1000,1024,0,0,,BE,Running,1,2,1\n';

const STUDY = `scenario: tiny.yaml
axes:
  - { path: 'cluster.nodes[0].count', values: [3], name: nodes }
seeds: 1
metrics: [podStartP50, nodesUsed]
`;

const RESULT = JSON.stringify({
  format: 'wavetank-result/1',
  digest: '0123456789abcdef',
  seed: 1,
  scenario: 'tiny',
  scenarioSource: { name: 'tiny' },
  version: '0.1.0',
  node: 'v24.0.0',
  simulatedSeconds: 3,
  partial: false,
  nodes: 3,
  podsCreated: 2,
  podsBound: 2,
  podsRunning: 2,
  containersStarted: 2,
  verdicts: [{ metric: 'podsScheduled', expected: '>= 0 %', measured: 100, unit: '%', pass: true }],
  metrics: { podsScheduled: { value: 100, unit: '%' } },
  bucketSeconds: 1,
  distributions: { podStart: { count: 2, mean: 1, min: 1, p50: 1, p90: 1, p95: 1, p99: 1, max: 1 } },
  series: [{ name: 'wavetank_pods', labels: { state: 'Running' }, kind: 'gauge', unit: 'pods', values: [0, 1, 2] }],
  heat: [],
  marks: [{ atSeconds: 2, name: '1 node lost' }],
  notes: [],
  wallSeconds: 1,
  cpuSeconds: 1,
  peakRssBytes: 1000,
  shards: { used: 0, windows: 3, events: 100, messages: 0, barrierSeconds: 0, meanWindowMs: 1000 },
});

const TRIALS = `${JSON.stringify({ format: 'wavetank-study/1', kind: 'compare', study: 'abc', trials: 1, plan: { a: { name: 'A', what: 'a' }, b: { name: 'B', what: 'b' }, level: 0.95, failIf: [] }, version: '0.1.0' })}
${JSON.stringify({ index: 0, key: 'k', arm: 'A', seed: 1, repeat: 0, digest: 'd', metrics: { podStartP50: 1 }, verdicts: [], nodes: 3, podsCreated: 1, podsBound: 1, simulatedSeconds: 3, wallSeconds: 1 })}
`;

const LIFE = `{"format":"wavetank-life/1","run":{"scenario":"tiny","source":{"name":"tiny"},"seed":3,"shards":0,"flags":{"check":false},"files":{},"build":"x","node":"v24.0.0"},"finished":false,"wallSeconds":1,"cpuSeconds":1,"positions":[
  {"at":1000000,"events":10,"digest":"0123456789abcdef"}
]}
`;

export const FILE_KINDS: Readonly<Record<string, FileKind>> = {
  scenario: { text: SCENARIO, file: 'tiny.yaml', command: ({ path, out }) => ['run', path, '--out', out, '--quiet', '--shards', '0'] },
  'scheduler configuration': {
    text: CONFIGURATION,
    file: 'scheduler.yaml',
    beside: { 'tiny.yaml': SCENARIO.replace('  apiServers:', '  schedulers: [{ config: scheduler.yaml }]\n  apiServers:') },
    command: ({ folder, out }) => ['run', join(folder, 'tiny.yaml'), '--out', out, '--quiet', '--shards', '0'],
  },
  manifest: {
    text: MANIFEST,
    file: 'web.yaml',
    command: ({ path, folder }) => ['import', 'manifests', path, '--output', join(folder, 'imported.yaml'), '--quiet'],
  },
  'openb nodes': {
    text: NODES,
    file: 'nodes.csv',
    beside: { 'pods.csv': PODS },
    command: ({ path, folder, out }) => [
      'replay',
      'openb',
      '--nodes',
      path,
      '--pods',
      join(folder, 'pods.csv'),
      '--out',
      out,
      '--quiet',
      '--time-scale',
      '10',
    ],
  },
  'openb pods': {
    text: PODS,
    file: 'pods.csv',
    beside: { 'nodes.csv': NODES },
    command: ({ path, folder, out }) => [
      'replay',
      'openb',
      '--nodes',
      join(folder, 'nodes.csv'),
      '--pods',
      path,
      '--out',
      out,
      '--quiet',
      '--time-scale',
      '10',
    ],
  },
  study: {
    text: STUDY,
    file: 'study.yaml',
    beside: { 'tiny.yaml': SCENARIO },
    command: ({ path, out }) => ['sweep', path, '--workers', '0', '--out', out, '--quiet'],
  },
  result: {
    text: RESULT,
    file: 'result.json',
    command: ({ folder }) => ['report', folder, '--format', 'html,markdown,junit,prometheus,csv'],
  },
  trials: { text: TRIALS, file: 'trials.jsonl', command: ({ path, out }) => ['merge', path, '--out', out] },
  checkpoint: {
    text: LIFE,
    file: 'life.json',
    beside: { 'tiny.yaml': SCENARIO, 'result.json': RESULT },
    command: ({ folder }) => ['branch', folder, '--at', '1s', '--set', 'faults=[]', '--quiet'],
  },
};

/** Lays a spoilt file out with what belongs beside it; the arguments of its command. */
export function layOut(kind: FileKind, content: string | Buffer, folder: string): readonly string[] {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(kind.beside ?? {})) writeFileSync(join(folder, name), text);
  const path = join(folder, kind.file);
  writeFileSync(path, content);
  return kind.command({ path, folder, out: join(folder, 'out') });
}

export { SCENARIO };
