import { describe, expect, it } from 'vitest';
import { at, type Call, create, play, pod, type Step } from './lab.ts';

const GROUP = 'admissionregistration.k8s.io';
const RULES = [{ operations: ['CREATE', 'UPDATE'], apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'] }];
const policy = (spec: object, name = 'demo'): Call =>
  create(
    `validatingadmissionpolicies.${GROUP}`,
    {
      apiVersion: `${GROUP}/v1`,
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name },
      spec: { matchConstraints: { resourceRules: RULES }, ...spec },
    },
    undefined,
  );
const binding = (spec: object = {}): Call =>
  create(
    `validatingadmissionpolicybindings.${GROUP}`,
    {
      apiVersion: `${GROUP}/v1`,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name: 'here' },
      spec: { policyName: 'demo', validationActions: ['Deny'], ...spec },
    },
    undefined,
  );
const deployment = (replicas: number, labels: object = {}): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', labels },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image: 'nginx:1' }] } },
  },
});
const few = { validations: [{ expression: 'object.spec.replicas <= 5' }] };
const judged = (spec: object, replicas: number, more: object = {}, labels: object = {}) =>
  play([policy(spec), binding(more), 20, create('deployments.apps', deployment(replicas, labels))] as Step[]).answers[3];

describe('a ValidatingAdmissionPolicy', () => {
  it('refuses what does not satisfy it, in upstream words', () => {
    expect(judged(few, 5)?.code).toBe(201);
    expect(judged(few, 6)?.object).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      message:
        "deployments.apps \"web\" is forbidden: ValidatingAdmissionPolicy 'demo' with binding 'here' denied request: failed expression: object.spec.replicas <= 5",
      reason: 'Invalid',
      details: {
        name: 'web',
        group: 'apps',
        kind: 'deployments',
        causes: [
          { message: "ValidatingAdmissionPolicy 'demo' with binding 'here' denied request: failed expression: object.spec.replicas <= 5" },
        ],
      },
      code: 422,
    });
  });
  it('says its message, or what an expression makes of it, and its reason', () => {
    const said = { validations: [{ expression: 'false', message: 'too many', reason: 'Forbidden' }] };
    expect(judged(said, 1)?.object.message).toContain('denied request: too many');
    expect(judged(said, 1)?.object).toMatchObject({ reason: 'Forbidden', code: 403 });
    const made = { validations: [{ expression: 'false', messageExpression: "'wants ' + string(object.spec.replicas)" }] };
    expect(judged(made, 7)?.object.message).toContain('denied request: wants 7');
  });
  it('does nothing without a binding, or when the binding does not deny', () => {
    const { answers } = play([policy(few), 20, create('deployments.apps', deployment(9))]);
    expect(answers[2]?.code).toBe(201);
    expect(judged(few, 9, { validationActions: ['Audit'] })?.code).toBe(201);
  });
  it('counts an error as its failurePolicy says', () => {
    const broken = { validations: [{ expression: 'object.spec.nothing > 1' }] };
    expect(judged(broken, 1)?.object.message).toContain(
      "denied request: expression 'object.spec.nothing > 1' resulted in error: no such key: nothing",
    );
    expect(judged({ ...broken, failurePolicy: 'Ignore' }, 1)?.code).toBe(201);
  });
  it('knows the old object, the request, the namespace and variables of its own', () => {
    const grows = {
      variables: [{ name: 'before', expression: 'oldObject == null ? 0 : oldObject.spec.replicas' }],
      validations: [{ expression: 'object.spec.replicas - variables.before <= 3' }],
    };
    const scale = at('patch', 'deployments.apps', 'web', { patchType: 'merge', body: { spec: { replicas: 9 } } });
    const { answers } = play([policy(grows), binding(), 20, create('deployments.apps', deployment(3)), 20, scale]);
    expect(answers[3]?.code).toBe(201);
    expect(answers[5]?.code).toBe(422);
    expect(judged({ validations: [{ expression: "request.userInfo.username == 'jane'" }] }, 1)?.code).toBe(422);
    expect(
      judged({ validations: [{ expression: "request.operation == 'CREATE' && request.resource.resource == 'deployments'" }] }, 1)?.code,
    ).toBe(201);
    expect(judged({ validations: [{ expression: "namespaceObject.metadata.name == 'default'" }] }, 1)?.code).toBe(201);
    expect(judged({ validations: [{ expression: "has(object.metadata.labels) && 'team' in object.metadata.labels" }] }, 1)?.code).toBe(422);
    expect(judged({ validations: [{ expression: "'team' in object.metadata.labels" }] }, 1, {}, { team: 'red' })?.code).toBe(201);
    expect(
      judged({ validations: [{ expression: "object.spec.template.spec.containers.all(c, c.image.startsWith('nginx'))" }] }, 1)?.code,
    ).toBe(201);
  });
  it('is about what its rules, conditions and binding select', () => {
    const { answers } = play([policy(few), binding(), 20, create('pods', pod('p'))]);
    expect(answers[3]?.code).toBe(201);
    expect(judged({ ...few, matchConditions: [{ name: 'big', expression: 'object.spec.replicas > 100' }] }, 9)?.code).toBe(201);
    const elsewhere = { matchResources: { namespaceSelector: { matchLabels: { team: 'red' } } } };
    expect(judged(few, 9, elsewhere)?.code).toBe(201);
    expect(judged(few, 9, { matchResources: { objectSelector: { matchLabels: { team: 'red' } } } }, { team: 'red' })?.code).toBe(422);
  });
  it('takes parameters', () => {
    const spec = {
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      validations: [{ expression: 'object.spec.replicas <= int(params.data.most)' }],
    };
    const paramRef = { name: 'limits', parameterNotFoundAction: 'Deny' };
    const limits = create('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'limits' }, data: { most: '2' } });
    const { answers } = play([limits, policy(spec), binding({ paramRef }), 20, create('deployments.apps', deployment(3))]);
    expect(answers[4]?.code).toBe(422);
    expect(judged(spec, 1, { paramRef })?.object.message).toContain(
      'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction',
    );
    expect(judged(spec, 9, { paramRef: { ...paramRef, parameterNotFoundAction: 'Allow' } })?.code).toBe(201);
  });
  it.each([
    [
      { validations: [{ expression: 'object.spec.' }] },
      'spec.validations[0].expression: Invalid value: "object.spec.": compilation failed: ERROR: <input>:1:',
    ],
    [{ validations: [{ expression: 'nobody.spec' }] }, "undeclared reference to 'nobody' (in container '')"],
    [{ validations: [{ expression: '1 + 1' }] }, 'must evaluate to bool'],
    [{ validations: [] }, 'spec.validations: Required value'],
    [{ validations: [{ expression: 'true', reason: 'Odd' }] }, 'spec.validations[0].reason: Unsupported value: "Odd"'],
  ])('is refused when it makes no sense: %j', (spec, text) => {
    const { answers } = play([policy(spec)]);
    expect(answers[0]?.code).toBe(422);
    expect(answers[0]?.object.message).toContain(text);
  });
});
