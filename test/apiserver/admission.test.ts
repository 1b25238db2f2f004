import { describe, expect, it } from 'vitest';
import { ADMISSION_PLUGINS } from '#api';
import { PLUGIN_NAMES } from '../../src/apiserver/admission/registry.ts';
import { at, create, lab, play, pod, type Step } from './lab.ts';

const limitRange = (limits: object[], name = 'limits'): object => ({
  apiVersion: 'v1',
  kind: 'LimitRange',
  metadata: { name },
  spec: { limits },
});
const withResources = (name: string, resources: object): object =>
  pod(name, { spec: { containers: [{ name: 'main', image: 'nginx:1', resources }] } });

describe('LimitRanger', () => {
  it('gives what is left out and says so', () => {
    const { answers } = play([
      create(
        'limitranges',
        limitRange([{ type: 'Container', default: { cpu: '500m', memory: '512Mi' }, defaultRequest: { cpu: '100m' } }]),
      ),
      20,
      create('pods', pod('bare')),
      create('pods', withResources('stated', { requests: { cpu: '1' }, limits: { cpu: '2', memory: '1Gi' } })),
    ]);
    const bare = answers[2]?.object;
    expect(bare.spec.containers[0].resources).toEqual({
      limits: { cpu: '500m', memory: '512Mi' },
      requests: { cpu: '100m', memory: '512Mi' },
    });
    expect(bare.metadata.annotations['kubernetes.io/limit-ranger']).toBe(
      'LimitRanger plugin set: cpu, memory request for container main; cpu, memory limit for container main',
    );
    const stated = answers[3]?.object;
    expect(stated.spec.containers[0].resources).toEqual({ limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '1', memory: '1Gi' } });
  });

  it.each([
    [
      { type: 'Container', min: { cpu: '100m' } },
      { requests: { cpu: '50m' } },
      'minimum cpu usage per Container is 100m, but request is 50m',
    ],
    [
      { type: 'Container', max: { memory: '1Gi' } },
      { limits: { memory: '2Gi' } },
      'maximum memory usage per Container is 1Gi, but limit is 2Gi',
    ],
    [
      { type: 'Pod', max: { cpu: '1' } },
      { requests: { cpu: '1500m' }, limits: { cpu: '1500m' } },
      'maximum cpu usage per Pod is 1, but limit is 1500m',
    ],
    [
      { type: 'Container', maxLimitRequestRatio: { cpu: '2' } },
      { requests: { cpu: '100m' }, limits: { cpu: '300m' } },
      'cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000',
    ],
    [{ type: 'Pod', min: { memory: '6Mi' } }, {}, 'minimum memory usage per Pod is 6Mi.  No request is specified'],
  ])('%j refuses %j', (item, resources, text) => {
    const { answers } = play([create('limitranges', limitRange([item])), 20, create('pods', withResources('p', resources))]);
    expect(answers[2]?.code).toBe(403);
    expect(answers[2]?.object.message).toBe(`pods "p" is forbidden: ${text}`);
  });

  it('says all that is wrong at once, and bounds claims', () => {
    const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'c' } };
    const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '10Gi' } } };
    const { answers } = play([
      create(
        'limitranges',
        limitRange([
          { type: 'Container', min: { cpu: '1', memory: '1Gi' } },
          { type: 'PersistentVolumeClaim', max: { storage: '5Gi' } },
        ]),
      ),
      20,
      create('pods', withResources('p', { requests: { cpu: '50m', memory: '5Mi' } })),
      create('persistentvolumeclaims', { ...claim, spec }),
    ]);
    expect(answers[2]?.object.message).toBe(
      'pods "p" is forbidden: [minimum cpu usage per Container is 1, but request is 50m, minimum memory usage per Container is 1Gi, but request is 5Mi]',
    );
    expect(answers[3]?.object.message).toBe(
      'persistentvolumeclaims "c" is forbidden: maximum storage usage per PersistentVolumeClaim is 5Gi, but request is 10Gi',
    );
  });

  it('can be turned off', () => {
    const steps: Step[] = [
      create('limitranges', limitRange([{ type: 'Container', min: { cpu: '1' } }])),
      20,
      create('pods', withResources('p', { requests: { cpu: '1m' } })),
    ];
    expect(play(steps).answers[2]?.code).toBe(403);
    expect(play(steps, { config: { disabledAdmission: ['LimitRanger'] } }).answers[2]?.code).toBe(201);
  });
});

describe('ServiceAccount', () => {
  const config = { enabledAdmission: ['ServiceAccount'] };
  const account = (more: object = {}): object => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' }, ...more });

  it('refuses a pod whose account is not there', () => {
    const { answers } = play([create('pods', pod('p'))], { config });
    expect(answers[0]?.object.message).toBe(
      'pods "p" is forbidden: error looking up service account default/default: serviceaccount "default" not found',
    );
  });
  it('names the account and mounts its token once', () => {
    const { answers } = play(
      [
        create('serviceaccounts', account({ imagePullSecrets: [{ name: 'registry' }] })),
        20,
        create('pods', pod('p')),
        create('pods', pod('q')),
      ],
      { config },
    );
    const spec = answers[2]?.object.spec;
    expect(spec.serviceAccountName).toBe('default');
    expect(spec.imagePullSecrets).toEqual([{ name: 'registry' }]);
    expect(spec.volumes).toHaveLength(1);
    expect(spec.volumes[0].name).toMatch(/^kube-api-access-[a-z0-9]{5}$/);
    expect(spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds).toBe(3607);
    expect(spec.containers[0].volumeMounts).toEqual([
      { name: spec.volumes[0].name, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' },
    ]);
    expect(answers[3]?.object.spec).toEqual(spec);
  });
  it('heeds automountServiceAccountToken, the pod before its account', () => {
    const { answers } = play(
      [
        create('serviceaccounts', account({ automountServiceAccountToken: false })),
        20,
        create('pods', pod('p')),
        create('pods', pod('q', { spec: { automountServiceAccountToken: true } })),
      ],
      { config },
    );
    expect(answers[2]?.object.spec.volumes).toBeUndefined();
    expect(answers[3]?.object.spec.volumes).toHaveLength(1);
  });
});

describe('plugins of admission', () => {
  it('are those that a scenario may name', () => {
    expect(PLUGIN_NAMES).toEqual(ADMISSION_PLUGINS);
  });
  it('leave the tolerations or the priority away when they are off', () => {
    const { answers } = play([create('pods', pod('p'))], { config: { disabledAdmission: ['DefaultTolerationSeconds'] } });
    expect(answers[0]?.object.spec.tolerations).toBeUndefined();
    expect(answers[0]?.object.spec.priority).toBe(0);
    const both = play([create('pods', pod('p'))], { config: { disabledAdmission: ['Priority'] } }).answers[0]?.object;
    expect(both.spec.priority).toBeUndefined();
    expect(both.spec.tolerations).toHaveLength(2);
  });
  it('hold for creations through PUT and apply, too', () => {
    const { answers } = play([
      create('limitranges', limitRange([{ type: 'Container', min: { cpu: '1' } }])),
      20,
      at('patch', 'pods', 'p', {
        patchType: 'apply',
        body: withResources('p', { requests: { cpu: '50m' } }),
        options: { fieldManager: 'me' },
      }),
    ]);
    expect(answers[2]?.object.message).toBe('pods "p" is forbidden: minimum cpu usage per Container is 1, but request is 50m');
  });
  it('keep the namespaces that everything rests on, and ask for namespaces unless told not to', () => {
    const steps: Step[] = [at('delete', 'namespaces', 'kube-system', { namespace: undefined }), create('pods', pod('p'), 'nowhere')];
    const { answers } = play(steps);
    expect(answers[0]?.object.message).toBe('namespaces "kube-system" is forbidden: this namespace may not be deleted');
    expect(answers[1]?.object.message).toBe('namespaces "nowhere" not found');
    expect(play(steps, { config: { disabledAdmission: ['NamespaceLifecycle'] } }).answers.map(({ code }) => code)).toEqual([200, 201]);
  });
  it('judge on any server', () => {
    const { clients } = lab(
      [
        [create('limitranges', limitRange([{ type: 'Container', min: { cpu: '1' } }]))],
        [1000, create('pods', withResources('p', { requests: { cpu: '1m' } }))],
      ],
      {
        servers: 2,
      },
    );
    expect(clients[1]?.answers[1]?.code).toBe(403);
  });
});
