import { describe, expect, test } from 'vitest';
import { parseSource, scenarioFrom, workloadKind } from '#scenario';
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

describe('Services without which a container does not work', () => {
  const entry = (dependsOn: string): string => written(`{ rate: 1 }, dependsOn: ${dependsOn}`);

  test('are told to kubelets, by name, as a list and in detail', () => {
    expect(behaviourOf({ dependsOn: 'db' })).toEqual({ dependsOn: 'db' });
    expect(behaviourOf({ dependsOn: ['db', 'store/cache'] })).toEqual({ dependsOn: ['db', 'store/cache'] });
    expect(behaviourOf({ dependsOn: { services: ['db'], otherwise: 'exit', exitAfter: '5s', always: true } })).toEqual({
      dependsOn: { services: ['db'], otherwise: 'exit', exitAfterSeconds: 5, always: true },
    });
    expect(() => scenarioFrom(parseSource(entry('{ services: [db] }'), 'x.yaml'))).not.toThrow();
  });

  test.each(['[]', '{}', '{ services: [] }', '{ services: [db], otherwise: die }', '{ services: [db], always: 3 }', '7'])(
    '%s is refused',
    (said) => {
      expect(() => scenarioFrom(parseSource(entry(said), 'x.yaml'))).toThrow(/dependsOn/);
    },
  );
});

describe('a Deployment with a Service', () => {
  const requests = (rest: string): string[] => {
    const scenario = scenarioFrom(
      parseSource(
        `name: x\nduration: 1m\ncluster: { nodes: 1 }\nworkload:\n  - deployments: { name: web, service: true }\n${rest}`,
        'x.yaml',
      ),
    );
    const scope = { entries: scenario.workload, until: 60e6, stream: () => ({}) as never };
    return scenario.workload.flatMap((entry, ordinal) =>
      [...(workloadKind(entry.kind)?.requests(entry.spec as never, { ...scope, ordinal }) ?? [])].map(
        ({ resource, body }) => `${resource} ${(body as { metadata: { name: string } }).metadata.name}`,
      ),
    );
  };

  test('makes it, and only once where traffic makes it too', () => {
    expect(requests('')).toEqual(['services web-0', 'deployments.apps web-0']);
    expect(requests('  - traffic: { of: web, requestsPerSecond: 1, for: 10s }\n')).toEqual(['deployments.apps web-0', 'services web-0']);
  });
});
