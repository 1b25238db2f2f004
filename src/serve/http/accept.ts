/** In which form a client wants its answer. Protobuf is never written: every client that asks for it takes JSON too (the response's own type says what it
 *  is). Mirrors apiserver v1.34 pkg/endpoints/handlers/negotiation/negotiate.go. */

import { HttpFailure, notAcceptable } from './failures.ts';

export interface Form {
  readonly encoding: 'json' | 'yaml';
  readonly as?: 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList';
}

const PLAIN: Form = { encoding: 'json' };
const TRANSFORMS: ReadonlySet<string> = new Set(['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList']);

/** `accept`: the header. Throws 406. */
export function formOf(accept: string | undefined): Form {
  if (accept === undefined || accept.trim() === '') return PLAIN;
  let isProtobufAsked = false;
  for (const clause of accept.split(',')) {
    const [type = '', ...parameters] = clause.split(';').map((part) => part.trim());
    const given = new Map(parameters.map((parameter) => [parameter.split('=', 1)[0] ?? '', parameter.slice(parameter.indexOf('=') + 1)]));
    if (given.get('q') === '0') continue;
    const as = given.get('as');
    if (type === 'application/vnd.kubernetes.protobuf') isProtobufAsked = true;
    const encoding =
      type === 'application/yaml' ? 'yaml' : /^(application\/json|application\/\*|\*\/\*|text\/\*)$/.test(type) ? 'json' : undefined;
    if (encoding === undefined) continue;
    if (as === undefined) return { encoding };
    if (TRANSFORMS.has(as) && given.get('g') === 'meta.k8s.io' && (given.get('v') === 'v1' || given.get('v') === 'v1beta1'))
      return { encoding, as: as as Form['as'] };
  }
  if (isProtobufAsked) return PLAIN;
  throw new HttpFailure(notAcceptable());
}

/** Whether gzip is welcome. */
export const takesGzip = (header: string | readonly string[] | undefined): boolean =>
  String(header ?? '')
    .split(',')
    .some((one) => /^\s*gzip\s*(;\s*q\s*=\s*(1|0\.\d*[1-9]\d*).*)?$/i.test(one));
