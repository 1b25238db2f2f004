/** Questions put as objects: may somebody do this, what may I do, who am I, whose token is this. They are answered and never stored.
 *  Mirrors Kubernetes v1.34 pkg/registry/authorization, pkg/registry/authentication and apiserver pkg/authorization/authorizer/rule.go. */

import { badRequest, invalid, type KubeObject, type Resource, type StatusObject } from '#api';
import type { Context } from '#sim';
import type { Tokens } from '../authentication/tokens.ts';
import type { UserInfo } from '../authentication/users.ts';
import { invalidValue } from '../validation/field-error.ts';
import type { Access, Verdict } from './attributes.ts';
import type { PolicyRule } from './rules.ts';

/** What a review needs of its server. */
export interface ReviewContext {
  readonly user: UserInfo;
  readonly namespace: string | undefined;
  readonly ctx: Context;
  readonly tokens: Tokens;
  users(name: string): UserInfo;
  authorize(access: Access): Verdict;
  /** Undefined: everything is allowed. */
  rules(user: UserInfo, namespace: string): readonly PolicyRule[] | undefined;
}
type Answer = KubeObject | StatusObject;
type Review = (body: Spec, context: ReviewContext) => Answer;

interface Spec extends KubeObject {
  readonly spec?: {
    readonly resourceAttributes?: Readonly<Record<string, string | undefined>>;
    readonly nonResourceAttributes?: { readonly path?: string; readonly verb?: string };
    readonly user?: string;
    readonly groups?: readonly string[];
    readonly namespace?: string;
    readonly token?: string;
  };
}

const AUTHORIZATION = 'authorization.k8s.io';
const AUTHENTICATION = 'authentication.k8s.io';
const WHICH = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';

function accessIn(user: UserInfo, { spec }: Spec): Access {
  const resource = spec?.resourceAttributes;
  if (resource !== undefined)
    return {
      user,
      verb: resource['verb'] ?? '',
      group: resource['group'] ?? '',
      resource: resource['resource'] ?? '',
      subresource: resource['subresource'] ?? '',
      namespace: resource['namespace'] ?? '',
      name: resource['name'] ?? '',
    };
  const { path = '', verb = '' } = spec?.nonResourceAttributes ?? {};
  return { user, verb, group: '', resource: '', subresource: '', namespace: '', name: '', path };
}

function answered(kind: string, body: Spec, verdict: Verdict): KubeObject {
  const reason = verdict.reason === '' ? {} : { reason: verdict.reason };
  return {
    kind,
    apiVersion: `${AUTHORIZATION}/v1`,
    metadata: {},
    spec: body.spec,
    status: { allowed: verdict.isAllowed, ...reason },
  } as KubeObject;
}

function checked(kind: string, { spec }: Spec): StatusObject | undefined {
  const { resourceAttributes, nonResourceAttributes } = spec ?? {};
  if ((resourceAttributes === undefined) !== (nonResourceAttributes === undefined)) return undefined;
  return invalid(kind, AUTHORIZATION, '', [invalidValue('spec.resourceAttributes', nonResourceAttributes ?? null, WHICH)]);
}

const selfSubjectAccess: Review = (body, context) =>
  checked('SelfSubjectAccessReview', body) ?? answered('SelfSubjectAccessReview', body, context.authorize(accessIn(context.user, body)));

function subjectAccess(kind: string): Review {
  return (body, { authorize, users, namespace }) => {
    const refused = checked(kind, body);
    if (refused !== undefined) return refused;
    const { user = '', groups = [], resourceAttributes } = body.spec ?? {};
    if (user === '' && groups.length === 0)
      return invalid(kind, AUTHORIZATION, '', [invalidValue('spec.user', user, 'at least one of user or group must be specified')]);
    if (kind === 'LocalSubjectAccessReview' && resourceAttributes?.['namespace'] !== namespace)
      return badRequest(`spec.resourceAttributes.namespace must match namespace: ${namespace}`);
    // The question names the groups; nobody adds any.
    const of: UserInfo = body.spec?.groups === undefined ? { ...users(user), groups: [] } : { username: user, groups };
    return answered(kind, body, authorize(accessIn(of, body)));
  };
}

const selfSubjectRules: Review = (body, { user, rules }) => {
  const namespace = body.spec?.namespace ?? '';
  if (namespace === '') return badRequest('no namespace on request');
  const found = rules(user, namespace);
  const all = found ?? [
    { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
    { verbs: ['*'], nonResourceURLs: ['*'] },
  ];
  const status = {
    resourceRules: all.filter((rule) => rule.nonResourceURLs === undefined),
    nonResourceRules: all.filter((rule) => rule.nonResourceURLs !== undefined),
    incomplete: found !== undefined,
    ...(found === undefined ? {} : { evaluationError: 'node authorizer does not support user rule resolution' }),
  };
  return { kind: 'SelfSubjectRulesReview', apiVersion: `${AUTHORIZATION}/v1`, metadata: {}, spec: { namespace }, status } as KubeObject;
};

const whoAmI: Review = (_body, { user }) =>
  ({ kind: 'SelfSubjectReview', apiVersion: `${AUTHENTICATION}/v1`, metadata: {}, status: { userInfo: user } }) as KubeObject;

const tokenReview: Review = (body, { tokens, ctx }) => {
  const token = body.spec?.token ?? '';
  if (token === '') return badRequest('token is required for TokenReview in authentication');
  const user = tokens.user(token, ctx);
  const status = typeof user === 'string' ? { user: {}, error: user } : { authenticated: true, user };
  return { kind: 'TokenReview', apiVersion: `${AUTHENTICATION}/v1`, metadata: {}, spec: body.spec, status } as KubeObject;
};

export const REVIEWS: Readonly<Record<Resource, Review>> = {
  [`selfsubjectaccessreviews.${AUTHORIZATION}`]: selfSubjectAccess,
  [`subjectaccessreviews.${AUTHORIZATION}`]: subjectAccess('SubjectAccessReview'),
  [`localsubjectaccessreviews.${AUTHORIZATION}`]: subjectAccess('LocalSubjectAccessReview'),
  [`selfsubjectrulesreviews.${AUTHORIZATION}`]: selfSubjectRules,
  [`selfsubjectreviews.${AUTHENTICATION}`]: whoAmI,
  [`tokenreviews.${AUTHENTICATION}`]: tokenReview,
};
