/** Devices of a node pool, as a driver of dynamic resource allocation would publish them: a few lines of YAML become the devices of its ResourceSlices. */

import type { Device, DeviceAttribute } from '#api';
import { count, fields, type JsonSchema, label, list, quantity } from './schema-pieces.ts';

/** What one driver offers on each node of a pool; shared by reference. */
export interface NodeDevices {
  readonly driver: string;
  readonly devices: readonly Device[];
}

const value: JsonSchema = {
  anyOf: [
    { type: ['integer', 'boolean'] },
    { type: 'string', format: 'device-text' },
    fields(
      'a semantic version',
      {
        version: { type: 'string', format: 'semver', description: 'x.y.z' },
      },
      ['version'],
    ),
  ],
  description: 'text, a whole number, true or false, or { version: 1.2.3 }',
};

export const devicesSchema: JsonSchema = list(
  fields(
    'devices of one driver',
    {
      driver: { type: 'string', format: 'driver', description: 'name of the driver (gpu.example.com)' },
      count: count('how many a node (default 1)', 1, 1024),
      name: label('prefix of their names (default device)'),
      attributes: {
        type: 'object',
        propertyNames: { format: 'device-property' },
        additionalProperties: { anyOf: [value, list(value, 'devices take turns', 1)] },
        description: 'by name: a value, or a list from which devices take turns',
      },
      capacity: {
        type: 'object',
        propertyNames: { format: 'device-property' },
        additionalProperties: quantity('amount'),
        description: 'amounts by name',
      },
    },
    ['driver'],
  ),
  'devices of each node, published as ResourceSlices',
);

type Written = Readonly<Record<string, unknown>>;

function attributeOf(written: unknown): DeviceAttribute {
  if (typeof written === 'string') return { string: written };
  if (typeof written === 'number') return { int: written };
  if (typeof written === 'boolean') return { bool: written };
  return { version: (written as { version: string }).version };
}

/** The complete plan of a valid `devices`. */
export const nodeDevices = (written: unknown): readonly NodeDevices[] =>
  ((written ?? []) as readonly Written[]).map((entry) => {
    const attributes = Object.entries((entry['attributes'] ?? {}) as Written);
    const amounts = Object.entries((entry['capacity'] ?? {}) as Written);
    const devices = Array.from({ length: (entry['count'] as number | undefined) ?? 1 }, (_, index): Device => {
      const turn = (one: unknown): unknown => (Array.isArray(one) ? one[index % one.length] : one);
      return {
        name: `${(entry['name'] as string | undefined) ?? 'device'}-${index}`,
        ...(attributes.length > 0
          ? { attributes: Object.fromEntries(attributes.map(([name, one]) => [name, attributeOf(turn(one))])) }
          : {}),
        ...(amounts.length > 0 ? { capacity: Object.fromEntries(amounts.map(([name, amount]) => [name, { value: String(amount) }])) } : {}),
      };
    });
    return { driver: entry['driver'] as string, devices };
  });
