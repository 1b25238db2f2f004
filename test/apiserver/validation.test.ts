import { describe, expect, it } from 'vitest';
import { at, bindTo, type Call, create, play, pod, type Step } from './lab.ts';

const container = (more: object): object => ({ spec: { containers: [{ name: 'main', image: 'nginx:1', ...more }] } });
const selector = { matchLabels: { app: 'x' } };
const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'c', image: 'i:1' }] } };
const deployment = (spec: object): Call => create('deployments.apps', { metadata: { name: 'd' }, spec: { selector, template, ...spec } });
const job = (spec: object): Call =>
  create('jobs.batch', { metadata: { name: 'j' }, spec: { template: { spec: { ...template.spec, restartPolicy: 'Never' } }, ...spec } });

const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

/** What is sent, and the text that comes back with 422. */
const REFUSALS: readonly (readonly [Call, string])[] = [
  [
    create('pods', { metadata: { name: 'x' }, spec: { containers: [{ image: 'a' }] } }),
    'Pod "x" is invalid: spec.containers[0].name: Required value',
  ],
  [create('pods', pod('X')), `Pod "X" is invalid: metadata.name: Invalid value: "X": ${SUBDOMAIN}`],
  [
    create('pods', { metadata: {}, spec: {} }),
    'Pod "" is invalid: [metadata.name: Required value: name or generateName is required, spec.containers: Required value]',
  ],
  [
    create('pods', pod('x', { metadata: { labels: { 'a/b/c': '1' } } })),
    "Pod \"x\" is invalid: metadata.labels: Invalid value: \"a/b/c\": a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
  ],
  [create('pods', pod('x', container({ image: '' }))), 'Pod "x" is invalid: spec.containers[0].image: Required value'],
  [
    create('pods', pod('x', container({ ports: [{ containerPort: 70000 }] }))),
    'Pod "x" is invalid: spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
  ],
  [
    create('pods', pod('x', container({ resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }))),
    'Pod "x" is invalid: spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
  ],
  [
    create('pods', pod('x', container({ resources: { requests: { 'nvidia.com/gpu': '1' } } }))),
    'Pod "x" is invalid: spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources',
  ],
  [
    create('pods', pod('x', container({ resources: { requests: { cpu: '-1' } } }))),
    'Pod "x" is invalid: spec.containers[0].resources.requests[cpu]: Invalid value: "-1": must be greater than or equal to 0',
  ],
  [
    create('pods', pod('x', container({ imagePullPolicy: 'Sometimes' }))),
    'Pod "x" is invalid: spec.containers[0].imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"',
  ],
  [
    create('pods', pod('x', container({ volumeMounts: [{ name: 'v', mountPath: '/v' }] }))),
    'Pod "x" is invalid: spec.containers[0].volumeMounts[0].name: Not found: "v"',
  ],
  [
    create('pods', pod('x', container({ livenessProbe: {} }))),
    'Pod "x" is invalid: spec.containers[0].livenessProbe: Required value: must specify a handler type',
  ],
  [
    create('pods', pod('x', { spec: { restartPolicy: 'Maybe' } })),
    'Pod "x" is invalid: spec.restartPolicy: Unsupported value: "Maybe": supported values: "Always", "OnFailure", "Never"',
  ],
  [
    create('pods', pod('x', { spec: { tolerations: [{ operator: 'Equal', value: 'v' }] } })),
    'Pod "x" is invalid: spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
  ],
  [
    create(
      'pods',
      pod('x', { spec: { topologySpreadConstraints: [{ maxSkew: 0, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }] } }),
    ),
    'Pod "x" is invalid: spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
  ],
  [
    deployment({ selector: { matchLabels: { app: 'y' } } }),
    'Deployment.apps "d" is invalid: spec.template.metadata.labels: Invalid value: {"app":"x"}: `selector` does not match template `labels`',
  ],
  [
    deployment({ selector: undefined }),
    'Deployment.apps "d" is invalid: [spec.selector: Required value, spec.template.metadata.labels: Invalid value: {"app":"x"}: `selector` does not match template `labels`]',
  ],
  [deployment({ replicas: -1 }), 'Deployment.apps "d" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
  [
    deployment({ strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } }),
    'Deployment.apps "d" is invalid: spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0',
  ],
  [
    deployment({ strategy: { type: 'Slow' } }),
    'Deployment.apps "d" is invalid: spec.strategy: Unsupported value: {"Type":"Slow","RollingUpdate":null}: supported values: "Recreate", "RollingUpdate"',
  ],
  [
    deployment({ template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } } }),
    'Deployment.apps "d" is invalid: spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
  ],
  [
    job({ template: { spec: template.spec } }),
    'Job.batch "j" is invalid: spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
  ],
  [
    job({ completionMode: 'Indexed', parallelism: 2 }),
    'Job.batch "j" is invalid: spec.completions: Required value: when completion mode is Indexed',
  ],
  [
    create('configmaps', { metadata: { name: 'm' }, data: { 'a b': '1' } }),
    "ConfigMap \"m\" is invalid: data[a b]: Invalid value: \"a b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
  ],
  [
    create('leases.coordination.k8s.io', { metadata: { name: 'l' }, spec: { leaseDurationSeconds: 0 } }),
    'Lease.coordination.k8s.io "l" is invalid: spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
  ],
  [
    create('nodes', { metadata: { name: 'n' }, spec: { taints: [{ key: 'a', effect: 'Odd' }] } }, undefined),
    'Node "n" is invalid: metadata.taints[0].effect: Unsupported value: "Odd": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
  ],
  [
    create('services', { metadata: { name: '1s' }, spec: { ports: [{ port: 80 }] } }),
    "Service \"1s\" is invalid: metadata.name: Invalid value: \"1s\": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
  ],
];

describe('validation speaks Kubernetes', () => {
  const { answers } = play(REFUSALS.map(([call]) => call));
  it.each(REFUSALS.map(([, text], i) => ({ i, text })))('$text', ({ i, text }) => {
    expect(answers[i]?.object).toMatchObject({ kind: 'Status', reason: 'Invalid', code: 422 });
    expect(answers[i]?.object.message).toBe(text);
  });
  it('names every cause', () => {
    expect(answers[2]?.object.details).toMatchObject({
      kind: 'Pod',
      causes: [
        { reason: 'FieldValueRequired', field: 'metadata.name' },
        { reason: 'FieldValueRequired', message: 'Required value', field: 'spec.containers' },
      ],
    });
  });
});

describe('nonsense', () => {
  const wrong: readonly Call[] = [
    create('pods', { metadata: { name: 'x' }, spec: { containers: 'none' } }),
    create('pods', { metadata: { name: 'x' }, spec: 7 }),
    create('pods', { metadata: { name: 'x' }, spec: { containers: [null] } }),
    create('pods', { metadata: { name: 'x', labels: 'a=b' }, spec: { containers: [{ name: 'a', image: 'b' }] } }),
    create('deployments.apps', { metadata: { name: 'x' }, spec: { selector: 1, template: [] } }),
    create('pods', { kind: 'Node', apiVersion: 'v1', metadata: { name: 'x' } }),
    create('pods', [] as object),
    create('widgets.example.com', {}),
    { verb: 'get', resource: 'pods', namespace: 'default' },
    at('get', 'pods', 'x', { subresource: 'logs' }),
    at('create', 'pods', 'x', { subresource: 'status', body: {} }),
  ];
  const { answers } = play(wrong);
  it.each(wrong.map((call, i) => ({ i, what: JSON.stringify(call) })))("$what is the client's fault", ({ i }) => {
    expect(answers[i]?.object).toMatchObject({ kind: 'Status', status: 'Failure' });
    expect([400, 404, 405, 422]).toContain(answers[i]?.code);
  });
});

describe('what may change', () => {
  const edit = (patch: object): Step => at('patch', 'pods', 'a', { patchType: 'merge', body: patch });
  const { answers } = play([
    create('pods', pod('a', { spec: { tolerations: [{ key: 'k', operator: 'Exists' }] } })),
    bindTo('a', 'n1'),
    edit({
      spec: {
        containers: [
          {
            name: 'main',
            image: 'nginx:2',
            resources: {},
            imagePullPolicy: 'IfNotPresent',
            terminationMessagePath: '/dev/termination-log',
            terminationMessagePolicy: 'File',
          },
        ],
      },
    }),
    edit({ spec: { nodeSelector: { a: 'b' } } }),
    edit({ spec: { tolerations: [] } }),
    edit({ metadata: { uid: 'other' } }),
    edit({ spec: { activeDeadlineSeconds: 100 } }),
    edit({ spec: { activeDeadlineSeconds: 200 } }),
    edit({ metadata: { labels: { new: 'label' } } }),
    deployment({}),
    at('patch', 'deployments.apps', 'd', { patchType: 'merge', body: { spec: { selector: { matchLabels: { app: 'z' } } } } }),
    at('patch', 'deployments.apps', 'd', {
      patchType: 'strategic',
      body: { spec: { template: { spec: { containers: [{ name: 'c', image: 'i:2' }] } } } },
    }),
    at('patch', 'deployments.apps', 'd', { patchType: 'merge', body: { metadata: { annotations: { a: 'b' } } } }),
  ]);

  it("a pod's image", () => expect(answers[2]?.object.spec?.containers[0].image).toBe('nginx:2'));
  it('but not its node selector', () =>
    expect(answers[3]?.object.message).toMatch(
      /^Pod "a" is invalid: spec: Forbidden: pod updates may not change fields other than `spec.containers\[\*\].image`/,
    ));
  it('nor fewer tolerations', () =>
    expect(answers[4]?.object.message).toContain(
      'spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds',
    ));
  it('nor its uid', () => expect(answers[5]?.code).toBe(409));
  it('a deadline may come and shrink, not grow', () => {
    expect(answers[6]?.code).toBe(200);
    expect(answers[7]?.object.message).toBe(
      'Pod "a" is invalid: spec.activeDeadlineSeconds: Invalid value: 200: must be less than or equal to previous value',
    );
  });
  it('labels at will, without a new generation', () => {
    expect(answers[8]).toMatchObject({ code: 200, object: { metadata: { labels: { new: 'label' }, generation: 3 } } });
  });
  it("a deployment's template, which bumps its generation, but not its selector", () => {
    expect(answers[9]?.object.metadata.generation).toBe(1);
    expect(answers[10]?.object.message).toContain('spec.selector: Invalid value: {"matchLabels":{"app":"z"}}: field is immutable');
    expect(answers[11]?.object.metadata.generation).toBe(2);
    expect(answers[12]?.object.metadata.generation).toBe(2);
  });
});
