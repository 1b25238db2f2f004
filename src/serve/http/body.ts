/** The body of a request: at most 3 MiB, in JSON, YAML or Kubernetes' protobuf. Mirrors apiserver v1.34 pkg/server/config.go (MaxRequestBodyBytes) and
 *  pkg/endpoints/handlers/rest.go (limitedReadBody). */

import type { IncomingMessage } from 'node:http';
import { parseDocument } from 'yaml';
import { decodeKubernetesProtobuf, type TypeMeta } from '../protobuf/index.ts';
import { bodyTooLarge, HttpFailure, malformed, wrongMediaType } from './failures.ts';
import { duplicateMembers } from './json-members.ts';

export const MOST_BYTES = 3 * 1024 * 1024;
/** As deep as sigs.k8s.io/json reads; and as deep as what is let into the cluster may be, where every part of it has to be walked by recursion. */
const MOST_DEPTH = 10_000;
const MOST_DEPTH_KEPT = 500;

/** Throws HttpFailure 413 as soon as it is known to be too large. */
export function readBody(request: IncomingMessage, limit = MOST_BYTES): Promise<Buffer> {
  const announced = Number(request.headers['content-length'] ?? 0);
  return new Promise((resolve, reject) => {
    const tooLarge = (): void => {
      // What still comes is read and forgotten: a client that is cut off while it writes never sees the answer.
      request.removeAllListeners('data');
      request.resume();
      reject(new HttpFailure(bodyTooLarge(limit)));
    };
    if (announced > limit) {
      tooLarge();
      return;
    }
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > limit) tooLarge();
      else chunks.push(chunk);
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', () => reject(new HttpFailure(malformed('the body ended early'))));
    request.on('aborted', () => reject(new HttpFailure(malformed('the body ended early'))));
  });
}

/** 'application/json' of 'application/json; charset=utf-8'. */
export const mediaType = (request: IncomingMessage): string =>
  (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';

const text = (body: Buffer): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new HttpFailure(malformed('the body is not valid UTF-8'));
  }
};

export function parseJson(body: Buffer): unknown {
  let value: unknown;
  const written = text(body);
  try {
    value = JSON.parse(written);
  } catch (error) {
    throw new HttpFailure(malformed(`couldn't get version/kind; json parse error: ${(error as Error).message}`));
  }
  return shallow(value);
}

export function parseYaml(body: Buffer): unknown {
  const written = text(body);
  try {
    return shallow(JSON.parse(written));
  } catch (error) {
    if (error instanceof HttpFailure) throw error;
  }
  let value: unknown;
  try {
    const document = parseDocument(written, { prettyErrors: false, version: '1.2', merge: true });
    if (document.errors.length > 0) throw document.errors[0];
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new HttpFailure(malformed(`error converting YAML to JSON: yaml: ${(error as Error).message.split('\n')[0]}`));
  }
  return shallow(value);
}

/** 'duplicate field "spec.replicas"', one for each; none in other forms than JSON. */
export const duplicatesIn = (body: Buffer, type: string): readonly string[] =>
  type === '' || /^application\/([\w.-]+\+)?json$/.test(type) ? duplicateMembers(body.toString()) : [];

export const PROTOBUF = 'application/vnd.kubernetes.protobuf';

/** By content type. Undefined for an empty body. `expected`: what an envelope holds that does not say. */
export function parseBody(body: Buffer, type: string, expected?: TypeMeta): unknown {
  if (body.length === 0) return undefined;
  switch (type) {
    case '':
    case 'application/json':
      return parseJson(body);
    case 'application/yaml':
      return parseYaml(body);
    case PROTOBUF:
      try {
        return decodeKubernetesProtobuf(body, expected);
      } catch (error) {
        throw new HttpFailure(malformed((error as Error).message));
      }
    default:
      throw new HttpFailure(wrongMediaType());
  }
}

/** Refuses what is nested deeper than anything that is meant; without recursion, so that depth itself does no harm. */
function shallow(value: unknown, most = MOST_DEPTH): unknown {
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > most) throw new HttpFailure(malformed('json: exceeded max depth'));
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []));
  }
  return value;
}

/** Of a body whose unknown fields are gone. Throws HttpFailure 400. */
export const kept = <T>(body: T): T => shallow(body, MOST_DEPTH_KEPT) as T;
