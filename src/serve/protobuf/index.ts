/** Request bodies in Kubernetes' protobuf, as the JSON objects that the API server takes. Clients accept answers in JSON, so nothing is ever written in it. */

import { describe } from './description.ts';
import { openEnvelope, type TypeMeta } from './envelope.ts';
import { readMessage } from './message.ts';
import { KINDS } from './messages/packages.ts';

export type { TypeMeta } from './envelope.ts';

/** What a request to this path sends when its envelope does not say (deletions may not): { apiVersion: 'v1', kind: 'DeleteOptions' }. */
export interface ProtobufObject extends TypeMeta {
  readonly [field: string]: unknown;
}

/** Thrown for every body that is none: the answer is 400 with this message. */
export class ProtobufError extends Error {
  override readonly name = 'ProtobufError';
}

/** Options of a deletion are one message under the version of any group. */
const messageOf = (apiVersion: string, kind: string): string | undefined =>
  kind === 'DeleteOptions'
    ? 'meta/v1.DeleteOptions'
    : Object.hasOwn(KINDS, `${apiVersion} ${kind}`)
      ? KINDS[`${apiVersion} ${kind}`]
      : undefined;

function decode(body: Uint8Array, expected: TypeMeta | undefined): ProtobufObject {
  const envelope = openEnvelope(body);
  const kind = envelope.kind || expected?.kind;
  const apiVersion = envelope.apiVersion || expected?.apiVersion;
  if (!kind) throw new Error("Object 'Kind' is missing in the protobuf envelope");
  if (!apiVersion) throw new Error("Object 'apiVersion' is missing in the protobuf envelope");
  const message = messageOf(apiVersion, kind);
  if (message === undefined) throw new Error(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`);
  try {
    return { kind, apiVersion, ...readMessage(describe(message), envelope.object) };
  } catch (error) {
    throw new Error(`the protobuf body of a ${kind} cannot be read: ${(error as Error).message}`);
  }
}

/** The object in a body of content type application/vnd.kubernetes.protobuf, as Go would write it in JSON. */
export function decodeKubernetesProtobuf(body: Uint8Array, expected?: TypeMeta): ProtobufObject {
  try {
    return decode(body, expected);
  } catch (error) {
    throw new ProtobufError((error as Error).message);
  }
}
