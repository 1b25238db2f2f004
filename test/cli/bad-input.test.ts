/** A saboteur's inputs to `wavetank run`: each is refused with one clear line a mistake, with its file and line, code 2, and nothing is written. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { inProcess } from './command.ts';

const directory = mkdtempSync(join(tmpdir(), 'wavetank-bad-'));
const out = join(directory, 'out');
beforeAll(() => mkdirSync(directory, { recursive: true }));
afterEach(() => rmSync(out, { recursive: true, force: true }));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What is fine; each mistake below replaces a part of it. */
const GOOD = `name: bad
duration: 1m
cluster:
  nodes:
    - count: 3
      zones: [a, b]
      capacity: { cpu: 8, memory: 32Gi }
  etcd: { quota: 8GiB }
  controllers: { nodeMonitorGracePeriod: 40s }
images:
  web:1: 60MiB
workload:
  - deployments:
      name: web
      count: 2
      replicas: 3
      start: 5s
      podsPerSecond: 10
      cpu: 250m
      readinessProbe: { period: 5s }
  - rollingUpdate: { at: 30s, of: web, share: 50 %, image: web:2 }
faults:
  - crashNodes: { at: 20s, count: 1 }
expect:
  podsScheduled: '> 99 %'
`;

/** [what, the part replaced, by what, the line of the mistake, what is said] */
type Change = readonly [what: string, from: string, to: string, line: number, says: RegExp];

const CHANGES: readonly Change[] = [
  ['misspelt key at the top', 'duration:', 'durration:', 2, /unknown key 'durration'; did you mean 'duration'\?/],
  ['misspelt key in cluster', '  etcd:', '  etdc:', 8, /'etdc' in 'cluster'; did you mean 'etcd'\?/],
  ['misspelt key in a pool', '      zones:', '      zone:', 6, /'zone' in 'cluster\.nodes\[0\]'; did you mean 'zones'\?/],
  ['misspelt key in controllers', 'nodeMonitorGracePeriod', 'nodeMonitorGracePerod', 9, /did you mean 'nodeMonitorGracePeriod'\?/],
  ['misspelt kind of workload', '- deployments:', '- deployment:', 13, /unknown key 'deployment'.*did you mean 'deployments'\?/],
  ['misspelt key in a workload', 'replicas:', 'replcas:', 16, /did you mean 'replicas'\?/],
  ['misspelt key in a probe', 'period:', 'perod:', 20, /did you mean 'period'\?/],
  ['misspelt fault', 'crashNodes', 'crashNode', 23, /did you mean 'crashNodes'\?/],
  ['misspelt key in a fault', 'at: 20s, count', 'at: 20s, cout', 23, /did you mean 'count'\?/],
  ['misspelt metric', 'podsScheduled', 'podsSheduled', 25, /did you mean 'podsScheduled'\?/],
  ['a metric that there is not', 'podsScheduled', 'happiness', 25, /unknown key 'happiness' in 'expect'; known here:/],
  ['a key that is nothing like a known one', 'duration: 1m', 'duration: 1m\nzzz: 1', 3, /unknown key 'zzz'; known here: name, seed/],
  ['a duration in parsecs', 'duration: 1m', "duration: '10 parsecs'", 2, /'10 parsecs' is not a duration with its unit/],
  ['a duration without a unit', 'duration: 1m', 'duration: 60', 2, /60 is not a duration with its unit/],
  ['a negative duration', 'duration: 1m', 'duration: -1m', 2, /'-1m' is not a duration/],
  ['no duration at all', 'duration: 1m', 'duration: 0s', 2, /'duration' must be longer than 0/],
  ['a duration beyond 100 years', 'duration: 1m', 'duration: 99999999d', 2, /'99999999d' is not a duration/],
  ['an empty duration', 'duration: 1m', "duration: ''", 2, /'' is not a duration/],
  ['null for a duration', 'duration: 1m', 'duration:', 2, /expected a duration.*found nothing/],
  ['a hexadecimal duration', 'duration: 1m', 'duration: 0x10', 2, /is not a duration/],
  [
    'bounds the wrong way round',
    'cpu: 250m',
    'startup: { uniform: { min: 5m, max: 1m } }',
    19,
    /startup\.uniform': 'min' must not exceed 'max', found '5m' and '1m'/,
  ],
  ['a size in Gib', '8GiB', '5 Gib', 8, /'5 Gib' is not a size/],
  ['a negative size', '8GiB', '-5GiB', 8, /'-5GiB' is not a size/],
  ['memory in Gib', '32Gi }', '32Gib }', 7, /'32Gib' is not a Kubernetes quantity/],
  ['negative memory', '32Gi }', '-32Gi }', 7, /'-32Gi' is not a Kubernetes quantity/],
  ['memory that is no number', '32Gi }', '.nan }', 7, /a Kubernetes quantity that is not negative.*found NaN/],
  ['endless memory', '32Gi }', '.inf }', 7, /a Kubernetes quantity that is not negative.*found Infinity/],
  ['cpu of a pod in horses', 'cpu: 250m', 'cpu: 3 horses', 19, /'3 horses' is not a Kubernetes quantity/],
  ['a negative count', 'count: 3', 'count: -3', 5, /must be at least 1, found -3/],
  ['zero nodes', 'count: 3', 'count: 0', 5, /must be at least 1, found 0/],
  ['half a node', 'count: 3', 'count: 2.5', 5, /expected a whole number, found 2\.5/],
  ['NaN nodes', 'count: 3', 'count: .nan', 5, /expected a whole number, found NaN/],
  ['endlessly many nodes', 'count: 3', 'count: .inf', 5, /(expected a whole number|at most), found Infinity/],
  ['1e308 nodes', 'count: 3', 'count: 1e308', 5, /must be at most 65536, found 1e\+308/],
  ['a text for a count', 'count: 3', "count: '3'", 5, /expected a whole number, found '3'/],
  ['negative replicas', 'replicas: 3', 'replicas: -3', 16, /must be at least 0, found -3/],
  ['a negative rate', 'podsPerSecond: 10', 'podsPerSecond: -10', 18, /podsPerSecond.*-10/],
  ['a rate of zero', 'podsPerSecond: 10', 'podsPerSecond: 0', 18, /podsPerSecond/],
  ['an endless rate', 'podsPerSecond: 10', 'podsPerSecond: .inf', 18, /podsPerSecond/],
  ['a share above 100 %', '50 %', '150 %', 21, /a percentage from '0 %' to '100 %'/],
  ['a rolling update of an unknown deployment', 'of: web', 'of: wbe', 21, /no deployments entry is named 'wbe'|'wbe'/],
  [
    'two workloads of one name',
    '  - rollingUpdate',
    '  - deployments: { name: web }\n  - rollingUpdate',
    21,
    /two deployments entries are named 'web'/,
  ],
  [
    'two pools of one name',
    '    - count: 3',
    '    - { count: 1, name: node }\n    - count: 3\n      name: node',
    6,
    /two node pools are named 'node'/,
  ],
  [
    'two pools, neither named',
    '    - count: 3',
    '    - { count: 1 }\n    - { count: 1, name: node-1 }\n    - count: 3\n      name: node',
    7,
    /two node pools are named 'node'/,
  ],
  ['two schedulers of one name', 'images:', '  schedulers: [{ name: s }, { name: s }]\nimages:', 10, /two schedulers are named 's'/],
  ['a key that stands twice', '      replicas: 3', '      replicas: 3\n      replicas: 4', 17, /stands twice/],
  ['a tab', '      replicas: 3', '\treplicas: 3', 16, /tabs cannot indent/],
  ['a bracket that is not closed', 'zones: [a, b]', 'zones: [a, b', 7, /./],
  ['a fault that names an unknown node', 'at: 20s, count: 1', 'at: 20s, nodes: [node-99]', 23, /no node is named 'node-99'/],
  ['a fault that wants more nodes than there are', 'at: 20s, count: 1', 'at: 20s, count: 4', 23, /wants 4 nodes, there are 3/],
  ['a fault in an unknown zone', 'at: 20s, count: 1', 'at: 20s, zone: mars', 23, /zone 'mars'/],
  [
    'a fault on an API server that there is not',
    'crashNodes: { at: 20s, count: 1 }',
    'crashApiServer: { at: 20s, index: 3 }',
    23,
    /API server 3/,
  ],
  ['a condition without a comparison', "'> 99 %'", "'many'", 25, /'expect\.podsScheduled'/],
  ['a condition in another unit', "'> 99 %'", "'> 99 s'", 25, /percentage/],
  ['a condition on a phase that there is not', "'> 99 %'", '{ min: 99 %, during: lunch }', 25, /during|lunch/],
  ['a list of wrong conditions', "'> 99 %'", '[1, {}]', 25, /'expect\.podsScheduled'/],
  ['a list for a map', 'etcd: { quota: 8GiB }', 'etcd: [quota]', 8, /expected a map, found a list/],
  ['a map for a list', 'zones: [a, b]', 'zones: { a: b }', 6, /'cluster\.nodes\[0\]\.zones'/],
  ['a text for a map', '  controllers: { nodeMonitorGracePeriod: 40s }', '  controllers: fast', 9, /expected a map, found 'fast'/],
  ['a list for a text', 'name: bad', 'name: [bad]', 1, /expected a text, found a list/],
  [
    'a text for the nodes',
    '  nodes:\n    - count: 3\n      zones: [a, b]\n      capacity: { cpu: 8, memory: 32Gi }',
    '  nodes: many',
    4,
    /cluster\.nodes.*found 'many'/,
  ],
  ['a path for a name', 'name: bad', 'name: ../../etc/x', 1, /'name'/],
  ['an absolute path for a name', 'name: bad', 'name: /etc/x', 1, /'name'/],
  ['an epoch that is no time', 'name: bad', 'name: bad\nepoch: yesterday', 2, /RFC 3339/],
  ['a negative seed', 'name: bad', 'name: bad\nseed: -1', 2, /seed.*at least 0/],
  ['a prototype key', 'name: bad', 'name: bad\n__proto__: { x: 1 }', 2, /unknown key '__proto__'/],
  ['a constructor key', 'name: bad', 'name: bad\nconstructor: 1', 2, /unknown key 'constructor'/],
  ['an image of negative size', '60MiB', '-1', 11, /-1 is not a size/],
  ['a metric that is a prototype key', "podsScheduled: '> 99 %'", "toString: '> 1'", 25, /unknown key 'toString'/],
  ['a bucket of zero', 'name: bad', 'name: bad\nbucket: 0s', 2, /bucket/],
  ['a bucket that makes millions of buckets', 'name: bad', 'name: bad\nbucket: 1us', 2, /bucket/],
  [
    'two kinds in one entry',
    '  - crashNodes: { at: 20s, count: 1 }',
    '  - crashNodes: { at: 20s, count: 1 }\n    pauseNodes: { at: 20s, count: 1 }',
    23,
    /exactly one key/,
  ],
  ['an entry without a kind', '  - crashNodes: { at: 20s, count: 1 }', '  - {}', 23, /exactly one key/],
];

const bytes = (...parts: readonly (string | number[])[]): Buffer => Buffer.concat(parts.map((part) => Buffer.from(part as string)));

/** [what, content, what is said after the file's name] */
const FILES: readonly (readonly [string, string | Buffer, RegExp])[] = [
  ['an empty file', '', /is empty/],
  ['a file of comments', '# nothing\n# else\n', /is empty/],
  ['a list', '- 1\n- 2\n', /:1:1: the scenario: expected a map, found a list/],
  ['a text', 'hello', /:1:1: the scenario: expected a map, found 'hello'/],
  ['a NUL byte', bytes('name: x\n', [0], '\n'), /:2: contains a NUL byte/],
  ['bytes that are no UTF-8', bytes('name: x\nquestion: ', [0xff, 0xfe], '\n'), /:2: is not valid UTF-8/],
  ['two documents', `${GOOD}---\n${GOOD}`, /:26.*several documents/],
  ['a hundred lists deep', `${GOOD}notes: ${'['.repeat(150)}${']'.repeat(150)}`, /nested too deeply/],
  ['ten thousand lists deep', `name: ${'['.repeat(10_000)}${']'.repeat(10_000)}`, /nested too deeply/],
  ['ten thousand maps deep', `name: ${'{a: '.repeat(10_000)}1${'}'.repeat(10_000)}`, /nested too deeply/],
  [
    'an alias bomb',
    `a: &a [x,x,x,x,x,x,x,x,x]\n${'abcdefgh'
      .split('')
      .map((c, i, all) =>
        i === 0
          ? ''
          : `${c}: &${c} [${Array(9)
              .fill(`*${all[i - 1]}`)
              .join(',')}]\n`,
      )
      .join('')}`,
    /aliases \(\*name\) expand/,
  ],
  ['an alias that contains itself', GOOD.replace('name: bad', 'name: &a [*a]'), /:1:10: 'name': expected a text, found a list/],
  ['an alias of nothing', 'name: *nobody\n', /:1:7: \*nobody is the alias of nothing/],
  ['a scalar of 10 MB', GOOD.replace('name: bad', `name: ${'x'.repeat(10_000_000)}`), /:1:7: 'name'/],
  ['a quoted text that never ends', `name: '${'x\n'.repeat(1000)}`, /:\d+:\d+: /],
];

async function refused(file: string, place: string, says: RegExp, ...more: string[]): Promise<void> {
  const { code, err, out: printed } = await inProcess('run', file, '--out', out, '--quiet', ...more);
  expect(err.slice(0, 600)).toMatch(says);
  expect(err.startsWith(place), `${err.slice(0, 300)} is to start with ${place}`).toBe(true);
  expect(err.trimEnd().split('\n'), 'one line for one mistake').toHaveLength(1);
  expect(err.length).toBeLessThan(600);
  expect(err).not.toMatch(/\n\s+at /);
  expect(code).toBe(2);
  expect(printed).toBe('');
  expect(existsSync(out), 'nothing is written').toBe(false);
}

describe('a scenario with one mistake', () => {
  test.each(CHANGES)('%s', async (_what, from, to, line, says) => {
    expect(GOOD).toContain(from);
    const file = join(directory, 'scenario.yaml');
    writeFileSync(
      file,
      GOOD.replace(from, () => to),
    );
    await refused(file, `${file}:${line}:`, says);
  });

  test('several mistakes are all named, in order', async () => {
    const file = join(directory, 'several.yaml');
    writeFileSync(
      file,
      GOOD.replace('count: 3', 'count: -3').replace('replicas: 3', 'replcas: 3').replace('podsScheduled', 'podsSheduled'),
    );
    const { code, err } = await inProcess('run', file, '--out', out, '--quiet');
    expect(code).toBe(2);
    expect(
      err
        .trimEnd()
        .split('\n')
        .map((text) => text.slice(file.length + 1).split(':')[0]),
    ).toEqual(['5', '16', '25']);
  });

  test('a byte order mark is no mistake', async () => {
    const file = join(directory, 'bom.yaml');
    writeFileSync(file, `\uFEFF${GOOD}`);
    const good = join(directory, 'good-out');
    expect(await inProcess('run', file, '--out', good, '--quiet')).toMatchObject({ code: 0, err: '' });
  });
});

describe('a file that is no scenario', () => {
  test.each(FILES)('%s', async (_what, content, says) => {
    const file = join(directory, 'file.yaml');
    writeFileSync(file, content);
    await refused(file, file, says);
  });

  test('a missing file', () => refused(join(directory, 'nowhere.yaml'), `${join(directory, 'nowhere.yaml')}: `, /no such file/));
  test('a directory', () => refused(directory, `${directory}: `, /is a directory/));
  test('a path under a file', () => {
    const file = join(directory, 'plain');
    writeFileSync(file, '');
    return refused(join(file, 'x.yaml'), `${join(file, 'x.yaml')}: `, /not a directory|no such file/);
  });
  test('a pipe into which nobody writes', () => {
    const file = join(directory, 'pipe');
    execFileSync('mkfifo', [file]);
    return refused(file, `${file}: `, /is not a regular file/);
  });
  test('a device that never ends', () => refused('/dev/zero', '/dev/zero: ', /is not a regular file/));
});

describe('--set', () => {
  const SETS: readonly (readonly [string, RegExp])[] = [
    ['x', /expected path=value/],
    ['=1', /expected path=value/],
    ['cluster.nodes[9].count=1', /the list has 1 entries, no \[9\]/],
    ['cluster.nodes[0].cout=1', /unknown key 'cout'.*did you mean 'count'/],
    ['cluster.nodes[0].count=-1', /at least 1, found -1/],
    ['cluster.nodes[0].count=many', /expected a whole number, found 'many'/],
    ['cluster.nodes[0].count=[', /cannot be parsed/],
    ['duration.x=1', /inside a plain value/],
    ['duration=soon', /'soon' is not a duration/],
    ['__proto__.x=1', /is no path/],
    ['cluster.__proto__.x=1', /is no path/],
    ['constructor.prototype.x=1', /is no path/],
    ['cluster.nodes[0].prototype=1', /./],
    ['cluster..nodes=1', /is no path/],
    ['cluster.nodes[=1', /is no path/],
    ['cluster.nodes[-1].count=1', /is no path|list/],
    ['workload={__proto__: {x: 1}}', /workload/],
  ];
  test.each(SETS)('%s', async (assignment, says) => {
    const file = join(directory, 'set.yaml');
    writeFileSync(file, GOOD);
    const { code, err } = await inProcess('run', file, '--out', out, '--quiet', '--set', assignment);
    expect(err).toMatch(says);
    expect(err).toContain('--set');
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
    expect(existsSync(out)).toBe(false);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });
});

describe('options', () => {
  const OPTIONS: readonly (readonly [string[], RegExp])[] = [
    [['--seed', '-1'], /--seed.*whole number/],
    [['--seed', '4294967296'], /--seed.*whole number/],
    [['--seed', '1.5'], /--seed.*whole number/],
    [['--seed', 'NaN'], /--seed.*whole number/],
    [['--seed', '0x10'], /--seed.*whole number/],
    [['--seed', ''], /--seed.*whole number/],
    [['--shards', '65'], /--shards.*whole number/],
    [['--shards', '-1'], /--shards.*whole number/],
    [['--shard', '1'], /unknown option.*--shards/],
    [['--out', ''], /--out/],
    [['another.yaml'], /too many arguments/],
  ];
  test.each(OPTIONS)('%j', async (options, says) => {
    const file = join(directory, 'options.yaml');
    writeFileSync(file, GOOD);
    const { code, err } = await inProcess('run', file, ...(options[0] === '--out' ? [] : ['--out', out]), ...options);
    expect(err.replaceAll('\n', ' ')).toMatch(says);
    expect(err).toMatch(/^wavetank: /);
    expect(code).toBe(2);
    expect(existsSync(out)).toBe(false);
  });
  test('an unknown command', async () =>
    expect(await inProcess('rnu')).toMatchObject({ code: 2, err: expect.stringMatching(/unknown command 'rnu'/) as string }));
});

describe('--out', () => {
  test.each([
    ['/proc/x', 3],
    ['/proc/self/x/y', 3],
    [join(directory, 'plain-file'), 2],
    [join(directory, 'plain-file', 'under'), 2],
    ['/dev/null', 2],
  ])('%s', async (path, expected) => {
    const file = join(directory, 'good.yaml');
    writeFileSync(file, GOOD);
    writeFileSync(join(directory, 'plain-file'), 'mine');
    const { code, err } = await inProcess('run', file, '--out', path, '--quiet');
    expect(err).toMatch(new RegExp(`^wavetank: --out ${path}: `));
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    expect(code, '2 where a folder cannot be, 3 where the machine refuses it').toBe(expected);
  });

  test('of another run', async () => {
    const file = join(directory, 'good.yaml');
    const busy = join(directory, 'busy');
    writeFileSync(file, GOOD);
    mkdirSync(busy);
    writeFileSync(join(busy, '.wavetank-lock'), String(process.ppid));
    const { code, err } = await inProcess('run', file, '--out', busy, '--quiet');
    expect(err).toMatch(/another run \(process \d+\) is writing there/);
    expect(code).toBe(2);
    expect(existsSync(join(busy, 'result.json'))).toBe(false);
  });
});

describe('a run that schedules nothing', () => {
  test('pods that fit no node', async () => {
    const file = join(directory, 'huge.yaml');
    writeFileSync(file, GOOD.replace('cpu: 250m', 'cpu: 64').replace(/faults:[\s\S]*$/, ''));
    const { code, err } = await inProcess('run', file, '--out', join(directory, 'huge'), '--quiet');
    expect(code).toBe(1);
    expect(err).toMatch(/no pod was scheduled \(\d+ were created\).*Insufficient cpu/);
  });
});
