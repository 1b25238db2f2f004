import { request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

/** Headers that fetch will not send. */
const raw = (to: Lab, method: string, path: string, headers: Readonly<Record<string, string>>): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port: to.port, method, path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });

describe('who may come in', () => {
  it('answers to localhost and addresses, not to names that a page may have bent here', async () => {
    expect(await raw(lab, 'GET', '/version', { Host: `localhost:${lab.port}` })).toBe(200);
    expect(await raw(lab, 'GET', '/version', { Host: '[::1]:80' })).toBe(200);
    expect(await raw(lab, 'GET', '/version', { Host: 'evil.example' })).toBe(403);
    expect(await raw(lab, 'GET', '/wavetank/status', { Host: `evil.example:${lab.port}` })).toBe(403);
  });

  it('takes nothing from pages of other origins', async () => {
    const host = `127.0.0.1:${lab.port}`;
    expect(await raw(lab, 'POST', '/wavetank/pause', { Host: host, Origin: 'http://evil.example' })).toBe(403);
    expect(await raw(lab, 'POST', '/wavetank/pause', { Host: host, Origin: 'null' })).toBe(403);
    expect(await raw(lab, 'POST', '/wavetank/pause', { Host: host, 'Sec-Fetch-Site': 'cross-site' })).toBe(403);
    expect(await raw(lab, 'POST', '/wavetank/pause', { Host: host, Origin: `http://${host}` })).toBe(200);
  });

  it('wants the token for writes when it listens beyond loopback', async () => {
    const open = await openLab({ address: '0.0.0.0', token: 'a-token-of-ours' });
    try {
      const body = { metadata: { name: 'x' } };
      expect((await open.call('GET', '/api/v1/namespaces')).code).toBe(200);
      expect((await open.call('POST', MAPS, body)).body).toMatchObject({ kind: 'Status', code: 401, reason: 'Unauthorized' });
      expect((await open.call('POST', '/wavetank/pause')).code).toBe(401);
      const wrong = { Authorization: 'Bearer a-token-of-theirs' };
      expect((await open.call('POST', MAPS, body, wrong)).code).toBe(401);
      expect((await open.call('POST', '/wavetank/pause', undefined, wrong)).code).toBe(401);
      const right = { Authorization: 'Bearer a-token-of-ours' };
      expect((await open.call('POST', MAPS, body, right)).code).toBe(201);
      expect((await open.call('POST', '/wavetank/pause', undefined, right)).code).toBe(200);
      // Who is not known is nobody, and cannot become somebody.
      const whoami = { kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1' };
      const as = await open.call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', whoami, {
        'Impersonate-User': 'kubernetes-admin',
      });
      expect(as.code).toBe(401);
    } finally {
      await open.stop();
    }
  });

  it('knows the tokens of service accounts', async () => {
    await lab.call('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'robot' } });
    await lab.pass(1);
    const made = await lab.call('POST', '/api/v1/namespaces/default/serviceaccounts/robot/token', {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      spec: {},
    });
    const headers = { Authorization: `Bearer ${made.body.status.token}` };
    const whoami = { kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1' };
    const answer = await lab.call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', whoami, headers);
    expect(answer.body.status.userInfo.username).toBe('system:serviceaccount:default:robot');
    expect((await lab.call('POST', '/wavetank/pause', undefined, headers)).code).toBe(401);
  });
});

describe('bodies', () => {
  it('refuses more than 3 MiB, announced or not', async () => {
    const long = JSON.stringify({ metadata: { name: 'long' }, data: { a: 'x'.repeat(3 * 1024 * 1024) } });
    const refused = { kind: 'Status', code: 413, reason: 'RequestEntityTooLarge', message: 'Request entity too large: limit is 3145728' };
    expect((await lab.call('POST', MAPS, long, json)).body).toMatchObject(refused);
    const stream = new ReadableStream({
      start(controller) {
        for (let i = 0; i < 40; i++) controller.enqueue(new Uint8Array(100_000).fill(32));
        controller.close();
      },
    });
    const response = await fetch(lab.url + MAPS, { method: 'POST', body: stream, headers: json, duplex: 'half' } as RequestInit);
    expect(await response.json()).toMatchObject(refused);
  });

  it('refuses what is nested too deeply, in JSON and YAML, and lives on', async () => {
    for (const depth of [600, 9_000, 200_000]) {
      const deep = `{"metadata":{"name":"deep"},"data":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`;
      expect((await lab.call('POST', MAPS, deep, json)).body).toMatchObject({ kind: 'Status', code: 400, reason: 'BadRequest' });
    }
    const yaml = `metadata: { name: deep }\ndata: ${'['.repeat(50_000)}`;
    expect((await lab.call('POST', MAPS, yaml, { 'Content-Type': 'application/yaml' })).code).toBe(400);
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
      .split('')
      .map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefg'[i]}`).join()}]`)
      .join('\n')}`;
    expect((await lab.call('POST', MAPS, bomb, { 'Content-Type': 'application/yaml' })).code).toBe(400);
    expect((await lab.call('GET', '/readyz')).code).toBe(200);
  });

  it('refuses wrong types and broken bodies with a Status', async () => {
    const post = (body: string | undefined, type?: string) =>
      lab.call('POST', MAPS, body, type === undefined ? {} : { 'Content-Type': type });
    expect((await post('a=b', 'application/x-www-form-urlencoded')).body).toMatchObject({ code: 415, reason: 'UnsupportedMediaType' });
    expect((await post('{', 'application/json')).body).toMatchObject({
      code: 400,
      reason: 'BadRequest',
      message: expect.stringContaining('json parse error'),
    });
    expect((await post('k8s\0\x0a\xff', 'application/vnd.kubernetes.protobuf')).body).toMatchObject({ code: 400 });
    expect((await post('[]', 'application/json')).body).toMatchObject({ code: 400 });
    expect((await post('null', 'application/json')).body).toMatchObject({ code: 400 });
    expect((await post(undefined, 'application/json')).body).toMatchObject({ code: 400 });
    expect((await post('{"kind":"Pod","apiVersion":"v1","metadata":{"name":"x"}}', 'application/json')).body).toMatchObject({ code: 400 });
    expect((await post('{"metadata":{"name":"x"},"data":"text"}', 'application/json')).body.code).toBe(400);
    for (const body of ['[]', '"x"', '{"kind":"Pod"}', '{"gracePeriodSeconds":"soon"}'])
      expect((await lab.call('DELETE', `${MAPS}/x`, body, json)).body).toMatchObject({ kind: 'Status', code: 400 });
  });

  it('takes names of prototypes for what they are: names', async () => {
    const made = await lab.call(
      'POST',
      MAPS,
      '{"metadata":{"name":"proto"},"data":{"__proto__":"a","constructor":"b","toString":"c"}}',
      json,
    );
    expect(made.code).toBe(201);
    const read = await lab.call('GET', `${MAPS}/proto`);
    expect(Object.entries(read.body.data).sort()).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
      ['toString', 'c'],
    ]);
    expect((await lab.call('GET', `${MAPS}?labelSelector=constructor`)).body.items).toEqual([]);
    expect((await lab.call('GET', `${MAPS}?labelSelector=!constructor`)).body.items.length).toBeGreaterThan(0);
    const merged = await lab.call('PATCH', `${MAPS}/proto`, '{"__proto__":{"polluted":"yes"},"data":{"d":"e"}}', {
      'Content-Type': 'application/merge-patch+json',
    });
    expect(merged.body.data.d).toBe('e');
    expect(({} as { polluted?: string }).polluted).toBeUndefined();
    expect((await lab.call('GET', '/api/v1/__proto__')).body).toMatchObject({ kind: 'Status', code: 404 });
    expect((await lab.call('GET', '/apis/constructor/toString/valueOf')).body).toMatchObject({ kind: 'Status', code: 404 });
    expect((await lab.call('POST', '/wavetank/constructor')).code).toBe(404);
  });
});

describe('paths and parameters', () => {
  it('reaches no file', async () => {
    for (const path of [
      '/../../etc/passwd',
      '/api/v1/../../package.json',
      '/%2e%2e/%2e%2e/etc/passwd',
      '/wavetank/..%2f..%2fpackage.json',
      '/src/serve/index.ts',
      '//etc/passwd',
    ])
      expect([404, 200]).toContain(await raw(lab, 'GET', path, {}));
    expect((await lab.call('GET', '/wavetank/..%2f..%2fpackage.json')).text).toBe('404 page not found\n');
    expect((await lab.call('GET', '/api/v1/namespaces/default/configmaps/..%2f..%2fx')).code).toBe(404);
    expect((await lab.call('GET', '/api/v1/namespaces/%ff/pods')).body).toMatchObject({ kind: 'Status', code: 400 });
  });

  it('answers wrong methods, unknown resources and bad numbers as Kubernetes does', async () => {
    expect((await lab.call('POST', `${MAPS}/x`, {})).body).toMatchObject({ code: 405, reason: 'MethodNotAllowed' });
    expect((await lab.call('PUT', MAPS, {})).code).toBe(405);
    expect((await lab.call('POST', '/api/v1/pods', {})).code).toBe(405);
    expect((await lab.call('GET', '/api/v1/gizmos')).body).toMatchObject({
      code: 404,
      reason: 'NotFound',
      message: 'the server could not find the requested resource',
    });
    expect((await lab.call('GET', '/nothing/here')).text).toBe('404 page not found\n');
    expect((await lab.call('GET', `${MAPS}?limit=many`)).body).toMatchObject({ kind: 'Status', code: 400 });
    expect((await lab.call('GET', `${MAPS}?resourceVersion=abc`)).body).toMatchObject({ kind: 'Status', code: 400 });
    expect((await lab.call('GET', `${MAPS}?labelSelector=a%3D%3D%3Db`)).body).toMatchObject({ kind: 'Status', code: 400 });
    expect((await lab.call('GET', `${MAPS}?fieldSelector=spec.x%3Db`)).body).toMatchObject({ kind: 'Status', code: 400 });
    expect((await lab.call('GET', `${MAPS}?continue=rubbish&limit=1`)).body).toMatchObject({ kind: 'Status', code: 400 });
    expect((await lab.call('GET', `${MAPS}?limit=-1`)).body.kind).toBeDefined();
  });

  it('bounds headers', async () => {
    expect(await raw(lab, 'GET', '/version', { 'X-Long': 'x'.repeat(100_000) })).toBe(431);
  });

  it('survives rubbish on the port', async () => {
    await new Promise<void>((done) => {
      const socket = connect(lab.port, '127.0.0.1', () => socket.end('\x16\x03\x01\0\x01 no HTTP at all\r\n\r\n'));
      socket.on('close', () => done());
      socket.on('error', () => done());
      socket.resume();
    });
    expect((await lab.call('GET', '/readyz')).text).toBe('ok');
  });
});
