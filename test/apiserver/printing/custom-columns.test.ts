import { describe, expect, it } from 'vitest';
import { type KubeObject, parseTime } from '#api';
import { type CustomResourceDefinitionObject, customPrinter, printerOf, printerOfDefined } from '#apiserver';

const NOW = parseTime('2026-01-02T00:00:00Z') as number;
const object = {
  metadata: { name: 'it', creationTimestamp: '2026-01-01T00:00:00Z', labels: { 'a.b/c': 'd' } },
  spec: { replicas: 3, share: 0.5, on: true, hosts: ['x', 'y', 'z'], map: { k: 'v' }, 'odd-name': 1 },
  status: {
    conditions: [
      { type: 'Ready', status: 'True' },
      { type: 'Done', status: 'False' },
    ],
    parts: [
      { n: 1, w: 5 },
      { n: 2, w: 7 },
    ],
    at: '2026-01-01T23:59:30Z',
  },
} as unknown as KubeObject;

const cellOf = (jsonPath: string, type: string): unknown => customPrinter([{ name: 'C', type, jsonPath }]).cells(object, NOW)[1];

describe('printer columns by JSONPath', () => {
  it.each([
    ['.spec.replicas', 'integer', 3],
    ['.spec.replicas', 'string', '3'],
    ['.spec.share', 'number', 0.5],
    ['.spec.share', 'integer', 0],
    ['.spec.on', 'boolean', true],
    ['.spec.on', 'integer', null],
    ['.spec.missing', 'string', null],
    ['.spec.map', 'string', '{"k":"v"}'],
    ['.spec.hosts', 'string', '["x","y","z"]'],
    ['.spec.hosts[1]', 'string', 'y'],
    ['.spec.hosts[-1]', 'string', 'z'],
    ['.spec.hosts[*]', 'string', 'x'],
    ['.spec.hosts[9]', 'string', null],
    [".spec['odd-name']", 'integer', 1],
    ['.metadata.labels.a\\.b/c', 'string', 'd'],
    ['.status.conditions[?(@.type=="Ready")].status', 'string', 'True'],
    [".status.conditions[?(@.type=='Done')].status", 'string', 'False'],
    ['.status.conditions[?(@.type=="Gone")].status', 'string', null],
    ['.status.parts[?(@.w>5)].n', 'integer', 2],
    ['.status.parts[1:].n', 'integer', 2],
    ['.status..n', 'integer', 1],
    ['.status.at', 'date', '30s'],
    ['.spec.hosts[0]', 'date', '<invalid>'],
  ])('%s as %s', (path, type, cell) => {
    expect(cellOf(path, type)).toBe(cell);
  });
});

describe('the columns of a custom resource', () => {
  it('begin with the name, and say where the others come from', () => {
    const { columns } = customPrinter([{ name: 'Size', type: 'integer', jsonPath: '.spec.size', priority: 1, format: 'int32' }]);
    expect(columns).toEqual([
      { name: 'Name', type: 'string', format: 'name', description: '', priority: 0 },
      {
        name: 'Size',
        type: 'integer',
        format: 'int32',
        description: 'Custom resource definition column (in JSONPath format): .spec.size',
        priority: 1,
      },
    ]);
  });
  it('are the age when a definition lists none', () => {
    const printer = customPrinter(undefined);
    expect(printer.columns.map(({ name }) => name)).toEqual(['Name', 'Age']);
    expect(printer.cells(object, NOW)).toEqual(['it', '24h']);
  });
  it('are those of the version', () => {
    const column = { name: 'N', type: 'integer', jsonPath: '.spec.replicas' };
    const definition: CustomResourceDefinitionObject = {
      metadata: { name: 'widgets.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural: 'widgets', kind: 'Widget' },
        versions: [
          { name: 'v1', served: true, storage: true, additionalPrinterColumns: [column] },
          { name: 'v0', served: false, storage: false },
        ],
      },
    };
    expect(printerOfDefined([definition], 'widgets.example.com', 'v1')?.cells(object, NOW)).toEqual(['it', 3]);
    expect(printerOfDefined([definition], 'widgets.example.com', 'v0')).toBeUndefined();
    expect(printerOfDefined([definition], 'gadgets.example.com', 'v1')).toBeUndefined();
  });
});

describe('other versions of a built-in kind', () => {
  it('have the same columns', () => {
    const event = {
      metadata: { name: 'e' },
      regarding: { kind: 'Pod', name: 'p' },
      note: 'n',
      deprecatedCount: 2,
    } as unknown as KubeObject;
    const printer = printerOf('events.events.k8s.io');
    expect(printer.columns).toEqual(printerOf('events').columns);
    expect(printer.cells(event, NOW)).toEqual(['<unknown>', '', '', 'pod/p', '', '', 'n', '<unknown>', 2, 'e']);
  });
});
