import { describe, expect, it } from 'vitest';
import type { ApiRequest } from '#api';
import { requestUri } from '../../src/apiserver/audit/audit-log.ts';
import { type AuditPolicy, decide } from '../../src/apiserver/audit/policy.ts';
import { at, create, lab, pod, type Step } from './lab.ts';

const request = (more: object): ApiRequest =>
  ({ kind: 'ApiRequest', id: 1, verb: 'get', resource: 'pods', namespace: 'a', name: 'x', user: 'u', ...more }) as ApiRequest;
const user = (groups: string[] = []) => ({ username: 'u', groups });

describe('an audit policy', () => {
  it.each([
    [{ level: 'Metadata' }, {}, 'Metadata'],
    [{ level: 'Metadata', users: ['v'] }, {}, 'None'],
    [{ level: 'Metadata', userGroups: ['g'] }, {}, 'None'],
    [{ level: 'Metadata', verbs: ['list', 'get'] }, {}, 'Metadata'],
    [{ level: 'Metadata', namespaces: ['b'] }, {}, 'None'],
    [{ level: 'Metadata', namespaces: [''] }, { resource: 'nodes', namespace: undefined }, 'Metadata'],
    [{ level: 'Request', resources: [{ group: '', resources: ['pods'] }] }, { subresource: 'status' }, 'None'],
    [{ level: 'Request', resources: [{ group: '', resources: ['pods/*'] }] }, { subresource: 'status' }, 'Request'],
    [{ level: 'Request', resources: [{ group: '', resources: ['*/status'] }] }, { subresource: 'status' }, 'Request'],
    [{ level: 'Request', resources: [{ group: 'apps' }] }, { resource: 'deployments.apps' }, 'Request'],
    [{ level: 'Request', resources: [{ group: '', resources: ['pods'], resourceNames: ['y'] }] }, {}, 'None'],
  ])('%j about %j: %s', (rule, more, level) => {
    expect(decide({ rules: [rule] } as AuditPolicy, request(more), user()).level).toBe(level);
  });
  it('is decided by its first rule that matches', () => {
    const policy: AuditPolicy = { rules: [{ level: 'None', verbs: ['get'] }, { level: 'Request' }] };
    expect(decide(policy, request({}), user()).level).toBe('None');
    expect(decide(policy, request({ verb: 'list' }), user()).level).toBe('Request');
  });
});

describe('the path of a request', () => {
  it.each([
    [{}, '/api/v1/namespaces/a/pods/x'],
    [{ resource: 'deployments.apps', subresource: 'scale' }, '/apis/apps/v1/namespaces/a/deployments/x/scale'],
    [
      { verb: 'watch', name: undefined, namespace: undefined, options: { fieldSelector: 'spec.nodeName=n' } },
      '/api/v1/pods?fieldSelector=spec.nodeName%3Dn&watch=true',
    ],
  ])('%j: %s', (more, path) => {
    expect(requestUri(request(more))).toBe(path);
  });
});

describe('the audit log', () => {
  function events(steps: readonly Step[], audit: AuditPolicy, config: object = {}) {
    const { outcome } = lab([steps], { config: { audit, ...config }, seconds: 10 });
    const lines = outcome.recorded.kept.flatMap(({ data }) => data as [number, string][]);
    // biome-ignore lint/suspicious/noExplicitAny: events of all kinds.
    return lines.map(([, line]) => JSON.parse(line) as any).filter((event) => event.user.username === 'user-0');
  }
  it('says who asked what, when, and what came of it', () => {
    const [received, complete, ...more] = events([create('pods', pod('p'))], { rules: [{ level: 'Metadata' }] });
    expect(more).toEqual([]);
    expect(received).toMatchObject({ stage: 'RequestReceived', level: 'Metadata', verb: 'create' });
    expect(complete).toMatchObject({
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      stage: 'ResponseComplete',
      requestURI: '/api/v1/namespaces/default/pods',
      user: { username: 'user-0', groups: ['system:authenticated'] },
      objectRef: { resource: 'pods', namespace: 'default', name: 'p', apiVersion: 'v1' },
      responseStatus: { code: 201 },
      annotations: { 'authorization.k8s.io/decision': 'allow' },
    });
    expect(complete.auditID).toBe(received.auditID);
    expect(complete.requestObject).toBeUndefined();
    expect(Date.parse(complete.stageTimestamp)).toBeGreaterThanOrEqual(Date.parse(complete.requestReceivedTimestamp));
  });
  it('holds bodies when asked to', () => {
    const only: AuditPolicy = {
      rules: [{ level: 'RequestResponse', verbs: ['create'] }, { level: 'Request' }],
      omitStages: ['RequestReceived'],
    };
    const [made, read] = events([create('pods', pod('p')), at('get', 'pods', 'p')], only);
    expect(made.requestObject.metadata.name).toBe('p');
    expect(made.responseObject.status.phase).toBe('Pending');
    expect(read.requestObject).toBeUndefined();
    expect(read.responseObject).toBeUndefined();
  });
  it('has refusals with their text, and what would have violated a standard', () => {
    const labels = { 'pod-security.kubernetes.io/audit': 'restricted' };
    const found = events(
      [
        create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team', labels } }, undefined),
        20,
        create('pods', pod('p'), 'team'),
        { verb: 'list', resource: 'secrets', user: 'user-0' },
        { verb: 'list', resource: 'nonsense' },
      ],
      { rules: [{ level: 'Metadata' }], omitStages: ['RequestReceived'] },
      { authorization: 'RBAC' },
    );
    expect(found[0].responseStatus).toMatchObject({ code: 403, reason: 'Forbidden' });
    expect(found[0].annotations['authorization.k8s.io/decision']).toBe('forbid');
    const allowed = events(
      [
        create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team', labels } }, undefined),
        20,
        create('pods', pod('p'), 'team'),
      ],
      { rules: [{ level: 'Metadata' }], omitStages: ['RequestReceived'] },
    );
    expect(allowed[1].annotations['pod-security.kubernetes.io/audit-violations']).toMatch(
      /^would violate PodSecurity "restricted:latest": allowPrivilegeEscalation != false/,
    );
  });
  it('is not kept when nobody asked', () => {
    expect(lab([[create('pods', pod('p'))]], { seconds: 5 }).outcome.recorded.kept).toEqual([]);
  });
});
