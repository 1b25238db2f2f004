/** `wavetank branch`: what-ifs share the past of a run that was recorded, part from it at the instant that was asked for, and leave alone what cannot change. */

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inProcess } from './command.ts';

// The checkout may change under a test.
process.env['WAVETANK_BUILD_ID'] = 'the build under test';
const directory = mkdtempSync(join(tmpdir(), 'wavetank-branch-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const BASE = join(directory, 'base');
const SCENARIO = join(directory, 'base.yaml');

beforeAll(async () => {
  writeFileSync(
    SCENARIO,
    `name: base
duration: 3m
cluster:
  nodes:
    - count: 4
      capacity: { cpu: 8, memory: 32Gi }
workload:
  - deployments: { name: web, count: 1, replicas: 4, start: 10s, podsPerSecond: 2, cpu: 100m }
faults:
  - crashNodes: { at: 100s, count: 1 }
expect:
  podsScheduled: '> 99 %'
`,
  );
  expect((await inProcess('run', SCENARIO, '--out', BASE, '--quiet')).code).toBe(0);
});

interface Written {
  readonly atSeconds: number;
  readonly branches: readonly {
    readonly name: string;
    readonly acts: readonly string[];
    readonly digest: string;
    readonly metrics: Readonly<Record<string, number>>;
    readonly verdicts: readonly { readonly pass: boolean }[];
  }[];
}
interface Result {
  readonly digest: string;
  readonly series: readonly { readonly name: string; readonly values: readonly number[] }[];
  readonly marks: readonly { readonly name: string; readonly atSeconds: number }[];
}
const read = <T>(...path: readonly string[]): T => JSON.parse(readFileSync(join(directory, ...path), 'utf8')) as T;
const ready = (...path: readonly string[]): readonly number[] =>
  read<Result>(...path, 'result.json').series.find(({ name }) => name === 'wavetank_nodes_ready')?.values ?? [];

test('several branches from one past', async () => {
  const { code, err, out } = await inProcess(
    'branch',
    BASE,
    '--at',
    '60s',
    '--quiet',
    '--set',
    "expect.podsScheduled='> 100 %'",
    '--branch',
    'calm:faults=[]',
    '--branch',
    'storm:faults[+]={crashNodes: {at: 80s, count: 2}}',
    '--branch',
    'patient:cluster.controllers.nodeMonitorGracePeriod=20s',
    '--branch',
    'busy:workload[+]={pods: {name: more, namespace: later, count: 5, start: 90s, cpu: 100m}}',
    '--branch',
    'busy:duration=4m',
  );
  expect(err).toBe('');
  expect(code).toBe(0);
  const { atSeconds, branches } = read<Written>('base-branches', 'branches.json');
  expect(atSeconds).toBe(60);
  expect(branches.map(({ name, acts }) => [name, acts])).toEqual([
    ['as it was', []],
    ['what-if', []],
    ['calm', ['other faults strike']],
    ['storm', ['other faults strike']],
    ['patient', ['restarted with the new configuration: kube-controller-manager']],
    ['busy', ['users ask for other things']],
  ]);
  const [base, whatIf, ...others] = branches;
  // Nothing that the cluster could notice: the whole life is the same, lived through the branch's own loop.
  expect(whatIf?.digest).toBe(base?.digest);
  expect(whatIf?.verdicts[0]?.pass, 'judged by what the branch expects').toBe(false);
  expect(new Set(branches.map(({ digest }) => digest)).size).toBe(others.length + 1);
  expect(out).toMatch(/base, seed 1: one past until 60 s, and from there/);
  expect(readdirSync(join(directory, 'base-branches')).sort()).toEqual([
    'branches.json',
    'busy',
    'calm',
    'patient',
    'report.html',
    'storm',
    'what-if',
  ]);
  expect(readdirSync(join(directory, 'base-branches', 'calm')).sort()).toEqual([
    'explain.gz',
    'report.html',
    'result.json',
    'spans.jsonl.gz',
  ]);

  // Buckets are a second wide: the past is the same, what comes after is each branch's own.
  const was = ready('base');
  for (const name of ['calm', 'storm', 'patient', 'busy']) expect(ready('base-branches', name).slice(0, 60)).toEqual(was.slice(0, 60));
  expect(Math.min(...was.slice(60))).toBe(3);
  expect(Math.min(...ready('base-branches', 'calm').slice(60))).toBe(4);
  expect(Math.min(...ready('base-branches', 'storm').slice(60)), 'one of the two may be the one that goes anyway').toBeLessThan(3);
  const noticed = (name: string): number | undefined => branches.find((branch) => branch.name === name)?.metrics['nodeLossNoticed'];
  expect(noticed('patient')).toBeLessThan(noticed('as it was') as number);
  expect(noticed('calm'), 'the loss that did not come is not measured').toBeUndefined();
  expect(noticed('storm'), 'the one that came is').toBeGreaterThan(0);
  expect(ready('base-branches', 'busy')).toHaveLength(240);
  expect(read<{ podsCreated: number }>('base-branches', 'busy', 'result.json').podsCreated).toBe(
    read<{ podsCreated: number }>('base', 'result.json').podsCreated + 5,
  );
  expect(read<Result>('base-branches', 'storm', 'result.json').marks).toContainEqual(
    expect.objectContaining({ atSeconds: 60, name: 'branch: other faults strike' }),
  );
});

describe('what a branch cannot change', () => {
  const REFUSED: readonly (readonly [string[], RegExp])[] = [
    [['--set', 'cluster.nodes[0].count=5'], /adds a machine \('node-4'\) that was not there/],
    [['--set', 'cluster.nodes[0].count=3'], /takes a machine away \('node-3'\)/],
    [['--set', 'cluster.network.nodeLatency=10ms'], /cluster\.network: .*slowNetwork/],
    [['--set', 'seed=3'], /--set seed: belongs to the past too/],
    [['--set', 'bucket=3s'], /--set bucket: belongs to the past too/],
    [['--set', 'duration=50s'], /--set duration: ends the run before --at \(60 s\)/],
    [['--set', 'faults[0].crashNodes.at=30s'], /changes what struck at 30 s .*before --at \(60 s\)/],
    [['--set', 'workload[0].deployments.replicas=5'], /changes what users asked for at \d+.* s \(create deployments\.apps\), before --at/],
    [['--set', 'workload[+]={traffic: {of: web, requestsPerSecond: 5}}'], /adds a machine \('/],
    [['--set', 'duration=3m'], /its --set changes nothing/],
    [['--set', 'nonsense=1'], /--set nonsense=1: unknown key 'nonsense'/],
    [
      ['--set', 'faults[+]={crashNode: {at: 80s}}'],
      /--set faults\[\+\]=.*unknown key 'crashNode' in 'faults\[1\]'; did you mean 'crashNodes'/,
    ],
    [[], /expected --set path=value or --branch name:path=value/],
    [['--branch', 'faults=[]'], /--branch faults=\[\]: expected name:path=value/],
    [['--branch', '../x:faults=[]'], /expected name:path=value/],
  ];
  test.each(REFUSED)('%j', async (options, says) => {
    const out = join(directory, 'refused');
    const { code, err } = await inProcess('branch', BASE, '--at', '60s', '--out', out, '--quiet', ...options);
    expect(err).toMatch(says);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
    expect(existsSync(out)).toBe(false);
  });

  test.each([['0s'], ['3m'], ['1h'], ['soon'], ['-1s']])('--at %s', async (at) => {
    const { code, err } = await inProcess('branch', BASE, '--at', at, '--set', 'faults=[]', '--quiet');
    expect(err).toMatch(/--at/);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
  });
});

describe('a past that cannot be lived again', () => {
  const life = (): string => readFileSync(join(BASE, 'life.json'), 'utf8');
  test.each([
    [
      'of another build',
      (text: string) => text.replace('the build under test', 'old'),
      /cannot be lived again: the build of Wavetank differs: was old/,
    ],
    ['not done', (text: string) => text.replace('"finished":true', '"finished":false'), /is the checkpoint of a run that is not done/],
    [
      'of another result',
      (text: string) => text.replace(/"digest":"[0-9a-f]{4}/, '"digest":"beef'),
      /does not belong to the result\.json beside it/,
    ],
    [
      'that went another way',
      (text: string) => text.replace(/("events":\d+,"digest":")[0-9a-f]{4}/, '$1beef'),
      /went another way than the recorded one/,
    ],
    ['broken', () => '[]', /life\.json: is no checkpoint of a run/],
  ])('%s', async (name, change, says) => {
    const past = join(directory, name);
    mkdirSync(past);
    writeFileSync(join(past, 'result.json'), readFileSync(join(BASE, 'result.json')));
    writeFileSync(join(past, 'life.json'), change(life()));
    const { code, err } = await inProcess('branch', past, '--at', '60s', '--set', 'faults=[]', '--quiet');
    expect(err).toMatch(says);
    expect(code).toBe(2);
    expect(existsSync(join(directory, `${name}-branches`, 'branches.json'))).toBe(false);
  });

  test('no folder', async () => {
    expect(await inProcess('branch', join(directory, 'nowhere'), '--at', '1s', '--set', 'faults=[]')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/nowhere\/result\.json: no such file/) as string,
    });
  });
});
