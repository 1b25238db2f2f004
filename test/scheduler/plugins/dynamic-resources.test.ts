/** Pods with device claims, from their templates to their release: scheduler, claim controller and a real API server. */

import { describe, expect, it } from 'vitest';
import type { ResourceClaim } from '#api';
import { type LabOptions, lab, nodeAt, podAt, type Step } from '../lab.ts';

const DRIVER = 'gpu.example.com';
const CLAIMS = 'resourceclaims.resource.k8s.io';

const create = (second: number, resource: string, body: object): Step => [
  second,
  { verb: 'create', resource, ...(resource.startsWith('resourceclaim') ? { namespace: 'default' } : {}), body } as Step[1],
];

const classAt = (second: number, name = 'gpu', expression = `device.driver == "${DRIVER}"`): Step =>
  create(second, 'deviceclasses.resource.k8s.io', { metadata: { name }, spec: { selectors: [{ cel: { expression } }] } });

const sliceAt = (second: number, node: string, devices: number, model = 'A'): Step =>
  create(second, 'resourceslices.resource.k8s.io', {
    metadata: { name: `slice-${node}` },
    spec: {
      driver: DRIVER,
      nodeName: node,
      pool: { name: node, generation: 1, resourceSliceCount: 1 },
      devices: Array.from({ length: devices }, (_, i) => ({ name: `gpu-${i}`, attributes: { model: { string: model } } })),
    },
  });

const wants = (more: object = {}, deviceClassName = 'gpu'): object => ({
  devices: { requests: [{ name: 'r', exactly: { deviceClassName, ...more } }] },
});
const templateAt = (second: number, spec: object = wants()): Step =>
  create(second, 'resourceclaimtemplates.resource.k8s.io', { metadata: { name: 'one-gpu' }, spec: { spec } });
const claimAt = (second: number, name: string, spec: object = wants()): Step => create(second, CLAIMS, { metadata: { name }, spec });
const withTemplate = { resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 'one-gpu' }] };
const withClaim = (name: string): object => ({ resourceClaims: [{ name: 'gpu', resourceClaimName: name }] });

const run = (steps: readonly Step[], options: LabOptions = {}) =>
  lab(steps, { controllers: ['resourceclaim', 'garbage-collector'], ...options }).janitor;
const devices = (claim: ResourceClaim | undefined): string[] =>
  (claim?.status?.allocation?.devices?.results ?? []).map(({ pool, device }) => `${pool}/${device}`);
const failures = (janitor: ReturnType<typeof run>, pod: string): string[] =>
  janitor.events(pod).filter((text) => text.startsWith('FailedScheduling'));

describe('a pod with a claim template', () => {
  it('gets a claim, a device and a reservation before it is bound', () => {
    const janitor = run([
      nodeAt(1, 'bare'),
      nodeAt(1, 'gpus'),
      classAt(1),
      sliceAt(1, 'gpus', 2),
      templateAt(1),
      podAt(3, 'p', '1', withTemplate),
    ]);
    const pod = janitor.pod('p');
    const [claim] = janitor.claims();
    expect(pod?.spec?.nodeName).toBe('gpus');
    expect(pod?.status?.resourceClaimStatuses).toEqual([{ name: 'gpu', resourceClaimName: claim?.metadata?.name }]);
    expect(claim?.metadata?.name).toMatch(/^p-gpu-.{5}$/);
    expect(claim?.metadata?.annotations).toEqual({ 'resource.kubernetes.io/pod-claim-name': 'gpu' });
    expect(claim?.metadata?.finalizers).toEqual(['resource.kubernetes.io/delete-protection']);
    expect(devices(claim)).toEqual(['gpus/gpu-0']);
    expect(claim?.status?.allocation?.nodeSelector).toEqual({
      nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['gpus'] }] }],
    });
    expect(claim?.status?.reservedFor).toEqual([{ resource: 'pods', name: 'p', uid: pod?.metadata?.uid }]);
  });

  it('shares no device with others, waits when all are taken, and takes what another pod leaves', () => {
    const pods = ['a', 'b', 'c'].map((name, i) => podAt(3 + i, name, '1', withTemplate));
    const steps = [nodeAt(1, 'gpus'), classAt(1), sliceAt(1, 'gpus', 2), templateAt(1), ...pods];
    const before = run(steps, { seconds: 12 });
    expect(before.claims().flatMap(devices).sort()).toEqual(['gpus/gpu-0', 'gpus/gpu-1']);
    expect(before.pod('c')?.spec?.nodeName).toBeUndefined();
    expect(failures(before, 'c')).toEqual([
      'FailedScheduling: 0/1 nodes are available: 1 cannot allocate all claims. still not schedulable, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
    ]);
    const after = run([...steps, [12, { verb: 'delete', resource: 'pods', namespace: 'default', name: 'a' }]]);
    expect(after.pod('c')?.spec?.nodeName).toBe('gpus');
    expect(after.claims().flatMap(devices).sort()).toEqual(['gpus/gpu-0', 'gpus/gpu-1']);
    expect(after.claims()).toHaveLength(2);
  });

  it('places a burst of pods without ever giving a device twice', () => {
    const pods = Array.from({ length: 12 }, (_, i) => podAt(3, `p${i}`, '100m', withTemplate));
    const nodes = ['n1', 'n2', 'n3'].flatMap((name) => [nodeAt(1, name), sliceAt(1, name, 4)]);
    const janitor = run([...nodes, classAt(1), templateAt(1), ...pods]);
    const taken = janitor.claims().flatMap(devices);
    expect(taken).toHaveLength(12);
    expect(new Set(taken).size).toBe(12);
    for (const claim of janitor.claims())
      expect(janitor.pod(`p${/^p(\d+)/.exec(claim.metadata?.name ?? '')?.[1]}`)?.spec?.nodeName).toBe(
        claim.status?.allocation?.devices?.results?.[0]?.pool,
      );
  });

  it('is held back until its template is there, and its controller says so', () => {
    const janitor = run([nodeAt(1, 'gpus'), classAt(1), sliceAt(1, 'gpus', 1), podAt(3, 'p', '1', withTemplate), templateAt(10)], {
      seconds: 60,
    });
    expect(janitor.events('p')[0]).toBe(
      'FailedResourceClaimCreation: PodResourceClaim gpu: resource claim template "one-gpu": resourceclaimtemplate.resource.k8s.io "one-gpu" not found',
    );
    expect(failures(janitor, 'p')).toEqual([]);
    expect(janitor.pod('p')?.spec?.nodeName).toBe('gpus');
  });

  it('is released when it ends: the claim goes, its device is free', () => {
    const finished = {
      verb: 'patch',
      resource: 'pods',
      subresource: 'status',
      namespace: 'default',
      name: 'p',
      patchType: 'merge',
      body: { status: { phase: 'Succeeded' } },
    } as const;
    const janitor = run([
      nodeAt(1, 'gpus'),
      classAt(1),
      sliceAt(1, 'gpus', 1),
      templateAt(1),
      podAt(3, 'p', '1', withTemplate),
      [8, finished],
    ]);
    expect(janitor.pod('p')?.status?.phase).toBe('Succeeded');
    expect(janitor.claims()).toEqual([]);
  });
});

describe('a claim that pods share', () => {
  it('is allocated once, and ties its pods to the node', () => {
    const janitor = run([
      nodeAt(1, 'n1'),
      nodeAt(1, 'n2'),
      classAt(1),
      sliceAt(1, 'n2', 1),
      claimAt(1, 'shared'),
      podAt(3, 'a', '1', withClaim('shared')),
      podAt(3, 'b', '1', withClaim('shared')),
    ]);
    expect([janitor.pod('a')?.spec?.nodeName, janitor.pod('b')?.spec?.nodeName]).toEqual(['n2', 'n2']);
    const [claim] = janitor.claims();
    expect(claim?.status?.reservedFor?.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(devices(claim)).toEqual(['n2/gpu-0']);
  });

  it('is free again when the last of them is gone, but stays', () => {
    const gone = (name: string): Step => [10, { verb: 'delete', resource: 'pods', namespace: 'default', name }];
    const janitor = run([
      nodeAt(1, 'n1'),
      classAt(1),
      sliceAt(1, 'n1', 1),
      claimAt(1, 'shared'),
      podAt(3, 'a', '1', withClaim('shared')),
      gone('a'),
    ]);
    const [claim] = janitor.claims();
    expect(claim?.status?.allocation).toBeUndefined();
    expect(claim?.status?.reservedFor ?? []).toEqual([]);
    expect(claim?.metadata?.finalizers ?? []).toEqual([]);
  });

  it('of an administrator reaches devices that others have, and takes none away', () => {
    const labels = { 'resource.kubernetes.io/admin-access': 'true' };
    const janitor = run([
      [0.5, { verb: 'patch', resource: 'namespaces', name: 'default', patchType: 'merge', body: { metadata: { labels } } }],
      nodeAt(1, 'n1'),
      classAt(1),
      sliceAt(1, 'n1', 2),
      claimAt(1, 'first'),
      claimAt(1, 'all', wants({ adminAccess: true, allocationMode: 'All' })),
      claimAt(1, 'second'),
      podAt(3, 'a', '1', withClaim('first')),
      podAt(4, 'watcher', '1', withClaim('all')),
      podAt(5, 'b', '1', withClaim('second')),
    ]);
    const given = Object.fromEntries(janitor.claims().map((claim) => [claim.metadata?.name, devices(claim).sort()]));
    expect(given).toEqual({ first: ['n1/gpu-0'], all: ['n1/gpu-0', 'n1/gpu-1'], second: ['n1/gpu-1'] });
    expect(['a', 'watcher', 'b'].map((name) => janitor.pod(name)?.spec?.nodeName)).toEqual(['n1', 'n1', 'n1']);
  });

  it('is waited for, then found', () => {
    const janitor = run([nodeAt(1, 'n1'), classAt(1), sliceAt(1, 'n1', 1), podAt(3, 'a', '1', withClaim('later')), claimAt(9, 'later')]);
    expect(failures(janitor, 'a')).toEqual([]);
    expect(janitor.pod('a')?.spec?.nodeName).toBe('n1');
    expect(janitor.seen.findLast(({ pod }) => pod.metadata?.name === 'a' && pod.spec?.nodeName === undefined)?.at).toBeGreaterThanOrEqual(
      3,
    );
  });

  it('gives its node up when it is allocated where its pod cannot go', () => {
    const full = { nodeSelector: { 'kubernetes.io/hostname': 'n2' } };
    const allocation = {
      devices: { results: [{ request: 'r', driver: DRIVER, pool: 'n1', device: 'gpu-0' }] },
      nodeSelector: { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }] }] },
    };
    const allocated: Step = [
      2,
      {
        verb: 'patch',
        resource: CLAIMS,
        subresource: 'status',
        namespace: 'default',
        name: 'c',
        patchType: 'merge',
        body: { status: { allocation } },
      },
    ];
    const janitor = run([
      nodeAt(1, 'n1'),
      nodeAt(1, 'n2'),
      classAt(1),
      sliceAt(1, 'n1', 1),
      sliceAt(1, 'n2', 1),
      claimAt(1, 'c'),
      allocated,
      podAt(4, 'p', '1', { ...withClaim('c'), ...full }),
    ]);
    expect(failures(janitor, 'p')).toEqual([
      "FailedScheduling: 0/2 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 resourceclaim not available on the node. deallocation of ResourceClaim completed, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
    ]);
    expect(janitor.pod('p')?.spec?.nodeName).toBe('n2');
    expect(devices(janitor.claims()[0])).toEqual(['n2/gpu-0']);
  });
});

describe('why a pod waits', () => {
  const basics = [nodeAt(1, 'n1'), sliceAt(1, 'n1', 1)];

  it('a class that does not exist, until it does', () => {
    const janitor = run([...basics, claimAt(1, 'c'), podAt(3, 'p', '1', withClaim('c')), classAt(9)]);
    expect(failures(janitor, 'p')).toEqual([
      'FailedScheduling: 0/1 nodes are available: request r: device class gpu does not exist. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
    ]);
    expect(janitor.pod('p')?.spec?.nodeName).toBe('n1');
  });

  it('slices that come later', () => {
    const janitor = run([nodeAt(1, 'n1'), classAt(1), claimAt(1, 'c'), podAt(3, 'p', '1', withClaim('c')), sliceAt(9, 'n1', 1)]);
    expect(failures(janitor, 'p')).toHaveLength(1);
    expect(janitor.pod('p')?.spec?.nodeName).toBe('n1');
  });

  it('an expression that fails at run time ends the attempt as an error', () => {
    const janitor = run([
      ...basics,
      classAt(1, 'gpu', `device.attributes["${DRIVER}"].healthy`),
      claimAt(1, 'c'),
      podAt(3, 'p', '1', withClaim('c')),
    ]);
    expect(failures(janitor, 'p')[0]).toBe(
      'FailedScheduling: running "DynamicResources" filter plugin: class gpu: selector #0: CEL runtime error: no such key: healthy',
    );
    expect(janitor.pod('p')?.status?.conditions).toContainEqual(
      expect.objectContaining({ type: 'PodScheduled', reason: 'SchedulerError' }),
    );
  });
});
