import { describe, expect, it } from 'vitest';
import { violations } from '../../src/apiserver/admission/pod-security/pod-security.ts';
import { at, create, play, pod } from './lab.ts';

const container = (more: object = {}, name = 'main'): object => ({ name, image: 'nginx:1', ...more });
const spec = (containers: object[], more: object = {}) => ({ containers, ...more }) as never;

describe('the baseline level', () => {
  it.each([
    [spec([container()]), undefined],
    [spec([container()], { hostNetwork: true, hostPID: true }), 'host namespaces (hostNetwork=true, hostPID=true)'],
    [
      spec([container({ securityContext: { privileged: true } })]),
      'privileged (container "main" must not set securityContext.privileged=true)',
    ],
    [
      spec([container({ securityContext: { capabilities: { add: ['SYS_ADMIN', 'CHOWN'] } } }), container({}, 'side')]),
      'non-default capabilities (container "main" must not include "SYS_ADMIN" in securityContext.capabilities.add)',
    ],
    [
      spec([container()], {
        volumes: [
          { name: 'a', hostPath: { path: '/' } },
          { name: 'b', hostPath: { path: '/x' } },
        ],
      }),
      'hostPath volumes (volumes "a", "b")',
    ],
    [
      spec([container({ ports: [{ containerPort: 80, hostPort: 80 }] }), container({ ports: [{ containerPort: 81, hostPort: 81 }] }, 'b')]),
      'hostPort (containers "main", "b" use hostPorts 80, 81)',
    ],
    [spec([container()], { securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] } }), 'forbidden sysctls (kernel.msgmax)'],
    [
      spec([container({ securityContext: { seccompProfile: { type: 'Unconfined' } } })], {
        securityContext: { seccompProfile: { type: 'Unconfined' } },
      }),
      'seccompProfile (pod and container "main" must not set securityContext.seccompProfile.type to "Unconfined")',
    ],
    [
      spec([container({ securityContext: { procMount: 'Unmasked' } })]),
      'procMount (container "main" must not set securityContext.procMount to "Unmasked")',
    ],
  ])('%#: %s', (of, text) => {
    expect(violations(of, {}, 'baseline')).toBe(text);
  });
});

describe('the restricted level', () => {
  const sound = {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    runAsNonRoot: true,
    seccompProfile: { type: 'RuntimeDefault' },
  };
  it('lets a hardened pod in', () => {
    expect(violations(spec([container({ securityContext: sound })]), {}, 'restricted')).toBeUndefined();
  });
  it('names all that a plain pod lacks', () => {
    expect(violations(spec([container()]), {}, 'restricted')).toBe(
      'allowPrivilegeEscalation != false (container "main" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "main" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "main" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "main" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    );
  });
  it('replaces what the baseline says of the same thing', () => {
    const of = spec([container({ securityContext: { ...sound, capabilities: { add: ['SYS_ADMIN'], drop: ['ALL'] } } })], {
      volumes: [{ name: 'a', hostPath: { path: '/' } }],
    });
    expect(violations(of, {}, 'restricted')).toBe(
      'unrestricted capabilities (container "main" must not include "SYS_ADMIN" in securityContext.capabilities.add), restricted volume types (volume "a" uses restricted volume type "hostPath")',
    );
  });
});

describe('PodSecurity', () => {
  const labelled = (labels: object): object => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team', labels } });
  const enforce = { 'pod-security.kubernetes.io/enforce': 'baseline', 'pod-security.kubernetes.io/enforce-version': 'v1.34' };
  const bad = pod('p', { spec: { hostNetwork: true } });

  it('follows the labels of the namespace', () => {
    const { answers } = play([
      create('namespaces', labelled(enforce), undefined),
      20,
      create('pods', bad, 'team'),
      create('pods', pod('q'), 'team'),
      create('pods', bad),
    ]);
    expect(answers[2]?.object.message).toBe(
      'pods "p" is forbidden: violates PodSecurity "baseline:v1.34": host namespaces (hostNetwork=true)',
    );
    expect(answers[3]?.code).toBe(201);
    expect(answers[4]?.code).toBe(201);
  });
  it('hears of changed labels', () => {
    const { answers } = play([
      create('namespaces', labelled({}), undefined),
      20,
      create('pods', bad, 'team'),
      { ...at('patch', 'namespaces', 'team', { patchType: 'merge', body: { metadata: { labels: enforce } } }), namespace: undefined },
      20,
      create('pods', pod('p2', { spec: { hostNetwork: true } }), 'team'),
    ]);
    expect(answers[2]?.code).toBe(201);
    expect(answers[5]?.code).toBe(403);
  });
});

describe('labels of a namespace', () => {
  const space = (name: string, value: string, key = 'enforce') =>
    create('namespaces', { metadata: { name, labels: { [`pod-security.kubernetes.io/${key}`]: value } } }, undefined);
  it('must name a standard and a release', () => {
    const { answers } = play([space('a', 'strict'), space('b', '1.30', 'warn-version'), space('c', 'restricted')]);
    expect(answers[0]).toMatchObject({
      code: 422,
      object: {
        message:
          'Namespace "a" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted',
      },
    });
    expect(answers[1]?.object.message).toContain('Invalid value: "1.30": must be "latest" or "v1.x"');
    expect(answers[2]?.code).toBe(201);
  });
});
