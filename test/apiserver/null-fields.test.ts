import { describe, expect, it } from 'vitest';
import { at, create, play, pod } from './lab.ts';

const container = {
  name: 'c',
  image: 'i:1',
  command: ['sh'],
  args: ['-c'],
  env: [
    { name: 'A', value: 'b' },
    { name: 'N', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
  ],
  envFrom: [{ configMapRef: { name: 'm' } }],
  ports: [{ containerPort: 80, name: 'web', hostPort: 80 }],
  resources: { requests: { cpu: '1' }, limits: { cpu: '2' }, claims: [{ name: 'x' }] },
  volumeMounts: [{ name: 'v', mountPath: '/v' }],
  livenessProbe: { httpGet: { port: 80, path: '/', httpHeaders: [{ name: 'H', value: 'v' }] } },
  lifecycle: { preStop: { exec: { command: ['true'] } } },
  securityContext: { capabilities: { add: ['A'], drop: ['B'] } },
};
const term = {
  labelSelector: { matchLabels: { a: 'b' }, matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] },
  topologyKey: 'z',
};
const podSpec = {
  containers: [container],
  initContainers: [{ name: 'i', image: 'i' }],
  tolerations: [{ key: 'k', operator: 'Exists' }],
  nodeSelector: { a: 'b' },
  overhead: { cpu: '1m' },
  volumes: [
    { name: 'v', projected: { sources: [{ secret: { name: 's', items: [{ key: 'k', path: 'p' }] } }] } },
    { name: 'e', emptyDir: {} },
  ],
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] }],
      },
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 1, preference: { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }] } },
      ],
    },
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [term],
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: term }],
    },
  },
  topologySpreadConstraints: [
    { maxSkew: 1, topologyKey: 'z', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { a: 'b' } } },
  ],
  schedulingGates: [{ name: 'g' }],
  readinessGates: [{ conditionType: 'a/b' }],
  resourceClaims: [{ name: 'x', resourceClaimName: 'y' }],
  imagePullSecrets: [{ name: 's' }],
  hostAliases: [{ ip: '1.2.3.4', hostnames: ['h'] }],
  dnsConfig: { nameservers: ['1.1.1.1'], searches: ['a'], options: [{ name: 'ndots', value: '2' }] },
  securityContext: { supplementalGroups: [1], sysctls: [{ name: 'a', value: 'b' }] },
};
const template = { metadata: { labels: { a: 'b' } }, spec: podSpec };
const selector = { matchLabels: { a: 'b' }, matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] };
const claim = {
  accessModes: ['ReadWriteOnce'],
  resources: { requests: { storage: '1Gi' } },
  selector,
  dataSource: { kind: 'PersistentVolumeClaim', name: 'x' },
};
const jobSpec = {
  template: { spec: { ...podSpec, restartPolicy: 'Never' } },
  podFailurePolicy: {
    rules: [
      { action: 'FailJob', onExitCodes: { operator: 'In', values: [1] } },
      { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
    ],
  },
  completionMode: 'Indexed',
  completions: 2,
  successPolicy: { rules: [{ succeededIndexes: '0' }] },
};
const metadata = {
  labels: { a: 'b' },
  annotations: { c: 'd' },
  finalizers: ['a.b/c'],
  ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'u' }],
};
const target = { type: 'Utilization', averageUtilization: 5 };
const webhook = {
  name: 'a.b.c',
  clientConfig: { url: 'https://a' },
  rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }],
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  namespaceSelector: selector,
  matchConditions: [{ name: 'm', expression: 'true' }],
};

/** Kinds with a value in most of their fields. */
const RICH: Readonly<Record<string, object>> = {
  pods: { spec: podSpec, status: { conditions: [{ type: 'Ready' }] } },
  'deployments.apps': { spec: { selector, template, strategy: { rollingUpdate: { maxSurge: 1 } } } },
  'statefulsets.apps': { spec: { selector, template, serviceName: 's', volumeClaimTemplates: [{ metadata: { name: 'd' }, spec: claim }] } },
  'daemonsets.apps': { spec: { selector, template, updateStrategy: { rollingUpdate: { maxUnavailable: 1 } } } },
  'jobs.batch': { spec: jobSpec },
  'cronjobs.batch': { spec: { schedule: '* * * * *', jobTemplate: { metadata: { labels: { a: 'b' } }, spec: jobSpec } } },
  services: {
    spec: {
      type: 'LoadBalancer',
      selector: { a: 'b' },
      ports: [{ port: 80, targetPort: 'web' }],
      externalIPs: ['1.2.3.4'],
      loadBalancerSourceRanges: ['1.0.0.0/8'],
      ipFamilies: ['IPv4'],
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 5 } },
    },
  },
  nodes: {
    spec: { taints: [{ key: 'a', effect: 'NoSchedule' }], podCIDRs: ['10.0.0.0/24'] },
    status: { capacity: { cpu: '1' }, addresses: [{ type: 'InternalIP', address: '1.2.3.4' }], images: [{ names: ['a'] }] },
  },
  persistentvolumes: {
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      csi: { driver: 'd', volumeHandle: 'h', volumeAttributes: { a: 'b' } },
      claimRef: { name: 'a', namespace: 'default' },
      mountOptions: ['a'],
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] }] } },
    },
  },
  persistentvolumeclaims: { spec: claim },
  configmaps: { data: { a: 'b' }, binaryData: { c: 'YQ==' } },
  secrets: { data: { a: 'YQ==' }, stringData: { b: 'c' } },
  limitranges: {
    spec: {
      limits: [
        {
          type: 'Container',
          max: { cpu: '2' },
          min: { cpu: '1' },
          default: { cpu: '1' },
          defaultRequest: { cpu: '1' },
          maxLimitRequestRatio: { cpu: '2' },
        },
      ],
    },
  },
  resourcequotas: {
    spec: {
      hard: { pods: '5' },
      scopes: ['BestEffort'],
      scopeSelector: { matchExpressions: [{ scopeName: 'BestEffort', operator: 'Exists', values: [] }] },
    },
  },
  'horizontalpodautoscalers.autoscaling': {
    spec: {
      maxReplicas: 3,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' },
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }],
      behavior: { scaleUp: { policies: [{ type: 'Pods', value: 1, periodSeconds: 15 }] } },
    },
  },
  'poddisruptionbudgets.policy': { spec: { selector, minAvailable: 1 } },
  'networkpolicies.networking.k8s.io': {
    spec: {
      podSelector: selector,
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }], ports: [{ port: 80 }] }],
    },
  },
  'ingresses.networking.k8s.io': {
    spec: {
      tls: [{ hosts: ['a.b'] }],
      rules: [
        { host: 'a.b', http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 's', port: { number: 80 } } } }] } },
      ],
    },
  },
  'storageclasses.storage.k8s.io': {
    provisioner: 'p',
    parameters: { a: 'b' },
    mountOptions: ['a'],
    allowedTopologies: [{ matchLabelExpressions: [{ key: 'a', values: ['b'] }] }],
  },
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': { webhooks: [webhook] },
  'clusterroles.rbac.authorization.k8s.io': {
    rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'], resourceNames: ['a'] }],
    aggregationRule: { clusterRoleSelectors: [selector] },
  },
  'rolebindings.rbac.authorization.k8s.io': {
    subjects: [{ kind: 'User', name: 'u', apiGroup: 'rbac.authorization.k8s.io' }],
    roleRef: { kind: 'Role', name: 'r', apiGroup: 'rbac.authorization.k8s.io' },
  },
  'endpointslices.discovery.k8s.io': {
    addressType: 'IPv4',
    endpoints: [{ addresses: ['1.2.3.4'], hints: { forZones: [{ name: 'z' }] } }],
    ports: [{ port: 80 }],
  },
  'resourceclaims.resource.k8s.io': {
    spec: {
      devices: {
        requests: [{ name: 'r', exactly: { deviceClassName: 'c', selectors: [{ cel: { expression: 'true' } }] } }],
        constraints: [{ requests: ['r'], matchAttribute: 'a/b' }],
        config: [{ requests: ['r'], opaque: { driver: 'd', parameters: { a: null } } }],
      },
    },
  },
  'flowschemas.flowcontrol.apiserver.k8s.io': {
    spec: {
      priorityLevelConfiguration: { name: 'exempt' },
      rules: [
        {
          subjects: [{ kind: 'User', user: { name: 'u' } }],
          resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'] }],
        },
      ],
    },
  },
};
const CLUSTER_WIDE = /^(nodes|persistentvolumes|storageclasses|mutating|clusterroles|flowschemas)/;

type Bag = Record<string, unknown>;

/** The value with null in one place, for every place. */
function nulled(value: unknown): unknown[] {
  if (Array.isArray(value)) return [null, ...value.flatMap((one, i) => nulled(one).map((other) => value.with(i, other)))];
  if (typeof value !== 'object' || value === null) return [null];
  return [null, ...Object.entries(value).flatMap(([name, one]) => nulled(one).map((other) => ({ ...value, [name]: other })))];
}

/** Null in every place of everything but the metadata's name. */
const bodies = (more: object): Bag[] =>
  nulled({ metadata, ...more })
    .slice(1)
    .map((body, i) => ({ ...(body as Bag), metadata: { ...((body as Bag)['metadata'] as object), name: `it-${i}` } }));

function nullsIn(value: unknown, path = ''): string[] {
  if (value === null) return [path];
  if (typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([name, one]) => (name === 'opaque' ? [] : nullsIn(one, `${path}.${name}`)));
}

describe('null in any field', () => {
  it.each(Object.keys(RICH))('of %s is an object without nulls or a refusal', (resource) => {
    const namespace = CLUSTER_WIDE.test(resource) ? undefined : 'default';
    const sent = bodies(RICH[resource] as object);
    const { answers } = play(sent.map((body) => create(resource, body, namespace)));
    expect(answers).toHaveLength(sent.length);
    for (const [i, { code, object }] of answers.entries()) {
      const shown = `${JSON.stringify(sent[i])}: ${JSON.stringify(object)}`;
      expect([201, 400, 403, 404, 422], shown).toContain(code);
      expect(object.kind === 'Status', shown).toBe(code !== 201);
      expect(nullsIn(object), shown).toEqual([]);
      // A refusal is about a value: null is of every type.
      if (code !== 201) expect(object.message, shown).not.toMatch(/cannot unmarshal|Cannot read/);
    }
  });
});

describe('null', () => {
  const told = (body: object, resource = 'pods') => play([create(resource, body)]).answers[0]?.object;
  it('is what is not there', () => {
    const body = pod('p', {
      metadata: { labels: null, finalizers: null, creationTimestamp: null },
      spec: { tolerations: null, volumes: null },
    });
    const { code, object } = play([create('pods', body)]).answers[0] as { code: number; object: { metadata: object; spec: object } };
    expect(code).toBe(201);
    expect(object.metadata).toMatchObject({ labels: undefined, finalizers: undefined });
    expect(object.spec).not.toHaveProperty('volumes');
  });
  it('in place of the containers is refused as their absence', () => {
    expect(told(pod('p', { spec: { containers: null } })).message).toBe('Pod "p" is invalid: spec.containers: Required value');
  });
  it('in a list is an element without members', () => {
    expect(told(pod('p', { spec: { containers: [null] } })).message).toContain('spec.containers[0].name: Required value');
  });
  it("in a map is its values' zero", () => {
    expect(told({ metadata: { name: 'm', labels: { a: null } }, data: { b: null } }, 'configmaps')).toMatchObject({
      metadata: { labels: { a: '' } },
      data: { b: '' },
    });
    expect(
      told(pod('p', { spec: { containers: [{ name: 'c', image: 'i', resources: { limits: { cpu: null } } }] } })).spec.containers[0]
        .resources.limits.cpu,
    ).toBe('0');
  });
  it('stays in what is passed on as it came', () => {
    const body = { metadata: { name: 'r' }, revision: 1, data: { spec: { a: null } } };
    expect(told(body, 'controllerrevisions.apps').data).toEqual({ spec: { a: null } });
  });
  it('that a patch or a new version brings is none either', () => {
    const toleration = { key: 'k', operator: 'Exists', value: null };
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'u', controller: null }];
    const { answers } = play([
      create('pods', pod('p')),
      at('patch', 'pods', 'p', { patchType: 'json', body: [{ op: 'add', path: '/metadata/labels', value: null }] }),
      at('patch', 'pods', 'p', { patchType: 'merge', body: { metadata: { ownerReferences } } }),
      at('patch', 'pods', 'p', {
        patchType: 'strategic',
        body: { metadata: { ownerReferences: ownerReferences.map((owner) => ({ ...owner, uid: 'v' })) } },
      }),
      at('patch', 'pods', 'q', {
        patchType: 'apply',
        options: { fieldManager: 'm' },
        body: pod('q', { spec: { volumes: null, tolerations: [toleration] } }),
      }),
      at('update', 'pods', 'p', { body: pod('p', { metadata: { annotations: null }, spec: { containers: null } }) }),
      { ...at('create', 'pods', 'p'), subresource: 'binding', body: { metadata: null, target: null } },
      { ...at('create', 'pods', 'p'), subresource: 'eviction', body: { metadata: null, deleteOptions: null } },
      create('subjectaccessreviews.authorization.k8s.io', { spec: null }, undefined as unknown as string),
    ]);
    expect(answers.map(({ code, object }) => [code, nullsIn(object)])).toEqual(
      [201, 200, 200, 200, 201, 422, 400, 201, 422].map((code) => [code, []]),
    );
  });
});
