import { describe, expect, it } from 'vitest';
import { type Answer, type Call, create, play, type Step } from './lab.ts';

const CLASSES = 'deviceclasses.resource.k8s.io';
const CLAIMS = 'resourceclaims.resource.k8s.io';
const SLICES = 'resourceslices.resource.k8s.io';

const selected = (expression: string): object => ({ selectors: [{ cel: { expression } }] });
const deviceClass = (expression: string): Call => create(CLASSES, { metadata: { name: 'gpu' }, spec: selected(expression) });
const claim = (devices: object): Call => create(CLAIMS, { metadata: { name: 'c', namespace: 'default' }, spec: { devices } });
const requests = (...exactly: object[]): object => ({
  requests: exactly.map((one, i) => ({ name: `r${i}`, exactly: { deviceClassName: 'gpu', ...one } })),
});
const slice = (spec: object): Call =>
  create(SLICES, {
    metadata: { name: 's' },
    spec: { driver: 'd.example.com', pool: { name: 'p', generation: 1, resourceSliceCount: 1 }, nodeName: 'n', ...spec },
  });

function answersTo(steps: readonly Step[]): readonly Answer[] {
  return play(steps).answers;
}

const REFUSALS: readonly (readonly [Call, string])[] = [
  [
    deviceClass('device.drive == "x"'),
    'DeviceClass.resource.k8s.io "gpu" is invalid: spec.selectors[0].cel.expression: Invalid value: "device.drive == \\"x\\"": compilation failed: ERROR: <input>:1:7: undefined field \'drive\'\n | device.drive == "x"\n | ......^',
  ],
  [
    deviceClass('1 + 1'),
    'DeviceClass.resource.k8s.io "gpu" is invalid: spec.selectors[0].cel.expression: Invalid value: "1 + 1": must evaluate to bool or the unknown type, not int',
  ],
  [
    claim(requests(selected('gpu'))),
    'ResourceClaim.resource.k8s.io "c" is invalid: spec.devices.requests[0].exactly.selectors[0].cel.expression: Invalid value: "gpu": compilation failed: ERROR: <input>:1:1: undeclared reference to \'gpu\' (in container \'\')\n | gpu\n | ^',
  ],
  [
    claim({ requests: [{ name: 'r' }] }),
    'ResourceClaim.resource.k8s.io "c" is invalid: spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required',
  ],
  [
    claim(requests({ allocationMode: 'All', count: 2 })),
    'ResourceClaim.resource.k8s.io "c" is invalid: spec.devices.requests[0].exactly.count: Invalid value: 2: must not be specified when allocationMode is \'All\'',
  ],
  [
    claim({ ...requests({}), constraints: [{ requests: ['other'], matchAttribute: 'numa' }] }),
    'ResourceClaim.resource.k8s.io "c" is invalid: [spec.devices.constraints[0].requests[0]: Invalid value: "other": must be the name of a request in the claim or the name of a request and a subrequest separated by \'/\', spec.devices.constraints[0].matchAttribute: Invalid value: "numa": must include a domain]',
  ],
  [
    claim(requests({ adminAccess: true })),
    'ResourceClaim.resource.k8s.io "c" is invalid: spec.devices.requests[0].adminAccess: Forbidden: admin access to devices requires the `resource.kubernetes.io/admin-access: true` label on the containing namespace',
  ],
  [
    slice({ allNodes: true }),
    'ResourceSlice.resource.k8s.io "s" is invalid: spec: Invalid value: "{`nodeName`, `allNodes`}": exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required, but multiple fields are set',
  ],
  [
    slice({ devices: [{ name: 'd0', attributes: { version: { version: 'v1' } } }, { name: 'd0' }] }),
    'ResourceSlice.resource.k8s.io "s" is invalid: [spec.devices[0].attributes[version].version: Invalid value: "v1": must be a string compatible with semver.org spec 2.0.0, spec.devices[1].name: Duplicate value: "d0"]',
  ],
];

describe('what resource.k8s.io refuses', () => {
  const answers = answersTo(REFUSALS.map(([call]) => call));
  it.each(REFUSALS.map(([, text], i) => [text, i] as const))('%s', (text, i) => {
    expect(answers[i]?.code).toBe(422);
    expect(answers[i]?.object.message).toBe(text);
  });
});

describe('a claim', () => {
  const allocation = { devices: { results: [{ request: 'r0', driver: 'd.example.com', pool: 'p', device: 'd0' }] } };
  const reservedFor = [{ resource: 'pods', name: 'p', uid: 'u1' }];
  const patch = (status: object): Call => ({
    verb: 'patch',
    resource: CLAIMS,
    subresource: 'status',
    namespace: 'default',
    name: 'c',
    patchType: 'strategic',
    body: { status },
  });
  const [made, reservedEarly, allocated, reallocated, shared, released] = answersTo([
    claim(requests({}, { allocationMode: 'All' })),
    patch({ reservedFor }),
    patch({ allocation, reservedFor }),
    patch({ allocation: { ...allocation, nodeSelector: { nodeSelectorTerms: [] } } }),
    patch({ reservedFor: [{ resource: 'pods', name: 'q', uid: 'u2' }] }),
    patch({ reservedFor: [{ $patch: 'delete', uid: 'u1' }] }),
  ]);

  it('asks for one device unless it says otherwise', () => {
    expect(made?.code).toBe(201);
    expect(made?.object.spec.devices.requests.map((r: { exactly: object }) => r.exactly)).toEqual([
      { deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 1 },
      { deviceClassName: 'gpu', allocationMode: 'All' },
    ]);
  });

  it('is reserved only once it is allocated, and allocated only once', () => {
    expect(reservedEarly?.object.message).toBe(
      'ResourceClaim.resource.k8s.io "c" is invalid: status.reservedFor: Forbidden: may not be specified when `allocated` is not set',
    );
    expect(allocated?.code).toBe(200);
    expect(reallocated?.object.message).toMatch(/status\.allocation: Invalid value: .*: field is immutable$/);
  });

  it('merges its consumers by uid', () => {
    expect(shared?.object.status.reservedFor.map((one: { uid: string }) => one.uid)).toEqual(['u2', 'u1']);
    expect(released?.object.status.reservedFor.map((one: { uid: string }) => one.uid)).toEqual(['u2']);
  });
});

it('lets administrators in where the namespace says so', () => {
  const allowed = { metadata: { labels: { 'resource.kubernetes.io/admin-access': 'true' } } };
  const answers = answersTo([
    { verb: 'patch', resource: 'namespaces', name: 'default', patchType: 'merge', body: allowed },
    500,
    claim(requests({ adminAccess: true })),
  ]);
  expect(answers[2]?.code).toBe(201);
});
