/** What Kubernetes puts around an object in protobuf: four bytes that no JSON begins with, then runtime.Unknown, which says the object's kind.
 *  Mirrors apimachinery v0.34 pkg/runtime/serializer/protobuf. */

import { bytesOf, fieldsOf, textOf } from './reader.ts';

export interface TypeMeta {
  readonly apiVersion: string;
  readonly kind: string;
}

export interface Envelope extends TypeMeta {
  readonly object: Uint8Array;
}

const MAGIC = [0x6b, 0x38, 0x73, 0x00];
const NOTHING = new Uint8Array();

export function openEnvelope(body: Uint8Array): Envelope {
  if (body.length === 0) throw new Error('empty data');
  if (body.length < MAGIC.length || !MAGIC.every((byte, place) => body[place] === byte))
    throw new Error(`provided data does not appear to be a protobuf message, expected prefix [${MAGIC.join(' ')}]`);
  if (body.length === MAGIC.length) throw new Error('empty body');
  const unknown = fieldsOf(body.subarray(MAGIC.length));
  const typeMeta = fieldsOf(bytesOf(unknown.get(1)) ?? NOTHING);
  return { apiVersion: textOf(typeMeta.get(1)), kind: textOf(typeMeta.get(2)), object: bytesOf(unknown.get(2)) ?? NOTHING };
}
