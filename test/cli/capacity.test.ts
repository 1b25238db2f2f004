/** `wavetank capacity`, and the search behind it. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type CapacityResult, digits, fewest, fortySaved } from '../../src/experiment/index.ts';
import { renderCapacity } from '../../src/report/index.ts';
import { allocatable } from '../../src/scenario/index.ts';
import { inProcess } from './command.ts';
import { folder, TINY } from './studies.ts';

const place = folder();
const scenario = place.file('tiny.yaml', TINY);
const out = join(place.path, 'out');
afterAll(() => place.remove());

describe('the search', () => {
  const search = (works: (count: number) => boolean, guess: number, most = 100, atATime = 1) =>
    fewest(async (counts) => counts.map(works), guess, most, atATime);

  it.each([1, 2, 7, 64, 100])('finds %i from any guess', async (truth) => {
    for (const guess of [1, 5, 50, 100])
      for (const atATime of [1, 3])
        expect(await search((count) => count >= truth, guess, 100, atATime)).toMatchObject({ count: truth, monotone: true });
  });

  it('says when not even the most do', async () => {
    expect((await search(() => false, 3)).count).toBeUndefined();
  });

  it('does not take a lucky number for the answer', async () => {
    expect(await search((count) => count >= 20 || count === 10, 10)).toMatchObject({ count: 20, monotone: false });
  });
});

it('leaves to pods what kubelet and system do not take', () => {
  expect(allocatable({ cpu: 4, memoryGiB: 16, pods: 58 })).toEqual({ cpu: '3920m', memory: '13621Mi', pods: '58' });
  expect(allocatable({ cpu: 4, memoryGiB: 16, pods: 58, gpus: 2 })).toMatchObject({ 'nvidia.com/gpu': '2' });
});

it('finds the fewest nodes, which do, and one less, which do not', async () => {
  const { code, out: text } = await inProcess(
    'capacity',
    scenario,
    '--machines',
    'm5.large',
    '--pod',
    'cpu=500m,memory=256Mi',
    '--seeds',
    '1',
    '--workers',
    '0',
    '--quiet',
    '--json',
    '--out',
    out,
  );
  expect(code).toBe(0);
  const { answers, headroom, catalogue } = JSON.parse(text) as CapacityResult;
  const best = answers.find(({ how }) => how === 'fewest')?.count as number;
  expect(catalogue?.source).toMatch(/list prices/);
  expect(best).toBeGreaterThan(1);
  expect(headroom?.curve[0]?.nodes).toBe(best);
  expect(headroom?.curve.at(-1)?.pods).toBeGreaterThan(headroom?.curve[0]?.pods as number);
  expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('canvas-headroom');
}, 180_000);

it("tries two kinds together, with prices of one's own, and runs them autoscaled", async () => {
  const prices = place.file(
    'prices.yaml',
    "date: '2031-02'\nsource: our contract\ncurrency: EUR\ntypes:\n  - { name: small, cpu: 2, memoryGiB: 4, price: 0.05 }\n  - { name: big, cpu: 4, memoryGiB: 8, price: 0.09 }\n",
  );
  const { code, out: text } = await inProcess(
    ...['capacity', scenario, '--machines', 'small', '--mix', 'small,big', '--prices', prices],
    ...['--seeds', '1', '--workers', '0', '--quiet', '--out', join(place.path, 'mix')],
  );
  expect(code).toBe(0);
  expect(text).toMatch(/^mixed +\d+ of small and \d+ of big +[\d.]+ +[\d.]+ EUR\/h/m);
  expect(text).toContain('prices of 2031-02; source: our contract');
  // The run is over before a machine has come up: said, and nobody is told that this saves anything.
  expect(text).toMatch(/^autoscaled +[\d.]+ of small on average, \d+ at most .*DOES NOT HOLD with seed 1: podsScheduled > 99 %/m);
  expect(text).not.toMatch(/40 % saved.*autoscaled/);
  const { answers } = JSON.parse(readFileSync(join(place.path, 'mix', 'capacity.json'), 'utf8')) as CapacityResult;
  const mixes = answers.filter(({ how }) => how === 'mixed').map(({ nodes }) => nodes);
  expect(new Set(mixes).size).toBe(mixes.length);
  for (const { nodes, costPerHour } of answers.filter(({ how }) => how === 'mixed')) {
    const [, small, big] = (/(\d+) of small and (\d+) of big/.exec(nodes) ?? []).map(Number) as [number, number, number];
    expect(costPerHour).toBeCloseTo(small * 0.05 + big * 0.09, 6);
  }
}, 60_000);

it('says why no number of a kind will do', async () => {
  const { code, out: text } = await inProcess(
    ...[
      'capacity',
      scenario,
      '--set',
      'workload[0].deployments.cpu=8',
      '--machines',
      'm5.large',
      '--most',
      '3',
      '--autoscaler',
      'provision=45s',
    ],
    ...['--seeds', '1', '--workers', '0', '--quiet', '--out', join(place.path, 'never')],
  );
  expect(code).toBe(1);
  expect(text).toMatch(
    /not even 3 of m5\.large meet what is expected .*podsScheduled > 99 % fails.*; 6 of 12 pods get no node: perhaps they ask for more/,
  );
}, 60_000);

it('names the cheapest kind first, and does not speak of savings where the nodes as they are have no price', () => {
  const answer = { saved: null, cpuUtilisation: 0.5, memoryUtilisation: 0.3, cpuPeak: 0.9, nodeHours: 1, holds: true, note: '' };
  const answers = [
    { ...answer, how: 'as it is', nodes: "6 of the scenario's own", count: 6, costPerHour: null },
    { ...answer, how: 'fewest', nodes: '14 of mini', count: 14, costPerHour: 0.98 },
    { ...answer, how: 'fewest', nodes: '7 of midi', count: 7, costPerHour: 0.91 },
  ];
  const forty = fortySaved(answers);
  expect(forty).toMatch(/^not to be said of money, for the nodes as they are have no price/);
  const catalogue = { date: '2031-02', source: 'x', currency: 'EUR' };
  const about = {
    format: 'wavetank-capacity/1',
    version: '0',
    scenario: 's',
    file: 's.yaml',
    seeds: [1],
    expectations: [],
    headroom: null,
  } as const;
  const page = renderCapacity({ ...about, answers, fortySaved: forty, catalogue, runs: 3, digest: '0', partial: false, notes: [] });
  expect(page).toContain('The fewest: 7 of midi, for 0.91 EUR an hour.');
  expect(digits(-2.27e-16)).toBe('0');
});

it('answers by a run what nodes that come and go save, and how full they are', async () => {
  const nodes = '[{ count: 4, capacity: { cpu: 4, memory: 16Gi, pods: 50 }, price: 0.2 }]';
  const wave = place.file(
    'wave.yaml',
    `duration: 12m\ncluster: { nodes: ${nodes} }\nworkload:
  - deployments: { name: web, replicas: 4, start: 10s, cpu: 500m, memory: 256Mi }
  - scale: { at: 2m, of: web, replicas: 28 }
  - scale: { at: 5m, of: web, replicas: 4 }\n`,
  );
  const flags = 'scaleDownUnneededTime=1m,scaleDownDelayAfterAdd=1m,provision=30s';
  const { code, out: text } = await inProcess(
    ...['capacity', wave, '--autoscaler', flags, '--seeds', '1', '--workers', '0', '--quiet', '--json', '--out', join(place.path, 'wave')],
  );
  expect(code).toBe(0);
  const { answers, fortySaved } = JSON.parse(text) as CapacityResult;
  const [before, fixed, come] = ['as it is', 'fewest', 'autoscaled'].map((how) => answers.find((answer) => answer.how === how));
  expect(before).toMatchObject({ count: 4, costPerHour: 0.8, nodeHours: 0.8, saved: 0 });
  expect(fixed).toMatchObject({ count: 4 });
  expect(come?.holds).toBe(true);
  expect(come?.nodeHours).toBeLessThan(0.6);
  expect((come?.costPerHour as number) / 0.2).toBeCloseTo(come?.count as number, 1);
  expect(come?.cpuUtilisation).toBeGreaterThan(fixed?.cpuUtilisation as number);
  expect(fortySaved).toMatch(/\(autoscaled\) saves \d/);
}, 60_000);

it('lists the catalogue with its date, and that it is from memory', async () => {
  const { out: text } = await inProcess('capacity', '--list-machines');
  expect(text).toMatch(/prices of 2024-06; source: .*from memory, not fetched/);
  expect(text).toMatch(/^p3\.8xlarge +aws +32 +244 GiB +234 +4 +12\.24 /m);
});

const wrongPrices = place.file('wrong.yaml', "date: '2031'\nsource: x\ntypes:\n  - { name: small, cpu: 0, memoryGiB: 4, price: 1 }\n");
it.each([
  [['--machines', 'm5.xlarg'], /--machines: there is no type 'm5\.xlarg'; did you mean 'm5\.xlarge'\?/],
  [['--spot', '50%'], /--spot needs --machines/],
  [['--pod', 'cpu=500m'], /expected cpu=<quantity>,memory=<quantity>/],
  [['--prices', wrongPrices], /wrong\.yaml:4:\d+: .*cpu/],
  [['--prices', 'none.yaml'], /none\.yaml: no such file/],
  [
    ['--autoscaler', 'scanIntervall=1s'],
    /--autoscaler: unknown key 'scanIntervall' in 'cluster\.autoscaler'; did you mean 'scanInterval'\?/,
  ],
  [['--autoscaler', 'scanInterval'], /expected <flag>=<value>/],
  [['--mix', 'm5.large'], /--mix: expected two machine types, found 1/],
])('refuses %s', async (args, message) => {
  const { code, err } = await inProcess('capacity', scenario, ...args, '--quiet', '--out', out);
  expect(err).toMatch(message);
  expect(code).toBe(2);
});

it('does not ask for nodes for pods that are gone again and have no node in the scenario as it is either', async () => {
  const pods = ['{"at":1,"pod":"long","until":30,"shape":0}', '{"at":2,"pod":"huge","until":9,"shape":1}'];
  const shape =
    '{"shape":0,"namespace":"default","labels":{},"spec":{"containers":[{"name":"a","image":"b:1","resources":{"requests":{"cpu":"1"}}}]}}';
  const huge = shape.replace('"shape":0', '"shape":1').replace('"cpu":"1"', '"cpu":"64"');
  place.file('brief.trace.jsonl', `{"trace":"wavetank","version":1}\n${shape}\n${huge}\n${pods.join('\n')}\n`);
  const nodes = 'cluster: { nodes: [{ count: 3, capacity: { cpu: 4, memory: 8Gi, pods: 20 } }] }';
  const brief = place.file('brief.yaml', `duration: 40s\n${nodes}\nworkload: [{ trace: { file: brief.trace.jsonl, start: 5s } }]\n`);
  const to = join(place.path, 'brief');
  const { code, out: text } = await inProcess('capacity', brief, '--seeds', '1', '--workers', '0', '--quiet', '--json', '--out', to);
  expect(code).toBe(0);
  const { answers, notes } = JSON.parse(text) as CapacityResult;
  expect(answers.find(({ how }) => how === 'fewest')?.count).toBe(1);
  expect(notes.join()).toMatch(/as it is, 1 pod is deleted before having a node/);
});
