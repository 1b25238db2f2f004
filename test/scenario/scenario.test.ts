import { describe, expect, test } from 'vitest';
import { parseSource, scenarioFrom, UserError } from '#scenario';

const GOOD = `
name: small
duration: 5m
cluster:
  nodes:
    - count: 3
workload:
  - deployments: { name: web, count: 2, replicas: 3, podsPerSecond: 1 }
expect:
  podsScheduled: '> 99 %'
`;

const load = (text: string, set: readonly string[] = []) => scenarioFrom(parseSource(text, 's.yaml'), set);

function complaint(text: string, set: readonly string[] = []): string {
  try {
    load(text, set);
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('a valid scenario', () => {
  test('comes out complete, with defaults of Kubernetes', () => {
    const scenario = load(GOOD);
    expect(scenario.duration).toBe(300_000_000);
    expect(scenario.cluster.nodes[0]).toMatchObject({
      name: 'node',
      count: 3,
      zones: ['zone-a'],
      capacity: { cpu: '8', memory: '32Gi', pods: '110' },
    });
    expect(scenario.cluster.controllers).toMatchObject({ qps: 20, burst: 30, nodeMonitorGracePeriod: 50_000_000 });
    expect(scenario.expect).toEqual([{ metric: 'podsScheduled', comparison: '>', bound: 0.99, text: '> 99 %' }]);
  });
  test('takes --set', () => {
    expect(load(GOOD, ['cluster.nodes[0].count=7', 'seed=9']).cluster.nodes[0]?.count).toBe(7);
  });
});

describe('a mistake is one line with file, line and column', () => {
  test.each([
    [
      'a misspelt key',
      GOOD.replace('count: 3', 'cuont: 3'),
      /^s\.yaml:6:7: unknown key 'cuont' in 'cluster\.nodes\[0\]'; did you mean 'count'\?$/,
    ],
    ['a misspelt key at the top', GOOD.replace('duration', 'duraton'), /s\.yaml:3:1: unknown key 'duraton'; did you mean 'duration'\?/],
    ['a misspelt workload', GOOD.replace('deployments:', 'deployment:'), /unknown key 'deployment'.*did you mean 'deployments'/],
    ['a misspelt metric', GOOD.replace('podsScheduled', 'podScheduled'), /did you mean 'podsScheduled'/],
    ['a wrong unit', GOOD.replace('5m', '10 parsecs'), /^s\.yaml:3:11: 'duration': '10 parsecs' is not a duration/],
    ['a missing unit', GOOD.replace('5m', '5'), /5 is not a duration/],
    [
      'a negative count',
      GOOD.replace('count: 3', 'count: -3'),
      /^s\.yaml:6:14: 'cluster\.nodes\[0\]\.count' must be at least 1, found -3$/,
    ],
    ['a bad condition', GOOD.replace("'> 99 %'", "'> 99 ms'"), /'99 ms' is not a percentage/],
    ['an unknown phase', GOOD.replace("podsScheduled: '> 99 %'", 'podStartP95: { max: 3s, during: rush }'), /no phase is named 'rush'/],
    ['duplicate names', GOOD.replace('expect:', '  - deployments: { name: web }\nexpect:'), /two deployments entries are named 'web'/],
    ['duplicate keys', `${GOOD}name: other\n`, /^s\.yaml:11:1: this key stands twice/],
    ['tabs', 'name: x\ncluster:\n\tnodes: 3\n', /^s\.yaml:3:1: tabs cannot indent YAML/],
    ['an empty file', '', /is empty/],
    ['a scalar', 'hello', /expected a map/],
    [
      'a stray rolling update',
      GOOD.replace('expect:', "  - rollingUpdate: { at: 1s, of: shop, image: 'a:2' }\nexpect:"),
      /no deployments entry is named 'shop' \(there is: web\)/,
    ],
    ['a bad quantity', GOOD.replace('replicas: 3', 'replicas: 3, cpu: 4 bananas'), /'4 bananas' is not a Kubernetes quantity/],
  ])('%s', (_what, text, wanted) => {
    expect(complaint(text)).toMatch(wanted);
  });
  test('an alias bomb', () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
      .split('')
      .map((key, index) => `${key}: &${key} [${Array(10).fill(`*${'abcdefgh'[index]}`).join(',')}]`)
      .join('\n')}\n`;
    expect(complaint(bomb)).toMatch(/aliases .* expand to far too much/);
  });
  test('a deep nest', () => {
    expect(complaint('['.repeat(5000))).toMatch(/s\.yaml/);
  });
  test('a bad --set', () => {
    expect(complaint(GOOD, ['cluster.nodes[4].count=1'])).toMatch(/--set cluster\.nodes\[4\]\.count: the list has 1 entries/);
  });
});
