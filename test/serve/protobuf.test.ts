/** Bodies in protobuf. The vectors are objects of every kind that Kubernetes' own codec (v0.34) wrote in protobuf, read back, and wrote in JSON:
 *  `go run . vectors FILE` in test/interop/protobuf makes them again. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { durationText } from '../../src/serve/protobuf/duration-text.ts';
import { decodeKubernetesProtobuf, ProtobufError } from '../../src/serve/protobuf/index.ts';
import { KINDS } from '../../src/serve/protobuf/messages/packages.ts';

interface Vector {
  readonly kind: string;
  readonly case: string;
  readonly protobuf: string;
  readonly json: unknown;
}

const file = new URL('fixtures/protobuf.jsonl.gz', import.meta.url);
const vectors = gunzipSync(readFileSync(file))
  .toString()
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Vector);
const bytesOf = ({ protobuf }: Vector) => new Uint8Array(Buffer.from(protobuf, 'base64'));

/** An envelope around bytes of ours. */
function body(apiVersion: string, kind: string, object: Uint8Array): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.LengthDelimited).fork().tag(1, WireType.LengthDelimited).string(apiVersion);
  writer.tag(2, WireType.LengthDelimited).string(kind).join();
  writer.tag(2, WireType.LengthDelimited).bytes(object);
  return Buffer.concat([Buffer.from('k8s\0'), writer.finish()]);
}

/** Decodes, or says why not; anything but a ProtobufError is a crash. */
function attempt(bytes: Uint8Array): string {
  try {
    return typeof decodeKubernetesProtobuf(bytes);
  } catch (error) {
    if (!(error instanceof ProtobufError)) throw error;
    return error.message;
  }
}

describe('what Kubernetes encodes', () => {
  it('has vectors of every kind', () => expect(new Set(vectors.map(({ kind }) => kind))).toEqual(new Set(Object.keys(KINDS))));

  it.each(Object.keys(KINDS))('%s is decoded to the JSON of the same object', (kind) => {
    for (const vector of vectors.filter((each) => each.kind === kind)) {
      const decoded = decodeKubernetesProtobuf(bytesOf(vector));
      expect(decoded, vector.case).toEqual(vector.json);
      // Member for member in the order of Go's struct, but for the keys of maps.
      expect(Object.keys(decoded)).toEqual(Object.keys(vector.json as object));
    }
  });

  it('reads the options of a deletion under the version of any group', () => {
    const options = new BinaryWriter().tag(1, WireType.Varint).int64(0).tag(4, WireType.LengthDelimited).string('Foreground').finish();
    expect(decodeKubernetesProtobuf(body('apps/v1', 'DeleteOptions', options))).toEqual({
      kind: 'DeleteOptions',
      apiVersion: 'apps/v1',
      gracePeriodSeconds: 0,
      propagationPolicy: 'Foreground',
    });
  });

  it('takes the kind from the request when the envelope has none', () => {
    const bytes = body('', '', new Uint8Array());
    expect(decodeKubernetesProtobuf(bytes, { apiVersion: 'v1', kind: 'DeleteOptions' })).toEqual({
      kind: 'DeleteOptions',
      apiVersion: 'v1',
    });
    expect(() => decodeKubernetesProtobuf(bytes)).toThrow("Object 'Kind' is missing");
  });
});

describe('the rules of the wire format', () => {
  const namespace = (write: (writer: BinaryWriter) => void) => {
    const writer = new BinaryWriter();
    write(writer);
    return decodeKubernetesProtobuf(body('v1', 'Namespace', writer.finish()));
  };

  it('passes over fields it does not know, groups too', () => {
    const decoded = namespace((writer) => {
      writer.tag(99, WireType.Varint).uint32(7).tag(98, WireType.Bit64).double(1).tag(97, WireType.Bit32).float(1);
      writer
        .tag(96, WireType.LengthDelimited)
        .string('x')
        .tag(95, WireType.StartGroup)
        .tag(1, WireType.Varint)
        .uint32(1)
        .tag(95, WireType.EndGroup);
      writer.tag(1, WireType.LengthDelimited).fork().tag(1, WireType.LengthDelimited).string('a').join();
    });
    expect(decoded).toEqual({ kind: 'Namespace', apiVersion: 'v1', metadata: { name: 'a' }, spec: {}, status: {} });
  });

  it('keeps the last of a value that comes twice and merges messages', () => {
    const decoded = namespace((writer) => {
      const metadata = () => writer.tag(1, WireType.LengthDelimited).fork();
      metadata().tag(1, WireType.LengthDelimited).string('first').tag(3, WireType.LengthDelimited).string('space').join();
      metadata().tag(1, WireType.LengthDelimited).string('last').join();
    });
    expect(decoded['metadata']).toEqual({ name: 'last', namespace: 'space' });
  });

  it('keeps a label named __proto__ as a label', () => {
    const decoded = namespace((writer) => {
      writer.tag(1, WireType.LengthDelimited).fork().tag(11, WireType.LengthDelimited).fork();
      writer.tag(1, WireType.LengthDelimited).string('__proto__').tag(2, WireType.LengthDelimited).string('polluted').join().join();
    });
    const { labels } = decoded['metadata'] as { labels: object };
    expect(Object.entries(labels)).toEqual([['__proto__', 'polluted']]);
    expect(Object.getPrototypeOf(labels)).toBe(Object.prototype);
  });

  it('refuses a known field in another form, saying which', () => {
    expect(() => namespace((writer) => writer.tag(1, WireType.Varint).uint32(1))).toThrow(
      'the protobuf body of a Namespace cannot be read: field metadata must be a length and bytes, found a varint',
    );
  });

  it('refuses schemas that stand inside each other without end, before the stack ends', () => {
    let schema = new Uint8Array();
    for (let depth = 0; depth < 20_000; depth += 1) {
      // not: { not: { ... } }
      schema = new BinaryWriter().tag(28, WireType.LengthDelimited).bytes(schema).finish().slice() as typeof schema;
      if (schema.length > 60_000) break;
    }
    const wrap = (number: number, bytes: Uint8Array) => new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(bytes).finish();
    const definition = wrap(2, wrap(7, wrap(4, wrap(1, schema))));
    expect(attempt(body('apiextensions.k8s.io/v1', 'CustomResourceDefinition', definition))).toContain('inside each other more than');
  });
});

describe('bodies that are none', () => {
  it.each([
    ['nothing', [], 'empty data'],
    ['JSON', [...Buffer.from('{"kind":"Pod"}')], 'expected prefix [107 56 115 0]'],
    ['the prefix alone', [0x6b, 0x38, 0x73, 0], 'empty body'],
    ['a part of the prefix', [0x6b, 0x38], 'expected prefix'],
    ['an envelope cut short', [0x6b, 0x38, 0x73, 0, 0x0a, 0x20, 0x0a], 'premature EOF'],
  ])('%s', (_, bytes, text) => expect(attempt(new Uint8Array(bytes))).toContain(text));

  it('names a kind that it does not know', () => {
    expect(attempt(body('example.com/v1', 'Widget', new Uint8Array()))).toBe('no kind "Widget" is registered for version "example.com/v1"');
    expect(attempt(body('v1', 'constructor', new Uint8Array()))).toContain('no kind "constructor"');
  });

  it('says what is wrong with a time, and with JSON inside', () => {
    const inMetadata = (number: number, bytes: Uint8Array) =>
      new BinaryWriter().tag(1, WireType.LengthDelimited).fork().tag(number, WireType.LengthDelimited).bytes(bytes).join().finish();
    const late = new BinaryWriter().tag(1, WireType.Varint).int64(253_402_300_800).finish();
    expect(attempt(body('v1', 'Namespace', inMetadata(8, late)))).toContain('is not between the years 1 and 9999');
    const fields = new BinaryWriter().tag(7, WireType.LengthDelimited).fork().tag(1, WireType.LengthDelimited).string('{').join().finish();
    expect(attempt(body('v1', 'Namespace', inMetadata(17, fields)))).toContain('"{" is not JSON');
  });

  it('never crashes on random bytes', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(KINDS)), fc.uint8Array({ maxLength: 200 }), (kind, bytes) => {
        const [apiVersion, name] = kind.split(' ') as [string, string];
        expect(attempt(body(apiVersion, name, bytes))).toBeTypeOf('string');
        expect(attempt(Buffer.concat([Buffer.from('k8s\0'), bytes]))).toBeTypeOf('string');
      }),
      { numRuns: 2000 },
    );
  });

  it('never crashes on a true body with bytes changed, cut or doubled', () => {
    fc.assert(
      fc.property(fc.constantFrom(...vectors), fc.nat(), fc.nat(255), fc.nat(), (vector, place, byte, cut) => {
        const bytes = bytesOf(vector);
        bytes[place % bytes.length] = byte;
        const end = cut % (bytes.length + 1);
        for (const changed of [bytes, bytes.subarray(0, end), Buffer.concat([bytes, bytes.subarray(4, end)])])
          expect(attempt(changed)).toBeTypeOf('string');
      }),
      { numRuns: 1000 },
    );
  });
});

describe('durations as Go writes them', () => {
  it.each([
    [0n, '0s'],
    [1n, '1ns'],
    [1_100n, '1.1µs'],
    [2_200_000n, '2.2ms'],
    [3_300_000_000n, '3.3s'],
    [245_000_000_000n, '4m5s'],
    [245_001_000_000n, '4m5.001s'],
    [18_367_001_000_000n, '5h6m7.001s'],
    [480_000_000_001n, '8m0.000000001s'],
    [-3_600_000_000_000n, '-1h0m0s'],
    [9_223_372_036_854_775_807n, '2562047h47m16.854775807s'],
    [-9_223_372_036_854_775_808n, '-2562047h47m16.854775808s'],
  ])('%d ns', (nanoseconds, text) => expect(durationText(nanoseconds)).toBe(text));
});
