import { expect, it } from 'vitest';
import { createAt, deleteAt, lab, type Step } from './lab.ts';

const ROLES = 'clusterroles.rbac.authorization.k8s.io';
const rule = (resource: string): object => ({ apiGroups: ['example.com'], resources: [resource], verbs: ['get'] });
const role = (name: string, labels: object, rules: object[], more: object = {}): object => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name, labels },
  rules,
  ...more,
});
const get = (second: number, name: string): Step => [second, { verb: 'get', resource: ROLES, name }];

it('sums up the roles that the selectors name, as they come and go', () => {
  const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { part: 'yes' } }] };
  const { answers } = lab([
    createAt(1, ROLES, role('sum', {}, [], { aggregationRule })),
    createAt(1, ROLES, role('b', { part: 'yes' }, [rule('bees'), rule('ants')])),
    createAt(1, ROLES, role('a', { part: 'yes' }, [rule('ants')])),
    createAt(1, ROLES, role('other', { part: 'no' }, [rule('wasps')])),
    get(5, 'sum'),
    deleteAt(6, ROLES, 'b'),
    get(9, 'sum'),
  ]);
  const rules = (i: number) => (answers[i] as { object: { rules: unknown } }).object.rules;
  expect(rules(4)).toEqual([rule('ants'), rule('bees')]);
  expect(rules(6)).toEqual([rule('ants')]);
});

it('leaves the bootstrap policy as its servers wrote it, and controllers work under RBAC', () => {
  const { farm, answers } = lab(
    [
      createAt(1, 'deployments.apps', {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web', namespace: 'default' },
        spec: {
          replicas: 2,
          selector: { matchLabels: { a: 'b' } },
          template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'm', image: 'nginx:1' }] } },
        },
      }),
      get(20, 'edit'),
    ],
    {
      server: { authorization: 'RBAC', groups: { admin: ['system:masters'], farm: ['system:masters'] } },
      manager: { useServiceAccountCredentials: true },
    },
  );
  expect(farm.list('pods')).toHaveLength(2);
  expect((answers[1] as { object: { rules: unknown[] } }).object.rules.length).toBeGreaterThan(10);
});
