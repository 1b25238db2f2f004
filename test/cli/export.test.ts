/** `wavetank export`: a run as a trace that plays the same again, as manifests, as a log of Events. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inProcess } from './command.ts';

const directory = mkdtempSync(join(tmpdir(), 'wavetank-export-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const at = (name: string): string => join(directory, name);

const SCENARIO = `name: small
duration: 90s
cluster: { nodes: 3 }
images: { 'web:1': 10MB, 'web:2': 10MB, 'job:1': 10MB }
workload:
  - deployments: { name: web, count: 2, replicas: 3, start: 5s, podsPerSecond: 1, image: 'web:1', cpu: 100m }
  - jobs: { name: work, count: 2, start: 12s, image: 'job:1', runtime: 7s }
  - rollingUpdate: { at: 40s, of: web, share: 50 %, image: 'web:2' }
  - delete: { at: 70s, of: web, share: 50 % }
`;
beforeAll(() => writeFileSync(at('small.yaml'), SCENARIO));

async function good(...args: readonly string[]): Promise<string> {
  const { code, out, err } = await inProcess(...args);
  expect(err).toBe('');
  expect(code).toBe(0);
  return out;
}

/** What comes, changes and goes at which second. */
const arrivals = (trace: string): string[] =>
  readFileSync(trace, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .flatMap((line) => {
      const verb = ['create', 'patch', 'delete'].find((one) => line[one] !== undefined);
      return verb === undefined
        ? []
        : [`${Math.round(line['at'] as number)} ${verb} ${(line[verb] as { metadata: { name: string } }).metadata.name}`];
    });

test.each(['sktrace', 'json'])('a run as .%s, imported and run, gives the same trace once more', async (form) => {
  await good('export', at('small.yaml'), '-o', at(`a.${form}`), '--quiet');
  await good('import', 'simkube', at(`a.${form}`), '-o', at('a.yaml'));
  await good('export', at('a.yaml'), '-o', at(`b.${form}`), '--quiet');
  await good('import', 'simkube', at(`b.${form}`), '-o', at('b.yaml'));
  expect(arrivals(at('a.trace.jsonl'))).toEqual(arrivals(at('b.trace.jsonl')));
  expect(arrivals(at('a.trace.jsonl'))).toEqual([
    '0 create web-0',
    '3 create web-1',
    '7 create work-0',
    '7 create work-1',
    expect.stringMatching(/^35 patch web-\d$/),
    expect.stringMatching(/^65 delete web-\d$/),
  ]);
});

test('pods of Jobs run as long as they ran', async () => {
  await good('export', at('small.yaml'), '-o', at('a.sktrace'), '--quiet');
  await good('import', 'simkube', at('a.sktrace'), '-o', at('a.yaml'));
  expect(readFileSync(at('a.trace.jsonl'), 'utf8')).toMatch(/"wavetank.dev\/run-seconds":"7"/);
});

test('a run as manifests: what stands at its end, and a cluster made of them has as many pods', async () => {
  await good('run', at('small.yaml'), '--out', at('out'), '--shards', '0', '--quiet');
  expect(await good('export', at('out'), '-o', at('manifests.yaml'), '--quiet')).toMatch(/^1 objects/);
  const text = readFileSync(at('manifests.yaml'), 'utf8');
  expect(text).not.toMatch(/uid|resourceVersion|status:|ownerReferences/);
  await good('import', 'cluster', at('manifests.yaml'), '-o', at('c.yaml'));
  const result = JSON.parse(await good('run', at('c.yaml'), '--out', at('out2'), '--shards', '0', '--quiet', '--json')) as {
    podsRunning: number;
  };
  expect(result.podsRunning).toBe(3);
});

test('the Events of a run, as JSON Lines and as a table', async () => {
  await good('export', at('small.yaml'), '-o', at('events.jsonl'), '--quiet');
  const events = readFileSync(at('events.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind: string; reason: string });
  expect(new Set(events.map(({ kind }) => kind))).toEqual(new Set(['Event']));
  expect(events.filter(({ reason }) => reason === 'Scheduled')).toHaveLength(6 + 2 + 3);
  await good('export', at('small.yaml'), '-o', at('events.log'), '--quiet');
  const lines = readFileSync(at('events.log'), 'utf8').trim().split('\n');
  expect(lines[0]).toMatch(/^TIME +NAMESPACE +TYPE +REASON +OBJECT +MESSAGE$/);
  expect(lines).toHaveLength(events.length + 1);
});

test.each([
  ['a name that tells no form', ['small.yaml', '-o', 'a.bin'], /tells no form/],
  ['a folder that is no run', ['.', '-o', 'a.sktrace'], /has no result\.json/],
  ['a scenario that is none', ['nobody.yaml', '-o', 'a.sktrace'], /nobody\.yaml: no such file/],
])('%s is refused and nothing is written', async (_what, [from = '', ...rest], says) => {
  const empty = mkdtempSync(join(directory, 'bad-'));
  const output = join(empty, rest.at(-1) ?? '');
  const { code, err } = await inProcess('export', from === '.' ? empty : at(from), '-o', output);
  expect(err).toMatch(says);
  expect(code).toBe(2);
  expect(readdirSync(empty)).toEqual([]);
});

test('exports the result of a run that played a trace, as long as the trace is there as it was', async () => {
  const shape =
    '{"shape":0,"namespace":"default","labels":{},"spec":{"containers":[{"name":"a","image":"b:1","resources":{"requests":{"cpu":"1"}}}]}}';
  const lines = ['{"trace":"wavetank","version":1}', shape, '{"at":1,"pod":"one","until":9,"shape":0}', ''].join('\n');
  writeFileSync(at('played.trace.jsonl'), lines);
  writeFileSync(
    at('played.yaml'),
    'duration: 20s\ncluster: { nodes: 1 }\nworkload: [{ trace: { file: played.trace.jsonl, start: 6s } }]\n',
  );
  await good('run', at('played.yaml'), '--quiet', '--out', at('played-out'));
  expect(await good('export', at('played-out'), '-o', at('played.sktrace'), '--quiet')).toMatch(/^1 objects applied/);
  writeFileSync(at('played.trace.jsonl'), `${lines}\n`);
  const changed = await inProcess('export', at('played-out'), '-o', at('no.sktrace'), '--quiet');
  expect([changed.code, changed.err.trim()]).toEqual([
    2,
    expect.stringMatching(/result\.json: its run read .*played\.trace\.jsonl, which has changed since/),
  ]);
  rmSync(at('played.trace.jsonl'));
  const gone = await inProcess('export', at('played-out'), '-o', at('no.sktrace'), '--quiet');
  expect([gone.code, gone.err.trim()]).toEqual([
    2,
    expect.stringMatching(/its run read .*played\.trace\.jsonl, which is not there any more$/),
  ]);
  expect(existsSync(at('no.sktrace'))).toBe(false);
});
