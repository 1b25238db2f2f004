/** `wavetank import`: each kind of trace becomes a scenario that runs; rows that are bad are left out and told, files that are bad are refused. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { encode } from '@msgpack/msgpack';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { inProcess } from './command.ts';

const directory = mkdtempSync(join(tmpdir(), 'wavetank-import-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
beforeEach(() => {
  for (const name of readdirSync(directory)) rmSync(join(directory, name), { recursive: true });
});

const output = join(directory, 'made.yaml');
const file = (name: string, content: string | Uint8Array): string => {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
};

interface Summary {
  readonly read: number;
  readonly kept: number;
  readonly dropped: readonly { readonly reason: string; readonly count: number; readonly firstLines: readonly number[] }[];
}
interface Result {
  readonly podsCreated: number;
  readonly podsBound: number;
  readonly podsRunning: number;
  readonly nodes: number;
}

async function imported(kind: string, from: string, ...flags: readonly string[]): Promise<Summary> {
  const { code, out, err } = await inProcess('import', kind, from, '-o', output, '--json', ...flags);
  expect(err).toBe('');
  expect(code).toBe(0);
  return JSON.parse(out) as Summary;
}

async function played(): Promise<Result> {
  const { code, out, err } = await inProcess('run', output, '--out', join(directory, 'out'), '--shards', '0', '--quiet', '--json');
  expect(err).toBe('');
  expect(code).toBe(0);
  return JSON.parse(out) as Result;
}

const OPENB =
  'name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time\n' +
  'p-0,1000,1024,1,1000,P100,LS,Running,0,100,0\np-1,1000,1024,0,0,,BE,Running,10,,10\n';
const NODES = 'sn,cpu_milli,memory_mib,gpu,model\nn-0,64000,262144,2,P100\n';
const ALIBABA =
  'instance_sn,role,app_name,cpu_request,cpu_limit,gpu_request,gpu_limit,rdma_request,rdma_limit,memory_request,memory_limit,disk_request,disk_limit,max_instance_per_node,creation_time,scheduled_time,deletion_time\n' +
  'i_0,HN,app_0,12,12,1,1,25,25,120.0,120.0,640.0,800.0,1,,,\ni_1,HN,app_0,12,12,1,1,25,25,120.0,120.0,640.0,800.0,1,5,6,\ni_2,CN,app_1,4,4,0,0,0,0,8,8,10,10,-1,7,8,30\n';
const JOBS = 'id,submit_s,duration_s,cpu_count,mem_capacity\n1,0.0,30,16,1000\n2,5.0,30,96,1000\n';
const SWF = '; Computer: none\n1 0 2 30 4 -1 -1 4 60 -1 1 7 1 1 1 1 -1 -1\n2 5 2 -1 4 -1 -1 4 60 -1 1 7 1 1 1 1 -1 -1\n';
const LLM =
  'TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.68,374,44\n2023-11-16 18:15:50.99,396,109\n2023-11-16 18:15:59.00,20,10\n';

const deployment = (replicas: number) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        containers: [{ name: 'web', image: 'web:1', resources: { requests: { cpu: '1' } }, envFrom: [{ secretRef: { name: 'none' } }] }],
        volumes: [{ name: 'settings', configMap: { name: 'none' } }],
      },
    },
  },
});
const SIMKUBE = {
  version: 2,
  config: { trackedObjects: {} },
  events: [
    { ts: 100, applied_objs: [deployment(2)], deleted_objs: [] },
    {
      ts: 110,
      applied_objs: [
        deployment(3),
        {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'bare', namespace: 'shop' },
          spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'a:1' }] },
        },
      ],
      deleted_objs: [],
    },
  ],
  index: {},
  pod_lifecycles: {},
};

describe('every kind runs to its end', () => {
  test('openb, with its machines', async () => {
    const nodes = file('nodes.csv', NODES);
    expect(await imported('openb', file('pods.csv.gz', gzipSync(OPENB)), '--node-list', nodes)).toMatchObject({
      read: 2,
      kept: 2,
      dropped: [],
    });
    expect(await played()).toMatchObject({ nodes: 1, podsCreated: 2, podsBound: 2, podsRunning: 1 });
    expect(readFileSync(output, 'utf8')).toContain('n-0');
  });

  test('Alibaba 2025: one instance of an application on a node means as many nodes', async () => {
    await imported('alibaba-2025', file('a.csv', ALIBABA));
    expect(await played()).toMatchObject({ podsCreated: 3, podsBound: 3, podsRunning: 2 });
  });

  test('HPC jobs: one larger than a machine is several pods, and all end by themselves', async () => {
    await imported('hpc', file('jobs.csv', JOBS));
    expect(await played()).toMatchObject({ podsCreated: 3, podsBound: 3, podsRunning: 0 });
  });

  test('SWF: jobs whose run time nobody knows are dropped', async () => {
    const { dropped } = await imported('swf', file('jobs.swf', SWF));
    expect(dropped).toEqual([{ reason: 'run time not known', count: 1, firstLines: [3] }]);
    expect(await played()).toMatchObject({ podsCreated: 1, podsBound: 1, podsRunning: 0 });
  });

  test('requests to a language model are load on a Service', async () => {
    const many = Array.from(
      { length: 200 },
      (_, index) => `2023-11-16 18:16:${String(index % 60).padStart(2, '0')}.5,300,20
`,
    ).join('');
    await imported('llm', file('llm.csv', LLM + many));
    const result = (await played()) as Result & { readonly distributions: Readonly<Record<string, { readonly count: number }>> };
    expect(result.podsBound).toBe(2);
    const answered = result.distributions['request/llm']?.count ?? 0;
    // Their number is luck around 203.
    expect(answered).toBeGreaterThan(150);
    expect(answered).toBeLessThan(260);
  });

  test.each([
    ['JSON', (trace: object) => JSON.stringify(trace)],
    ['MessagePack with owners as keys', (trace: object) => ownersAsKeys(trace)],
  ])('SimKube as %s', async (_name, written) => {
    const summary = await imported('simkube', file('a.sktrace', written(SIMKUBE)));
    expect(summary).toMatchObject({ read: 3, kept: 3 });
    expect(await played()).toMatchObject({ podsCreated: 4, podsBound: 4 });
  });

  test('scheduler_perf: nodes and pods of a workload', async () => {
    const config = `- name: Basic\n  workloadTemplate:\n  - { opcode: createNodes, countParam: $nodes }\n  - { opcode: createPods, countParam: $pods, podTemplatePath: pod.yaml }\n  workloads:\n  - { name: small, params: { nodes: 3, pods: 7 } }\n`;
    file(
      'pod.yaml',
      'apiVersion: v1\nkind: Pod\nmetadata: { generateName: p- }\nspec: { containers: [{ name: a, image: a, resources: { requests: { cpu: 100m } } }] }\n',
    );
    await imported('scheduler-perf', file('performance-config.yaml', config));
    expect(await played()).toMatchObject({ nodes: 3, podsCreated: 7, podsBound: 7 });
  });
});

/** As rmp writes a map whose keys are pairs: entry by entry. */
function ownersAsKeys(trace: object): Uint8Array {
  const parts: number[] = [0x80 + Object.keys(trace).length];
  for (const [key, value] of Object.entries(trace)) {
    parts.push(...encode(key));
    if (key !== 'pod_lifecycles') parts.push(...encode(value));
    else parts.push(0x81, ...encode(['v1.Pod', 'shop/bare']), ...encode({ h: [{ Finished: [110, 115] }] }));
  }
  return Uint8Array.from(parts);
}

test('replay imports and runs in one go', async () => {
  const out = join(directory, 'replayed');
  const { code, out: said } = await inProcess('replay', 'hpc', file('jobs.csv', JOBS), '--out', out, '--shards', '0', '--time-scale', '2');
  expect(code).toBe(0);
  expect(said).toMatch(/2 jobs read, 2 kept[\s\S]*3 pods created, 3 bound/);
  expect(readdirSync(out).sort()).toEqual(expect.arrayContaining(['hpc.trace.jsonl', 'hpc.yaml', 'report.html', 'result.json']));
});

describe('a dump of a cluster', () => {
  const node = (name: string) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, 'topology.kubernetes.io/zone': 'b', disk: 'ssd' } },
    status: { capacity: { cpu: '8', memory: '32Gi', pods: '110' } },
  });
  const owned = (kind: string, name: string) => ({ ownerReferences: [{ apiVersion: 'apps/v1', kind, name, uid: 'u', controller: true }] });
  const labels = { app: 'web', 'pod-template-hash': 'abc' };
  const template = deployment(2).spec.template;
  const dump = {
    kind: 'List',
    apiVersion: 'v1',
    items: [
      node('alpha'),
      node('beta'),
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
      deployment(2),
      {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        metadata: { name: 'web-abc', namespace: 'shop', labels, ...owned('Deployment', 'web') },
        spec: { replicas: 2, selector: { matchLabels: labels }, template: { ...template, metadata: { labels } } },
      },
      ...['x', 'y'].map((name) => ({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: `web-abc-${name}`, namespace: 'shop', labels, ...owned('ReplicaSet', 'web-abc') },
        spec: { ...template.spec, nodeName: 'beta' },
        status: { phase: 'Running' },
      })),
      { apiVersion: 'v1', kind: 'Event', metadata: { name: 'e', namespace: 'shop' } },
    ],
  };

  test('its pods stay where they are, adopted by the ReplicaSet of their Deployment', async () => {
    const { dropped } = await imported('cluster', file('dump.json', JSON.stringify(dump)));
    expect(dropped).toEqual([{ reason: 'a Event: controllers write them', count: 1, firstLines: [] }]);
    expect(await played()).toMatchObject({ nodes: 2, podsCreated: 2, podsBound: 2, podsRunning: 2 });
  });

  test('--reschedule leaves pods to their Deployment', async () => {
    const { dropped } = await imported('cluster', file('dump.json', JSON.stringify(dump)), '--reschedule');
    expect(dropped.map(({ reason, count }) => `${count} ${reason}`)).toContain('2 its ReplicaSet makes it again');
    expect(await played()).toMatchObject({ podsCreated: 2, podsBound: 2, podsRunning: 2 });
  });

  test('manifests without nodes get some, labelled as pods ask for', async () => {
    const yaml = `# Source: a chart\napiVersion: batch/v1\nkind: Job\nmetadata: { name: once }\nspec:\n  template:\n    spec:\n      restartPolicy: Never\n      nodeSelector: { disk: ssd }\n      containers: [{ name: a, image: a, resources: { requests: { cpu: 40 } } }]\n---\n`;
    await imported('cluster', file('manifests.yaml', yaml));
    expect(await played()).toMatchObject({ podsBound: 1 });
  });
});

describe('a table of one’s own, by a mapping', () => {
  const MAPPING =
    'name: task\narrives: start\nleaves: { column: end, unit: s }\ncpu: cores\nmemory: { column: mem, unit: GiB }\nkeep: { state: [ok] }\n';
  const TABLE =
    'task,start,end,cores,mem,state\nA b,0,100,2,4,ok\nc,5,60,nan,4,ok\nd,7,50,1,1,bad\nA b,9,90,0.5,1,ok\ne,10,5,1,1,ok\nf,11,,1,1\n';

  test('what is bad is left out, with the line and the reason', async () => {
    const mapping = file('map.yaml', MAPPING);
    const summary = await imported('csv', file('t.csv', `${TABLE}g,12,13,1,1,ok\nh,12,13,1,1,ok\n`), '--mapping', mapping);
    expect(summary).toMatchObject({ read: 8, kept: 4 });
    expect(summary.dropped).toEqual([
      { reason: "'cores' is not a number", count: 1, firstLines: [3] },
      { reason: "'state' is none of ok", count: 1, firstLines: [4] },
      { reason: "'end' is 5 s before 'start'", count: 1, firstLines: [6] },
      { reason: 'has 5 columns, the header has 6', count: 1, firstLines: [7] },
    ]);
    expect(await played()).toMatchObject({ podsCreated: 4, podsBound: 4 });
  });

  test('--time-scale, --sample and --inflate change what they say', async () => {
    const rows = Array.from({ length: 200 }, (_, index) => `t${index},${index},${index + 50},1,1,ok\n`).join('');
    const flags = ['--mapping', file('map.yaml', MAPPING)];
    const table = file('t.csv', `task,start,end,cores,mem,state\n${rows}`);
    const { kept } = await imported('csv', table, ...flags, '--sample', '25%');
    expect(kept).toBeGreaterThan(30);
    expect(kept).toBeLessThan(70);
    await imported('csv', table, ...flags, '--time-scale', '10');
    expect(readFileSync(output, 'utf8')).toContain('duration: 115s');
    await imported('csv', table, ...flags, '--nodes', '2', '--node-capacity', 'cpu=100,memory=400Gi', '--inflate', '200%');
    const created = readFileSync(join(directory, 'made.trace.jsonl'), 'utf8').match(/"pod":/g)?.length ?? 0;
    // At the peak 50 CPUs are asked for, twice the cluster are 400.
    expect(created).toBe(1600);
  });

  test('--anonymise leaves no name of the trace behind', async () => {
    await imported('csv', file('t.csv', TABLE.replaceAll('A b', 'secret')), '--mapping', file('map.yaml', MAPPING), '--anonymise');
    expect(readFileSync(join(directory, 'made.trace.jsonl'), 'utf8')).not.toContain('secret');
  });

  test.each([
    [
      'a column that is not there',
      MAPPING.replace('cpu: cores', 'cpu: core'),
      /map\.yaml:4:6: 'cpu': .*t\.csv has no column 'core'; did you mean 'cores'\?/,
    ],
    ['a field that is none', MAPPING.replace('arrives', 'arives'), /map\.yaml:2:1: unknown key 'arives'.*did you mean 'arrives'/],
    ['a unit that is none', MAPPING.replace('unit: GiB', 'unit: gigs'), /map\.yaml:5/],
    ['nothing', '', /map\.yaml: is empty/],
  ])('a mapping with %s is refused', async (_what, mapping, says) => {
    await refused(['csv', file('t.csv', TABLE), '--mapping', file('map.yaml', mapping)], says);
  });
});

async function refused(args: readonly string[], says: RegExp): Promise<void> {
  const { code, out, err } = await inProcess('import', ...args, '-o', output);
  expect(err).toMatch(says);
  expect(err.trim().split('\n')).toHaveLength(1);
  expect(out).toBe('');
  expect(code).toBe(2);
  expect(readdirSync(directory).filter((name) => name.startsWith('made'))).toEqual([]);
  expect(existsSync(output)).toBe(false);
}

describe('a file that is bad is refused in one line, and nothing is written', () => {
  const cut = (text: string): Buffer => gzipSync(text.repeat(200)).subarray(0, 100);
  test.each([
    ['openb', 'a.csv', OPENB.replace('cpu_milli', 'cpu_mili'), /a\.csv:1: has no column 'cpu_milli'; did you mean 'cpu_mili'\?/],
    [
      'openb',
      'a.csv',
      OPENB.replaceAll(/,1000,1024,/g, ',many,1024,'),
      /a\.csv:2: 'cpu_milli' is not a number: found 'many' \(all 2 pods are bad/,
    ],
    ['alibaba-2025', 'a.csv.gz', cut(ALIBABA), /a\.csv\.gz:\d+: is truncated/],
    ['alibaba-2025', 'a.csv', ALIBABA.split('\n')[0] ?? '', /a\.csv: has a header but no rows/],
    ['hpc', 'a.csv', JOBS.replaceAll('.0,30,', '.0,NaN,'), /a\.csv:2: 'duration_s' is not a number: found 'NaN'/],
    ['swf', 'a.swf', '1 2 3\n', /a\.swf:1: has 3 fields, the Standard Workload Format has 18/],
    ['llm', 'a.csv', LLM.replaceAll('2023', 'yesterday'), /a\.csv:2: 'TIMESTAMP' is no time: found 'yesterday-11-16/],
    ['simkube', 'a.json', JSON.stringify(SIMKUBE).slice(0, 200), /a\.json:1: is no JSON/],
    ['simkube', 'a.sktrace', Buffer.from(encode(SIMKUBE)).subarray(0, 200), /a\.sktrace: is truncated/],
    ['simkube', 'a.json', '{"version": 2}', /a\.json: 'events' is missing/],
    ['simkube', 'a.json', '{"version":2,"events":[{"ts":"now"}]}', /a\.json: 'events\[0\]\.ts' must be a number of seconds, found "now"/],
    ['cluster', 'a.yaml', 'kind: Pod\n  bad: [\n', /a\.yaml:\d: is no YAML/],
    ['cluster', 'a.json', '{"kind":"List","items":[{"kind":"Pod"}]}', /a\.json: 'items\[0\]\.apiVersion' must be a text, found nothing/],
    ['scheduler-perf', 'a.yaml', '- name: A\n', /a\.yaml:1/],
  ])('%s: %s', async (kind, name, content, says) => {
    await refused([kind, file(name, content)], says);
  });

  test.each(['openb', 'alibaba-2025', 'simkube', 'swf', 'hpc', 'llm', 'cluster', 'scheduler-perf'])(
    '%s: an empty file, and none',
    async (kind) => {
      await refused([kind, file('empty', '')], /empty/);
      await refused([kind, join(directory, 'nobody')], /nobody: no such file/);
    },
  );

  test('--strict refuses at the first bad row', async () => {
    await refused(['hpc', file('a.csv', `${JOBS}3,1,x,1,1\n`), '--strict'], /a\.csv:4: 'duration_s' is not a number: found 'x'/);
  });

  test('a kind that is none, and an output that is no scenario', async () => {
    await refused(['swff', 'x'], /'swff' is no kind of trace; did you mean 'swf'\?/);
    const { code, err } = await inProcess('import', 'hpc', file('a.csv', JOBS), '-o', join(directory, 'made.txt'));
    expect([code, err]).toEqual([2, expect.stringContaining('expected a name that ends in .yaml')]);
  });
});

test('says when listed nodes stand idle, and when pods go sooner than they can start', async () => {
  const row = (name: string, until: number): string => `${name},1000,1024,0,0,,BE,Running,0,${until},0\n`;
  const from = file('p.csv', `${OPENB.split('\n')[0]}\n${row('long', 500)}${row('brief', 20)}`);
  const nodes = file('n.csv', `sn,cpu_milli,memory_mib,gpu,model\n${[0, 1].map((i) => `n-${i},64000,262144,0,\n`).join('')}`);
  const { notes } = (await imported('openb', from, '--node-list', nodes, '--time-scale', '100')) as unknown as { notes: string[] };
  expect(notes.find((note) => note.includes('listed nodes'))).toMatch(
    /^at its peak the trace asks for 1\.6 % of the listed nodes: --inflate/,
  );
  expect(notes.find((note) => note.includes('deleted'))).toMatch(/^1 pods? .* less than 1 s .*a smaller --time-scale/);
  const full = (await imported('openb', from, '--node-list', nodes, '--inflate', '90%')) as unknown as { notes: string[] };
  expect(full.notes.join()).not.toMatch(/listed nodes|less than/);
});
