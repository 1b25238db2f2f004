import { describe, expect, it } from 'vitest';
import { at, type Call, create, play, pod } from '../lab.ts';

const answerTo = (call: Call, ...before: Call[]) => {
  const { answers } = play([...before, call]);
  return answers[before.length] as { readonly code: number; readonly object: { readonly message: string } };
};
const configMap = (metadata: unknown, more: object = {}): Call => create('configmaps', { metadata, ...more } as object);

describe('a body whose parts have the wrong types', () => {
  it.each<[string, Call, string]>([
    ['a number for a name', configMap({ name: 5 }), 'number into Go struct field ObjectMeta.metadata.name of type string'],
    [
      'a list of labels',
      configMap({ name: 'm', labels: ['a'] }),
      'array into Go struct field ObjectMeta.metadata.labels of type map[string]string',
    ],
    [
      'a label that is no text',
      configMap({ name: 'm', labels: { a: true } }),
      'bool into Go struct field ObjectMeta.metadata.labels of type string',
    ],
    [
      'an owner that is one',
      configMap({ name: 'm', ownerReferences: { name: 'x' } }),
      'object into Go struct field ObjectMeta.metadata.ownerReferences of type []v1.OwnerReference',
    ],
    [
      'a controller that is a text',
      configMap({ name: 'm', ownerReferences: [{ controller: 'yes' }] }),
      'string into Go struct field OwnerReference.metadata.ownerReferences.controller of type bool',
    ],
    [
      'a finalizer',
      configMap({ name: 'm', finalizers: 'a/b' }),
      'string into Go struct field ObjectMeta.metadata.finalizers of type []string',
    ],
    ['metadata as a text', configMap('m'), 'string into Go struct field ConfigMap.metadata of type v1.ObjectMeta'],
    [
      'data that is a number',
      configMap({ name: 'm' }, { data: { port: 80 } }),
      'number into Go struct field ConfigMap.data of type string',
    ],
  ])('%s is refused as upstream decodes it', (_, call, text) => {
    expect(answerTo(call)).toMatchObject({
      code: 400,
      object: {
        reason: 'BadRequest',
        message: `ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal ${text}`,
      },
    });
  });
  it('names the kind of a spec', () => {
    expect(answerTo(create('pods', { metadata: { name: 'p' }, spec: 'none' })).object.message).toBe(
      'Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal string into Go struct field Pod.spec of type v1.PodSpec',
    );
  });
  it('left behind by a patch is refused with the patch', () => {
    const patch = at('patch', 'pods', 'p', { patchType: 'merge', body: { metadata: { labels: { a: 1 } } } });
    expect(answerTo(patch, create('pods', pod('p')))).toMatchObject({
      code: 422,
      object: {
        message:
          ' "" is invalid: patch: Invalid value: "{\\"metadata\\":{\\"labels\\":{\\"a\\":1}}}": json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string',
      },
    });
  });
});

describe('the data of secrets', () => {
  const secret = (data: object, more: object = {}): Call => create('secrets', { metadata: { name: 's' }, data, ...more });
  it.each<[string, number]>([
    ['p@ss', 1],
    ['abcde', 4],
    ['YQ=', 3],
    ['YQ==YQ', 4],
  ])('%s is not base64: byte %d', (text, byte) => {
    const answer = answerTo(secret({ k: text }));
    expect(answer.code).toBe(400);
    expect(answer.object.message).toBe(`Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte ${byte}`);
  });
  it('may be written as text', () => {
    expect(answerTo(secret({ a: 'YQ==' }, { stringData: { b: 'grün€😀' } })).object).toMatchObject({
      data: { a: 'YQ==', b: Buffer.from('grün€😀').toString('base64') },
    });
  });
  it('are counted by their bytes', () => {
    expect(answerTo(secret({ a: 'A'.repeat(1_398_104) })).code).toBe(422);
    expect(answerTo(secret({ a: 'A'.repeat(1_398_100) })).code).toBe(201);
  });
});

describe('what identifies an object', () => {
  it('is not moved by a patch', () => {
    const rename = at('patch', 'pods', 'p', { patchType: 'merge', body: { metadata: { name: 'q' } } });
    expect(answerTo(rename, create('pods', pod('p')))).toMatchObject({
      code: 422,
      object: { message: 'Pod "q" is invalid: metadata.name: Invalid value: "q": field is immutable' },
    });
  });
});
