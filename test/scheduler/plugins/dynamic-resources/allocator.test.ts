import { describe, expect, it } from 'vitest';
import type { DeviceClass, Node, ResourceClaim, ResourceSlice } from '#api';
// The allocator has no door of its own: units are tested where they stand.
import { MapLister } from '../../../../src/scheduler/object-handle.ts';
import { allocateDevices } from '../../../../src/scheduler/plugins/dynamic-resources/allocator.ts';
import { DeviceTracker } from '../../../../src/scheduler/plugins/dynamic-resources/device-tracker.ts';
import { DEFAULT_FEATURES, type DeviceFeatures } from '../../../../src/scheduler/plugins/dynamic-resources/features.ts';

const DRIVER = 'd.example.com';
const node: Node = { metadata: { name: 'n1', labels: { zone: 'a' } } } as unknown as Node;
const CLASSES = new MapLister<DeviceClass>([
  { metadata: { name: 'any' }, spec: {} } as DeviceClass,
  {
    metadata: { name: 'big' },
    spec: { selectors: [{ cel: { expression: `device.attributes["${DRIVER}"].size == "big"` } }] },
  } as DeviceClass,
]);

type Devices = NonNullable<NonNullable<ResourceSlice['spec']>['devices']>;

function slice(name: string, devices: Devices, spec: object = {}): ResourceSlice {
  return {
    metadata: { name },
    spec: { driver: DRIVER, pool: { name: 'n1', generation: 1, resourceSliceCount: 1 }, nodeName: 'n1', devices, ...spec },
  } as ResourceSlice;
}

const device = (name: string, size: string, more: Record<string, object> = {}): Devices[number] => ({
  name,
  attributes: { size: { string: size }, ...more },
});

function claim(name: string, requests: readonly object[], more: object = {}): ResourceClaim {
  return { metadata: { name, namespace: 'ns', uid: `uid-${name}` }, spec: { devices: { requests, ...more } } } as ResourceClaim;
}

const exactly = (name: string, deviceClassName = 'any', more: object = {}): object => ({
  name,
  exactly: { deviceClassName, allocationMode: 'ExactCount', count: 1, ...more },
});

interface Given {
  readonly slices: readonly ResourceSlice[];
  readonly allocated?: readonly ResourceClaim[];
  readonly features?: Partial<DeviceFeatures>;
}

function allocate(claims: readonly ResourceClaim[], { slices, allocated = [], features = {} }: Given) {
  const tracker = new DeviceTracker();
  for (const one of slices) tracker.sliceChanged(undefined, one);
  for (const one of allocated) tracker.claimChanged(undefined, one);
  return allocateDevices(claims, node, tracker, CLASSES, { ...DEFAULT_FEATURES, ...features });
}

/** 'request:device' by claim. */
const shown = (results: ReturnType<typeof allocate>): string[] | undefined =>
  results?.map((one) => (one.devices?.results ?? []).map((result) => `${result.request}:${result.device}`).join(' '));

const holder = (name: string, ...devices: string[]): ResourceClaim => ({
  ...claim(name, []),
  status: { allocation: { devices: { results: devices.map((one) => ({ request: 'r', driver: DRIVER, pool: 'n1', device: one })) } } },
});

describe('the search', () => {
  const small = slice('s', [device('a', 'big'), device('b', 'small'), device('c', 'small')]);

  it('takes the first that fits, and ties the claim to the node', () => {
    const results = allocate([claim('c', [exactly('r')])], { slices: [small] });
    expect(shown(results)).toEqual(['r:a']);
    expect(results?.[0]?.nodeSelector).toEqual({
      nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }] }],
    });
  });

  it('gives a device back when a later request can use no other', () => {
    expect(shown(allocate([claim('c', [exactly('r'), exactly('s', 'big')])], { slices: [small] }))).toEqual(['r:b s:a']);
  });

  it('gives a device back when another claim of the pod can use no other', () => {
    expect(shown(allocate([claim('c', [exactly('r')]), claim('d', [exactly('s', 'big')])], { slices: [small] }))).toEqual(['r:b', 's:a']);
  });

  it('passes over what others have, and finds nothing when all is taken', () => {
    expect(shown(allocate([claim('c', [exactly('r')])], { slices: [small], allocated: [holder('x', 'a', 'b')] }))).toEqual(['r:c']);
    expect(allocate([claim('c', [exactly('r')])], { slices: [small], allocated: [holder('x', 'a', 'b', 'c')] })).toBeUndefined();
    expect(allocate([claim('c', [exactly('r', 'any', { count: 4 })])], { slices: [small] })).toBeUndefined();
  });

  it('lets administrators share, but not twice in one claim', () => {
    const admin = exactly('r', 'big', { adminAccess: true });
    const results = allocate([claim('c', [admin])], { slices: [small], allocated: [holder('x', 'a')] });
    expect(results?.[0]?.devices?.results).toEqual([{ request: 'r', driver: DRIVER, pool: 'n1', device: 'a', adminAccess: true }]);
    expect(allocate([claim('c', [admin, exactly('s', 'big', { adminAccess: true })])], { slices: [small] })).toBeUndefined();
  });

  it('takes all or nothing when all are asked for', () => {
    const all = claim('c', [exactly('r', 'any', { allocationMode: 'All', count: undefined })]);
    expect(shown(allocate([all], { slices: [small] }))).toEqual(['r:a r:b r:c']);
    expect(allocate([all], { slices: [small], allocated: [holder('x', 'b')] })).toBeUndefined();
    expect(allocate([all], { slices: [] })).toBeUndefined();
  });
});

describe('a prioritized list', () => {
  const slices = [slice('s', [device('a', 'small'), device('b', 'big')])];
  const list = {
    name: 'r',
    firstAvailable: [
      { name: 'two-big', deviceClassName: 'big', allocationMode: 'ExactCount', count: 2 },
      { name: 'one', deviceClassName: 'any', allocationMode: 'ExactCount', count: 1 },
    ],
  };

  it('falls back to the next alternative, by name', () => {
    expect(shown(allocate([claim('c', [list])], { slices }))).toEqual(['r/one:a']);
  });

  it('chooses again when the first choice leaves nothing for others', () => {
    const wide = [slice('s', [device('a', 'big'), device('b', 'big')])];
    expect(shown(allocate([claim('c', [list, exactly('s')])], { slices: wide }))).toEqual(['r/one:a s:b']);
  });

  it('keeps the configuration of the alternative chosen', () => {
    const opaque = { driver: DRIVER, parameters: { mode: 'x' } };
    const one = claim('c', [list, exactly('s')], {
      config: [
        { requests: ['r/one'], opaque },
        { requests: ['r/two-big'], opaque },
      ],
    });
    expect(allocate([one], { slices })?.[0]?.devices?.config).toEqual([{ source: 'FromClaim', requests: ['r/one'], opaque }]);
  });

  it('is refused while its gate is off', () => {
    expect(() => allocate([claim('c', [list])], { slices, features: { prioritizedList: false } })).toThrow(
      'claim ns/c, request r: has subrequests, but the DRAPrioritizedList feature is disabled',
    );
  });
});

describe('matchAttribute', () => {
  const numa = (value: number): Record<string, object> => ({ numa: { int: value } });
  const slices = [slice('s', [device('a', 'big', numa(0)), device('b', 'small', numa(1)), device('c', 'small', numa(1))])];
  const same = { constraints: [{ matchAttribute: `${DRIVER}/numa` }] };

  it('tries the other value when the first has too few devices', () => {
    expect(shown(allocate([claim('c', [exactly('r', 'any', { count: 2 })], same)], { slices }))).toEqual(['r:b r:c']);
  });

  it('concerns only the requests that it names', () => {
    const some = { constraints: [{ matchAttribute: `${DRIVER}/numa`, requests: ['s'] }] };
    expect(shown(allocate([claim('c', [exactly('r'), exactly('s', 'any', { count: 2 })], some)], { slices }))).toEqual(['r:a s:b s:c']);
  });

  it('keeps out devices without the attribute', () => {
    expect(allocate([claim('c', [exactly('r')], { constraints: [{ matchAttribute: `${DRIVER}/rack` }] })], { slices })).toBeUndefined();
  });

  it('makes "all" an error when not all have it', () => {
    expect(() => allocate([claim('c', [exactly('r', 'any', { allocationMode: 'All' })], same)], { slices })).toThrow(
      `claim ns/c, request r: cannot add device ${DRIVER}/n1/b because a claim constraint would not be satisfied`,
    );
  });
});

describe('pools', () => {
  const one = claim('c', [exactly('r')]);
  const pool = (generation: number, resourceSliceCount: number): object => ({ pool: { name: 'n1', generation, resourceSliceCount } });

  it('are read in their newest generation, as far as it is here', () => {
    const old = slice('s1', [device('old', 'big')], pool(1, 1));
    const half = slice('s2', [device('new', 'big')], pool(2, 2));
    expect(shown(allocate([one], { slices: [old, half] }))).toEqual(['r:new']);
    expect(shown(allocate([one], { slices: [old, half, slice('s3', [device('newer', 'big')], pool(2, 2))] }))).toEqual(['r:new']);
  });

  it('end the attempt while a name stands for two devices', () => {
    expect(() => allocate([one], { slices: [slice('s', [device('a', 'big'), device('a', 'big')])] })).toThrow(
      'pool n1 is invalid: duplicate device name a',
    );
  });

  it('end an attempt that wants all of them while they change', () => {
    expect(() =>
      allocate([claim('c', [exactly('r', 'any', { allocationMode: 'All' })])], { slices: [slice('s', [], pool(1, 2))] }),
    ).toThrow(`claim ns/c, request r: asks for all devices, but resource pool ${DRIVER}/n1 is currently being updated`);
  });

  it('reach nodes by selector, and so does the allocation', () => {
    const selector = (value: string): object => ({
      nodeName: undefined,
      nodeSelector: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: [value] }] }] },
    });
    expect(allocate([one], { slices: [slice('s', [device('a', 'big')], selector('b'))] })).toBeUndefined();
    expect(allocate([one], { slices: [slice('s', [device('a', 'big')], selector('a'))] })?.[0]?.nodeSelector).toEqual({
      nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['a'] }] }],
    });
    const everywhere = slice('s', [device('a', 'big')], { nodeName: undefined, allNodes: true });
    expect(allocate([one], { slices: [everywhere] })?.[0]?.nodeSelector).toBeUndefined();
  });
});

describe('what is behind gates', () => {
  const taints = [{ key: 'broken', value: 'yes', effect: 'NoSchedule' }];
  const tainted = [slice('s', [{ ...device('a', 'big'), taints } as Devices[number], device('b', 'big')])];

  it('taints keep a device from those who do not tolerate it, when they count', () => {
    const one = claim('c', [exactly('r')]);
    const tolerant = claim('c', [exactly('r', 'any', { tolerations: [{ key: 'broken', operator: 'Exists' }] })]);
    expect(shown(allocate([one], { slices: tainted }))).toEqual(['r:a']);
    expect(shown(allocate([one], { slices: tainted, features: { deviceTaints: true } }))).toEqual(['r:b']);
    expect(shown(allocate([tolerant], { slices: tainted, features: { deviceTaints: true } }))).toEqual(['r:a']);
  });

  it('parts of one device share its counters', () => {
    const part = (name: string, memory: string): Devices[number] =>
      ({ ...device(name, 'big'), consumesCounters: [{ counterSet: 'gpu', counters: { memory: { value: memory } } }] }) as Devices[number];
    const sharedCounters = [{ name: 'gpu', counters: { memory: { value: '10Gi' } } }];
    const slices = [slice('s', [part('whole', '10Gi'), part('half-0', '5Gi'), part('half-1', '5Gi')], { sharedCounters })];
    const features = { partitionableDevices: true };
    const two = claim('c', [exactly('r', 'any', { count: 2 })]);
    expect(shown(allocate([two], { slices, features }))).toEqual(['r:half-0 r:half-1']);
    expect(shown(allocate([claim('c', [exactly('r')])], { slices, features, allocated: [holder('x', 'half-0')] }))).toEqual(['r:half-1']);
    expect(allocate([claim('c', [exactly('r')])], { slices, features, allocated: [holder('x', 'whole')] })).toBeUndefined();
  });
});

describe('faults of claims and classes', () => {
  const slices = [slice('s', [device('a', 'big')])];

  it('are errors with the place of the selector', () => {
    const selectors = [{ cel: { expression: `device.attributes["${DRIVER}"].healthy` } }];
    expect(() => allocate([claim('c', [exactly('r', 'any', { selectors })])], { slices })).toThrow(
      'claim ns/c: selector #0: CEL runtime error: no such key: healthy',
    );
    expect(() => allocate([claim('c', [exactly('r', 'none')])], { slices })).toThrow(
      'claim ns/c, request r: could not retrieve device class none',
    );
    expect(() => allocate([claim('c', [exactly('r', 'any', { count: 33 })])], { slices })).toThrow(
      'claim ns/c: number of requested devices 33 exceeds the claim limit of 32',
    );
  });
});

describe('the tracker', () => {
  it('counts an allocation once, on its way and arrived', () => {
    const tracker = new DeviceTracker();
    const before = claim('x', []);
    const after = holder('x', 'a');
    const id = `${DRIVER}/n1/a`;
    tracker.claimChanged(undefined, before);
    tracker.allocate('uid-x', after);
    expect([tracker.isAllocated(id), tracker.isInFlight('uid-x')]).toEqual([true, true]);
    tracker.claimChanged(before, after);
    expect([tracker.isAllocated(id), tracker.isInFlight('uid-x')]).toEqual([true, false]);
    tracker.claimChanged(after, before);
    expect(tracker.isAllocated(id)).toBe(false);
    tracker.claimChanged(before, after);
    tracker.claimChanged(after, undefined);
    expect(tracker.isAllocated(id)).toBe(false);
  });
});
