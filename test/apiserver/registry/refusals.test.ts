import { describe, expect, it } from 'vitest';
import { at, create, play } from '../lab.ts';

const meta = { metadata: { name: 'it' } };
const netpol = (spec: object): object => ({ ...meta, spec: { podSelector: {}, ...spec } });
const backend = { service: { name: 's', port: { number: 80 } } };
const ingress = (path: object): object => ({ ...meta, spec: { rules: [{ host: 'a.b', http: { paths: [path] } }] } });
const slice = (endpoint: object, more: object = {}): object => ({ ...meta, addressType: 'IPv4', endpoints: [endpoint], ...more });
const role = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' };

const service = (spec: object): object => ({ ...meta, spec: { ports: [{ port: 80 }], ...spec } });

/** What is sent, and what comes back in Kubernetes v1.34's words. */
const REFUSED: readonly (readonly [string, object, string])[] = [
  ['services', { ...meta, spec: {} }, 'spec.ports: Required value'],
  [
    'services',
    service({ type: 'Ingress' }),
    'spec.type: Unsupported value: "Ingress": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
  ],
  ['services', service({ type: 'ExternalName' }), 'spec.externalName: Required value'],
  ['services', service({ ports: [{ port: 80 }, { port: 81 }] }), 'spec.ports[0].name: Required value'],
  [
    'services',
    service({ ports: [{ port: 80, nodePort: 30000 }] }),
    "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
  ],
  [
    'services',
    service({ type: 'NodePort', clusterIP: 'None' }),
    'spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for NodePort services',
  ],
  [
    'services',
    service({ sessionAffinity: 'Cookie' }),
    'spec.sessionAffinity: Unsupported value: "Cookie": supported values: "ClientIP", "None"',
  ],
  [
    'services',
    service({ externalTrafficPolicy: 'Local' }),
    'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
  ],
  [
    'services',
    service({ externalIPs: ['127.0.0.1'] }),
    'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range',
  ],
  [
    'services',
    service({
      ports: [
        { name: 'a', port: 80 },
        { name: 'b', port: 80 },
      ],
    }),
    'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}',
  ],
  [
    'services',
    service({ ports: [{ port: 80, targetPort: 'Web Port' }] }),
    'spec.ports[0].targetPort: Invalid value: "Web Port": must contain only alpha-numeric characters',
  ],
  [
    'services',
    service({ loadBalancerSourceRanges: ['10.0.0.0/8'] }),
    "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
  ],
  [
    'networkpolicies.networking.k8s.io',
    netpol({ ingress: [{ ports: [{ port: 80, endPort: 70 }] }] }),
    'spec.ingress[0].ports[0].endPort: Invalid value: 80: must be greater than or equal to `port`',
  ],
  [
    'networkpolicies.networking.k8s.io',
    netpol({ egress: [{ ports: [{ endPort: 70 }] }] }),
    'spec.egress[0].ports[0].endPort: Invalid value: 70: may not be specified when `port` is not specified',
  ],
  [
    'networkpolicies.networking.k8s.io',
    netpol({ ingress: [{ from: [{}] }] }),
    'spec.ingress[0].from[0]: Required value: must specify a peer',
  ],
  [
    'networkpolicies.networking.k8s.io',
    netpol({ ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['11.0.0.0/16'] } }] }] }),
    'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
  ],
  [
    'networkpolicies.networking.k8s.io',
    netpol({ policyTypes: ['Sideways'] }),
    'spec.policyTypes[0]: Unsupported value: "Sideways": supported values: "Ingress", "Egress"',
  ],
  ['ingresses.networking.k8s.io', { ...meta, spec: {} }, 'spec: Invalid value: null: either `defaultBackend` or `rules` must be specified'],
  [
    'ingresses.networking.k8s.io',
    ingress({ path: 'x', pathType: 'Prefix', backend }),
    'spec.rules[0].http.paths[0].path: Invalid value: "x": must be an absolute path',
  ],
  [
    'ingresses.networking.k8s.io',
    ingress({ path: '/', backend }),
    'spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified',
  ],
  [
    'ingresses.networking.k8s.io',
    ingress({ path: '/a//b', pathType: 'Exact', backend: {} }),
    'spec.rules[0].http.paths[0].backend: Invalid value: "": resource or service backend is required',
  ],
  [
    'ingresses.networking.k8s.io',
    { ...meta, spec: { rules: [{ host: '10.0.0.1' }] } },
    'spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
  ],
  [
    'ingressclasses.networking.k8s.io',
    { ...meta, spec: { controller: 'nginx' } },
    'spec.controller: Invalid value: "nginx": must be a domain-prefixed path (such as "acme.io/foo")',
  ],
  ['servicecidrs.networking.k8s.io', { ...meta, spec: {} }, 'spec.cidrs: Required value: at least one CIDR required'],
  [
    'servicecidrs.networking.k8s.io',
    { ...meta, spec: { cidrs: ['10.0.0.1/8'] } },
    'spec.cidrs[0]: Invalid value: "10.0.0.1/8": must be in canonical form ("10.0.0.0/8")',
  ],
  [
    'ipaddresses.networking.k8s.io',
    { ...meta, spec: { parentRef: { resource: 'services', name: 's' } } },
    'metadata.name: Invalid value: "it": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
  ],
  ['endpointslices.discovery.k8s.io', { ...meta, endpoints: [] }, 'addressType: Required value'],
  ['endpointslices.discovery.k8s.io', slice({ addresses: [] }), 'endpoints[0].addresses: Required value: must contain at least 1 address'],
  [
    'endpointslices.discovery.k8s.io',
    slice({ addresses: ['10.0.0.300'] }),
    'endpoints[0].addresses[0]: Invalid value: "10.0.0.300": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
  ],
  [
    'endpointslices.discovery.k8s.io',
    slice({ addresses: ['127.0.0.1'] }),
    'endpoints[0].addresses[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
  ],
  [
    'endpointslices.discovery.k8s.io',
    slice({ addresses: ['10.0.0.1'] }, { ports: [{ port: 1 }, { port: 2 }] }),
    'ports[1].name: Duplicate value: ""',
  ],
  [
    'endpoints',
    { ...meta, subsets: [{ ports: [{ port: 1 }] }] },
    'subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`',
  ],
  [
    'roles.rbac.authorization.k8s.io',
    { ...meta, rules: [{ resources: ['pods'], apiGroups: [''] }] },
    'rules[0].verbs: Required value: verbs must contain at least one value',
  ],
  [
    'roles.rbac.authorization.k8s.io',
    { ...meta, rules: [{ verbs: ['get'], nonResourceURLs: ['/x'] }] },
    'rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs',
  ],
  [
    'rolebindings.rbac.authorization.k8s.io',
    { ...meta, roleRef: { kind: 'Rule', name: 'r' } },
    'roleRef.kind: Unsupported value: "Rule": supported values: "Role", "ClusterRole"',
  ],
  [
    'rolebindings.rbac.authorization.k8s.io',
    { ...meta, roleRef: role, subjects: [{ kind: 'Robot', name: 'x' }] },
    'subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"',
  ],
  [
    'clusterrolebindings.rbac.authorization.k8s.io',
    { ...meta, roleRef: { kind: 'ClusterRole', name: 'r' }, subjects: [{ kind: 'ServiceAccount', name: 'x' }] },
    'subjects[0].namespace: Required value',
  ],
  [
    'csidrivers.storage.k8s.io',
    { ...meta, spec: { fsGroupPolicy: 'Always' } },
    'spec.fsGroupPolicy: Unsupported value: "Always": supported values: "File", "None", "ReadWriteOnceWithFSType"',
  ],
  ['csinodes.storage.k8s.io', { ...meta, spec: { drivers: [{ name: 'd' }] } }, 'spec.drivers[0].nodeID: Required value'],
  [
    'csistoragecapacities.storage.k8s.io',
    { ...meta, storageClassName: 'Fast' },
    'storageClassName: Invalid value: "Fast": a lowercase RFC 1123 subdomain',
  ],
  [
    'volumeattachments.storage.k8s.io',
    { ...meta, spec: { attacher: 'd', nodeName: 'n', source: {} } },
    'spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName',
  ],
  [
    'volumeattributesclasses.storage.k8s.io',
    { ...meta, driverName: 'd' },
    'parameters: Required value: must contain at least one key/value pair',
  ],
  ['controllerrevisions.apps', { ...meta, revision: 1 }, 'data: Required value: data is mandatory'],
  ['podtemplates', { ...meta, template: { spec: { containers: [] } } }, 'template.spec.containers: Required value'],
];

describe('refusals', () => {
  const { answers } = play(REFUSED.map(([resource, body]) => create(resource, body)));
  it.each(REFUSED.map(([resource, , text], i) => ({ resource, text, i })))('$resource: $text', ({ text, i }) => {
    expect(answers[i]?.code).toBe(422);
    expect(answers[i]?.object.message).toContain(text);
  });
});

/** What is created, and what it becomes. */
const DEFAULTED: readonly (readonly [string, object, object])[] = [
  ['services', service({ sessionAffinity: 'ClientIP' }), { spec: { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } } } }],
  ['services', { ...service({ externalIPs: ['192.0.2.1'] }), metadata: { name: 'two' } }, { spec: { externalTrafficPolicy: 'Cluster' } }],
  [
    'networkpolicies.networking.k8s.io',
    netpol({ egress: [{ ports: [{ port: 53 }] }] }),
    { spec: { policyTypes: ['Ingress', 'Egress'], egress: [{ ports: [{ protocol: 'TCP' }] }] } },
  ],
  [
    'ingresses.networking.k8s.io',
    ingress({ path: '/', pathType: 'Prefix', backend }),
    { metadata: { generation: 1 }, status: { loadBalancer: {} } },
  ],
  [
    'ingressclasses.networking.k8s.io',
    { ...meta, spec: { controller: 'a.b/c', parameters: { kind: 'K', name: 'n' } } },
    { spec: { parameters: { scope: 'Cluster' } } },
  ],
  [
    'endpointslices.discovery.k8s.io',
    slice({ addresses: ['10.0.0.1'] }, { ports: [{ port: 80 }] }),
    { ports: [{ name: '', protocol: 'TCP', port: 80 }] },
  ],
  [
    'rolebindings.rbac.authorization.k8s.io',
    { ...meta, roleRef: { kind: 'Role', name: 'r' }, subjects: [{ kind: 'User', name: 'u' }] },
    { roleRef: { apiGroup: 'rbac.authorization.k8s.io' }, subjects: [{ apiGroup: 'rbac.authorization.k8s.io' }] },
  ],
  [
    'csidrivers.storage.k8s.io',
    { ...meta, spec: {} },
    {
      spec: {
        attachRequired: true,
        podInfoOnMount: false,
        storageCapacity: false,
        fsGroupPolicy: 'ReadWriteOnceWithFSType',
        volumeLifecycleModes: ['Persistent'],
        requiresRepublish: false,
      },
    },
  ],
  [
    'podtemplates',
    { ...meta, template: { spec: { containers: [{ name: 'c', image: 'i' }] } } },
    { template: { spec: { restartPolicy: 'Always', containers: [{ imagePullPolicy: 'Always' }] } } },
  ],
];

describe('defaults', () => {
  const { answers } = play(DEFAULTED.map(([resource, body]) => create(resource, body)));
  it.each(DEFAULTED.map(([resource, , becomes], i) => ({ resource, becomes, i })))('$resource', ({ becomes, i }) => {
    expect(answers[i]).toMatchObject({ code: 201, object: becomes });
  });
});

describe('what never changes', () => {
  const patch = (resource: string, body: object) => at('patch', resource, 'it', { patchType: 'merge', body });
  const { answers } = play([
    create('rolebindings.rbac.authorization.k8s.io', { ...meta, roleRef: role }),
    patch('rolebindings.rbac.authorization.k8s.io', { roleRef: { ...role, name: 'other' } }),
    create('endpointslices.discovery.k8s.io', slice({ addresses: ['10.0.0.1'] })),
    patch('endpointslices.discovery.k8s.io', { addressType: 'FQDN' }),
    create('controllerrevisions.apps', { ...meta, revision: 1, data: { a: 1 } }),
    patch('controllerrevisions.apps', { data: { a: 2 } }),
    create('servicecidrs.networking.k8s.io', { ...meta, spec: { cidrs: ['10.0.0.0/8'] } }),
    patch('servicecidrs.networking.k8s.io', { spec: { cidrs: ['10.0.0.0/8', '2001:db8::/64'] } }),
    patch('servicecidrs.networking.k8s.io', { spec: { cidrs: ['10.0.0.0/8', '2001:db9::/64'] } }),
  ]);
  it('is refused', () => {
    expect(answers[1]?.object.message).toContain('cannot change roleRef');
    expect(answers[3]?.object.message).toContain('addressType: Invalid value: "FQDN": field is immutable');
    expect(answers[5]?.object.message).toContain('data: Invalid value: {"a":2}: field is immutable');
    expect(answers[8]?.object.message).toContain('spec.cidrs[1]: Invalid value: "2001:db9::/64": field is immutable');
  });
  it('a second family may be added', () => expect(answers[7]?.code).toBe(200));
});

describe('a service that changes its type', () => {
  const patch = (spec: object) => at('patch', 'services', 'it', { patchType: 'merge', body: { spec } });
  const { answers } = play([
    create('services', service({ type: 'LoadBalancer', ports: [{ port: 80, nodePort: 30_080 }] })),
    patch({ type: 'ClusterIP' }),
    patch({ type: 'ExternalName', externalName: 'a.b' }),
  ]);
  it('loses what the new type cannot have', () => {
    expect(answers[1]).toMatchObject({ code: 200, object: { spec: { type: 'ClusterIP', clusterIP: answers[0]?.object.spec.clusterIP } } });
    expect(answers[1]?.object.spec.ports[0].nodePort).toBeUndefined();
    expect(answers[1]?.object.spec.externalTrafficPolicy).toBeUndefined();
    expect(answers[1]?.object.spec.allocateLoadBalancerNodePorts).toBeUndefined();
    expect(answers[2]).toMatchObject({ code: 200, object: { spec: { type: 'ExternalName' } } });
    expect(answers[2]?.object.spec.clusterIP).toBeUndefined();
  });
});

const c = (more: object = {}): object => ({ name: 'c', image: 'i', ...more });
const volume = (more: object): object => ({ containers: [c()], volumes: [{ name: 'v', ...more }] });

/** A pod's spec, and what is wrong with it in Kubernetes v1.34's words. */
const BAD_PODS: readonly (readonly [object, string])[] = [
  [volume({ emptyDir: {}, hostPath: { path: '/' } }), 'spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type'],
  [
    volume({ hostPath: { path: '/', type: 'Odd' } }),
    'spec.volumes[0].hostPath.type: Unsupported value: "Odd": supported values: "", "BlockDevice"',
  ],
  [
    { containers: [c({ env: [{ name: 'A', valueFrom: {} }] })] },
    'spec.containers[0].env[0].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`',
  ],
  [{ containers: [c({ livenessProbe: {} })] }, 'spec.containers[0].livenessProbe: Required value: must specify a handler type'],
  [
    { containers: [c({ livenessProbe: { httpGet: { port: 80 }, tcpSocket: { port: 80 } } })] },
    'spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type',
  ],
  [
    { containers: [c({ lifecycle: { preStop: {} } })] },
    'spec.containers[0].lifecycle.preStop: Required value: must specify a handler type',
  ],
  [
    { containers: [c({ terminationMessagePolicy: 'X' })] },
    'spec.containers[0].terminationMessagePolicy: Unsupported value: "X": supported values: "File", "FallbackToLogsOnError"',
  ],
  [{ containers: [c({ image: ' i' })] }, 'spec.containers[0].image: Invalid value: " i": must not have leading or trailing whitespace'],
  [
    { containers: [c()], initContainers: [{ name: 'i', image: 'x', restartPolicy: 'Never' }] },
    'spec.initContainers[0].restartPolicy: Unsupported value: "Never": supported values: "Always"',
  ],
  [
    { containers: [c({ securityContext: { privileged: true, allowPrivilegeEscalation: false } })] },
    'cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
  ],
  [
    { containers: [c()], securityContext: { runAsUser: -1 } },
    'spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive',
  ],
  [{ containers: [c({ volumeDevices: [{ name: 'v', devicePath: '/d' }] })] }, 'spec.containers[0].volumeDevices[0].name: Not found: "v"'],
  [
    { containers: [c()], hostPID: true, shareProcessNamespace: true },
    'spec.securityContext.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled',
  ],
  [{ containers: [c()], hostAliases: [{ ip: 'x' }] }, 'spec.hostAliases[0].ip: Invalid value: "x": must be a valid IP address'],
  [
    { containers: [c()], readinessGates: [{ conditionType: 'bad type' }] },
    'spec.readinessGates[0].conditionType: Invalid value: "bad type": name part must consist of',
  ],
  [{ containers: [c()], os: { name: 'beos' } }, 'spec.os: Unsupported value: "beos": supported values: "linux", "windows"'],
  [{ containers: [c()], ephemeralContainers: [{ name: 'd', image: 'x' }] }, 'spec.ephemeralContainers: Forbidden: cannot be set on create'],
];

describe('pods that are refused', () => {
  const { answers } = play(BAD_PODS.map(([spec]) => create('pods', { ...meta, spec })));
  it.each(BAD_PODS.map(([, text], i) => ({ text, i })))('$text', ({ text, i }) => {
    expect(answers[i]?.code).toBe(422);
    expect(answers[i]?.object.message).toContain(text);
  });
});

describe('quantities that are none', () => {
  const { answers } = play([create('pods', { ...meta, spec: { containers: [c({ resources: { requests: { cpu: 'much' } } })] } })]);
  it('are refused by the decoder', () => {
    expect(answers[0]).toMatchObject({
      code: 400,
      object: {
        reason: 'BadRequest',
        message:
          'Pod in version "v1" cannot be handled as a Pod: quantities must match the regular expression \'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$\'',
      },
    });
  });
});
