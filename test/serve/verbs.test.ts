import { get } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Lab, openLab } from './lab.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
  await lab.pass(30);
}, 60_000);
afterAll(async () => {
  expect(lab.complaints).toEqual([]);
  await lab.stop();
});

const MAPS = '/api/v1/namespaces/default/configmaps';
const map = (name: string, data: Readonly<Record<string, string>> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
});

describe('objects over HTTP', () => {
  it('creates, reads, replaces and deletes', async () => {
    const made = await lab.call('POST', MAPS, map('one', { a: '1' }));
    expect(made).toMatchObject({
      code: 201,
      body: { kind: 'ConfigMap', apiVersion: 'v1', data: { a: '1' }, metadata: { namespace: 'default' } },
    });
    expect((await lab.call('POST', MAPS, map('one'))).body).toMatchObject({
      kind: 'Status',
      code: 409,
      reason: 'AlreadyExists',
      metadata: {},
    });
    const { resourceVersion } = made.body.metadata;
    const next = await lab.call('PUT', `${MAPS}/one`, { ...made.body, data: { a: '2' } });
    expect(next).toMatchObject({ code: 200, body: { data: { a: '2' } } });
    const stale = await lab.call('PUT', `${MAPS}/one`, { ...made.body, metadata: { ...made.body.metadata, resourceVersion } });
    expect(stale.body).toMatchObject({ code: 409, reason: 'Conflict' });
    expect((await lab.call('GET', `${MAPS}/one`)).body.data).toEqual({ a: '2' });
    expect(await lab.call('DELETE', `${MAPS}/one`, { kind: 'DeleteOptions', apiVersion: 'v1' })).toMatchObject({ code: 200 });
    expect(await lab.call('GET', `${MAPS}/one`)).toMatchObject({
      code: 404,
      body: { reason: 'NotFound', details: { name: 'one', kind: 'configmaps' } },
    });
  });

  it('patches in four ways', async () => {
    await lab.call('POST', MAPS, map('patched', { a: '1', b: '1' }));
    const patch = (type: string, body: unknown, query = '') =>
      lab.call('PATCH', `${MAPS}/patched${query}`, JSON.stringify(body), { 'Content-Type': type });
    expect((await patch('application/json-patch+json', [{ op: 'replace', path: '/data/a', value: '2' }])).body.data).toEqual({
      a: '2',
      b: '1',
    });
    expect((await patch('application/merge-patch+json', { data: { b: null } })).body.data).toEqual({ a: '2' });
    expect((await patch('application/strategic-merge-patch+json', { metadata: { labels: { x: 'y' } } })).body.metadata.labels).toEqual({
      x: 'y',
    });
    const apply = await lab.call('PATCH', `${MAPS}/applied?fieldManager=me`, 'apiVersion: v1\nkind: ConfigMap\ndata: { c: "3" }\n', {
      'Content-Type': 'application/apply-patch+yaml',
    });
    expect(apply).toMatchObject({
      code: 201,
      body: { data: { c: '3' }, metadata: { managedFields: [{ manager: 'me', operation: 'Apply' }] } },
    });
    expect((await patch('application/json', {})).body).toMatchObject({ code: 415, reason: 'UnsupportedMediaType' });
  });

  it('changes nothing on a dry run, and knows no other dry run', async () => {
    expect((await lab.call('POST', `${MAPS}?dryRun=All`, map('dry'))).code).toBe(201);
    expect((await lab.call('GET', `${MAPS}/dry`)).code).toBe(404);
    expect((await lab.call('POST', `${MAPS}?dryRun=Some`, map('dry'))).body).toMatchObject({ code: 422, reason: 'Invalid' });
  });

  it('lists in pages, by label and field, and deletes by label', async () => {
    for (const name of ['p1', 'p2', 'p3'])
      await lab.call('POST', MAPS, { ...map(name), metadata: { name, labels: { page: name === 'p3' ? 'no' : 'yes' } } });
    const first = await lab.call('GET', `${MAPS}?labelSelector=page&limit=2`);
    expect(first.body.kind).toBe('ConfigMapList');
    expect(first.body.items.map((one: { metadata: { name: string } }) => one.metadata.name)).toEqual(['p1', 'p2']);
    const rest = await lab.call('GET', `${MAPS}?labelSelector=page&limit=2&continue=${encodeURIComponent(first.body.metadata.continue)}`);
    expect(rest.body.items).toHaveLength(1);
    expect((await lab.call('GET', `${MAPS}?fieldSelector=metadata.name%3Dp2`)).body.items).toHaveLength(1);
    expect((await lab.call('DELETE', `${MAPS}?labelSelector=page%3Dyes`)).code).toBe(200);
    expect((await lab.call('GET', `${MAPS}?labelSelector=page`)).body.items).toHaveLength(1);
  });

  it('speaks tables, metadata only and YAML', async () => {
    const table = await lab.call('GET', '/api/v1/nodes', undefined, {
      Accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
    });
    expect(table.body).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
    expect(table.body.columnDefinitions[0].name).toBe('Name');
    expect(table.body.rows.map((row: { cells: unknown[] }) => row.cells[0])).toEqual(['node-0', 'node-1', 'node-2']);
    const partial = await lab.call('GET', '/api/v1/nodes', undefined, {
      Accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
    });
    expect(partial.body.kind).toBe('PartialObjectMetadataList');
    expect(Object.keys(partial.body.items[0]).sort()).toEqual(['apiVersion', 'kind', 'metadata']);
    const yaml = await lab.call('GET', '/api/v1/namespaces/default', undefined, { Accept: 'application/yaml' });
    expect(yaml.text).toContain('kind: Namespace\n');
    expect(
      (await lab.call('GET', '/api/v1/nodes', undefined, { Accept: 'application/vnd.kubernetes.protobuf, application/json' })).body.kind,
    ).toBe('NodeList');
    expect((await lab.call('GET', '/api/v1/nodes', undefined, { Accept: 'text/html2' })).body).toMatchObject({
      code: 406,
      reason: 'NotAcceptable',
    });
    expect(
      (
        await lab.call('POST', MAPS, 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: from-yaml }\n', {
          'Content-Type': 'application/yaml',
        })
      ).code,
    ).toBe(201);
  });

  it('zips long answers for those who take it, and says their length otherwise', async () => {
    await lab.call('POST', MAPS, map('long', { text: 'x'.repeat(400_000) }));
    const raw = await new Promise<{ headers: NodeJS.Dict<string | string[]>; body: Buffer }>((resolve) => {
      get(`${lab.url}${MAPS}/long`, { headers: { 'Accept-Encoding': 'gzip' } }, (response) => {
        const chunks: Buffer[] = [];
        response
          .on('data', (chunk) => chunks.push(chunk))
          .on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks) }));
      });
    });
    expect(raw.headers['content-encoding']).toBe('gzip');
    expect(JSON.parse(gunzipSync(raw.body).toString()).data.text).toHaveLength(400_000);
    const plain = await lab.call('GET', `${MAPS}/p3`, undefined, { 'Accept-Encoding': 'gzip' });
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(Number(plain.headers.get('content-length'))).toBe(plain.text.length);
  });

  it('refuses, warns of or drops fields that a kind does not have', async () => {
    const wrong = (name: string) => ({ ...map(name), spek: 1 });
    const strict = await lab.call('POST', `${MAPS}?fieldValidation=Strict`, wrong('strict'));
    expect(strict.body).toMatchObject({ code: 400, message: expect.stringContaining('strict decoding error: unknown field "spek"') });
    const warned = await lab.call('POST', MAPS, wrong('warned'));
    expect(warned.headers.get('warning')).toBe('299 - "unknown field \\"spek\\""');
    expect(warned.body.spek).toBeUndefined();
    const ignored = await lab.call('POST', `${MAPS}?fieldValidation=Ignore`, wrong('ignored'));
    expect(ignored.headers.get('warning')).toBeNull();
    expect(ignored.body.spek).toBeUndefined();
  });

  it('serves subresources', async () => {
    const pods = '/api/v1/namespaces/default/pods';
    const spec = { containers: [{ name: 'c', image: 'i' }], schedulerName: 'nobody' };
    await lab.call('POST', pods, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'bound' }, spec });
    const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'bound' }, target: { kind: 'Node', name: 'node-1' } };
    expect(await lab.call('POST', `${pods}/bound/binding`, binding)).toMatchObject({
      code: 201,
      body: { kind: 'Status', status: 'Success' },
    });
    expect((await lab.call('POST', `${pods}/bound/binding`, binding)).code).toBe(409);
    await lab.pass(20);
    expect((await lab.call('GET', `${pods}/bound`)).body.status.phase).toBe('Running');
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'bound' } };
    expect((await lab.call('POST', `${pods}/bound/eviction`, eviction)).code).toBe(201);
    const template = { metadata: { labels: { app: 'd' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
    await lab.call('POST', '/apis/apps/v1/namespaces/default/deployments', {
      metadata: { name: 'd' },
      spec: { replicas: 1, selector: { matchLabels: { app: 'd' } }, template },
    });
    const scaled = await lab.call('PATCH', '/apis/apps/v1/namespaces/default/deployments/d/scale', '{"spec":{"replicas":2}}', {
      'Content-Type': 'application/merge-patch+json',
    });
    expect(scaled.body).toMatchObject({ kind: 'Scale', spec: { replicas: 2 } });
  });

  it('says that nothing runs in a container', async () => {
    const path = '/api/v1/namespaces/default/pods/bound/exec?command=ls&container=c&stdout=true';
    for (const method of ['GET', 'POST']) expect((await lab.call(method, path)).body).toMatchObject({ kind: 'Status', code: 501 });
  });

  it('lets the administrator be somebody else, with groups', async () => {
    const ask = (headers: Readonly<Record<string, string>>) =>
      lab.call(
        'POST',
        '/apis/authentication.k8s.io/v1/selfsubjectreviews',
        { kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1' },
        headers,
      );
    expect((await ask({})).body.status.userInfo.username).toBe('kubernetes-admin');
    const other = await ask({ 'Impersonate-User': 'bob', 'Impersonate-Group': 'devs' });
    expect(other.body.status.userInfo).toMatchObject({ username: 'bob', groups: ['devs', 'system:authenticated'] });
    expect((await ask({ 'Impersonate-Group': 'devs' })).code).toBe(400);
  });
});

describe('documents over HTTP', () => {
  it('tells what there is', async () => {
    expect((await lab.call('GET', '/version')).body).toMatchObject({ major: '1', minor: '34' });
    expect((await lab.call('GET', '/readyz')).text).toBe('ok');
    expect((await lab.call('GET', '/api')).body.kind).toBe('APIVersions');
    expect((await lab.call('GET', '/apis/apps/v1')).body.resources.some((one: { name: string }) => one.name === 'deployments/scale')).toBe(
      true,
    );
    expect((await lab.call('GET', '/openapi/v3')).body.paths['api/v1'].serverRelativeURL).toContain('/openapi/v3/api/v1?hash=');
    const metrics = await lab.call('GET', '/metrics');
    expect(metrics.text).toMatch(/^apiserver_request_total\{.*code="201".*\} [1-9]/m);
    expect(metrics.text).not.toContain('NaN');
  });

  it('serves custom resources as soon as they are defined', async () => {
    const versions = [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } } },
        },
        additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
      },
    ];
    const spec = {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
      versions,
    };
    await lab.call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { metadata: { name: 'widgets.example.com' }, spec });
    await lab.pass(2);
    const widgets = '/apis/example.com/v1/namespaces/default/widgets';
    expect(
      await lab.call('POST', widgets, { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w' }, spec: { size: 3 } }),
    ).toMatchObject({ code: 201 });
    const table = await lab.call('GET', widgets, undefined, { Accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
    expect(table.body.rows[0].cells.slice(0, 2)).toEqual(['w', 3]);
    expect((await lab.call('GET', '/apis/example.com/v1')).body.resources[0].name).toBe('widgets');
  });
});
