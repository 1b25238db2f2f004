/** `wavetank bench` with files of scheduler_perf's form: what is wrong is refused with file and line, and the table of all workloads can be continued. */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { inProcess, interrupted } from './command.ts';

const directory = mkdtempSync(join(tmpdir(), 'wavetank-bench-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const file = join(directory, 'performance-config.yaml');
const out = join(directory, 'out');

const GOOD = `- name: Small
  workloadTemplate:
  - opcode: createNodes
    countParam: $nodes
  - opcode: createPods
    count: 2
    podTemplatePath: pod.yaml
  - opcode: createPods
    countParam: $pods
    collectMetrics: true
  - opcode: barrier
    stageRequirement: Scheduled
  workloads:
  - name: tiny
    labels: [short]
    threshold: 1
    params:
      nodes: 3
      pods: 20
- name: Driven
  workloadTemplate:
  - opcode: createResourceClaims
    count: 1
  workloads:
  - name: tiny
    labels: [short]
- name: Newer
  featureGates: { NodeDeclaredFeatures: true }
  workloadTemplate:
  - opcode: sleep
    duration: 1s
  workloads:
  - name: tiny
    labels: [short]
`;
const POD = `apiVersion: v1
kind: Pod
metadata: { generateName: pod- }
spec:
  containers: [{ name: c, image: "i:1", resources: { requests: { cpu: 100m } } }]
`;
writeFileSync(join(directory, 'pod.yaml'), POD);
writeFileSync(join(directory, 'broken.yaml'), 'kind: [Pod');
writeFileSync(join(directory, 'list.yaml'), '- kind: Pod');
writeFileSync(join(directory, 'ghost.yaml'), 'apiVersion: v1\nkind: Ghost\nmetadata: { name: g }');

/** What is replaced, by what, and the line and text that tell of it. */
const MISTAKES: readonly [name: string, from: string, to: string, at: string, says: string][] = [
  ['a text for a count', 'count: 2', 'count: two', ':6:12: ', '\'count\': expected a whole number, 0 or more, found "two"'],
  ['a fraction of pods', 'count: 2', 'count: 2.5', ':6:12: ', 'found 2.5'],
  ['a parameter of the wrong type', 'nodes: 3', 'nodes: "3"', ':18:14: ', '\'$nodes\': expected a whole number, 0 or more, found "3"'],
  ['a parameter that is not one', 'countParam: $nodes', 'countParam: nodes', ':4:17: ', "expected a parameter's name as '$name'"],
  ['a parameter that is not given', 'countParam: $nodes', 'countParam: $nods', ':17:5: ', "the parameter '$nods' is used but not given"],
  ['a text for a flag', 'collectMetrics: true', 'collectMetrics: sure', ':10:21: ', 'expected true or false, found "sure"'],
  ['an unknown opcode', 'opcode: barrier', 'opcode: barriere', ':11:13: ', "unknown opcode 'barriere'; did you mean 'barrier'?"],
  ['no opcode', '- opcode: createNodes\n    countParam', '- countParam', ':3:5: ', "a map with 'opcode'; it has none"],
  ['an unknown field', 'podTemplatePath', 'podTemplate', ':7:5: ', "unknown field 'podTemplate'; did you mean 'podTemplatePath'?"],
  [
    'an unknown stage',
    'stageRequirement: Scheduled',
    'stageRequirement: Done',
    ':12:23: ',
    "expected 'Attempted' or 'Scheduled', found \"Done\"",
  ],
  ['a missing template', 'podTemplatePath: pod.yaml', 'podTemplatePath: gone.yaml', ':7:22: ', 'gone.yaml: no such file'],
  ['a template that is no YAML', 'podTemplatePath: pod.yaml', 'podTemplatePath: broken.yaml', '', 'broken.yaml: cannot be parsed as YAML'],
  [
    'a template that is a list',
    'podTemplatePath: pod.yaml',
    'podTemplatePath: list.yaml',
    '',
    "list.yaml: expected a Kubernetes object: a map with 'apiVersion' and 'kind'",
  ],
  [
    'a template of another kind',
    'podTemplatePath: pod.yaml',
    'podTemplatePath: ghost.yaml',
    ':7:5: ',
    'expected a template of a Pod, found one of a Ghost (',
  ],
  ['a threshold of text', 'threshold: 1', 'threshold: fast', ':16:16: ', 'expected a number, or a map of topics to numbers, found "fast"'],
  ['labels that are no list', 'labels: [short]', 'labels: short', ':15:13: ', 'expected a list of texts, found "short"'],
  [
    'workloads that are no list',
    'workloads:\n  - name: tiny\n    labels: [short]\n    threshold: 1',
    'workloads:\n    name: tiny\n    threshold: 1',
    ':14:5: ',
    'expected a list with at least one entry, found a map',
  ],
  ['an unused parameter', 'pods: 20', 'pods: 20\n      more: 1', ':20:13: ', "unused parameter 'more'"],
];

describe('a scheduler_perf file', () => {
  test.each(MISTAKES)('with %s is refused', async (_name, from, to, at, says) => {
    expect(GOOD).toContain(from);
    writeFileSync(file, GOOD.replace(from, to));
    const { code, err } = await inProcess('bench', file, '--label-filter', '', '--out', out);
    expect({ code, lines: err.trim().split('\n').length }).toEqual({ code: 2, lines: 1 });
    if (at !== '') expect(err).toContain(`performance-config.yaml${at}`);
    expect(err).toContain(says);
    expect(err).not.toContain('    at ');
    expect(existsSync(out)).toBe(false);
  });

  test('is run, listed and told of where it cannot be run', async () => {
    writeFileSync(file, GOOD);
    const { code, out: text } = await inProcess('bench', file, '--label-filter', '', '--list');
    expect(code).toBe(0);
    expect(text).toContain('Small/tiny  [short]  threshold 1\n');
    expect(text).toContain('Driven/tiny  [short]  skipped: needs createResourceClaims');
    expect(text).toContain('Newer/tiny  [short]  skipped: needs NodeDeclaredFeatures, which came with Kubernetes 1.35');
  });

  test.each([
    [['--case', 'Smell'], "--case Smell: there is none of that name; did you mean 'Small'?"],
    [['--case', 'Small', '--workload', 'huge'], '--workload huge: there is none of that name'],
    [['--label-filter', 'shirt'], '--label-filter shirt: no workload carries these labels (there are: short; "" takes all)'],
    [['--case', 'Small'], '--label-filter performance: no workload carries these labels (there are: short; "" takes all)'],
  ])('is asked for what it does not have: %j', async (flags, says) => {
    writeFileSync(file, GOOD);
    const { code, err } = await inProcess('bench', file, ...flags, '--out', out);
    expect({ code, lines: err.trim().split('\n').length }).toEqual({ code: 2, lines: 1 });
    expect(err).toContain(says);
    expect(existsSync(out)).toBe(false);
  });

  test('fails where the cluster refuses what it asks for', async () => {
    writeFileSync(
      file,
      GOOD.replace('- opcode: barrier\n    stageRequirement: Scheduled', '- opcode: createAny\n    templatePath: ghost.yaml'),
    );
    const { code, err } = await inProcess('bench', file, '--case', 'Small', '--label-filter', '', '--out', out);
    expect(code).toBe(1);
    expect(err).toMatch(/Small\/tiny: operation 4/);
    rmSync(out, { recursive: true });
  });

  test('says how far it is, and what it came to as JSON', async () => {
    writeFileSync(file, GOOD);
    const loud = await inProcess('bench', file, '--label-filter', '', '--out', out);
    expect(loud.err).toMatch(/^Driven\/tiny: skipped, needs .*\nNewer\/tiny: skipped, .*\n1 of 1: Small\/tiny\n$/);
    const { code, err, out: json } = await inProcess('bench', file, '--label-filter', '', '--json', '--quiet', '--out', out);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(json)).toMatchObject({
      format: 'wavetank-bench/1',
      seed: 1,
      partial: false,
      workloads: [
        { testCase: 'Small', workload: 'tiny', verdict: 'ok', pods: 20, threshold: 1 },
        { testCase: 'Driven', verdict: 'skipped' },
        { testCase: 'Newer', verdict: 'skipped' },
      ],
    });
    rmSync(out, { recursive: true });
  });

  test('keeps what was measured when it is interrupted, marked partial', async () => {
    writeFileSync(file, GOOD.replace('pods: 20', 'pods: 3000').replace('nodes: 3', 'nodes: 100'));
    const { code, out: text } = await interrupted('bench', file, '--case', 'Small', '--label-filter', '', '--out', out);
    expect(code).toBe(130);
    expect(text).toContain('partial: interrupted after 0 of 1 workloads\n');
    expect(JSON.parse(readFileSync(join(out, 'BenchmarkPerfScheduling_benchmark_wavetank.json'), 'utf8'))).toEqual({
      version: 'v1',
      dataItems: [],
      partial: true,
    });
    rmSync(out, { recursive: true });
  });

  test('makes a table, and --keep goes on from it', async () => {
    writeFileSync(file, GOOD);
    const table = join(directory, 'table');
    const first = await inProcess('bench', file, '--table', table);
    expect(first.code).toBe(0);
    const read = (): { workloads: { testCase: string; verdict: string; pods?: number; virtual?: number }[] } =>
      JSON.parse(readFileSync(join(table, 'results.json'), 'utf8'));
    const { workloads } = read();
    expect(workloads.map(({ testCase, verdict }) => [testCase, verdict])).toEqual([
      ['Small', 'ok'],
      ['Driven', 'skipped'],
      ['Newer', 'skipped'],
    ]);
    expect(workloads[0]?.pods).toBe(20);
    expect(workloads[0]?.virtual).toBeGreaterThan(1);
    expect(readFileSync(join(table, 'README.md'), 'utf8')).toContain('3 workloads: 1 run, 0 of them failed; 1 above their threshold');
    const second = await inProcess('bench', file, '--table', table, '--keep');
    expect(second.code).toBe(0);
    expect(second.err).toBe('');
    expect(read()).toEqual({ ...read(), workloads });
  });

  test('--keep goes on from a table only', async () => {
    writeFileSync(file, GOOD);
    expect(await inProcess('bench', file, '--keep')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--keep: goes with --table DIR'),
    });
    const table = join(directory, 'other');
    await inProcess('bench', file, '--table', table);
    writeFileSync(join(table, 'results.json'), 'nonsense');
    const { code, err } = await inProcess('bench', file, '--table', table, '--keep');
    expect(code).toBe(2);
    expect(err).toContain('results.json: is no table of workloads');
  });
});
