import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { duplicateMembers } from '../../src/serve/http/json-members.ts';
import { decodeKubernetesProtobuf } from '../../src/serve/protobuf/index.ts';
import { type Lab, openLab } from './lab.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
  await lab.pass(5);
}, 60_000);
afterAll(async () => {
  expect(lab.complaints).toEqual([]);
  await lab.stop();
});

const MAPS = '/api/v1/namespaces/default/configmaps';
const json = { 'Content-Type': 'application/json' };

describe('members given twice', () => {
  it.each([
    ['{"a":1,"b":{"a":2}}', []],
    ['{"a":1,"a":2}', ['duplicate field "a"']],
    ['{"spec":{"containers":[{"name":"x"},{"image":"i","image":"j"}]}}', ['duplicate field "spec.containers[1].image"']],
    ['[{"a":[{"b":1 , "b" :2}]}]', ['duplicate field "[0].a[0].b"']],
    [String.raw`{"a\"b":"{\"a\":1,\"a\":2}","\u0061":"\\","a":[]}`, ['duplicate field "a"']],
    ['{"a":"a","b":["a","a",{"__proto__":1,"__proto__":2}]}', ['duplicate field "b[2].__proto__"']],
  ])('%s', (text, expected) => expect(duplicateMembers(text)).toEqual(expected));

  it('are refused, warned of or passed over, by fieldValidation', async () => {
    const twice = (name: string) => `{"metadata":{"name":"${name}"},"data":{"a":"1","a":"2"},"dta":{}}`;
    const strict = await lab.call('POST', `${MAPS}?fieldValidation=Strict`, twice('strict'), json);
    expect(strict.body).toMatchObject({
      code: 400,
      message:
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: duplicate field "data.a", unknown field "dta"',
    });
    const warned = await lab.call('POST', `${MAPS}?fieldValidation=Warn`, twice('warn'), json);
    expect([warned.code, warned.body.data, warned.headers.get('warning')]).toEqual([
      201,
      { a: '2' },
      String.raw`299 - "duplicate field \"data.a\"", 299 - "unknown field \"dta\""`,
    ]);
    const ignored = await lab.call('POST', `${MAPS}?fieldValidation=Ignore`, twice('ignore'), json);
    expect([ignored.code, ignored.headers.get('warning')]).toEqual([201, null]);
    const merge = { 'Content-Type': 'application/merge-patch+json' };
    const patched = await lab.call('PATCH', `${MAPS}/warn?fieldValidation=Strict`, '{"data":{"b":"1","b":"2"}}', merge);
    expect(patched.body).toMatchObject({ code: 422, message: expect.stringContaining('strict decoding error: duplicate field "data.b"') });
  });
});

describe('HEAD', () => {
  it('answers as GET, without a body', async () => {
    await lab.call('POST', MAPS, { metadata: { name: 'head' } });
    const got = await lab.call('GET', `${MAPS}/head`);
    const head = await lab.call('HEAD', `${MAPS}/head`);
    expect([head.code, head.text]).toEqual([200, '']);
    expect(head.headers.get('content-length')).toBe(got.headers.get('content-length'));
    expect((await lab.call('HEAD', `${MAPS}/nobody`)).code).toBe(404);
    expect((await lab.call('HEAD', `${MAPS}?watch=true`)).code).toBe(200);
    expect((await lab.call('HEAD', '/')).code).toBe(200);
  });
});

describe('bodies', () => {
  it('are read 10,000 levels deep, and no deeper', async () => {
    const nested = (levels: number) => `{"metadata":{"name":"deep-${levels}"},"nested":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    expect((await lab.call('POST', MAPS, nested(9_990), json)).code).toBe(201);
    expect((await lab.call('POST', MAPS, nested(10_010), json)).body).toMatchObject({ code: 400, message: 'json: exceeded max depth' });
    const annotated = `{"metadata":{"name":"x","annotations":${'{"a":'.repeat(9_000)}1${'}'.repeat(9_000)}}}`;
    expect((await lab.call('POST', MAPS, annotated, json)).body.code).toBe(400);
  });

  it('of custom resources are not in protobuf', async () => {
    const definition = {
      metadata: { name: 'kites.fly.example' },
      spec: {
        group: 'fly.example',
        scope: 'Namespaced',
        names: { plural: 'kites', kind: 'Kite' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        ],
      },
    };
    expect((await lab.call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition)).code).toBe(201);
    await lab.pass(10);
    const kites = '/apis/fly.example/v1/namespaces/default/kites';
    const sent = await lab.call('POST', kites, Buffer.from('k8s\0'), { 'Content-Type': 'application/vnd.kubernetes.protobuf' });
    expect(sent.body).toMatchObject({
      code: 415,
      message: 'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml',
    });
    // What is kept is not nested so deeply as what is read.
    const deep = `{"apiVersion":"fly.example/v1","kind":"Kite","metadata":{"name":"deep"},"tail":${'['.repeat(9_000)}${']'.repeat(9_000)}}`;
    const kite = await lab.call('POST', kites, deep, json);
    expect(kite.body).toMatchObject({ code: 400, message: 'json: exceeded max depth' });
    const flat = deep.replace(/\[+\]+/, `${'['.repeat(300)}${']'.repeat(300)}`);
    expect((await lab.call('POST', kites, flat, json)).code).toBe(201);
  });

  it('in protobuf are of the kind that the path says, where their envelope says none', () => {
    const name = Buffer.from('\x0a\x03\x0a\x01x', 'latin1');
    const unknown = Buffer.concat([Buffer.from('k8s\0\x12', 'latin1'), Buffer.from([name.length]), name]);
    expect(decodeKubernetesProtobuf(unknown, { apiVersion: 'v1', kind: 'ConfigMap' })).toMatchObject({
      kind: 'ConfigMap',
      metadata: { name: 'x' },
    });
    return lab
      .call('POST', MAPS, unknown, { 'Content-Type': 'application/vnd.kubernetes.protobuf' })
      .then(({ code, body }) => expect([code, body.metadata.name]).toEqual([201, 'x']));
  });
});
