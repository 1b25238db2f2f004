import { describe, expect, it } from 'vitest';
import { bootstrapObjects } from '../../src/apiserver/authorization/bootstrap-objects.ts';
import { ruleAllows, ruleText } from '../../src/apiserver/authorization/rules.ts';
import { at, bindTo, type Call, create, lab, play, pod, type Step } from './lab.ts';

const RBAC = 'rbac.authorization.k8s.io';
const config = { authorization: 'RBAC', groups: { 'user-0': ['system:masters'] } } as const;
const as = (user: string, call: Call): Call => ({ ...call, user });
const jane = (call: Call): Call => as('jane', call);
const list = (resource: string, namespace?: string): Call => ({
  verb: 'list',
  resource,
  ...(namespace === undefined ? {} : { namespace }),
});

const role = (rules: object[], kind = 'Role', name = 'r'): object => ({ apiVersion: `${RBAC}/v1`, kind, metadata: { name }, rules });
const bound = (subjects: object[], roleKind = 'Role', name = 'r', kind = 'RoleBinding'): object => ({
  apiVersion: `${RBAC}/v1`,
  kind,
  metadata: { name: 'b' },
  subjects,
  roleRef: { apiGroup: RBAC, kind: roleKind, name },
});
const JANE = { kind: 'User', apiGroup: RBAC, name: 'jane' };
const pods = { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] };

describe('rules', () => {
  const access = (more: object) =>
    ({
      user: { username: 'u', groups: [] },
      verb: 'get',
      group: '',
      resource: 'pods',
      subresource: '',
      namespace: 'a',
      name: 'x',
      ...more,
    }) as never;
  it.each([
    [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }, { subresource: 'status' }, true],
    [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }, {}, true],
    [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }, { subresource: 'log' }, false],
    [{ verbs: ['get'], apiGroups: [''], resources: ['pods/log'] }, { subresource: 'log' }, true],
    [{ verbs: ['get'], apiGroups: ['*'], resources: ['*/scale'] }, { resource: 'deployments', group: 'apps', subresource: 'scale' }, true],
    [{ verbs: ['get'], apiGroups: ['apps'], resources: ['pods'] }, {}, false],
    [{ verbs: ['get'], apiGroups: [''], resources: ['pods'], resourceNames: ['x'] }, {}, true],
    [{ verbs: ['get'], apiGroups: [''], resources: ['pods'], resourceNames: ['y'] }, {}, false],
    [{ verbs: ['list'], apiGroups: [''], resources: ['pods'], resourceNames: ['x'] }, { verb: 'list', name: '' }, false],
    [{ verbs: ['get'], nonResourceURLs: ['/healthz/*'] }, { path: '/healthz/etcd' }, true],
    [{ verbs: ['get'], nonResourceURLs: ['/healthz'] }, { path: '/healthz/etcd' }, false],
    [{ verbs: ['get'], nonResourceURLs: ['*'] }, {}, false],
  ])('%j about %j: %s', (rule, more, allowed) => {
    expect(ruleAllows(rule, access(more))).toBe(allowed);
  });
  it('are shown in short', () => {
    expect(ruleText({ apiGroups: [''], resources: ['pods', 'secrets'], verbs: ['get'] })).toBe(
      '{APIGroups:[""], Resources:["pods" "secrets"], Verbs:["get"]}',
    );
  });
});

describe('without authorization', () => {
  it('everybody may do everything', () => {
    expect(play([jane(list('secrets'))]).answers[0]?.code).toBe(200);
  });
});

describe('RBAC', () => {
  it('says who may not do what where', () => {
    const { answers } = play(
      [
        jane(list('pods', 'default')),
        jane(list('nodes')),
        jane(at('get', 'deployments.apps', 'web')),
        jane({ ...at('create', 'pods', 'p'), subresource: 'eviction', body: {} }),
        jane(list('pods')),
      ],
      { config },
    );
    expect(answers.map(({ code }) => code)).toEqual([403, 403, 403, 403, 403]);
    expect(answers[0]?.object).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      message: 'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"',
      reason: 'Forbidden',
      details: { name: '', kind: 'pods' },
      code: 403,
    });
    expect(answers[1]?.object.message).toBe(
      'nodes is forbidden: User "jane" cannot list resource "nodes" in API group "" at the cluster scope',
    );
    expect(answers[2]?.object.message).toBe(
      'deployments.apps "web" is forbidden: User "jane" cannot get resource "deployments" in API group "apps" in the namespace "default"',
    );
    expect(answers[3]?.object.message).toBe(
      'pods "p" is forbidden: User "jane" cannot create resource "pods/eviction" in API group "" in the namespace "default"',
    );
    expect(answers[4]?.object.message).toContain('at the cluster scope');
  });

  it('lets a RoleBinding give its namespace, to users, groups and service accounts', () => {
    const subjects = [
      JANE,
      { kind: 'Group', apiGroup: RBAC, name: 'system:serviceaccounts:team' },
      { kind: 'ServiceAccount', name: 'bot' },
    ];
    const { answers } = play(
      [
        create(`roles.${RBAC}`, role([pods])),
        create(`rolebindings.${RBAC}`, bound(subjects)),
        20,
        jane(list('pods', 'default')),
        jane(list('pods', 'kube-system')),
        jane(create('pods', pod('p'))),
        as('system:serviceaccount:team:any', list('pods', 'default')),
        as('system:serviceaccount:default:bot', list('pods', 'default')),
        as('system:serviceaccount:default:other', list('pods', 'default')),
      ],
      { config },
    );
    expect(answers.slice(3).map(({ code }) => code)).toEqual([200, 403, 403, 200, 200, 403]);
  });

  it('lets a ClusterRole be given in one namespace or in all', () => {
    const rules = role([pods], 'ClusterRole');
    const here = play(
      [
        create(`clusterroles.${RBAC}`, rules, undefined),
        create(`rolebindings.${RBAC}`, bound([JANE], 'ClusterRole')),
        20,
        jane(list('pods', 'default')),
        jane(list('pods')),
      ],
      { config },
    );
    expect(here.answers.slice(3).map(({ code }) => code)).toEqual([200, 403]);
    const everywhere = play(
      [
        create(`clusterroles.${RBAC}`, rules, undefined),
        create(`clusterrolebindings.${RBAC}`, bound([JANE], 'ClusterRole', 'r', 'ClusterRoleBinding'), undefined),
        20,
        jane(list('pods')),
      ],
      { config },
    );
    expect(everywhere.answers[3]?.code).toBe(200);
  });

  it('names the role that is not there', () => {
    const { answers } = play([create(`rolebindings.${RBAC}`, bound([JANE])), 20, jane(list('pods', 'default'))], { config });
    expect(answers[2]?.object.message).toBe(
      'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default": RBAC: role.rbac.authorization.k8s.io "r" not found',
    );
  });

  it('takes a right away with its binding', () => {
    const { answers } = play(
      [
        create(`roles.${RBAC}`, role([pods])),
        create(`rolebindings.${RBAC}`, bound([JANE])),
        20,
        jane(list('pods', 'default')),
        at('delete', `rolebindings.${RBAC}`, 'b'),
        20,
        jane(list('pods', 'default')),
      ],
      { config },
    );
    expect(answers[3]?.code).toBe(200);
    expect(answers[6]?.code).toBe(403);
  });
});

describe('giving rights away', () => {
  const manager = role(
    [{ apiGroups: [RBAC], resources: ['roles', 'rolebindings'], verbs: ['create', 'update', 'patch', 'get'] }, pods],
    'Role',
    'manager',
  );
  const setUp: Step[] = [
    create(`roles.${RBAC}`, manager),
    create(`rolebindings.${RBAC}`, bound([JANE], 'Role', 'manager')),
    create(`roles.${RBAC}`, role([{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }], 'Role', 'secrets')),
    20,
  ];
  const named = (object: object, name: string): object => ({ ...object, metadata: { name } });
  it('is bounded by what one has', () => {
    const { answers } = play(
      [
        ...setUp,
        jane(create(`roles.${RBAC}`, role([{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }], 'Role', 'less'))),
        jane(
          create(`roles.${RBAC}`, role([{ apiGroups: [''], resources: ['pods', 'secrets'], verbs: ['get', 'delete'] }], 'Role', 'more')),
        ),
        jane(create(`rolebindings.${RBAC}`, named(bound([JANE], 'Role', 'less'), 'b2'))),
        jane(create(`rolebindings.${RBAC}`, named(bound([JANE], 'Role', 'secrets'), 'b3'))),
      ],
      { config },
    );
    expect(answers.slice(4).map(({ code }) => code)).toEqual([201, 403, 201, 403]);
    expect(answers[5]?.object.message).toBe(
      'roles.rbac.authorization.k8s.io "more" is forbidden: user "jane" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}\n{APIGroups:[""], Resources:["secrets"], Verbs:["get" "delete"]}',
    );
  });
  it('needs the verb bind or escalate otherwise', () => {
    const trusted = role([{ apiGroups: [RBAC], resources: ['roles'], verbs: ['bind', 'escalate'] }], 'Role', 'trusted');
    const { answers } = play(
      [
        ...setUp,
        create(`roles.${RBAC}`, trusted),
        create(`rolebindings.${RBAC}`, named(bound([JANE], 'Role', 'trusted'), 'b4')),
        20,
        jane(create(`rolebindings.${RBAC}`, named(bound([JANE], 'Role', 'secrets'), 'b5'))),
      ],
      { config },
    );
    expect(answers[7]?.code).toBe(201);
  });
});

describe('the bootstrap policy', () => {
  it('is written once, whatever the number of servers', () => {
    const { clients } = lab([[5000, list(`clusterroles.${RBAC}`), list(`clusterrolebindings.${RBAC}`)]], { servers: 3, config });
    const names = clients[0]?.answers[1]?.object.items.map((one: { metadata: { name: string } }) => one.metadata.name);
    expect(names).toContain('system:controller:deployment-controller');
    expect(names).toHaveLength(bootstrapObjects().filter(({ object }) => object.kind === 'ClusterRole').length);
    const edit = clients[0]?.answers[1]?.object.items.find((one: { metadata: { name: string } }) => one.metadata.name === 'edit');
    expect(edit.aggregationRule.clusterRoleSelectors[0].matchLabels).toEqual({ 'rbac.authorization.k8s.io/aggregate-to-edit': 'true' });
  });
  it.each([
    ['system:kube-scheduler', bindTo('p', 'n1'), 404],
    ['system:kube-scheduler', create('pods', pod('x')), 403],
    ['system:kube-controller-manager', list('deployments.apps'), 200],
    ['system:kube-controller-manager', create('pods', pod('x')), 403],
    ['system:serviceaccount:kube-system:replicaset-controller', create('pods', pod('x')), 201],
    ['system:serviceaccount:kube-system:replicaset-controller', create('services', {}), 403],
  ])('%s %j: %i', (user, call, code) => {
    expect(play([500, as(user, call)], { config }).answers[1]?.code).toBe(code);
  });
});

describe('the Node authorizer', () => {
  const n1 = (call: Call): Call => as('system:node:n1', call);
  const secret = (name: string): object => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name } });
  const using = pod('p', {
    spec: {
      containers: [{ name: 'main', image: 'nginx:1', env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'used', key: 'k' } } }] }],
    },
  });
  it('shows a node what its pods refer to, and nothing else', () => {
    const { answers } = play(
      [
        create('secrets', secret('used')),
        create('secrets', secret('other')),
        create('pods', using),
        20,
        n1(at('get', 'secrets', 'used')),
        bindTo('p', 'n1'),
        20,
        n1(at('get', 'secrets', 'used')),
        n1(at('get', 'secrets', 'other')),
        as('system:node:n2', at('get', 'secrets', 'used')),
        n1(list('secrets', 'default')),
      ],
      { config },
    );
    expect(answers[4]?.code).toBe(403);
    expect(answers[7]?.code).toBe(200);
    expect(answers[8]?.object.message).toBe(
      'secrets "other" is forbidden: User "system:node:n1" cannot get resource "secrets" in API group "" in the namespace "default": no relationship found between node \'n1\' and this object',
    );
    expect(answers[9]?.code).toBe(403);
    expect(answers[10]?.object.message).toContain(': No Object name found');
  });
  it.each([
    [at('get', 'nodes', 'n1', { namespace: undefined }), 404],
    [at('get', 'nodes', 'n2', { namespace: undefined }), 403],
    [{ ...list('pods'), options: { fieldSelector: 'spec.nodeName=n1' } }, 200],
    [list('pods'), 403],
    [at('get', 'leases.coordination.k8s.io', 'n1', { namespace: 'kube-node-lease' }), 404],
    [at('get', 'leases.coordination.k8s.io', 'n2', { namespace: 'kube-node-lease' }), 403],
    [list('services'), 200],
    [list('deployments.apps'), 403],
  ] as [Call, number][])('%j: %i', (call, code) => {
    expect(play([n1(call)], { config }).answers[0]?.code).toBe(code);
  });
});

describe('reviews', () => {
  const review = (kind: string, spec: object): Call =>
    create(`${kind.toLowerCase()}s.authorization.k8s.io`, { apiVersion: 'authorization.k8s.io/v1', kind, spec }, undefined);
  const may = (verb: string, resource: string, namespace = 'default'): object => ({ resourceAttributes: { verb, resource, namespace } });
  const granted: Step[] = [create(`roles.${RBAC}`, role([pods])), create(`rolebindings.${RBAC}`, bound([JANE])), 200];

  it('answer what one may do oneself, with the reason', () => {
    const { answers } = play(
      [
        ...granted,
        jane(review('SelfSubjectAccessReview', may('list', 'pods'))),
        jane(review('SelfSubjectAccessReview', may('delete', 'pods'))),
      ],
      { config },
    );
    expect(answers[3]?.code).toBe(201);
    expect(answers[3]?.object.status).toEqual({
      allowed: true,
      reason: 'RBAC: allowed by RoleBinding "b/default" of Role "r" to User "jane"',
    });
    expect(answers[4]?.object.status).toEqual({ allowed: false });
  });
  it('answer about others to those who may ask', () => {
    const about = review('SubjectAccessReview', { ...may('get', 'pods'), user: 'jane' });
    const { answers } = play(
      [
        ...granted,
        about,
        jane(about),
        review('SubjectAccessReview', may('get', 'pods')),
        review('SubjectAccessReview', { user: 'nobody', groups: ['system:masters'], nonResourceAttributes: { path: '/x', verb: 'get' } }),
      ],
      { config },
    );
    expect(answers[3]?.object.status.allowed).toBe(true);
    expect(answers[4]?.object.message).toContain(
      'User "jane" cannot create resource "subjectaccessreviews" in API group "authorization.k8s.io"',
    );
    expect(answers[5]?.object.message).toContain('spec.user: Invalid value: "": at least one of user or group must be specified');
    expect(answers[6]?.object.status.allowed).toBe(true);
  });
  it('list the rules of a namespace', () => {
    const { answers } = play([...granted, jane(review('SelfSubjectRulesReview', { namespace: 'default' }))], { config });
    const { status } = answers[3]?.object ?? {};
    expect(status.resourceRules).toContainEqual(pods);
    expect(status.nonResourceRules.length).toBeGreaterThan(0);
    expect(status.incomplete).toBe(true);
  });
  it('allow everything where nobody is asked', () => {
    const { answers } = play([jane(review('SelfSubjectAccessReview', may('delete', 'nodes')))]);
    expect(answers[0]?.object.status).toEqual({ allowed: true });
  });
});

describe('tokens', () => {
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'bot' } };
  const request: Call = { ...at('create', 'serviceaccounts', 'bot'), subresource: 'token', body: { spec: { expirationSeconds: 600 } } };
  const whoAmI: Call = create('selfsubjectreviews.authentication.k8s.io', {}, undefined);
  const withToken =
    (call: Call, more: (token: string) => string = (token) => token) =>
    (seen: readonly { readonly object: { readonly status: { readonly token: string } } }[]): Call => ({
      ...call,
      token: more(seen[2]?.object.status.token ?? ''),
    });

  it('of service accounts are issued, known, and end', () => {
    const { answers } = play(
      [
        create('serviceaccounts', account),
        20,
        request,
        withToken(whoAmI) as Step,
        withToken(whoAmI, (token) => `${token}x`) as Step,
        601_000,
        withToken(whoAmI) as Step,
      ],
      { seconds: 700 },
    );
    expect(answers[2]?.code).toBe(201);
    expect(answers[2]?.object.status.token.split('.')).toHaveLength(3);
    expect(answers[3]?.object.status.userInfo).toMatchObject({
      username: 'system:serviceaccount:default:bot',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
    });
    expect(answers[4]?.object).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      message: 'Unauthorized',
      reason: 'Unauthorized',
      code: 401,
    });
    expect(answers[6]?.code).toBe(401);
  });
  it('end with their account', () => {
    const { answers } = play([
      create('serviceaccounts', account),
      20,
      request,
      at('delete', 'serviceaccounts', 'bot'),
      20,
      withToken(whoAmI) as Step,
    ]);
    expect(answers[5]?.code).toBe(401);
  });
  it('of a file say who comes, and nobody is anonymous', () => {
    const tokens = { secret: { user: 'jane', groups: ['devs'] } };
    const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token: 'secret' } };
    const { answers } = play(
      [
        { ...whoAmI, token: 'secret' },
        { ...whoAmI, token: '' },
        { ...whoAmI, token: 'wrong' },
        create('tokenreviews.authentication.k8s.io', review, undefined),
      ],
      { config: { tokens } },
    );
    expect(answers[0]?.object.status.userInfo.groups).toEqual(['devs', 'system:authenticated']);
    expect(answers[1]?.object.status.userInfo.username).toBe('system:anonymous');
    expect(answers[2]?.code).toBe(401);
    expect(answers[3]?.object.status).toMatchObject({ authenticated: true, user: { username: 'jane' } });
  });
  it('are neither too short nor for nobody', () => {
    const { answers } = play([
      create('serviceaccounts', account),
      20,
      { ...request, body: { spec: { expirationSeconds: 5 } } },
      { ...at('create', 'serviceaccounts', 'nobody'), subresource: 'token', body: {} },
    ]);
    expect(answers[2]?.object.message).toBe(
      'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes',
    );
    expect(answers[3]?.object.message).toBe('serviceaccounts "nobody" not found');
  });
});
