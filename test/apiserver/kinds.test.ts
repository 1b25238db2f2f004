import { describe, expect, it } from 'vitest';
import { RESOURCES } from '#api';
import { at, type Call, create, play } from './lab.ts';

const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'c', image: 'i:1' }] } };
const selector = { matchLabels: { app: 'x' } };
const meta = { metadata: { name: 'it' } };
const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };

/** What is created, and what it becomes. */
const DEFAULTED: readonly (readonly [string, object, object])[] = [
  [
    'statefulsets.apps',
    { ...meta, spec: { selector, template, serviceName: 's' } },
    {
      spec: {
        replicas: 1,
        podManagementPolicy: 'OrderedReady',
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
        persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      },
      metadata: { generation: 1 },
    },
  ],
  [
    'daemonsets.apps',
    { ...meta, spec: { selector, template } },
    { spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } }, revisionHistoryLimit: 10 } },
  ],
  ['replicationcontrollers', { ...meta, spec: { template } }, { spec: { replicas: 1, selector: { app: 'x' } } }],
  [
    'cronjobs.batch',
    {
      ...meta,
      spec: { schedule: '*/5 * * * *', jobTemplate: { spec: { template: { spec: { ...template.spec, restartPolicy: 'Never' } } } } },
    },
    { spec: { concurrencyPolicy: 'Allow', suspend: false, successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 } },
  ],
  ['persistentvolumeclaims', { ...meta, spec: claim }, { spec: { volumeMode: 'Filesystem' }, status: { phase: 'Pending' } }],
  [
    'persistentvolumes',
    { ...meta, spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, csi: { driver: 'd', volumeHandle: 'h' } } },
    { spec: { persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem' }, status: { phase: 'Pending' } },
  ],
  ['storageclasses.storage.k8s.io', { ...meta, provisioner: 'p' }, { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' }],
  [
    'horizontalpodautoscalers.autoscaling',
    { ...meta, spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' } } },
    { spec: { minReplicas: 1, metrics: [{ type: 'Resource', resource: { name: 'cpu' } }] } },
  ],
  ['priorityclasses.scheduling.k8s.io', { ...meta, value: 5 }, { preemptionPolicy: 'PreemptLowerPriority', metadata: { generation: 1 } }],
  ['secrets', { ...meta, stringData: { a: 'b' } }, { type: 'Opaque', data: { a: 'Yg==' } }],
  [
    'services',
    { ...meta, spec: { ports: [{ port: 80 }] } },
    {
      spec: { type: 'ClusterIP', sessionAffinity: 'None', ports: [{ protocol: 'TCP', targetPort: 80 }], internalTrafficPolicy: 'Cluster' },
    },
  ],
];

describe('defaults', () => {
  const calls = DEFAULTED.map(([resource, body]) => create(resource, body));
  const { answers } = play(calls);
  it.each(DEFAULTED.map(([resource, , becomes], i) => ({ resource, becomes, i })))('$resource', ({ becomes, i }) => {
    expect(answers[i]).toMatchObject({ code: 201, object: becomes });
  });
});

/** What is sent, and the end of what comes back. */
const REFUSED: readonly (readonly [Call, string])[] = [
  [
    create('cronjobs.batch', {
      ...meta,
      spec: { schedule: 'soon', jobTemplate: { spec: { template: { spec: { ...template.spec, restartPolicy: 'Never' } } } } },
    }),
    'spec.schedule: Invalid value: "soon": expected exactly 5 fields, found 1: [soon]',
  ],
  [
    create('poddisruptionbudgets.policy', { ...meta, spec: { minAvailable: 1, maxUnavailable: 1 } }),
    'minAvailable and maxUnavailable cannot be both set',
  ],
  [
    create('priorityclasses.scheduling.k8s.io', { metadata: { name: 'p' }, value: 2_000_000_000 }),
    'PriorityClass.scheduling.k8s.io "p" is invalid: value: Forbidden: maximum allowed value of a user defined priority is 1000000000',
  ],
  [
    create('horizontalpodautoscalers.autoscaling', {
      ...meta,
      spec: { minReplicas: 5, maxReplicas: 3, scaleTargetRef: { kind: 'D', name: 'd' } },
    }),
    'spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`',
  ],
  [
    create('persistentvolumes', { ...meta, spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' } } }),
    'PersistentVolume "it" is invalid: spec: Required value: must specify a volume type',
  ],
  [
    create('persistentvolumeclaims', { ...meta, spec: { accessModes: ['Sometimes'], resources: { requests: { storage: '1Gi' } } } }),
    'spec.accessModes: Unsupported value: "Sometimes": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
  ],
  [
    create('daemonsets.apps', {
      ...meta,
      spec: { selector, template, updateStrategy: { rollingUpdate: { maxUnavailable: 1, maxSurge: 1 } } },
    }),
    'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero',
  ],
];

describe('refusals', () => {
  const { answers } = play(REFUSED.map(([call]) => call));
  it.each(REFUSED.map(([, text], i) => ({ i, text })))('$text', ({ i, text }) => {
    expect(answers[i]?.code).toBe(422);
    expect(answers[i]?.object.message).toContain(text);
  });
});

describe('updates of other kinds', () => {
  const { answers } = play([
    create('statefulsets.apps', { ...meta, spec: { selector, template, serviceName: 's' } }),
    at('patch', 'statefulsets.apps', 'it', { patchType: 'merge', body: { spec: { serviceName: 'other' } } }),
    at('patch', 'statefulsets.apps', 'it', { patchType: 'merge', body: { spec: { replicas: 4 } } }),
    create('persistentvolumeclaims', { ...meta, spec: claim }),
    at('patch', 'persistentvolumeclaims', 'it', { patchType: 'merge', body: { spec: { volumeName: 'v' } } }),
    at('patch', 'persistentvolumeclaims', 'it', { patchType: 'merge', body: { spec: { accessModes: ['ReadOnlyMany'] } } }),
    create('storageclasses.storage.k8s.io', { ...meta, provisioner: 'p' }, undefined),
    { verb: 'patch', resource: 'storageclasses.storage.k8s.io', name: 'it', patchType: 'merge', body: { provisioner: 'q' } },
  ]);
  it('a stateful set changes only where it may', () => {
    expect(answers[1]?.object.message).toContain("updates to statefulset spec for fields other than 'replicas'");
    expect(answers[2]).toMatchObject({ code: 200, object: { spec: { replicas: 4 }, metadata: { generation: 2 } } });
  });
  it('a claim may be bound, and is then fixed', () => {
    expect(answers[4]).toMatchObject({ code: 200, object: { spec: { volumeName: 'v' } } });
    expect(answers[5]?.object.message).toContain('spec is immutable after creation');
  });
  it('a storage class keeps its provisioner', () => expect(answers[7]?.object.message).toContain('updates to provisioner are forbidden.'));
});

describe('the table of resources', () => {
  const NOT_STORED = ['bindings', 'events.events.k8s.io'];
  const stored = RESOURCES.filter(({ resource }) => !NOT_STORED.includes(resource));
  const { answers } = play(stored.map(({ resource }) => ({ verb: 'list', resource }) as Call));
  it.each(stored.map(({ resource, kind }, i) => ({ resource, kind, i })))('$resource can be listed', ({ kind, i }) => {
    expect(answers[i]).toMatchObject({ code: 200, object: { kind: `${kind}List` } });
  });
});

describe('secrets of a known type', () => {
  it('must hold what the type is for', () => {
    const secret = (type: string, data: object) => create('secrets', { metadata: { name: 's' }, type, data });
    const { answers } = play([
      secret('kubernetes.io/tls', { 'tls.crt': 'eA==' }),
      secret('kubernetes.io/basic-auth', {}),
      secret('my/own', {}),
    ]);
    expect(answers[0]?.object.message).toBe('Secret "s" is invalid: data[tls.key]: Required value');
    expect(answers[1]?.object.message).toContain('data[username]: Required value');
    expect(answers[2]?.code).toBe(201);
  });
});

describe('the template generation of a DaemonSet', () => {
  const GENERATION = 'deprecated.daemonset.template.generation';
  const set = (image: string, more: object = {}, annotations = {}) => ({
    metadata: { name: 'it', annotations },
    spec: { selector, template: { ...template, spec: { containers: [{ name: 'c', image }] } }, ...more },
  });
  it('counts what became of its template, whatever users and controllers write', () => {
    const name = 'daemonsets.apps';
    const { answers } = play([
      create(name, set('i:1', {}, { [GENERATION]: '-3' })),
      at('update', name, 'it', { body: set('i:1', { minReadySeconds: 5 }) }),
      at('update', name, 'it', { body: set('i:2', { minReadySeconds: 5 }, { [GENERATION]: '9' }) }),
      at('patch', name, 'it', {
        subresource: 'status',
        patchType: 'merge',
        body: { metadata: { annotations: null }, status: { numberReady: 1 } },
      }),
      at('patch', name, 'it', {
        patchType: 'merge',
        body: { metadata: { annotations: { [GENERATION]: null } }, spec: { template: { spec: { hostNetwork: true } } } },
      }),
    ]);
    expect(answers.map(({ object }) => [object.metadata.generation, object.metadata.annotations[GENERATION]])).toEqual([
      [1, '1'],
      [2, '1'],
      [3, '2'],
      [3, '2'],
      [4, '3'],
    ]);
  });
  it('goes on from what was given on creation', () => {
    const { answers } = play([create('daemonsets.apps', set('i:1', {}, { [GENERATION]: '7' }))]);
    expect(answers[0]?.object.metadata.annotations).toEqual({ [GENERATION]: '7' });
  });
});

describe('what else is looked at', () => {
  const causes = (resource: string, body: object) =>
    (play([create(resource, { ...meta, ...body }, undefined as unknown as string)]).answers[0]?.object.details?.causes ?? []).map(
      ({ field, message }: { field: string; message: string }) => `${field}: ${message}`,
    );
  const topology = (...values: string[]) => ({ matchLabelExpressions: [{ key: 'zone', values }] });

  it('the topologies of storage classes', () => {
    const provisioner = 'p';
    expect(causes('storageclasses.storage.k8s.io', { provisioner, allowedTopologies: [topology('a', 'b'), topology('c')] })).toEqual([]);
    expect(
      causes('storageclasses.storage.k8s.io', { provisioner, allowedTopologies: [topology('a', 'b'), topology('b', 'a'), topology()] }),
    ).toEqual([
      'allowedTopologies[1].matchLabelExpressions: Duplicate value: ""',
      'allowedTopologies[2].matchLabelExpressions[0].values: Required value',
    ]);
  });
  it('the versions of reviews that a webhook reads', () => {
    const hook = (...admissionReviewVersions: string[]) => ({
      webhooks: [{ name: 'a.b.c', sideEffects: 'None', clientConfig: { url: 'https://a' }, admissionReviewVersions }],
    });
    const resource = 'validatingwebhookconfigurations.admissionregistration.k8s.io';
    expect(causes(resource, hook('v1', 'v2'))).toEqual([]);
    expect(causes(resource, hook('v2', 'v2'))).toEqual([
      'webhooks[0].admissionReviewVersions[1]: Invalid value: "v2": duplicate version',
      'webhooks[0].admissionReviewVersions: Invalid value: ["v2","v2"]: must include at least one of v1, v1beta1',
    ]);
  });
  it('the names alone of the secrets of accounts', () => {
    const { answers } = play([create('serviceaccounts', { ...meta, secrets: [{ name: 's', namespace: 'other', uid: 'u' }] })]);
    expect(answers[0]?.object.secrets).toEqual([{ name: 's' }]);
  });
});
