/** Bearer tokens: those of a token file, and those of service accounts, which this server issues (TokenRequest) and knows again. A token of an account
 *  has the form of the real one; its signature is a hash, not cryptography. Mirrors Kubernetes v1.34 pkg/serviceaccount (claims.go, jwt.go)
 *  and pkg/registry/core/serviceaccount/storage/token.go. */

import { badRequest, conflict, type KubeObject, notFound, rfc3339, type StatusObject } from '#api';
import { type Context, hashText, SECOND } from '#sim';
import type { ApiServerConfig } from '../config.ts';
import type { Core } from '../core.ts';
import { fromBase64Url, toBase64Url } from './base64url.ts';
import { accountUser, type UserInfo } from './users.ts';

const ISSUER = 'https://kubernetes.default.svc.cluster.local';
const HEADER = toBase64Url('{"alg":"RS256","kid":"simulated"}');
const DEFAULT_SECONDS = 3600;
const LEAST_SECONDS = 600;
const MOST_SECONDS = 4_294_967_296;

interface Ref {
  readonly name: string;
  readonly uid?: string;
}
interface Claims {
  readonly aud: readonly string[];
  readonly exp: number;
  readonly iat: number;
  readonly iss: string;
  readonly sub: string;
  readonly 'kubernetes.io': {
    readonly namespace: string;
    readonly serviceaccount: Ref;
    readonly pod?: Ref;
    readonly secret?: Ref;
  };
}
interface TokenRequest extends KubeObject {
  readonly spec?: {
    readonly audiences?: readonly string[];
    readonly expirationSeconds?: number;
    readonly boundObjectRef?: { readonly kind?: string; readonly name?: string; readonly uid?: string };
  };
}

const signature = (text: string): string => {
  let out = '';
  for (let i = 0; i < 4; i++) out += (hashText(`${i}:${text}:service-account-key`) >>> 0).toString(16).padStart(8, '0');
  return toBase64Url(out);
};

function parse(token: string): Claims | undefined {
  const [header, payload = '', sign] = token.split('.');
  if (header !== HEADER || sign !== signature(`${header}.${payload}`)) return undefined;
  const text = fromBase64Url(payload);
  return text === undefined ? undefined : (JSON.parse(text) as Claims);
}

export class Tokens {
  private readonly core: Core;
  private readonly file: ApiServerConfig['tokens'];

  constructor(core: Core) {
    this.core = core;
    this.file = core.config.tokens;
  }

  /** Whose token it is; a text says why it is nobody's. */
  user(token: string, ctx: Context): UserInfo | string {
    const known = this.file?.[token];
    if (known !== undefined) return { username: known.user, groups: [...(known.groups ?? []), 'system:authenticated'], uid: known.uid };
    const claims = parse(token);
    if (claims === undefined) return 'invalid bearer token';
    if (claims.exp * SECOND <= ctx.clock()) return '[invalid bearer token, service account token has expired]';
    const { namespace, serviceaccount, pod } = claims['kubernetes.io'];
    const gone = this.check('serviceaccounts', namespace, serviceaccount) ?? (pod && this.check('pods', namespace, pod));
    if (gone !== undefined) return `[invalid bearer token, ${gone}]`;
    return {
      username: accountUser(namespace, serviceaccount.name),
      uid: serviceaccount.uid,
      groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
      ...(pod === undefined
        ? {}
        : {
            extra: {
              'authentication.kubernetes.io/pod-name': [pod.name],
              'authentication.kubernetes.io/pod-uid': [pod.uid ?? ''],
            },
          }),
    };
  }

  private check(resource: 'serviceaccounts' | 'pods', namespace: string, { name, uid }: Ref): string | undefined {
    const found = this.core.resource(resource)?.cache.get(`/registry/${resource}/${namespace}/${name}`);
    const what = resource === 'pods' ? 'pod' : 'service account';
    if (found === undefined) return `${what} token has been invalidated: ${resource} "${name}" not found`;
    if (found.metadata?.uid !== uid) return `${what} UID (${found.metadata?.uid}) does not match claim (${uid})`;
    return undefined;
  }

  /** POST serviceaccounts/<name>/token. */
  request(namespace: string, name: string, body: unknown, ctx: Context): KubeObject | StatusObject {
    const account = this.core.resource('serviceaccounts')?.cache.get(`/registry/serviceaccounts/${namespace}/${name}`);
    if (account === undefined) return notFound('serviceaccounts', name);
    const request = (body ?? {}) as TokenRequest;
    const seconds = request.spec?.expirationSeconds ?? DEFAULT_SECONDS;
    if (seconds < LEAST_SECONDS || seconds > MOST_SECONDS) {
      const text =
        seconds < LEAST_SECONDS ? 'may not specify a duration less than 10 minutes' : 'may not specify a duration larger than 2^32 seconds';
      return {
        ...badRequest(`TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: ${seconds}: ${text}`),
        reason: 'Invalid',
        code: 422,
      };
    }
    const bound = request.spec?.boundObjectRef;
    let pod: Ref | undefined;
    if (bound !== undefined) {
      if (bound.kind !== 'Pod') return badRequest(`cannot bind token for serviceaccount "${name}" to object of type ${bound.kind}`);
      const found = this.core.resource('pods')?.cache.get(`/registry/pods/${namespace}/${bound.name}`);
      if (found === undefined) return notFound('pods', bound.name ?? '');
      if (bound.uid && bound.uid !== found.metadata?.uid) {
        const why = `the UID in the bound object reference (${bound.uid}) does not match the UID in record. The object might have been deleted and then recreated`;
        return conflict('Pod', bound.name ?? '', why);
      }
      pod = { name: bound.name ?? '', uid: found.metadata?.uid };
    }
    const now = Math.floor(ctx.clock() / SECOND);
    const audiences = request.spec?.audiences ?? [ISSUER];
    const claims: Claims = {
      aud: audiences,
      exp: now + seconds,
      iat: now,
      iss: ISSUER,
      sub: accountUser(namespace, name),
      'kubernetes.io': { namespace, serviceaccount: { name, uid: account.metadata?.uid }, ...(pod === undefined ? {} : { pod }) },
    };
    const text = `${HEADER}.${toBase64Url(JSON.stringify(claims))}`;
    return {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: { name, namespace, creationTimestamp: rfc3339(ctx.clock()) },
      spec: { audiences, expirationSeconds: seconds, ...(bound === undefined ? {} : { boundObjectRef: bound }) },
      status: { token: `${text}.${signature(text)}`, expirationTimestamp: rfc3339((now + seconds) * SECOND) },
    } as KubeObject;
  }
}
