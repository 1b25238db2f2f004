import { describe, expect, test } from 'vitest';
import { parseSource, scenarioFrom } from '#scenario';
import { behaviourAnnotations } from '../../src/scenario/behaviour.ts';

const behaviourOf = (pod: object): unknown =>
  JSON.parse(behaviourAnnotations('web', pod as never)['wavetank.dev/behaviour'] ?? 'null') as unknown;

const written = (log: string): string => `
name: x
duration: 1m
cluster: { nodes: 1 }
workload:
  - deployments: { name: web, count: 1, replicas: 1, cpu: 1, memory: 1Gi, log: ${log} }
`;

describe('what containers write to their log', () => {
  test('is told to kubelets', () => {
    expect(behaviourOf({ log: { rate: 0.5, lines: ['a', 'b'] } })).toEqual({ log: { linesPerSecond: 0.5, lines: ['a', 'b'] } });
    expect(behaviourOf({ log: { rate: 2 } })).toEqual({ log: { linesPerSecond: 2 } });
    expect(() => scenarioFrom(parseSource(written('{ rate: 2 }'), 'x.yaml'))).not.toThrow();
  });

  test.each(['{ lines: [a] }', '{ rate: -1 }', '{ rate: 1, lines: [] }', '{ rate: fast }', 'loud'])('%s is refused', (log) => {
    expect(() => scenarioFrom(parseSource(written(log), 'x.yaml'))).toThrow(/log/);
  });
});
