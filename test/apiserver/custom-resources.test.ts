import { describe, expect, it } from 'vitest';
import { catalogue } from '../../src/apiserver/discovery/catalogue.ts';
import { at, type Call, create, lab, play, type Step } from './lab.ts';

const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';
const WIDGETS = 'widgets.example.com';

const schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      required: ['size'],
      properties: {
        size: { type: 'integer', minimum: 1, maximum: 10 },
        colour: { type: 'string', enum: ['red', 'green'], default: 'red' },
        name: { type: 'string', pattern: '^[a-z]+$', maxLength: 5 },
        replicas: { type: 'integer' },
        port: { 'x-kubernetes-int-or-string': true },
        parts: {
          type: 'array',
          maxItems: 2,
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['id'],
          items: { type: 'object', required: ['id'], properties: { id: { type: 'string' }, weight: { type: 'number', default: 1 } } },
        },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        tags: { type: 'object', additionalProperties: { type: 'string' } },
        limit: { type: 'integer' },
      },
      'x-kubernetes-validations': [
        { rule: '!has(self.limit) || self.size <= self.limit', message: 'size must not be above limit' },
        { rule: 'self.size >= oldSelf.size', message: 'size may not shrink', reason: 'FieldValueForbidden', fieldPath: '.size' },
      ],
    },
    status: {
      type: 'object',
      properties: { replicas: { type: 'integer' }, selector: { type: 'string' }, note: { type: 'string' } },
    },
  },
};
const subresources = {
  status: {},
  scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas', labelSelectorPath: '.status.selector' },
};
const version = (name: string, more: object = {}) => ({
  name,
  served: true,
  storage: true,
  schema: { openAPIV3Schema: schema },
  subresources,
  ...more,
});
const definition = (versions: readonly object[] = [version('v1')], more: object = {}) => ({
  metadata: { name: WIDGETS },
  spec: { group: 'example.com', scope: 'Namespaced', names: { plural: 'widgets', kind: 'Widget', shortNames: ['wd'] }, versions, ...more },
});
const define = (...versions: readonly object[]): Call => ({
  verb: 'create',
  resource: DEFINITIONS,
  body: definition(versions.length === 0 ? undefined : versions),
});
const widget = (name: string, spec: object): Call => create(WIDGETS, { metadata: { name }, spec });
/** Time for names to be accepted, the resource to be established, and its cache to be filled. */
const SETTLE = 300;

describe('a definition', () => {
  const { answers } = play([
    create(WIDGETS, { metadata: { name: 'early' } }),
    define(),
    SETTLE,
    { verb: 'get', resource: DEFINITIONS, name: WIDGETS },
    { verb: 'list', resource: WIDGETS },
  ]);
  it('is needed first', () => {
    expect(answers[0]).toMatchObject({ code: 404, object: { message: 'the server could not find the requested resource' } });
  });
  it('gets its defaults and what will be stored', () => {
    expect(answers[1]).toMatchObject({
      code: 201,
      object: {
        metadata: { generation: 1 },
        spec: { names: { singular: 'widget', listKind: 'WidgetList' }, conversion: { strategy: 'None' } },
        status: { storedVersions: ['v1'] },
      },
    });
  });
  it('has its names accepted and is established', () => {
    expect(answers[3]?.object.status).toMatchObject({
      acceptedNames: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList', shortNames: ['wd'] },
      conditions: [
        { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' },
        { type: 'Established', status: 'True', reason: 'InitialNamesAccepted', message: 'the initial names have been accepted' },
      ],
    });
  });
  it('opens its resource', () => {
    expect(answers[4]).toMatchObject({ code: 200, object: { kind: 'WidgetList', apiVersion: 'example.com/v1', items: [] } });
  });
});

describe('a server', () => {
  it('tells what is defined, for its documents to be made of', () => {
    const { servers } = lab([[define(), SETTLE]]);
    const definitions = servers[0]?.definitions ?? [];
    expect(definitions.map((one) => one.metadata?.name)).toEqual([WIDGETS]);
    expect(catalogue(definitions).map((one) => one.group)).toContain('example.com');
  });
});

describe('a name that another definition has', () => {
  const other = {
    metadata: { name: 'gadgets.example.com' },
    spec: { ...definition().spec, names: { plural: 'gadgets', kind: 'Widget', shortNames: ['wd'] } },
  };
  const { answers } = play([
    define(),
    SETTLE,
    { verb: 'create', resource: DEFINITIONS, body: other },
    SETTLE,
    { verb: 'get', resource: DEFINITIONS, name: 'gadgets.example.com' },
    { verb: 'list', resource: 'gadgets.example.com' },
  ]);
  it('is refused in the status', () => {
    expect(answers[4]?.object.status.conditions).toMatchObject([
      { type: 'NamesAccepted', status: 'False', reason: 'ListKindConflict', message: '"WidgetList" is already in use' },
      { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' },
    ]);
    expect(answers[5]?.code).toBe(404);
  });
});

/** What is sent, and what comes back in upstream's words. */
const REFUSED: readonly (readonly [object, string])[] = [
  [
    {},
    'Widget.example.com "w" is invalid: [spec.size: Required value, <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation]',
  ],
  [{ size: 'big' }, 'spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"'],
  [{ size: 0 }, 'spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1'],
  [{ size: 11 }, 'spec.size: Invalid value: 11: spec.size in body should be less than or equal to 10'],
  [{ size: 1, colour: 'blue' }, 'spec.colour: Unsupported value: "blue": supported values: "red", "green"'],
  [{ size: 1, name: 'A1' }, `spec.name: Invalid value: "A1": spec.name in body should match '^[a-z]+$'`],
  [{ size: 1, name: 'toolong' }, 'spec.name: Too long: may not be more than 5 bytes'],
  [{ size: 1, port: true }, 'spec.port: Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"'],
  [{ size: 1, parts: [{ id: 'a' }, { id: 'b' }, { id: 'c' }] }, 'spec.parts: Too many: 3: must have at most 2 items'],
  [{ size: 1, parts: [{ id: 'a' }, { id: 'a' }] }, 'spec.parts[1]: Duplicate value: {"id":"a"}'],
  [{ size: 1, parts: [{ weight: 2 }] }, 'spec.parts[0].id: Required value'],
  [{ size: 5, limit: 4 }, 'spec: Invalid value: "object": size must not be above limit'],
  [{ size: 1, replicas: -1 }, '.spec.replicas: Invalid value: -1: should be a non-negative integer'],
];

describe('custom objects are held against the schema', () => {
  const { answers } = play([define(), SETTLE, ...REFUSED.map(([spec]) => widget('w', spec))]);
  it.each(REFUSED.map(([, text], i) => ({ text, i })))('$text', ({ text, i }) => {
    expect(answers[i + 2]?.code).toBe(422);
    expect(answers[i + 2]?.object.message).toContain(text);
  });
});

describe('a custom object', () => {
  const sent = { size: 2, surprise: 1, parts: [{ id: 'a', extra: 1 }], free: { any: { thing: 1 } }, tags: { x: 'y' }, port: 'http' };
  const steps: Step[] = [
    define(),
    SETTLE,
    widget('w', sent),
    at('patch', WIDGETS, 'w', { patchType: 'merge', body: { spec: { size: 3 }, status: { note: 'no' } } }),
    at('patch', WIDGETS, 'w', { subresource: 'status', patchType: 'merge', body: { spec: { size: 9 }, status: { note: 'n', odd: 1 } } }),
    at('patch', WIDGETS, 'w', { patchType: 'merge', body: { spec: { size: 1 } } }),
    at('patch', WIDGETS, 'w', { patchType: 'strategic', body: { spec: { size: 4 } } }),
    at('update', WIDGETS, 'w', { subresource: 'scale', body: { metadata: { name: 'w' }, spec: { replicas: 7 } } }),
    at('get', WIDGETS, 'w'),
    at('update', WIDGETS, 'w', { body: { metadata: { name: 'w' }, spec: { size: 3 } } }),
    at('patch', WIDGETS, 'w', {
      patchType: 'apply',
      body: { apiVersion: 'example.com/v1', kind: 'Widget', spec: { parts: [{ id: 'b' }] } },
      options: { fieldManager: 'me' },
    }),
    at('delete', WIDGETS, 'w'),
    at('get', WIDGETS, 'w'),
  ];
  const { answers } = play(steps);
  it('loses what its schema does not name and gets its defaults', () => {
    expect(answers[2]).toMatchObject({ code: 201, object: { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { generation: 1 } } });
    expect(answers[2]?.object.spec).toEqual({
      size: 2,
      colour: 'red',
      parts: [{ id: 'a', weight: 1 }],
      free: { any: { thing: 1 } },
      tags: { x: 'y' },
      port: 'http',
    });
  });
  it('counts generations; status has a door of its own', () => {
    expect(answers[3]).toMatchObject({ code: 200, object: { metadata: { generation: 2 }, spec: { size: 3 } } });
    expect(answers[3]?.object.status).toBeUndefined();
    expect(answers[4]).toMatchObject({ code: 200, object: { metadata: { generation: 2 }, spec: { size: 3 } } });
    expect(answers[4]?.object.status).toEqual({ note: 'n' });
  });
  it('obeys rules about changes', () => {
    expect(answers[5]?.object.message).toBe('Widget.example.com "w" is invalid: spec.size: Forbidden: size may not shrink');
  });
  it('knows no strategic merge', () => expect(answers[6]?.code).toBe(415));
  it('can be scaled', () => {
    expect(answers[7]).toMatchObject({ code: 200, object: { kind: 'Scale', spec: { replicas: 7 } } });
    expect(answers[8]?.object.spec.replicas).toBe(7);
  });
  it('is not overwritten blindly', () =>
    expect(answers[9]?.object.message).toContain('metadata.resourceVersion: Invalid value: 0: must be specified for an update'));
  it('merges applied lists by their keys', () => {
    expect(answers[10]).toMatchObject({ code: 200 });
    expect(answers[10]?.object.spec.parts.map(({ id }: { id: string }) => id).sort()).toEqual(['a', 'b']);
  });
  it('can be deleted', () => {
    expect(answers[11]?.code).toBe(200);
    expect(answers[12]).toMatchObject({ code: 404, object: { message: 'widgets.example.com "w" not found' } });
  });
});

describe('a schema that became stricter', () => {
  const stricter = {
    ...schema,
    properties: {
      ...schema.properties,
      spec: {
        ...schema.properties.spec,
        properties: {
          ...schema.properties.spec.properties,
          size: { type: 'integer', maximum: 4 },
          replicas: { type: 'integer', minimum: 3 },
        },
        'x-kubernetes-validations': [{ rule: 'self.size < 3', message: 'too large' }],
      },
    },
  };
  const patch = (spec: object): Call => at('patch', WIDGETS, 'w', { patchType: 'merge', body: { spec } });
  const { answers } = play([
    define(),
    SETTLE,
    widget('w', { size: 9, replicas: 1 }),
    { verb: 'get', resource: DEFINITIONS, name: WIDGETS },
    (seen) => ({
      verb: 'update',
      resource: DEFINITIONS,
      name: WIDGETS,
      body: {
        ...seen[3]?.object,
        spec: { ...seen[3]?.object.spec, versions: [version('v1', { schema: { openAPIV3Schema: stricter } })] },
      },
    }),
    SETTLE,
    at('patch', WIDGETS, 'w', { patchType: 'merge', body: { metadata: { labels: { a: 'b' } } } }),
    patch({ replicas: 2 }),
    patch({ size: 2, replicas: 5 }),
  ]);
  it('lets stand what was there, and refuses what is new', () => {
    expect(answers[4]?.code).toBe(200);
    expect(answers[6]).toMatchObject({ code: 200, object: { metadata: { labels: { a: 'b' } } } });
    expect(answers[7]?.object.message).toContain(
      'spec.replicas: Invalid value: 2: spec.replicas in body should be greater than or equal to 3',
    );
    expect(answers[7]?.object.message).not.toContain('spec.size');
    expect(answers[8]).toMatchObject({ code: 200 });
  });
});

describe('several versions', () => {
  const client = play([
    define(version('v1beta1', { storage: false }), version('v1')),
    SETTLE,
    { ...widget('a', { size: 1 }), resource: 'widgets.v1beta1.example.com' },
    { verb: 'watch', resource: 'widgets.v1beta1.example.com', options: { resourceVersion: '0' } },
    at('get', WIDGETS, 'a'),
    at('get', 'widgets.v1beta1.example.com', 'a'),
    { verb: 'list', resource: 'widgets.v1beta1.example.com' },
    widget('b', { size: 2 }),
    300,
    { verb: 'list', resource: 'widgets.v2.example.com' },
  ]);
  const { answers } = client;
  it('show the same objects, each under its own', () => {
    expect(answers[2]).toMatchObject({ code: 201, object: { apiVersion: 'example.com/v1beta1' } });
    expect(answers[4]).toMatchObject({ code: 200, object: { apiVersion: 'example.com/v1', spec: { size: 1 } } });
    expect(answers[5]).toMatchObject({ code: 200, object: { apiVersion: 'example.com/v1beta1' } });
    expect(answers[6]).toMatchObject({
      object: { apiVersion: 'example.com/v1beta1', items: [{ apiVersion: 'example.com/v1beta1', metadata: { name: 'a' } }] },
    });
  });
  it('are watched in the version asked for', () => {
    expect(client.watched(3).map(({ object }) => `${object.apiVersion} ${object.metadata?.name}`)).toEqual([
      'example.com/v1beta1 a',
      'example.com/v1beta1 b',
    ]);
  });
  it('are only those that are served', () => expect(answers[9]?.code).toBe(404));
});

describe('a definition that is deleted', () => {
  const { answers } = play([
    define(),
    SETTLE,
    widget('a', { size: 1 }),
    { verb: 'delete', resource: DEFINITIONS, name: WIDGETS },
    4000,
    { verb: 'get', resource: DEFINITIONS, name: WIDGETS },
    { verb: 'list', resource: WIDGETS },
    define(),
    SETTLE,
    { verb: 'list', resource: WIDGETS },
  ]);
  it('first removes its objects', () => {
    expect(answers[3]).toMatchObject({
      code: 200,
      object: {
        metadata: { finalizers: ['customresourcecleanup.apiextensions.k8s.io'] },
        status: {
          conditions: expect.arrayContaining([expect.objectContaining({ type: 'Terminating', reason: 'InstanceDeletionPending' })]),
        },
      },
    });
    expect(answers[5]?.code).toBe(404);
    expect(answers[6]?.code).toBe(404);
  });
  it('can come again, empty', () => expect(answers[9]).toMatchObject({ code: 200, object: { items: [] } }));
});

const spec = (change: object) => ({ ...definition().spec, ...change });
const withSchema = (openAPIV3Schema: object) =>
  spec({ versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }] });

/** A definition's spec, and what is wrong with it in upstream's words. */
const BAD: readonly (readonly [object, string])[] = [
  [withSchema({}), 'spec.validation.openAPIV3Schema.type: Required value: must not be empty at the root'],
  [withSchema({ type: 'string' }), 'spec.validation.openAPIV3Schema.type: Invalid value: "string": must be object at the root'],
  [
    withSchema({ type: 'object', properties: { spec: {} } }),
    'spec.validation.openAPIV3Schema.properties[spec].type: Required value: must not be empty for specified object fields',
  ],
  [
    withSchema({ type: 'object', properties: { spec: { type: 'array' } } }),
    'spec.validation.openAPIV3Schema.properties[spec].items: Required value: must be specified',
  ],
  [
    withSchema({ type: 'object', properties: { spec: { type: 'text' } } }),
    'spec.validation.openAPIV3Schema.properties[spec].type: Unsupported value: "text": supported values: "array", "boolean", "integer", "number", "object", "string"',
  ],
  [
    withSchema({ type: 'object', properties: { spec: { type: 'object' } }, anyOf: [{ properties: { spec: { type: 'object' } } }] }),
    'spec.validation.openAPIV3Schema.anyOf[0].properties[spec].type: Forbidden: must be empty to be structural',
  ],
  [
    withSchema({ type: 'object', oneOf: [{ properties: { a: { minimum: 1 } } }] }),
    'spec.validation.openAPIV3Schema.properties[a]: Required value: because it is defined in spec.validation.openAPIV3Schema.oneOf[0].properties[a]',
  ],
  [
    withSchema({ type: 'object', properties: { a: { type: 'string', default: 1 } } }),
    'spec.validation.openAPIV3Schema.properties[a].default: Invalid value: "integer"',
  ],
  [
    withSchema({ type: 'object', properties: { a: { type: 'object', uniqueItems: true, $ref: '#/x' } } }),
    'spec.validation.openAPIV3Schema.properties[a].$ref: Forbidden: $ref is not supported',
  ],
  [
    withSchema({ type: 'object', properties: { a: { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self.b > 1' }] } } }),
    'properties[a].x-kubernetes-validations[0].rule: Invalid value: {"Rule":"self.b \\u003e 1","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: compilation failed: ERROR: <input>:1:5: type \'int\' does not support field selection',
  ],
  [spec({ group: 'example' }), 'spec.group: Invalid value: "example": should be a domain with at least one dot'],
  [spec({ scope: 'Everywhere' }), 'spec.scope: Unsupported value: "Everywhere": supported values: "Cluster", "Namespaced"'],
  [spec({ versions: [version('v1'), version('v2')] }), 'must have exactly one version marked as storage version'],
  [spec({ versions: [{ name: 'v1', served: true, storage: true }] }), 'spec.versions[0].schema.openAPIV3Schema: Required value'],
  [
    spec({ names: { plural: 'Widgets', kind: 'Widget' } }),
    'spec.names.plural: Invalid value: "Widgets": a DNS-1035 label must consist of lower case alphanumeric characters',
  ],
  [
    spec({ versions: [version('v1', { additionalPrinterColumns: [{ name: 'A', type: 'word', jsonPath: 'spec.a' }] })] }),
    'spec.additionalPrinterColumns[0].type: Invalid value: "word": must be one of boolean,date,integer,number,string',
  ],
  [
    spec({ versions: [version('v1', { subresources: { scale: { specReplicasPath: '.replicas', statusReplicasPath: '.status.n' } } })] }),
    'spec.subresources.scale.specReplicasPath: Invalid value: ".replicas": should be a json path under .spec',
  ],
  [
    spec({ group: 'x.k8s.io', names: { plural: 'widgets', kind: 'Widget' } }),
    'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation',
  ],
];

describe('definitions that are refused', () => {
  const { answers } = play(
    BAD.map(([bad]) => ({ verb: 'create', resource: DEFINITIONS, body: { metadata: { name: WIDGETS }, spec: bad } }) as Call),
  );
  it.each(BAD.map(([, text], i) => ({ text, i })))('$text', ({ text, i }) => {
    expect(answers[i]?.code).toBe(422);
    expect(answers[i]?.object.message).toContain(text);
  });
  it('has a name made of plural and group', () => {
    const { answers: named } = play([{ verb: 'create', resource: DEFINITIONS, body: { ...definition(), metadata: { name: 'w' } } }]);
    expect(named[0]?.object.message).toContain('metadata.name: Invalid value: "w": must be spec.names.plural+"."+spec.group');
  });
});
