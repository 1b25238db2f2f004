/** Who a user is: the groups that follow from the name, and those that the server was told. Mirrors apiserver v1.34 pkg/authentication/user,
 *  pkg/authentication/serviceaccount (MakeUsername, MakeGroupNames) and pkg/authentication/group. */

import type { ApiServerConfig } from '../config.ts';

export interface UserInfo {
  readonly username: string;
  readonly groups: readonly string[];
  readonly uid?: string;
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export const ANONYMOUS = 'system:anonymous';
export const MASTERS = 'system:masters';
export const NODES = 'system:nodes';
export const AUTHENTICATED = 'system:authenticated';
const UNAUTHENTICATED = 'system:unauthenticated';
const NODE = 'system:node:';
const ACCOUNT = 'system:serviceaccount:';

export const accountUser = (namespace: string, name: string): string => `${ACCOUNT}${namespace}:${name}`;

/** Namespace and name of a service account, when the user is one. */
export function accountOf(username: string): { readonly namespace: string; readonly name: string } | undefined {
  if (!username.startsWith(ACCOUNT)) return undefined;
  const [namespace = '', name = '', more] = username.slice(ACCOUNT.length).split(':');
  return namespace === '' || name === '' || more !== undefined ? undefined : { namespace, name };
}

/** The node behind a kubelet's user; undefined for everybody else (nodeidentifier). */
export const nodeOf = ({ username, groups }: UserInfo): string | undefined =>
  username.startsWith(NODE) && groups.includes(NODES) ? username.slice(NODE.length) : undefined;

function groupsOf(username: string, config: ApiServerConfig): readonly string[] {
  if (username === ANONYMOUS) return [UNAUTHENTICATED];
  const told = config.groups?.[username];
  if (told !== undefined) return [...told, AUTHENTICATED];
  if (username.startsWith(NODE)) return [NODES, AUTHENTICATED];
  const account = accountOf(username);
  if (account !== undefined) return ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`, AUTHENTICATED];
  if (username === 'system:apiserver' || username === 'system:admin' || username === 'kubernetes-admin') return [MASTERS, AUTHENTICATED];
  return [AUTHENTICATED];
}

/** Users are few; each is worked out once a server. */
export class Users {
  private readonly config: ApiServerConfig;
  private readonly known = new Map<string, UserInfo>();

  constructor(config: ApiServerConfig) {
    this.config = config;
  }

  get(username: string): UserInfo {
    let info = this.known.get(username);
    if (info === undefined) {
      info = { username, groups: groupsOf(username, this.config) };
      this.known.set(username, info);
    }
    return info;
  }
}
