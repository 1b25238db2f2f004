/** What stands before a request is served: who asks (tokens), and whether they may (authorization). Questions that are answered without a store
 *  (reviews, tokens of service accounts) are answered here. Mirrors apiserver v1.34 pkg/server/config.go (DefaultBuildHandlerChain). */

import { type ApiRequest, type KubeObject, methodNotAllowed, type StatusObject } from '#api';
import type { Context } from '#sim';
import { Tokens } from './authentication/tokens.ts';
import { ANONYMOUS, AUTHENTICATED, type UserInfo, type Users } from './authentication/users.ts';
import { type Access, ALLOWED, accessDenied, accessOf, type Verdict } from './authorization/attributes.ts';
import { bootstrapObjects } from './authorization/bootstrap-objects.ts';
import { REVIEWS } from './authorization/reviews.ts';
import { UnionAuthorizer } from './authorization/union.ts';
import { isStatus } from './cache/filter.ts';
import type { Core } from './core.ts';
import { componentStatus } from './subresources/component-statuses.ts';

/** An answer that no verb gave. */
export interface EarlyAnswer {
  readonly code: number;
  readonly object: KubeObject | StatusObject;
}

const UNAUTHORIZED: StatusObject = {
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  message: 'Unauthorized',
  reason: 'Unauthorized',
  code: 401,
};

export class RequestPath {
  readonly users: Users;
  readonly tokens: Tokens;
  /** Undefined: AlwaysAllow. */
  readonly authorizer: UnionAuthorizer | undefined;
  private readonly core: Core;
  /** Users who came with a token: what it said of them. */
  private readonly byToken = new Map<string, UserInfo>();

  constructor(core: Core) {
    this.core = core;
    this.users = core.users;
    this.tokens = new Tokens(core);
    this.authorizer = core.config.authorization === 'RBAC' ? new UnionAuthorizer(core) : undefined;
  }

  /** The request as the user of its token sends it, or 401. */
  authenticated(request: ApiRequest, ctx: Context): ApiRequest | StatusObject {
    const { token } = request;
    if (token === undefined) return request;
    if (token === '') return { ...request, user: ANONYMOUS, token: undefined };
    const user = this.tokens.user(token, ctx);
    if (typeof user === 'string') return UNAUTHORIZED;
    this.byToken.set(user.username, user);
    return { ...request, user: user.username, token: undefined };
  }

  /** Everybody may do everything: only what is no verb is for `before`. */
  get isOpen(): boolean {
    return this.authorizer === undefined;
  }

  userOf(request: ApiRequest): UserInfo {
    if (request.groups !== undefined) return { username: request.user, groups: [...request.groups, AUTHENTICATED] };
    return this.byToken.get(request.user) ?? this.users.get(request.user);
  }

  /** Undefined: go on to the verb. */
  before(request: ApiRequest, ctx: Context): EarlyAnswer | undefined {
    const refused = this.refused(request);
    if (refused !== undefined) return { code: refused.code, object: refused };
    if (request.resource === 'serviceaccounts' && request.subresource === 'token') return this.token(request, ctx);
    if (request.resource === 'componentstatuses') return early(componentStatus(request, this.core.config.etcd.default.length), 200);
    const review = REVIEWS[request.resource];
    if (review === undefined) return undefined;
    if (request.verb !== 'create') return early(methodNotAllowed(request.resource, request.verb), 405);
    const user = this.userOf(request);
    const answer = review((request.body ?? {}) as KubeObject, {
      user,
      namespace: request.namespace,
      ctx,
      tokens: this.tokens,
      users: (name) => this.users.get(name),
      authorize: (access) => this.authorize(access),
      rules: (of, namespace) => this.authorizer?.rbac.rulesFor(of, namespace),
    });
    return early(answer, 201);
  }

  authorize(access: Access): Verdict {
    return this.authorizer === undefined ? ALLOWED : this.authorizer.authorize(access);
  }

  private refused(request: ApiRequest): StatusObject | undefined {
    if (this.authorizer === undefined) return undefined;
    const access = accessOf(request, this.userOf(request));
    const verdict = this.authorizer.authorize(access);
    return verdict.isAllowed ? undefined : accessDenied(access, verdict.reason);
  }

  private token(request: ApiRequest, ctx: Context): EarlyAnswer {
    if (request.verb !== 'create') return early(methodNotAllowed('serviceaccounts', request.verb), 405);
    return early(this.tokens.request(request.namespace ?? '', request.name ?? '', request.body, ctx), 201);
  }

  /** What a server with RBAC writes when it starts, as far as it is not there yet. */
  bootstrap(): readonly Pick<ApiRequest, 'resource' | 'namespace' | 'body'>[] {
    if (this.authorizer === undefined) return [];
    return bootstrapObjects()
      .filter(({ resource, object }) => {
        const state = this.core.resource(resource);
        const { namespace, name } = object.metadata ?? {};
        return state?.cache.get(state.prefix + (namespace === undefined ? name : `${namespace}/${name}`)) === undefined;
      })
      .map(({ resource, object }) => ({ resource, namespace: object.metadata?.namespace, body: object }));
  }
}

const early = (object: KubeObject | StatusObject, code: number): EarlyAnswer => ({ code: isStatus(object) ? object.code : code, object });
