/** Who may come in. Browsers are kept from what they should not do for a page of somebody else's (Host against DNS rebinding, Origin against forged
 *  requests); on a loopback address everybody is the administrator, as with kubectl proxy, elsewhere whoever writes must show the token. */

import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { forbiddenOrigin, HttpFailure, malformed, unauthorized } from './failures.ts';

export interface AccessRules {
  /** Loopback: no token is needed. */
  readonly isLocal: boolean;
  readonly token: string;
  /** Names, besides localhost and addresses, under which the server may be called. */
  readonly hostNames: readonly string[];
}

export interface Caller {
  readonly user: string;
  readonly groups?: readonly string[];
  /** A token that the API server has to judge. */
  readonly token?: string;
  readonly isAdministrator: boolean;
}

export const ADMINISTRATOR = 'kubernetes-admin';
const ANONYMOUS = 'system:anonymous';

/** The name in 'name:8001' or '[::1]:8001'. */
function hostOf(header: string): string {
  const found = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::\d{1,5})?$/.exec(header);
  return (found?.[1] ?? found?.[2] ?? '').toLowerCase();
}

/** Throws HttpFailure for requests that a page of another site may have made. */
export function checkSite({ headers }: IncomingMessage, { hostNames }: AccessRules): void {
  const host = hostOf(headers.host ?? '');
  if (host !== 'localhost' && isIP(host) === 0 && !hostNames.includes(host))
    throw new HttpFailure(forbiddenOrigin(`this server is not called '${host.slice(0, 100)}' (see --host-name)`));
  const { origin } = headers;
  if (origin !== undefined && origin !== `http://${headers.host}`)
    throw new HttpFailure(forbiddenOrigin('requests from pages of other origins are not answered'));
  if (headers['sec-fetch-site'] === 'cross-site')
    throw new HttpFailure(forbiddenOrigin('requests from pages of other sites are not answered'));
}

function isSame(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}

/** Throws HttpFailure where a token is wanted and none is shown. */
export function callerOf({ headers, method }: IncomingMessage, { isLocal, token }: AccessRules): Caller {
  const shown = /^Bearer\s+(\S.*)$/i.exec(headers.authorization ?? '')?.[1];
  if (shown !== undefined) {
    if (isSame(shown, token)) return impersonated({ user: ADMINISTRATOR, isAdministrator: true }, headers);
    return { user: '', token: shown, isAdministrator: false };
  }
  if (isLocal) return impersonated({ user: ADMINISTRATOR, isAdministrator: true }, headers);
  if (method !== 'GET' && method !== 'HEAD') throw new HttpFailure(unauthorized());
  return { user: ANONYMOUS, isAdministrator: false };
}

const listed = (value: string | readonly string[] | undefined): readonly string[] =>
  value === undefined ? [] : typeof value === 'string' ? value.split(',').map((one) => one.trim()) : value;

/** The administrator may be anybody (kubectl --as, --as-group). */
function impersonated(caller: Caller, headers: IncomingMessage['headers']): Caller {
  const user = headers['impersonate-user'];
  const groups = listed(headers['impersonate-group']);
  if (typeof user !== 'string') {
    if (groups.length > 0) throw new HttpFailure(malformed('requested groups to impersonate without impersonating a user'));
    return caller;
  }
  return { user, isAdministrator: false, ...(groups.length === 0 ? {} : { groups }) };
}
