import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Packer, Unpacker } from '../../workers/packing.ts';

const template = { spec: { containers: [{ name: 'app', image: 'registry/app:1' }] } };
const field = fc.oneof(
  fc.record({ int: fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }) }),
  fc.record({ number: fc.double({ noNaN: true }) }),
  fc.record({ name: fc.oneof(fc.constantFrom('default', 'kube-system'), fc.string({ unit: 'grapheme', maxLength: 40 })) }),
  fc.record({ text: fc.string({ unit: 'binary', maxLength: 70 }) }),
  fc.record({ shared: fc.constantFrom(undefined, template) }),
  fc.record({ value: fc.oneof(fc.constant(undefined), fc.jsonValue()) }),
);
type Field = { int: number } | { number: number } | { name: string } | { text: string } | { shared?: object } | { value: unknown };

function pack(fields: Field[], out: Packer): void {
  for (const each of fields) {
    if ('int' in each) out.int(each.int);
    else if ('number' in each) out.number(each.number);
    else if ('name' in each) out.name(each.name);
    else if ('text' in each) out.text(each.text);
    else if ('shared' in each) out.shared(each.shared);
    else if ('value' in each) out.value(each.value);
  }
}
function unpack(like: Field[], from: Unpacker): unknown[] {
  return like.map((each) => {
    if ('int' in each) return { int: from.int() };
    if ('number' in each) return { number: from.number() };
    if ('name' in each) return { name: from.name() };
    if ('text' in each) return { text: from.text() };
    return 'shared' in each ? { shared: from.shared() } : { value: from.value() };
  });
}

describe('packing', () => {
  test('gives back what was packed, batch after batch', () => {
    fc.assert(
      fc.property(fc.array(fc.array(field, { maxLength: 30 }), { maxLength: 4 }), (batches) => {
        const [out, from] = [new Packer(), new Unpacker()];
        for (const batch of batches as Field[][]) {
          out.used = 0;
          pack(batch, out);
          from.open(out.words.slice(0, out.used));
          expect(unpack(batch, from)).toEqual(batch.map((each) => ('value' in each ? { value: roundTrip(each.value) } : each)));
          expect(from.at).toBe(out.used);
        }
      }),
      { numRuns: 300, seed: 42 },
    );
  });

  test('sends a name and a shared object once', () => {
    const [out, from] = [new Packer(), new Unpacker()];
    const send = (): number => {
      out.used = 0;
      out.name('a-long-name-of-a-namespace');
      out.shared(template);
      from.open(out.words.slice(0, out.used));
      return out.used;
    };
    expect(send()).toBeGreaterThan(20);
    const first = [from.name(), from.shared()];
    expect(send()).toBe(2);
    const second = [from.name(), from.shared()];
    expect(second[0]).toBe(first[0]);
    expect(second[1]).toBe(first[1]);
    expect(first[1]).toEqual(template);
  });

  test('grows beyond its first buffer', () => {
    const [out, from] = [new Packer(), new Unpacker()];
    const text = 'x'.repeat(100_001);
    out.text(text);
    out.value({ text });
    from.open(out.words.slice(0, out.used));
    expect([from.text(), from.value()]).toEqual([text, { text }]);
  });
});

/** MessagePack knows no negative zero; nothing else may change. */
const roundTrip = (value: unknown): unknown => JSON.parse(JSON.stringify({ value })).value;
