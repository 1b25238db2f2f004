import { describe, expect, it } from 'vitest';
import { at, bindTo, type Call, create, lab, play, pod, type Step } from './lab.ts';

const GROUP = 'admissionregistration.k8s.io';
const hook = (more: object = {}): object => ({
  name: 'guard.example.com',
  clientConfig: { service: { namespace: 'default', name: 'guard', path: '/check' } },
  rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }],
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  ...more,
});
const configuration = (kind: 'Mutating' | 'Validating', webhooks: object[], name = 'config'): Call =>
  create(
    `${kind.toLowerCase()}webhookconfigurations.${GROUP}`,
    { apiVersion: `${GROUP}/v1`, kind: `${kind}WebhookConfiguration`, metadata: { name }, webhooks },
    undefined,
  );
const validating = (more: object = {}): Step[] => [configuration('Validating', [hook(more)]), 20];
const mutating = (...hooks: object[]): Step[] => [configuration('Mutating', hooks), 20];
const label = (name: string, value: string): object => ({ op: 'add', path: `/metadata/labels/${name}`, value });
const labelled = (name: string): object => pod(name, { metadata: { labels: { app: name } } });

describe('validating webhooks', () => {
  it('refuse in upstream words', () => {
    const webhooks = { guard: { answer: 'deny', message: 'not today' } } as const;
    const { answers } = play([...validating(), create('pods', pod('p')), create('configmaps', { metadata: { name: 'm' } })], { webhooks });
    expect(answers[2]?.object).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      message: 'admission webhook "guard.example.com" denied the request: not today',
      code: 403,
    });
    expect(answers[3]?.code).toBe(201);
  });
  it('without a word are said to be so', () => {
    const { answers } = play([...validating(), create('pods', pod('p'))], { webhooks: { guard: { answer: 'deny' } } });
    expect(answers[2]?.object.message).toBe('admission webhook "guard.example.com" denied the request without explanation');
  });
  it('take their time', () => {
    const steps = [...validating(), create('pods', pod('p'))];
    const slow = play(steps, { webhooks: { guard: { latency: 300_000 } } });
    const fast = play(steps, { webhooks: { guard: { latency: 1000 } } });
    expect(slow.answers[2]?.code).toBe(201);
    expect((slow.answers[2]?.at ?? 0) - (fast.answers[2]?.at ?? 0)).toBeGreaterThan(290_000);
  });
  it.each([
    [
      'silent',
      'Fail',
      500,
      'Internal error occurred: failed calling webhook "guard.example.com": failed to call webhook: Post "https://guard.default.svc:443/check?timeout=2s": context deadline exceeded',
    ],
    ['silent', 'Ignore', 201, undefined],
    [
      'error',
      'Fail',
      500,
      'Internal error occurred: failed calling webhook "guard.example.com": failed to call webhook: the server rejected our request for an unknown reason',
    ],
    ['error', 'Ignore', 201, undefined],
  ] as const)('that are %s, with policy %s: %i', (answer, failurePolicy, code, message) => {
    const { answers } = play([...validating({ failurePolicy, timeoutSeconds: 2 }), create('pods', pod('p'))], {
      webhooks: { guard: { answer } },
    });
    expect(answers[2]?.code).toBe(code);
    if (message !== undefined) expect(answers[2]?.object.message).toBe(message);
  });
  it('that nobody runs are missed', () => {
    const { answers } = play([...validating(), create('pods', pod('p'))]);
    expect(answers[2]?.object.message).toBe(
      'Internal error occurred: failed calling webhook "guard.example.com": failed to call webhook: Post "https://guard.default.svc:443/check?timeout=10s": service "guard" not found',
    );
  });
  it.each([
    [{ objectSelector: { matchLabels: { app: 'x' } } }, 201],
    [{ objectSelector: { matchLabels: { app: 'p' } } }, 403],
    [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'other' } } }, 201],
    [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'default' } } }, 403],
    [{ matchConditions: [{ name: 'not-p', expression: "object.metadata.name != 'p'" }] }, 201],
    [{ matchConditions: [{ name: 'user', expression: "request.userInfo.username == 'user-0'" }] }, 403],
    [{ matchConditions: [{ name: 'lacks', expression: 'object.metadata.nothing == 1' }], failurePolicy: 'Ignore' }, 201],
    [{ rules: [{ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'] }] }, 403],
    [{ rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], scope: 'Cluster' }] }, 201],
  ])('are asked about what they select: %j', (more, code) => {
    const { answers } = play([...validating(more), create('pods', labelled('p'))], { webhooks: { guard: { answer: 'deny' } } });
    expect(answers[2]?.code).toBe(code);
  });
  it('hear of updates, deletions and subresources', () => {
    const rule = (operations: string[], resources: string[]): object => ({
      rules: [{ operations, apiGroups: [''], apiVersions: ['v1'], resources }],
    });
    const webhooks = { guard: { answer: 'deny' } } as const;
    const made: Step[] = [create('pods', pod('p')), 20];
    const touch = at('patch', 'pods', 'p', { patchType: 'merge', body: { metadata: { labels: { a: 'b' } } } });
    const status = { ...at('patch', 'pods', 'p', { patchType: 'merge', body: { status: { phase: 'Running' } } }), subresource: 'status' };
    expect(play([...made, ...validating(rule(['UPDATE'], ['pods'])), touch], { webhooks }).answers[4]?.code).toBe(403);
    expect(play([...made, ...validating(rule(['UPDATE'], ['pods'])), status], { webhooks }).answers[4]?.code).toBe(200);
    expect(play([...made, ...validating(rule(['UPDATE'], ['pods/status'])), status], { webhooks }).answers[4]?.code).toBe(403);
    expect(play([...made, ...validating(rule(['DELETE'], ['pods'])), at('delete', 'pods', 'p')], { webhooks }).answers[4]?.code).toBe(403);
    expect(play([...made, ...validating(rule(['CREATE'], ['pods/binding'])), bindTo('p', 'n1')], { webhooks }).answers[4]?.code).toBe(403);
  });
  it('never stand between a user and their configuration', () => {
    const all = { rules: [{ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'] }] };
    const { answers } = play(
      [
        ...validating(all),
        at('delete', `validatingwebhookconfigurations.${GROUP}`, 'config', { namespace: undefined }),
        20,
        create('pods', pod('p')),
      ],
      { webhooks: { guard: { answer: 'deny' } } },
    );
    expect(answers[2]?.code).toBe(200);
    expect(answers[4]?.code).toBe(201);
  });
});

describe('mutating webhooks', () => {
  it('change what is made and what is changed', () => {
    const rules = [{ operations: ['CREATE', 'UPDATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }];
    const { answers } = play(
      [
        ...mutating(hook({ rules })),
        create('pods', labelled('p')),
        at('patch', 'pods', 'p', { patchType: 'merge', body: { metadata: { labels: { team: null } } } }),
        20,
        at('get', 'pods', 'p'),
      ],
      { webhooks: { guard: { patch: [label('team', 'red')] } } },
    );
    expect(answers[2]?.object.metadata.labels).toEqual({ app: 'p', team: 'red' });
    expect(answers[5]?.object.metadata.labels).toEqual({ app: 'p', team: 'red' });
  });
  it('are held to the rules of the object they leave', () => {
    const patch = [{ op: 'replace', path: '/spec/containers/0/name', value: 'Bad Name' }];
    const { answers } = play([...mutating(hook()), create('pods', labelled('p'))], { webhooks: { guard: { patch } } });
    expect(answers[2]?.code).toBe(422);
    expect(answers[2]?.object.message).toContain('spec.containers[0].name: Invalid value: "Bad Name"');
  });
  it('see each other in the order of their names, and again when they ask for it', () => {
    const other = (more: object = {}): object =>
      hook({ name: 'later.example.com', clientConfig: { service: { namespace: 'default', name: 'later' } }, ...more });
    const webhooks = {
      guard: { patch: [{ op: 'add', path: '/metadata/annotations', value: { seen: 'guard' } }] },
      later: { patch: [label('later', 'yes')] },
    };
    // The first webhook wants only pods that the second has labelled: it gets them on the second round alone.
    const selective = hook({ reinvocationPolicy: 'IfNeeded' });
    const { answers } = play([...mutating(selective, other()), create('pods', labelled('p'))], { webhooks });
    expect(answers[2]?.object.metadata.labels).toEqual({ app: 'p', later: 'yes' });
    expect(answers[2]?.object.metadata.annotations).toEqual({ seen: 'guard' });
    const asked = (policy: string): number => {
      const { outcome } = lab([[...mutating(hook({ reinvocationPolicy: policy }), other()), create('pods', labelled('p'))]], {
        webhooks,
        seconds: 5,
      });
      const counted = outcome.recorded.histograms.filter(
        ({ name, labels }) => name === 'apiserver_admission_webhook_admission_duration_seconds' && labels['name'] === 'guard.example.com',
      );
      return counted.reduce((sum, { overall }) => sum + overall.count, 0);
    };
    expect([asked('Never'), asked('IfNeeded')]).toEqual([1, 2]);
  });
  it('come before the server checks amounts', () => {
    const limits = {
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: { name: 'l' },
      spec: { limits: [{ type: 'Container', max: { cpu: '1' } }] },
    };
    const patch = [{ op: 'add', path: '/spec/containers/0/resources', value: { limits: { cpu: '2' } } }];
    const { answers } = play([create('limitranges', limits), ...mutating(hook()), create('pods', labelled('p'))], {
      webhooks: { guard: { patch } },
    });
    expect(answers[3]?.object.message).toBe('pods "p" is forbidden: maximum cpu usage per Container is 1, but limit is 2');
  });
});

describe('a webhook that its own writes come back to', () => {
  const creates = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'log-', namespace: 'default' } };
  const rules = [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods', 'configmaps'] }];

  it('is ended by its time-out, and the request with it', () => {
    const { answers } = play(
      [...validating({ rules, timeoutSeconds: 3 }), create('pods', pod('p')), create('secrets', { metadata: { name: 's' } })],
      {
        webhooks: { guard: { creates } },
        seconds: 60,
      },
    );
    expect(answers[2]?.code).toBe(500);
    expect(answers[2]?.object.message).toContain('context deadline exceeded');
    expect((answers[2]?.at ?? 0) / 1e6).toBeGreaterThan(3);
    expect((answers[2]?.at ?? 0) / 1e6).toBeLessThan(3.5);
    // Everybody else is served.
    expect(answers[3]?.code).toBe(201);
  });
  it('comes back at once when its rules leave its own writes out', () => {
    const matchConditions = [{ name: 'not-mine', expression: "request.userInfo.username != 'guard'" }];
    const { answers } = play([...validating({ rules, matchConditions }), create('pods', pod('p'))], { webhooks: { guard: { creates } } });
    expect(answers[2]?.code).toBe(201);
  });
});

describe('webhook configurations', () => {
  it('get defaults', () => {
    const { answers } = play([configuration('Mutating', [hook()])]);
    expect(answers[0]?.object.webhooks[0]).toMatchObject({
      failurePolicy: 'Fail',
      matchPolicy: 'Equivalent',
      timeoutSeconds: 10,
      reinvocationPolicy: 'Never',
      clientConfig: { service: { port: 443 } },
      rules: [{ scope: '*' }],
    });
  });
  it.each([
    [{ name: 'guard' }, 'webhooks[0].name: Invalid value: "guard": should be a domain with at least three segments separated by dots'],
    [{ timeoutSeconds: 31 }, 'webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds'],
    [{ clientConfig: {} }, 'webhooks[0].clientConfig: Required value: exactly one of url or service is required'],
    [{ sideEffects: undefined }, 'webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun'],
    [{ admissionReviewVersions: [] }, 'webhooks[0].admissionReviewVersions: Required value: must specify one of v1, v1beta1'],
    [
      { matchConditions: [{ name: 'x', expression: 'object.' }] },
      'webhooks[0].matchConditions[0].expression: Invalid value: "object.": compilation failed: ERROR: <input>:1:',
    ],
  ])('are refused when they make no sense: %j', (more, text) => {
    const { answers } = play([configuration('Validating', [hook(more)])]);
    expect(answers[0]?.code).toBe(422);
    expect(answers[0]?.object.message).toContain(text);
  });
});

describe('policies that nobody knows', () => {
  it.each([
    ['failurePolicy', 'Maybe', '"Fail", "Ignore"'],
    ['matchPolicy', 'Near', '"Equivalent", "Exact"'],
    ['reinvocationPolicy', 'Always', '"IfNeeded", "Never"'],
  ])('%s: %s', (field, value, known) => {
    const { answers } = play([configuration('Mutating', [hook({ [field]: value })])]);
    expect(answers[0]?.code).toBe(422);
    expect(answers[0]?.object.message).toContain(`webhooks[0].${field}: Unsupported value: "${value}": supported values: ${known}`);
  });
});

describe('a mutating webhook that renames', () => {
  const rename = { op: 'replace', path: '/metadata/name', value: 'other' };
  const rules = [{ operations: ['UPDATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }];
  it('is refused like anybody who renames', () => {
    const { answers } = play(
      [
        ...mutating(hook({ rules })),
        create('pods', pod('p')),
        at('patch', 'pods', 'p', { patchType: 'merge', body: { metadata: { labels: { a: 'b' } } } }),
      ],
      { webhooks: { guard: { patch: [rename] } } },
    );
    expect(answers[3]?.object).toMatchObject({
      code: 422,
      message: 'Pod "other" is invalid: metadata.name: Invalid value: "other": field is immutable',
    });
  });
  it('cannot move what is created to another namespace', () => {
    const move = { op: 'replace', path: '/metadata/namespace', value: 'kube-system' };
    const { answers } = play([...mutating(hook()), create('pods', pod('p'))], { webhooks: { guard: { patch: [move] } } });
    expect(answers[2]?.object).toMatchObject({
      code: 400,
      message: 'the namespace of the provided object does not match the namespace sent on the request',
    });
  });
});
