/** `wavetank explain` on a run of a small cluster: what a person reads, what a program reads, and what wrong questions are told. */

import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asProcess, inProcess, ROOT } from './command.ts';

const directory = mkdtempSync(join(tmpdir(), 'wavetank-explain-'));
const out = (mode: string): string => join(directory, mode);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const SCENARIO = `
name: small
seed: 1
duration: 90s
cluster:
  nodes:
    - { name: plain, count: 4, zones: [a, b], capacity: { cpu: 4, memory: 16Gi, pods: 20 } }
    - name: db
      count: 2
      zones: [a]
      capacity: { cpu: 16, memory: 64Gi, pods: 20 }
      taints: [{ key: dedicated, value: db, effect: NoSchedule }]
images: { web:1: 60MiB }
workload:
  - deployments: { name: web, count: 1, replicas: 6, start: 20s, podsPerSecond: 10, image: web:1, cpu: 500m, memory: 512Mi }
  - deployments: { name: big, count: 1, replicas: 5, start: 40s, podsPerSecond: 10, image: web:1, cpu: 3, memory: 1Gi }
`;

const explain = (mode: string, ...args: readonly string[]) => inProcess('explain', out(mode), ...args);
/** Names as the command itself tells them. */
let web = '';
let pending = '';

beforeAll(async () => {
  const file = join(directory, 'small.yaml');
  writeFileSync(file, SCENARIO);
  for (const mode of ['all', 'failed', 'none']) {
    const { code } = await inProcess('run', file, '--explain', mode, '--out', out(mode), '--quiet');
    expect(code).toBe(0);
  }
  const near = async (name: string): Promise<string[]> =>
    /near it: ([^)]*)\)/.exec((await explain('all', name)).err)?.[1]?.split(', ') ?? [];
  web = (await near('web-'))[0] as string;
  for (const name of await near('big-')) if ((await explain('all', name, '--why-pending')).out.includes('is pending')) pending = name;
}, 60_000);

test('names the scheduler that a pod asks for in vain', async () => {
  const file = join(directory, 'foreign.yaml');
  writeFileSync(file, SCENARIO.replace('name: big,', 'name: big, schedulerName: other,'));
  await inProcess('run', file, '--out', out('foreign'), '--quiet');
  const { code, err } = await explain('foreign', 'big');
  expect(code).toBe(2);
  expect(err).toMatch(
    /pod default\/big-\S+ asks for schedulerName other: no scheduler named other runs in this scenario \(there are: default-scheduler\)/,
  );
}, 30_000);

test('a run is the same whatever it keeps', () => {
  const digests = ['all', 'failed', 'none'].map(
    (mode) => (JSON.parse(readFileSync(join(out(mode), 'result.json'), 'utf8')) as { digest: string }).digest,
  );
  expect(new Set(digests).size).toBe(1);
});

test('the same run leaves the same bytes, on threads, too', async () => {
  const { code, err } = await asProcess(
    ['run', join(directory, 'small.yaml'), '--explain', 'all', '--shards', '2', '--out', out('threads'), '--quiet'],
    {
      patience: 60_000,
    },
  );
  expect([code, err]).toEqual([0, '']);
  expect(readFileSync(join(out('threads'), 'explain.gz')).equals(readFileSync(join(out('all'), 'explain.gz')))).toBe(true);
}, 70_000);

describe('a pod that found a node', () => {
  test('is told with the tie, the draw and the scores by class of nodes', async () => {
    const { code, out: text, err } = await explain('all', web);
    expect([code, err]).toEqual([0, '']);
    expect(text).toMatch(new RegExp(`^pod ${web} \\(default-scheduler\\): on plain-\\d since \\d+\\.\\d{3} s\\n`));
    expect(text).toMatch(/\nactive {2,}\d+\.\d{3} s {2,}\d+\.\d{3} ms {2}UnschedulablePodAdd\n/);
    expect(text).toMatch(/\nattempt 1 at \d+\.\d{3} s: chose plain-\d, bound at/);
    expect(text).toMatch(/\n {2}6 nodes, 6 looked at, 4 fit\n/);
    expect(text).toMatch(/(nodes tie at \d+; the draw \(0\.\d{4}\) takes number \d|plain-\d won with \d+)/);
    expect(text).toMatch(/\n {2}total {2}Taints x3 {2}Fit x1 {2}Spread x2 {2}Balance x1 {2}Images x1 {2}nodes {2}such as\n/);
    expect(text).toMatch(/\n +2 {2}TaintToleration {2}node\(s\) had untolerated taint\(s\) {2}db-0, db-1\n/);
    expect(text).not.toContain('CAUTION');
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(140);
  });

  test('shows the whole row of one node beside the winner', async () => {
    const story = JSON.parse((await explain('all', web, '--json')).out) as {
      node: string;
      attempts: { decision: { best: string[]; total: number } }[];
    };
    const { decision } = story.attempts[0] as (typeof story.attempts)[number];
    expect(decision.best).toContain(story.node);
    const other = ['plain-0', 'plain-1'].find((name) => name !== story.node) as string;
    const { out: text } = await explain('all', web, '--node', other);
    expect(text).toMatch(new RegExp(`^attempt 1 at .*, node ${other}: fits, total \\d+, (tied with|\\d+ behind) ${story.node}`));
    expect(text).toMatch(/ {2}NodeResourcesFit( +-?\d+){6}\n/);
    expect((await explain('all', web, '--node', 'db-1')).out).toContain(
      'rejected by TaintToleration (UnschedulableAndUnresolvable): node(s) had',
    );
    const row = JSON.parse((await explain('all', web, '--node', other, '--json')).out) as {
      attempts: { decision: { node: { node: string } } }[];
    };
    expect(row.attempts[0]?.decision.node.node).toBe(other);
  });

  test('is not pending', async () => {
    expect((await explain('all', web, '--why-pending')).out).toMatch(/is not pending: placed on plain-\d at/);
  });

  test('has no table when the run kept only what failed', async () => {
    const { code, out: text } = await explain('failed', web);
    expect(code).toBe(0);
    expect(text).toContain('run with --explain all to keep the others');
  });
});

describe('a pod that waits', () => {
  test.each(['all', 'failed'])('is told with what holds it, under --explain %s', async (mode) => {
    const { out: text } = await explain(mode, pending);
    expect(text).toMatch(/without a node at the end of the run/);
    expect(text).toMatch(/\nunschedulable .* to the end {2}ScheduleAttemptFailure {2}NodeResourcesFit TaintToleration/);
    expect(text).toMatch(/found no node/);
    expect(text).toMatch(/\n {6}4 {2}NodeResourcesFit {2}Insufficient cpu {2,}plain-0, plain-1, plain-2, \.\.\.\n/);
    expect(text.replace(/\s+/g, ' ')).toContain(
      'FailedScheduling: 0/6 nodes are available: 2 node(s) had untolerated taint(s), 4 Insufficient cpu.',
    );
  });

  test('is told in words why it waits, and what would help', async () => {
    const { out: text } = await explain('failed', pending, '--why-pending');
    expect(text).toContain(`pod ${pending} is pending at the end of the run\n  among the unschedulable pods since `);
    expect(text).toMatch(/\n {4}NodeResourcesFit {2}Pod: delete/);
    expect(text).toMatch(/\n {4}TaintToleration {3}Node: add, taints; Pod: tolerations\n/);
    const story = JSON.parse((await explain('failed', pending, '--why-pending', '--json')).out) as Record<string, unknown>;
    expect(story).toMatchObject({ pod: pending, state: 'unschedulable', last: { result: 'unschedulable' } });
  });
});

describe("a run with a plugin of one's own", () => {
  const plugin = join(ROOT, 'docs/examples/team-spread.ts');
  const scenario = join(ROOT, 'docs/examples/team-spread.yaml');

  test('is explained with that plugin, and says so without', async () => {
    const ran = await asProcess(['run', scenario, '--plugin', plugin, '--out', out('plugin'), '--quiet'], { patience: 60_000 });
    expect([ran.code, ran.err]).toEqual([0, '']);
    const without = await asProcess(['explain', out('plugin'), 'blue-13']);
    expect([without.code, without.out]).toEqual([2, '']);
    expect(without.err).toMatch(/plugin "TeamSpread" is not registered: name the file of the run's plugin with --plugin/);
    const { code, out: text } = await explain('plugin', 'blue-13', '--plugin', plugin);
    expect(code).toBe(0);
    expect(text).toMatch(/\n {6}6 {2}TeamSpread {2}/);
    expect(text).not.toContain('CAUTION');
  }, 120_000);
});

describe('wrong questions', () => {
  const refused = async (args: readonly string[], text: string | RegExp): Promise<void> => {
    const { code, out: printed, err } = await inProcess('explain', ...args);
    expect([code, printed]).toEqual([2, '']);
    expect(err).toMatch(text);
    expect(err.trim().split('\n').length).toBe(1);
  };

  test('get one line with the nearest names', async () => {
    await refused([out('all'), 'webb'], /no pod in a scheduler's queue was called 'webb' \(near it: default\/web-/);
    await refused([out('all'), `${web}x`], new RegExp(`no pod in a scheduler's queue was called '${web}x' \\(near it: ${web}\\)`));
    await refused([out('all'), web, '--node', 'plian-1'], /--node plian-1: no node is called so \(near it: plain-1\)/);
    await refused([out('all'), web, '--node', 'plain'], /--node plain: no node is called so \(near it: plain-/);
    await refused([out('all'), web, '--attempt', '4'], /--attempt 4: pod .* has 1\n/);
    await refused(
      [out('failed'), web, '--attempt', '1'],
      /has none that was kept \(attempts that found a node are kept with --explain all\)/,
    );
    await refused([out('failed'), web, '--node', 'plain-0'], /no attempt of this pod was kept \(run with --explain all\)/);
  });

  test('name what is missing of a run', async () => {
    await refused([out('none'), web], /the run kept nothing to explain \(--explain none\): run it again with --explain failed, or all/);
    await refused([join(directory, 'nowhere'), web], /there is no such directory/);
    await refused([directory, web], /holds no explain\.gz; is it the directory of a run/);
    const several = join(directory, 'several');
    mkdirSync(several);
    for (const name of ['a_x', 'b_y']) copyFileSync(join(out('all'), 'explain.gz'), join(several, `${name}.explain.gz`));
    await refused([several, web], /holds several runs; name one of .*a_x\.explain\.gz, .*b_y\.explain\.gz/);
    expect((await inProcess('explain', join(several, 'a_x.explain.gz'), web)).code).toBe(0);
    const broken = join(directory, 'broken.gz');
    writeFileSync(broken, readFileSync(join(out('all'), 'explain.gz')).subarray(0, 900));
    await refused([broken, web], /broken\.gz: (cannot be read as a run's journal|ends too early)/);
    writeFileSync(broken, 'plain text');
    await refused([broken, web], /broken\.gz: cannot be read as a run's journal/);
  });
});
