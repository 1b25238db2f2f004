import { describe, expect, it } from 'vitest';
import { type Call, create, play, type Step } from './lab.ts';

const version = (name: string, storage: boolean) => ({
  name,
  served: true,
  storage,
  schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { n: { type: 'integer' } } } } } },
});
const definition = (conversion: object): Call =>
  create(
    'customresourcedefinitions.apiextensions.k8s.io',
    {
      metadata: { name: 'foos.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural: 'foos', kind: 'Foo' },
        versions: [version('v1', true), version('v1beta1', false)],
        conversion,
      },
    },
    undefined,
  );
const foo: Call = create('foos.example.com', { apiVersion: 'example.com/v1', kind: 'Foo', metadata: { name: 'a' }, spec: { n: 1 } });
const listed = (resource: string): Call => ({ verb: 'list', resource, namespace: 'default' });
const steps = (conversion: object): Step[] => [
  definition(conversion),
  2500,
  foo,
  listed('foos.example.com'),
  listed('foos.v1beta1.example.com'),
];
const service = { namespace: 'default', name: 'converter', path: '/convert' };

describe('versions of a custom resource', () => {
  it('differ by name alone without a webhook', () => {
    const { answers } = play(steps({ strategy: 'None' }));
    expect(answers[4]?.object.items[0]).toMatchObject({ apiVersion: 'example.com/v1beta1', spec: { n: 1 } });
  });
  it('fail with a webhook that nobody answers, all but the stored one', () => {
    const { answers } = play(steps({ strategy: 'Webhook', webhook: { conversionReviewVersions: ['v1'], clientConfig: { service } } }));
    expect(answers.slice(2).map(({ code }) => code)).toEqual([201, 200, 500]);
    expect(answers[4]?.object.message).toBe(
      'conversion webhook for example.com/v1, Kind=Foo failed: Post "https://converter.default.svc:443/convert?timeout=30s": service "converter" not found',
    );
  });
});

const hosted = { webhooks: { converter: {} } };
const conversions = [
  { to: 'example.com/v1', patch: [{ op: 'move', from: '/spec/size', path: '/spec/n' }] },
  { to: 'example.com/v1beta1', patch: [{ op: 'move', from: '/spec/n', path: '/spec/size' }] },
];
const webhook = (clientConfig: object = { service }): object => ({
  strategy: 'Webhook',
  webhook: { conversionReviewVersions: ['v1'], clientConfig },
});
const sized = (name: string, storage: boolean, field: string): object => ({
  name,
  served: true,
  storage,
  subresources: {
    status: {},
    scale: { specReplicasPath: `.spec.${field}`, statusReplicasPath: '.status.n' },
  },
  schema: {
    openAPIV3Schema: {
      type: 'object',
      properties: {
        spec: { type: 'object', properties: { [field]: { type: 'integer', maximum: 100 } } },
        status: { type: 'object', properties: { n: { type: 'integer' } } },
      },
    },
  },
});
const renamed = (clientConfig?: object): Call =>
  create(
    'customresourcedefinitions.apiextensions.k8s.io',
    {
      metadata: { name: 'foos.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural: 'foos', kind: 'Foo' },
        versions: [sized('v1', true, 'n'), sized('v1beta1', false, 'size')],
        conversion: webhook(clientConfig),
      },
    },
    undefined,
  );
const OLD = 'foos.v1beta1.example.com';
const NEW = 'foos.example.com';
const old = (name: string, size: number): Call =>
  create(OLD, { apiVersion: 'example.com/v1beta1', kind: 'Foo', metadata: { name, labels: { a: 'b' } }, spec: { size } });
const named = (verb: Call['verb'], resource: string, more: object = {}): Call => ({
  verb,
  resource,
  namespace: 'default',
  name: 'a',
  ...more,
});

describe('a conversion webhook', () => {
  it('brings what is written into the stored version and what is read into the one asked for', () => {
    const { answers } = play([renamed(), 2500, old('a', 3), named('get', NEW), named('get', OLD), listed(NEW), listed(OLD)], {
      webhooks: { converter: { conversions } },
    });
    expect(answers[2]?.object).toMatchObject({ apiVersion: 'example.com/v1beta1', spec: { size: 3 }, metadata: { labels: { a: 'b' } } });
    expect(answers[3]?.object).toMatchObject({ apiVersion: 'example.com/v1', spec: { n: 3 } });
    expect(answers[3]?.object.metadata).toEqual(answers[2]?.object.metadata);
    expect(answers[4]?.object.spec).toEqual({ size: 3 });
    expect(answers[5]?.object.items[0].spec).toEqual({ n: 3 });
    expect(answers[6]?.object.items[0]).toMatchObject({ apiVersion: 'example.com/v1beta1', spec: { size: 3 } });
  });
  it('stands in every change: patches, puts and scales of another version are judged there and stored here', () => {
    const patch = (resource: string, body: object): Call => named('patch', resource, { patchType: 'merge', body });
    const { answers } = play(
      [
        renamed(),
        2500,
        old('a', 3),
        20,
        patch(OLD, { spec: { size: 4 } }),
        patch(OLD, { spec: { size: 400 } }),
        (seen) => named('update', OLD, { body: { ...seen[4]?.object, spec: { size: 5 } } }),
        named('patch', OLD, { subresource: 'scale', patchType: 'merge', body: { spec: { replicas: 6 } } }),
        named('get', OLD, { subresource: 'scale' }),
        named('get', NEW),
        named('delete', OLD),
      ],
      { webhooks: { converter: { conversions } } },
    );
    expect(answers[4]?.object.spec).toEqual({ size: 4 });
    expect(answers[5]?.object.message).toContain('spec.size: Invalid value: 400: spec.size in body should be less than or equal to 100');
    expect(answers[6]?.object.spec).toEqual({ size: 5 });
    expect(answers[7]?.object).toMatchObject({ kind: 'Scale', spec: { replicas: 6 } });
    expect(answers[8]?.object.spec).toEqual({ replicas: 6 });
    expect(answers[9]?.object).toMatchObject({ apiVersion: 'example.com/v1', spec: { n: 6 } });
    expect(answers[10]?.code).toBe(200);
  });
  it('tells watchers in order, as late as it answers', () => {
    const client = play([renamed(), 2500, named('watch', OLD, { name: undefined }), old('a', 1), old('b', 2), 300], {
      webhooks: { converter: { conversions, latency: 50_000 } },
    });
    const events = client.watched(2);
    expect(events.map(({ type, object }) => [type, object.metadata?.name, (object as { spec?: unknown }).spec])).toEqual([
      ['ADDED', 'a', { size: 1 }],
      ['ADDED', 'b', { size: 2 }],
    ]);
  });
  it('ends a watch with what it cannot convert', () => {
    const steps: Step[] = [definition(webhook()), 2500, named('watch', OLD, { name: undefined }), foo, 300];
    const { events } = play(steps, { webhooks: { converter: { answer: 'deny' } } });
    expect(events.filter(({ id }) => id === 2).map(({ closed, events: told }) => [closed, told.length])).toEqual([[true, 0]]);
  });
  it.each([
    [{ answer: 'deny', message: 'cannot' }, 'failed: cannot'],
    [{ answer: 'error' }, 'failed: an error on the server ("unknown") has prevented the request from succeeding'],
    [{ answer: 'silent' }, 'failed: Post "https://converter.default.svc:443/convert?timeout=30s": context deadline exceeded'],
    [
      { conversions: [{ to: 'example.com/v1beta1', patch: [{ op: 'replace', path: '/metadata/name', value: 'b' }] }] },
      'returned invalid object: must have the same name: a != b',
    ],
    [
      { conversions: [{ to: 'example.com/v1beta1', patch: [{ op: 'remove', path: '/metadata/uid' }] }] },
      /returned invalid object: must have the same UID: [0-9a-f-]{36} != $/,
    ],
    [
      { conversions: [{ to: 'example.com/v1beta1', patch: [{ op: 'replace', path: '/apiVersion', value: 'example.com/v3' }] }] },
      'returned invalid object at index 0: invalid groupVersion (expected example.com/v1beta1, received example.com/v3)',
    ],
    [
      { conversions: [{ to: 'example.com/v1beta1', patch: [{ op: 'replace', path: '/kind', value: 'Bar' }] }] },
      'returned invalid object at index 0: invalid kind (expected Foo, received Bar)',
    ],
    [
      { conversions: [{ to: 'example.com/v1beta1', patch: [{ op: 'remove', path: '/metadata' }] }] },
      'returned invalid object: must have the same name: a != ',
    ],
    [
      { conversions: [{ to: 'example.com/v1beta1', patch: [{ op: 'add', path: '/metadata/labels', value: { a: 1 } }] }] },
      'returned invalid metadata: metadata.labels[a] must be a string, but is int64 in converted object',
    ],
    [
      { conversions: [{ to: 'example.com/v1beta1', patch: [{ op: 'add', path: '/metadata/labels', value: { a: '-' } }] }] },
      "returned invalid metadata: metadata.labels: Invalid value: \"-\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
    ],
  ] as const)("fails the request with upstream's word: %j", (plan, message) => {
    const { answers } = play([definition(webhook()), 2500, foo, named('get', OLD)], { webhooks: { converter: plan }, seconds: 90 });
    expect(answers[2]?.code).toBe(201);
    expect(answers[3]?.code).toBe(500);
    const whole = 'conversion webhook for example.com/v1, Kind=Foo ';
    if (typeof message === 'string') expect(answers[3]?.object.message).toBe(whole + message);
    else expect(answers[3]?.object.message).toMatch(message);
  });
  it('is found by its URL too', () => {
    const { answers } = play([renamed({ url: 'https://converter.example.org/c' }), 2500, old('a', 3)], {
      webhooks: { converter: { conversions } },
    });
    expect(answers[2]?.code).toBe(201);
    const none = play([renamed({ url: 'https://other.example.org/c' }), 2500, old('a', 3)], hosted);
    expect(none.answers[2]?.object.message).toBe(
      'conversion webhook for example.com/v1beta1, Kind=Foo failed: Post "https://other.example.org/c?timeout=30s": dial tcp: lookup other: no such host',
    );
  });
});
