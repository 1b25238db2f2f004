/** A scheduler engineer's own files on the command line: what is wrong with a configuration or a plugin is one line a mistake, with file and line. */

import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asProcess as asProcessWithin, inProcess, ROOT } from './command.ts';

/** On a machine that is busy with other things. */
const asProcess = (args: readonly string[], options: { readonly cwd?: string } = {}) =>
  asProcessWithin(args, { ...options, patience: 120_000 });

const directory = mkdtempSync(join(tmpdir(), 'wavetank-files-'));
const out = join(directory, 'out');
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const file = (name: string, text: string): string => {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
};

const SCENARIO = file(
  'scenario.yaml',
  `name: t
duration: 30s
cluster:
  nodes: 3
  schedulers:
    - config: config.yaml
workload:
  - pods: { name: web, count: 3, start: 15s, podsPerSecond: 10, cpu: 100m, memory: 64Mi }
`,
);
const HEAD = 'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n';
const NO_CONFIG = ['--set', 'cluster.schedulers=[{}]'];

describe('a configuration with a mistake', () => {
  const profile = (text: string): string => `profiles:\n  - ${text}\n`;
  test.each([
    [
      'an unknown plugin',
      profile('plugins: { filter: { enabled: [{ name: Nope }] } }'),
      'config.yaml:4:36: profiles[0]: FilterPlugin "Nope" does not exist',
    ],
    [
      'a plugin at a point that it does not extend',
      profile('plugins: { score: { enabled: [{ name: NodeName }] } }'),
      'config.yaml:4:35: profiles[0]: plugin "NodeName" does not extend ScorePlugin plugin',
    ],
    [
      'a negative weight',
      profile('plugins: { score: { enabled: [{ name: ImageLocality, weight: -1 }] } }'),
      'config.yaml:4:66: profiles[0].plugins.score.enabled[0].weight: Invalid value: -1: must be greater than or equal to 0',
    ],
    [
      'two profiles of one name',
      'profiles:\n  - schedulerName: a\n  - schedulerName: a\n',
      'config.yaml:5:20: profiles[1].schedulerName: Duplicate value: "profiles[0].schedulerName"',
    ],
    [
      'percentageOfNodesToScore 101',
      'percentageOfNodesToScore: 101\n',
      'config.yaml:3:27: percentageOfNodesToScore: Invalid value: 101: not in valid range [0-100]',
    ],
    [
      'a misspelt field',
      'percentageOfNodesToScor: 10\n',
      'config.yaml:3:26: strict decoding error: unknown field "percentageOfNodesToScor"',
    ],
    [
      'an invalid operator',
      profile(
        'pluginConfig: [{ name: NodeAffinity, args: { addedAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: [{ key: metadata.name, operator: Gt, values: ["1"] }] }] } } } }]',
      ),
      'config.yaml:4:185: profiles[0].pluginConfig[0].args.addedAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].operator: Unsupported value: "Gt": supported values: "In", "NotIn"',
    ],
    ['a file that is no YAML', 'profiles: [\n', 'config.yaml:4:1: '],
  ])('%s', async (_what, text, says) => {
    file('config.yaml', `${HEAD}${text}`);
    const { code, err } = await inProcess('run', SCENARIO, '--out', out, '--quiet');
    expect(err).toContain(`${join(directory, says)}`);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    expect([code, existsSync(out)]).toEqual([2, false]);
  });

  test('all of them are told at once', async () => {
    file('config.yaml', `${HEAD}percentageOfNodesToScore: 101\nparallelism: 0\npodMaxBackoffSeconds: 0\n`);
    const { err } = await inProcess('run', SCENARIO, '--out', out, '--quiet');
    expect(
      err
        .trimEnd()
        .split('\n')
        .map((line) => line.replace(/^.*config\.yaml:(\d+):\d+: (\w+).*$/, '$1 $2')),
    ).toEqual(['4 parallelism', '3 percentageOfNodesToScore', '5 podMaxBackoffSeconds']);
  });

  test.each([
    ['[{ config: nowhere.yaml }]', /'cluster\.schedulers\[0\]\.config': nowhere\.yaml: no such file/],
    ['[{}, { name: default-scheduler }]', /two schedulers are named 'default-scheduler'/],
    [
      '[{}, { name: x, config: { apiVersion: kubescheduler.config.k8s.io/v1, kind: KubeSchedulerConfiguration } }]',
      /two schedulers answer for the schedulerName 'default-scheduler'/,
    ],
    [
      '[{ replicas: 2, leaderElection: { leaseDuration: 5s } }]',
      /leaderElection\.leaseDuration: Invalid value: 10s: must be greater than `RenewDeadline`/,
    ],
    [
      '[{ config: { apiVersion: kubescheduler.config.k8s.io/v1beta3, kind: KubeSchedulerConfiguration } }]',
      /apiVersion: Invalid value: "kubescheduler\.config\.k8s\.io\/v1beta3"/,
    ],
  ])('schedulers: %s', async (schedulers, says) => {
    const { code, err } = await inProcess('run', SCENARIO, '--out', out, '--quiet', '--set', `cluster.schedulers=${schedulers}`);
    expect(err).toMatch(says);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    expect([code, existsSync(out)]).toEqual([2, false]);
  });

  test('in wavetank bench', async () => {
    const config = file('bad.yaml', `${HEAD}profiles: [{ schedulerName: '' }]\n`);
    const perf = file(
      'performance-config.yaml',
      `- name: Case
  schedulerConfigPath: bad.yaml
  workloadTemplate:
    - { opcode: createNodes, countParam: $nodes }
    - { opcode: createPods, countParam: $pods, collectMetrics: true }
  workloads:
    - { name: small, labels: [performance], params: { nodes: 10, pods: 20 } }
`,
    );
    const says = `${config}:3:29: profiles[0].schedulerName: Required value\n`;
    expect(await inProcess('bench', perf, '--out', out)).toMatchObject({ code: 2, err: says });
    const good = file('good.yaml', `${HEAD}percentageOfNodesToScore: 50\n`);
    const { code, out: table } = await inProcess('bench', perf, '--config', good, '--out', out);
    expect(table).toMatch(/Case\/small +20 /);
    expect(code).toBe(0);
    expect(await inProcess('bench', perf, '--config', join(directory, 'no.yaml'), '--out', out)).toMatchObject({ code: 2 });
    rmSync(out, { recursive: true, force: true });
  });
});

describe("a plugin of one's own", () => {
  const run = (plugin: string, ...more: readonly string[]) =>
    asProcess(['run', SCENARIO, '--out', out, '--quiet', ...NO_CONFIG, '--plugin', plugin, ...more], { cwd: directory });

  const CANNOT_LOAD = [
    ['a file that is not there', undefined, 'x.ts: no such file'],
    ['no default export', "export const name = 'X';\n", 'x.ts: has no default export: expected a function that makes a plugin'],
    [
      'an object instead of a function',
      "export default { name: 'X', score: () => 0 };\n",
      'x.ts: exports an object by default: expected a function',
    ],
    ['a syntax error', 'export default () => (\n  {{\n', 'x.ts:2: cannot be loaded: '],
    ['an enum', 'enum A { B }\nexport default () => A.B;\n', 'x.ts:1: cannot be loaded: TypeScript enum is not supported'],
    [
      'a package that is not there',
      "import 'nowhere';\nexport default () => ({});\n",
      "x.ts: cannot be loaded: Cannot find package 'nowhere'",
    ],
    ['a file that throws while it loads', "\nthrow new Error('early');\n", 'x.ts:2: cannot be loaded: early'],
    [
      'a function that throws',
      "export default () => {\n  throw new Error('late');\n};\n",
      'x.ts:2: its function threw when it was called with {} as arguments: late',
    ],
    ['a plugin without a name', 'export default () => ({ score: () => 0 });\n', "x.ts: the plugin has no 'name'"],
    ['a promise', "export default async () => ({ name: 'X' });\n", 'x.ts: its function made a promise: expected a plugin'],
    [
      'a misspelt extension point',
      "export default () => ({ name: 'X', fliter: () => undefined });\n",
      "x.ts: plugin X: 'fliter' is no extension point; did you mean 'filter'?",
    ],
    [
      'no extension point',
      "export default () => ({ name: 'X', best: 'node-1' });\n",
      'x.ts: plugin X takes part in no extension point: expected one or more of preEnqueue, ',
    ],
    [
      'a value where a method belongs',
      "export default () => ({ name: 'X', score: 7 });\n",
      "x.ts: plugin X: 'score' is 7, expected a function",
    ],
    [
      "a name of kube-scheduler's",
      "export default () => ({ name: 'NodeName', score: () => 0 });\n",
      'x.ts: a plugin named NodeName already exists',
    ],
  ] as const;
  /** What a process of its own says of each file: the words and lines are Node's. */
  let refusals: readonly string[] = [];
  beforeAll(async () => {
    const files = CANNOT_LOAD.map(([, text], index) => {
      const name = `x${index}.ts`;
      if (text !== undefined) file(name, text);
      return join(directory, name);
    });
    const script = `import { loadPlugins } from '#experiment';
      for (const file of ${JSON.stringify(files)})
        await loadPlugins([file]).then(() => console.log('fine'), (error) => console.log(error.mistakes ? error.message : error.stack));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { cwd: ROOT });
    refusals = stdout.trimEnd().split('\n');
  }, 120_000);

  test.each(CANNOT_LOAD.map(([what, , says], index) => [what, index, says] as const))('%s', (_what, index, says) => {
    expect(refusals).toHaveLength(CANNOT_LOAD.length);
    expect(refusals[index]).toContain(join(directory, says.replace(/^x/, `x${index}`)));
  });

  test('that cannot be loaded ends the command before anything is written', async () => {
    file('x.ts', 'export const name = 7;\n');
    const { code, err } = await run('x.ts');
    expect(err).toMatch(/^x\.ts: has no default export: .*\n$/);
    expect([code, existsSync(out)]).toEqual([2, false]);
  });

  let names = 0;
  const late = (body: string): string => `export default () => ({\n  name: 'X${names++}',\n  ${body}\n});\n`;
  test.each([
    [
      'throws',
      "score(_s, _p, node) { throw new Error('oops'); },",
      /^wavetank: t: .*throws\.ts.* plugin X\d threw in Score for pod default\/web-0 and node node-\d: oops$/,
    ],
    [
      'answers true',
      'filter: () => true,',
      /plugin X\d answered true in Filter for pod default\/web-0 and node node-\d: expected a status such as/,
    ],
    ['answers a promise', 'async filter() {},', /answered a promise \(plugins answer at once\) in Filter/],
    [
      'scores NaN',
      'score: () => Number.NaN,',
      /answered NaN in Score for pod default\/web-0 and node node-\d: expected a whole number from 0 to 100$/,
    ],
    ['scores 101', 'score: () => 101,', /answered 101 in Score/],
    [
      'normalises to 200',
      'score: () => 1, normalizeScore(_s, _p, all) { for (const one of all) one.score = 200; },',
      /answered 200 in NormalizeScore/,
    ],
    [
      'registers nonsense',
      "filter: () => undefined, eventsToRegister: () => ['Node'],",
      /answered a list in EventsToRegister: expected a list of \{ resource, action, hint\? \}/,
    ],
  ])('that %s stops the run, which keeps what it has', async (what, body, says) => {
    // Modules are loaded once a process: each has a name of its own.
    const plugin = file(`${what.replaceAll(' ', '-')}.ts`, late(body));
    const { code, err } = await inProcess('run', SCENARIO, '--out', out, '--quiet', ...NO_CONFIG, '--plugin', plugin);
    expect(err.trimEnd()).toMatch(says);
    expect(err).toContain(plugin);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    // Found when the profile is made, or in the middle of the run.
    expect(code).toBe(what.startsWith('registers') ? 2 : 1);
    if (code === 1) expect(JSON.parse(readFileSync(join(out, 'result.json'), 'utf8'))).toMatchObject({ partial: true });
    rmSync(out, { recursive: true, force: true });
  });

  test('that sorts the queue needs a profile in which nobody else does', async () => {
    const plugin = file('sorts.ts', "export default () => ({ name: 'Sorts', less: (a, b) => a.timestamp < b.timestamp });\n");
    const { code, err } = await inProcess('run', SCENARIO, '--out', out, '--quiet', ...NO_CONFIG, '--plugin', plugin);
    expect(err).toContain('only one queue sort plugin required for profile with scheduler name "default-scheduler", but got 2');
    expect([code, err.trimEnd().split('\n').length, existsSync(out)]).toEqual([2, 1, false]);
    const swap = '{ queueSort: { disabled: [{ name: PrioritySort }], enabled: [{ name: Sorts }] } }';
    file('config.yaml', `${HEAD}profiles: [{ plugins: ${swap} }]\n`);
    expect(await inProcess('run', SCENARIO, '--out', out, '--quiet', '--plugin', plugin)).toMatchObject({ code: 0 });
    rmSync(out, { recursive: true, force: true });
  });

  test('that no profile enables is no silent bystander', async () => {
    file('config.yaml', HEAD);
    file('x.ts', "export default () => ({ name: 'Idle', score: () => 1 });\n");
    const { code, err } = await asProcess(['run', SCENARIO, '--out', out, '--plugin', 'x.ts'], { cwd: directory });
    expect(err).toBe(
      `${join(directory, 'config.yaml')}: plugin Idle runs in no profile: name it there, for instance under plugins.multiPoint.enabled\n`,
    );
    expect([code, existsSync(out)]).toEqual([2, false]);
  });

  test('that refuses its arguments is told so at their line', async () => {
    const args =
      'profiles: [{ plugins: { multiPoint: { enabled: [{ name: TeamSpread }] } },\n  pluginConfig: [{ name: TeamSpread, args: { maxPerNode: 0 } }] }]\n';
    file('config.yaml', `${HEAD}${args}`);
    const plugin = `${ROOT}docs/examples/team-spread.ts`;
    const { code, err } = await asProcess(['run', SCENARIO, '--out', out, '--plugin', plugin], { cwd: directory });
    expect(err).toBe(
      `${join(directory, 'config.yaml')}:4:18: ${plugin}:23: plugin TeamSpread cannot be made: maxPerNode must be at least 1, found 0\n`,
    );
    expect([code, existsSync(out)]).toEqual([2, false]);
  });

  test('gives one digest on threads and without', async () => {
    file(
      'pack.mts',
      "export default class {\n  name = 'Pack';\n  score(_s: unknown, _p: unknown, node: { pods: unknown[] }): number { return Math.min(node.pods.length * 10, 100); }\n}\n",
    );
    const digest = async (...shards: readonly string[]): Promise<string | undefined> => {
      const { out: printed } = await run('pack.mts', ...shards);
      return /digest (\w+)/.exec(printed)?.[1];
    };
    const alone = await digest('--shards', '0');
    expect(alone).toMatch(/^[0-9a-f]{16}$/);
    expect(await digest('--shards', '2')).toBe(alone);
    const { out: without } = await asProcess(['run', SCENARIO, '--out', out, '--quiet', ...NO_CONFIG]);
    expect(without).not.toContain(alone);
  });
});

describe('the example of the guide', () => {
  const example = (name: string): string => `${ROOT}docs/examples/${name}`;

  test('does what docs/write-a-plugin.md says', async () => {
    const args = [example('team-spread.yaml'), '--plugin', example('team-spread.ts'), '--out', out, '--quiet'];
    const { code, out: printed } = await asProcess(['run', ...args]);
    expect(printed).toContain('24 of 26 pods');
    expect(code).toBe(0);
    const why = await asProcess(['explain', out, 'blue-13', '--why-pending', '--plugin', example('team-spread.ts')]);
    expect(why.out).toContain('node(s) had enough pods of the team');
    rmSync(out, { recursive: true, force: true });
  });

  test('and the guide shows its configuration', () => {
    const guide = readFileSync(`${ROOT}docs/write-a-plugin.md`, 'utf8');
    const shown = readFileSync(example('team-spread-config.yaml'), 'utf8').replace(/^#.*\n/, '');
    expect(guide).toContain(shown);
  });

  test('and its first plugin runs', async () => {
    const guide = readFileSync(`${ROOT}docs/write-a-plugin.md`, 'utf8');
    const first = /```ts\n(import[\s\S]*?)```/.exec(guide)?.[1] ?? '';
    file('pack.ts', first);
    const { code, err } = await asProcess(['run', SCENARIO, '--out', out, '--quiet', ...NO_CONFIG, '--plugin', 'pack.ts'], {
      cwd: directory,
    });
    expect([code, err]).toEqual([0, '']);
  });
});
