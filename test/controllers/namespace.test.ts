import { expect, it } from 'vitest';
import { deployment, lab, type Step } from './lab.ts';

it('empties a namespace that is being deleted, and lets it go last', () => {
  const inTeam = (second: number, resource: string, body: object): Step => [
    second,
    {
      verb: 'create',
      resource,
      namespace: 'team',
      body: { ...body, metadata: { ...(body as { metadata: object }).metadata, namespace: 'team' } },
    },
  ];
  const script: Step[] = [
    [1, { verb: 'create', resource: 'namespaces', body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } } }],
    inTeam(2, 'deployments.apps', deployment('web', 3)),
    inTeam(2, 'configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: {} }),
    [10, { verb: 'delete', resource: 'namespaces', name: 'team' }],
    [120, { verb: 'list', resource: 'configmaps', namespace: 'team' }],
  ];
  const { farm, answers } = lab(script, { seconds: 130 });
  expect(farm.list('namespaces').map(({ metadata }) => metadata.name)).not.toContain('team');
  expect(farm.list('pods')).toEqual([]);
  expect(farm.list('deployments.apps')).toEqual([]);
  expect((answers[4]?.object as { items: unknown[] } | undefined)?.items).toEqual([]);
  const gone = farm.seen
    .filter(({ type }) => type === 'delete')
    .map(({ resource }) => resource)
    .filter((resource) => resource !== 'events');
  expect(gone.at(-1)).toBe('namespaces');
});
