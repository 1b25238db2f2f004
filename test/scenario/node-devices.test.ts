import { describe, expect, test } from 'vitest';
import { parseSource, scenarioFrom, UserError } from '#scenario';

const scenario = (devices: string) =>
  scenarioFrom(parseSource(`name: s\nduration: 1m\ncluster:\n  nodes:\n    - count: 1\n      devices:\n${devices}`, 's.yaml'), []);

function complaint(devices: string): string {
  try {
    scenario(devices);
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('devices of a node pool', () => {
  test('are numbered, and take turns where a list of values stands', () => {
    const [pool] = scenario(
      [
        '        - driver: gpu.example.com',
        '          name: gpu',
        '          count: 3',
        '          attributes: { model: A100, numa: [0, 1], healthy: true, fw: { version: 1.2.3 } }',
        '          capacity: { memory: 40Gi, slots: 7 }',
      ].join('\n'),
    ).cluster.nodes;
    expect(pool?.devices).toHaveLength(1);
    expect(pool?.devices?.[0]?.devices.map(({ name, attributes }) => [name, attributes?.['numa']])).toEqual([
      ['gpu-0', { int: 0 }],
      ['gpu-1', { int: 1 }],
      ['gpu-2', { int: 0 }],
    ]);
    expect(pool?.devices?.[0]?.devices[1]).toMatchObject({
      attributes: { model: { string: 'A100' }, healthy: { bool: true }, fw: { version: '1.2.3' } },
      capacity: { memory: { value: '40Gi' }, slots: { value: '7' } },
    });
  });

  test.each([
    ['        - count: 3', /^s\.yaml:7:11: .*'driver'/],
    ['        - { driver: gpu.example.com, cuont: 3 }', /^s\.yaml:7:38: unknown key 'cuont'.*did you mean 'count'\?$/],
    ['        - { driver: GPU, count: 1 }', /^s\.yaml:7:21: .*'GPU'/],
    ['        - { driver: d, capacity: { memory: lots } }', /^s\.yaml:7:44: .*lots/],
    ['        - { driver: d, attributes: { a-b: 1 } }', /^s\.yaml:7:/],
    ['        - { driver: d, attributes: { v: { version: v1 } } }', /^s\.yaml:7:/],
    ['        - { driver: d, attributes: { x: 1.5 } }', /^s\.yaml:7:41: /],
  ])('%s is refused with its place', (text, message) => {
    expect(complaint(text)).toMatch(message);
  });
});
