/** Bodies come to the same object in every form that clients write: JSON, the YAML that replies are written in, and Kubernetes' protobuf. */

import { BinaryWriter } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { parseSource } from '#scenario';
import { PROTOBUF, parseBody } from '../../src/serve/http/body.ts';

const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom(
    '',
    'yes',
    'no',
    '~',
    'null',
    '0x1f',
    '1e3',
    '012',
    '2026-01-01',
    '- a',
    'a: b',
    '#',
    '*a',
    '&a',
    '!b',
    '%',
    '| ',
    ' a ',
    'x\ny\n',
  ),
);
/** Not YAML's merge key, and nothing that is a member of every object. */
const key = text.filter((one) => one !== '<<' && one !== '__proto__');
const { object } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    text,
    tie('object'),
    fc.array(tie('value'), { maxLength: 3 }),
  ),
  object: fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
})) as { object: fc.Arbitrary<object> };

it('JSON and YAML say the same, to the API and in scenario files', () => {
  fc.assert(
    fc.property(object, (spec) => {
      const written = { apiVersion: 'example.com/v1', kind: 'Any', spec };
      const [json, yaml] = [JSON.stringify(written), stringify(written, { aliasDuplicateObjects: false })];
      expect(parseBody(Buffer.from(json), 'application/json')).toEqual(written);
      expect(parseBody(Buffer.from(yaml), 'application/yaml')).toEqual(written);
      expect(parseSource(yaml, 'it.yaml').value).toEqual(written);
      expect(parseSource(json, 'it.json').value).toEqual(written);
    }),
  );
});

/** A map<string, string> as Go writes it, at a field. */
function strings(writer: BinaryWriter, field: number, entries: Readonly<Record<string, string>>): BinaryWriter {
  for (const [name, value] of Object.entries(entries))
    writer
      .uint32((field << 3) | 2)
      .fork()
      .uint32(10)
      .string(name)
      .uint32(18)
      .string(value)
      .join();
  return writer;
}

it('protobuf says what JSON says', () => {
  const map = fc.dictionary(
    fc.string({ maxLength: 8 }).filter((one) => one !== '__proto__'),
    fc.string({ unit: 'grapheme', maxLength: 8 }),
    {
      maxKeys: 4,
      noNullPrototype: true,
    },
  );
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 20 }), map, map, fc.boolean(), (name, labels, data, immutable) => {
      const raw = new BinaryWriter();
      strings(raw.uint32(10).fork().uint32(10).string(name), 11, labels).join();
      strings(raw, 2, data).uint32(32).bool(immutable);
      const envelope = new BinaryWriter().uint32(10).fork().uint32(10).string('v1').uint32(18).string('ConfigMap').join();
      const body = Buffer.concat([Buffer.from('k8s\0'), envelope.uint32(18).bytes(raw.finish()).finish()]);
      const told = parseBody(body, PROTOBUF) as { metadata: { labels?: object }; data?: object };
      expect(told).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, immutable });
      expect([told.metadata.labels ?? {}, told.data ?? {}]).toEqual([labels, data]);
    }),
  );
});
