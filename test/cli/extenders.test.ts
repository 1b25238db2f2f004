/** HTTP extenders as a user brings them, and `--cost measured`: what runs, what repeats, and what is refused in one line. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inProcess } from './command.ts';

const directory = mkdtempSync(join(tmpdir(), 'wavetank-extender-'));
const at = (name: string): string => join(directory, name);
const write = (name: string, text: string): string => {
  writeFileSync(at(name), text);
  return at(name);
};
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const SCENARIO = `name: extended
duration: 30s
cluster:
  nodes: 4
  schedulers:
    - config: scheduler.yaml
  extenders:
    - urlPrefix: http://zoner:8888/api
      module: ./zoner.mjs
      latency: { uniform: { min: 1ms, max: 20ms } }
      failures: { error: 30 %, until: 20s }
workload:
  - deployments: { count: 1, replicas: 6, start: 8s }
`;
const CONFIGURATION = `apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
extenders:
  - urlPrefix: http://zoner:8888/api/
    filterVerb: filter
    nodeCacheCapable: true
`;
const FUNCTIONS = `export const filter = ({ NodeNames }) => ({ NodeNames: NodeNames.filter((name) => name === 'node-2') });\n`;

interface Written {
  readonly podsBound: number;
  readonly digest: string;
  readonly cost?: string;
  readonly notes: readonly string[];
}
async function run(...args: string[]): Promise<{ code: number | string; err: string; result: Written | undefined }> {
  const out = at('out');
  rmSync(out, { recursive: true, force: true });
  const { code, err } = await inProcess('run', '--quiet', '--out', out, ...args);
  let result: Written | undefined;
  try {
    result = JSON.parse(readFileSync(join(out, 'result.json'), 'utf8')) as Written;
  } catch {
    result = undefined;
  }
  return { code, err, result };
}

describe('extenders of a run', () => {
  beforeAll(() => {
    write('scheduler.yaml', CONFIGURATION);
    write('zoner.mjs', FUNCTIONS);
    write('good.yaml', SCENARIO);
  });

  test('answer from the file that the scenario names, in process and on threads alike', async () => {
    const here = await run(at('good.yaml'), '--shards', '0');
    expect(here.err).toBe('');
    expect(here.result?.podsBound).toBe(6);
    const threads = await run(at('good.yaml'), '--shards', '2');
    expect(threads.result?.digest).toBe(here.result?.digest);
  }, 60_000);

  test('may be named on the command line, by the host in their URL', async () => {
    const none = write('none.mjs', 'export default { filter: () => ({ NodeNames: [] }) };\n');
    const { code, err, result } = await run(at('good.yaml'), '--extender', `zoner=${none}`);
    expect(result?.podsBound).toBe(0);
    expect(code).toBe(1);
    expect(err).toContain('no pod was scheduled (6 were created)');
  }, 60_000);

  test.each([
    [
      'an error as it was said',
      'throw new Error()',
      /no pod was scheduled \(6 were created\): failed filter with extender at URL http:\/\/zoner:8888\/api\/filter, code 500$/,
    ],
    ['no node and no reason', 'return null', /\(6 were created\): no node is available, and nobody says why$/],
    ['a promise, which ends the run', 'return Promise.resolve()', /extender http:\/\/zoner:8888\/api: filter answered with a promise/],
  ])(
    'are reported in one line: %s',
    async (what, body, says) => {
      const bad = write(`${what.replaceAll(' ', '-')}.mjs`, `export const filter = () => { ${body}; };\n`);
      const { code, err, result } = await run(at('good.yaml'), '--shards', '0', '--extender', `zoner=${bad}`);
      expect(err.trim()).toMatch(says);
      expect(err.trim().split('\n').length).toBe(1);
      expect(code).toBe(1);
      expect(result?.podsBound).toBe(0);
    },
    60_000,
  );

  test('need no configuration: the functions say which verbs there are', async () => {
    const scenario = write('alone.yaml', SCENARIO.replace('  schedulers:\n    - config: scheduler.yaml\n', '').replace('30 %', '0 %'));
    const all = `export const filter = ({ Nodes }) => ({ Nodes: { items: Nodes.items.filter((n) => n.metadata.name !== 'node-0') } });
export const prioritize = ({ Nodes }) => Nodes.items.map((n) => ({ Host: n.metadata.name, Score: n.metadata.name === 'node-3' ? 10 : 0 }));\n`;
    const { result } = await run(scenario, '--extender', `zoner:8888=${write('all.mjs', all)}`);
    expect(result?.podsBound).toBe(6);
  }, 60_000);

  test.each([
    [
      'no file for it',
      ['--set', 'cluster.extenders=[]'],
      /scheduler\.yaml:4:\d+: extenders\[0\]\.urlPrefix: nobody answers at http:\/\/zoner:8888\/api\//,
    ],
    ['no such file', ['--extender', 'zoner=./nowhere.mjs'], /nowhere\.mjs: no such file/],
    [
      'an unknown name',
      ['--extender', 'zone=./zoner.mjs'],
      /--extender zone=.*no extender is called 'zone' \(there are: http:\/\/zoner:8888\/api/,
    ],
    ['no name', ['--extender', './zoner.mjs'], /--extender \.\/zoner\.mjs: expected NAME=FILE/],
    [
      'no functions',
      ['--extender', `zoner=${write('typo.mjs', 'export const filtr = () => 1;\n')}`],
      /typo\.mjs: exports none of .*did you mean 'filter'/,
    ],
    [
      'not the function',
      ['--extender', `zoner=${write('binds.mjs', 'export const bind = () => ({});\n')}`],
      /binds\.mjs: exports no function 'filter'/,
    ],
    ['a bad share', ['--set', 'cluster.extenders[0].failures.error=2'], /expected a percentage/],
  ])('are refused with one line: %s', async (_, args, says) => {
    const { code, err, result } = await run(at('good.yaml'), ...args);
    expect(err).toMatch(says);
    expect(err.trim().split('\n').length).toBe(1);
    expect(code).toBe(2);
    expect(result).toBeUndefined();
  });

  test('what kube-scheduler would not accept is refused in its words', async () => {
    const scenario = write('twice.yaml', SCENARIO.replace('scheduler.yaml', 'twice-config.yaml'));
    const more =
      '    prioritizeVerb: prioritize\n    bindVerb: bind\n  - { urlPrefix: "http://b", bindVerb: bind, managedResources: [{ name: cpu }] }\n';
    write('twice-config.yaml', `${CONFIGURATION}${more}`);
    const { code, err } = await run(scenario);
    expect(code).toBe(2);
    expect(err).toContain('twice-config.yaml:4:5: extenders[0].weight: Invalid value: 0: must have a positive weight applied to it');
    expect(err).toContain('extenders[1].managedResources[0].name: Invalid value: "cpu": is an invalid extended resource name');
    expect(err).toContain('extenders: Invalid value: "found 2 extenders implementing bind": only one extender can implement bind');
  });
});

describe('wavetank bench --extender', () => {
  const WORKLOAD = `- name: Asked
  workloadTemplate:
  - { opcode: createNodes, countParam: $nodes }
  - { opcode: createPods, countParam: $pods, podTemplatePath: pod.yaml, collectMetrics: true }
  workloads:
  - { name: few, labels: [performance], params: { nodes: 4, pods: 6 } }
`;
  const POD = 'apiVersion: v1\nkind: Pod\nmetadata: { generateName: pod- }\nspec: { containers: [{ name: c, image: "i:1" }] }\n';
  const bench = async (...args: string[]) => inProcess('bench', at('asked.yaml'), '--out', at('bench'), ...args);
  beforeAll(() => {
    write('asked.yaml', WORKLOAD);
    write('pod.yaml', POD);
    write('bench-config.yaml', CONFIGURATION);
    write('first.mjs', 'export const filter = ({ NodeNames }) => ({ NodeNames: NodeNames.slice(0, 1) });\n');
  });

  test('asks the file for every pod, and is refused where nobody answers', async () => {
    const { code, out: printed } = await bench('--config', at('bench-config.yaml'), '--extender', `zoner=${at('first.mjs')}`);
    expect(code).toBe(0);
    const digest = (text: string): string => /Asked\/few .* ([0-9a-f]{16})\n/.exec(text)?.[1] ?? '';
    const alone = await bench();
    expect(digest(printed)).not.toBe('');
    expect(digest(alone.out)).not.toBe('');
    expect(digest(printed)).not.toBe(digest(alone.out));
    const refused = await bench('--config', at('bench-config.yaml'));
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('nobody answers at http://zoner:8888/api');
  }, 30_000);
});

describe('--cost measured', () => {
  test('marks the result, which is not to be repeated', async () => {
    const { result } = await run(at('good.yaml'), '--cost', 'measured', '--shards', '0');
    expect(result?.cost).toBe('measured');
    expect(result?.notes.some((note) => note.includes('another run of the same seed differs'))).toBe(true);
    expect((await run(at('good.yaml'), '--shards', '0')).result?.cost).toBeUndefined();
  }, 60_000);
});
