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
