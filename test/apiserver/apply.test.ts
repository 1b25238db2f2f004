import { describe, expect, it } from 'vitest';
import { at, type Call, create, play } from './lab.ts';

const template = (image: string): object => ({ metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'c', image }] } });
const web = (spec: object): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  spec: { selector: { matchLabels: { app: 'x' } }, template: template('i:1'), ...spec },
});
const apply = (manager: string, body: object, options: object = {}): Call =>
  at('patch', 'deployments.apps', 'web', { patchType: 'apply', body, options: { fieldManager: manager, ...options } });
const map = (data: object): object => ({ apiVersion: 'v1', kind: 'ConfigMap', data });
const applyMap = (manager: string, data: object, options: object = {}): Call =>
  at('patch', 'configmaps', 'm', { patchType: 'apply', body: map(data), options: { fieldManager: manager, ...options } });

describe('server-side apply', () => {
  it('creates, owns, updates, and takes back what it no longer wants', () => {
    const { answers } = play([
      applyMap('me', { a: '1', b: '2' }),
      applyMap('me', { a: '1' }),
      applyMap('me', { a: '1' }),
      applyMap('you', { c: '3' }),
    ]);
    expect(answers[0]).toMatchObject({ code: 201, object: { data: { a: '1', b: '2' } } });
    expect(answers[0]?.object.metadata.managedFields).toEqual([
      {
        manager: 'me',
        operation: 'Apply',
        apiVersion: 'v1',
        time: '2026-01-01T00:00:00Z',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:data': { 'f:a': {}, 'f:b': {} } },
      },
    ]);
    expect(answers[1]?.object.data).toEqual({ a: '1' });
    expect(answers[2]?.object).toBe(answers[1]?.object);
    expect(answers[3]?.object.data).toEqual({ a: '1', c: '3' });
    expect(answers[3]?.object.metadata.managedFields.map((each: { manager: string }) => each.manager)).toEqual(['me', 'you']);
  });

  it('does not touch what others own, unless forced', () => {
    const { answers } = play([
      apply('one', web({ replicas: 1 })),
      apply('two', web({ replicas: 2 })),
      apply('two', web({ replicas: 2 }), { force: true }),
      apply('one', web({ replicas: 1 })),
    ]);
    expect(answers[1]?.object).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict: conflict with "one": .spec.replicas',
      details: { causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.spec.replicas' }] },
    });
    expect(answers[2]).toMatchObject({ code: 200, object: { spec: { replicas: 2 }, metadata: { generation: 2 } } });
    expect(answers[3]?.object.message).toBe('Apply failed with 1 conflict: conflict with "two": .spec.replicas');
  });

  it('shares a value that both want', () => {
    const { answers } = play([applyMap('one', { a: '1' }), applyMap('two', { a: '1' }), applyMap('one', {}), at('get', 'configmaps', 'm')]);
    expect(answers[1]?.code).toBe(200);
    expect(answers[3]?.object.data).toEqual({ a: '1' });
  });

  it('owns elements of lists by their keys', () => {
    const sidecar = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      spec: { template: { spec: { containers: [{ name: 'side', image: 's:1' }] } } },
    };
    const { answers } = play([
      apply('one', web({})),
      apply('two', sidecar),
      apply('one', { ...web({}), spec: { ...(web({}) as { spec: object }).spec, template: template('i:2') } }),
    ]);
    expect(answers[1]?.object.spec.template.spec.containers.map((each: { name: string }) => each.name).sort()).toEqual(['c', 'side']);
    expect(
      answers[2]?.object.spec.template.spec.containers.map((each: { name: string; image: string }) => `${each.name} ${each.image}`).sort(),
    ).toEqual(['c i:2', 'side s:1']);
  });

  it("counts what was there before as someone else's, and what is updated later as the updater's", () => {
    const { answers } = play([
      create('configmaps', { metadata: { name: 'm' }, data: { a: '1' } }),
      applyMap('me', { a: '2' }),
      applyMap('me', { a: '2' }, { force: true }),
      at('patch', 'configmaps', 'm', { patchType: 'merge', body: { data: { a: '3' } }, options: { fieldManager: 'kubectl-edit' } }),
      applyMap('me', { a: '2' }),
    ]);
    expect(answers[1]?.object.message).toBe(
      'Apply failed with 1 conflict: conflict with "before-first-apply" using v1 at 2026-01-01T00:00:00Z: .data.a',
    );
    expect(answers[2]?.code).toBe(200);
    expect(answers[4]?.object.message).toBe(
      'Apply failed with 1 conflict: conflict with "kubectl-edit" using v1 at 2026-01-01T00:00:00Z: .data.a',
    );
  });

  it('needs a manager and no managedFields', () => {
    const { answers } = play([
      applyMap('', { a: '1' }),
      at('patch', 'configmaps', 'm', { patchType: 'apply', options: { fieldManager: 'me' }, body: { metadata: { managedFields: [] } } }),
    ]);
    expect(answers[0]?.object.message).toBe(
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    );
    expect(answers[1]?.object.message).toBe('metadata.managedFields must be nil');
  });
});
