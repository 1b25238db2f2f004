/** ValidatingAdmissionPolicies and their bindings: CEL expressions that an object must satisfy. Mirrors apiserver v1.34
 *  pkg/admission/plugin/policy/validating (dispatcher.go, validator.go). `authorizer` is not among the variables (docs/fidelity.md). */

import {
  type AdmissionExpression,
  type AdmissionVariables,
  compileAdmissionExpression,
  type Evaluation,
  forbidden,
  type KubeObject,
  type LabelSelector,
  matchesLabelSelector,
  resourceForKind,
  type StatusObject,
} from '#api';
import type { Core, ResourceState } from '../../core.ts';
import type { Attributes } from '../attributes.ts';
import { Budget, type Verdict } from '../expression-budget.ts';
import { conditionsHold } from '../match-conditions.ts';
import {
  isExempt,
  type MatchCondition,
  matchesNamespace,
  matchesObject,
  matchesRule,
  type RuleWithOperations,
} from '../webhooks/configuration.ts';

const GROUP = 'admissionregistration.k8s.io';
const CODES: Readonly<Record<string, number>> = { Unauthorized: 401, Forbidden: 403, RequestEntityTooLarge: 413, Invalid: 422 };

interface MatchResources {
  readonly resourceRules?: readonly RuleWithOperations[];
  readonly excludeResourceRules?: readonly RuleWithOperations[];
  readonly namespaceSelector?: LabelSelector;
  readonly objectSelector?: LabelSelector;
}
export interface Validation {
  readonly expression: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: string;
}
export interface ValidatingAdmissionPolicy extends KubeObject {
  readonly spec?: {
    readonly failurePolicy?: 'Fail' | 'Ignore';
    readonly paramKind?: { readonly apiVersion: string; readonly kind: string };
    readonly matchConstraints?: MatchResources;
    readonly matchConditions?: readonly MatchCondition[];
    readonly variables?: readonly { readonly name: string; readonly expression: string }[];
    readonly validations?: readonly Validation[];
  };
}
interface Binding extends KubeObject {
  readonly spec?: {
    readonly policyName?: string;
    readonly validationActions?: readonly string[];
    readonly matchResources?: MatchResources;
    readonly paramRef?: {
      readonly name?: string;
      readonly namespace?: string;
      readonly selector?: LabelSelector;
      readonly parameterNotFoundAction?: 'Allow' | 'Deny';
    };
  };
}

/** Why an object is refused; undefined: it satisfies. */
interface Denial {
  readonly message: string;
  readonly reason?: string;
}

function matches(core: Core, match: MatchResources | undefined, attributes: Attributes): boolean {
  if (match === undefined) return true;
  if (match.excludeResourceRules?.some((rule) => matchesRule(rule, attributes))) return false;
  const rules = match.resourceRules;
  if (rules !== undefined && rules.length > 0 && !rules.some((rule) => matchesRule(rule, attributes))) return false;
  return matchesNamespace(core, match.namespaceSelector, attributes) && matchesObject(match.objectSelector, attributes);
}

const programs = new Map<string, AdmissionExpression>();
function compiled(expression: string, wanted: 'bool' | 'string' | 'any'): AdmissionExpression {
  const key = `${wanted}:${expression}`;
  let program = programs.get(key);
  if (program === undefined) {
    program = compileAdmissionExpression(expression, wanted);
    programs.set(key, program);
  }
  return program;
}

/** `request` as expressions know it (AdmissionRequest without the objects). */
export function requestVariable(core: Core, { operation, verb, name, namespace, subresource }: Attributes): object {
  const { group, version, kind, plural } = operation.resource.info;
  return {
    kind: { group, version, kind },
    resource: { group, version, resource: plural },
    subResource: subresource,
    name,
    namespace,
    operation: verb,
    userInfo: core.users.get(operation.request.user),
    dryRun: operation.request.options?.dryRun === true,
  };
}

export function variablesOf(core: Core, attributes: Attributes): AdmissionVariables {
  const { object, old, namespace, operation } = attributes;
  const isNamespaced = operation.resource.info.namespaced;
  return {
    object: object ?? null,
    oldObject: old ?? null,
    request: requestVariable(core, attributes),
    namespaceObject: isNamespaced ? (core.resource('namespaces')?.cache.get(`/registry/namespaces/${namespace}`) ?? null) : null,
  };
}

/** RuntimeCELCostBudget and MaxEvaluatedMessageExpressionSizeBytes of apiserver v1.34 pkg/apis/cel/config.go. */
const POLICY_BUDGET = 10_000_000;
const MESSAGE_MAX = 5 * 1024;

/** The policy's own variables, worked out when an expression first asks; `takeCost` tells what that cost since it was last asked. */
function withVariables(
  { spec }: ValidatingAdmissionPolicy,
  given: AdmissionVariables,
): { all: AdmissionVariables; takeCost: () => number } {
  const variables: Record<string, unknown> = {};
  const all: AdmissionVariables = { ...given, variables };
  let spent = 0;
  for (const { name, expression } of spec?.variables ?? []) {
    let known: Evaluation | undefined;
    Object.defineProperty(variables, name, {
      enumerable: true,
      get() {
        if (known === undefined) {
          known = compiled(expression, 'any').evaluate(all);
          spent += known.cost;
        }
        if (known.error !== undefined) throw new Error(`composited variable ${JSON.stringify(name)} fails to evaluate: ${known.error}`);
        return known.value;
      },
    });
  }
  const takeCost = (): number => {
    const cost = spent;
    spent = 0;
    return cost;
  };
  return { all, takeCost };
}

function denialText({ expression, message }: Validation, said: Verdict): string {
  const text = typeof said.value === 'string' ? said.value.trim() : '';
  // A message that cannot be made gives way to the one that is written.
  if (text !== '' && text.length <= MESSAGE_MAX && !text.includes('\n')) return text;
  return message?.trim() || `failed expression: ${expression.trim()}`;
}

/** What the policy's expressions say with these parameters: all of them, then all messages, from one budget. */
function evaluate(policy: ValidatingAdmissionPolicy, given: AdmissionVariables): Denial | undefined {
  const validations = policy.spec?.validations ?? [];
  const isIgnored = policy.spec?.failurePolicy === 'Ignore';
  const budget = new Budget(POLICY_BUDGET);
  const first = withVariables(policy, given);
  const verdicts = validations.map(({ expression }) => budget.ask(compiled(expression, 'bool'), expression, first.all, first.takeCost));
  if (budget.exceeded !== undefined) return isIgnored ? undefined : { message: budget.exceeded };
  if (verdicts.every(({ value }) => value === true)) {
    if (validations.every(({ messageExpression }) => messageExpression === undefined)) return undefined;
  }
  const second = withVariables(policy, given);
  const messages = validations.map(({ messageExpression }) =>
    messageExpression === undefined
      ? {}
      : budget.ask(compiled(messageExpression, 'string'), messageExpression, second.all, second.takeCost),
  );
  for (const [i, validation] of validations.entries()) {
    const { value, error = budget.exceeded && `failed messageExpression: ${budget.exceeded}` } = verdicts[i] as Verdict;
    if (error !== undefined) {
      if (!isIgnored) return { message: error };
    } else if (value !== true) {
      const { reason } = validation;
      return { message: denialText(validation, messages[i] as Verdict), ...(reason === undefined ? {} : { reason }) };
    }
  }
  return undefined;
}

export class ValidatingPolicies {
  private readonly core: Core;
  private readonly policies: ResourceState | undefined;
  private readonly bindings: ResourceState | undefined;

  constructor(core: Core) {
    this.core = core;
    this.policies = core.resource(`validatingadmissionpolicies.${GROUP}`);
    this.bindings = core.resource(`validatingadmissionpolicybindings.${GROUP}`);
  }

  /** A policy without a binding does nothing. */
  get isEmpty(): boolean {
    return this.bindings === undefined || this.bindings.cache.objects.size === 0;
  }

  validate(attributes: Attributes): StatusObject | undefined {
    if (isExempt(attributes)) return undefined;
    let given: AdmissionVariables | undefined;
    for (const { value } of this.bindings?.cache.inOrder() ?? []) {
      const binding = value as Binding;
      const name = binding.spec?.policyName ?? '';
      const policy = this.policies?.cache.get(this.policies.prefix + name) as ValidatingAdmissionPolicy | undefined;
      if (policy === undefined || !matches(this.core, policy.spec?.matchConstraints, attributes)) continue;
      if (!matches(this.core, binding.spec?.matchResources, attributes)) continue;
      given ??= variablesOf(this.core, attributes);
      const denial = this.judge(policy, binding, given, attributes);
      if (denial !== undefined && binding.spec?.validationActions?.includes('Deny') !== false)
        return refusal(attributes, policy, binding, denial);
    }
    return undefined;
  }

  private judge(
    policy: ValidatingAdmissionPolicy,
    binding: Binding,
    given: AdmissionVariables,
    attributes: Attributes,
  ): Denial | undefined {
    const params = this.params(policy, binding, attributes.namespace);
    if (typeof params === 'string')
      return policy.spec?.failurePolicy === 'Ignore' ? undefined : { message: `failed to configure binding: ${params}` };
    for (const param of params) {
      const all = { ...given, params: param ?? null };
      const { matchConditions, failurePolicy } = policy.spec ?? {};
      const holds = conditionsHold(matchConditions, () => all, failurePolicy);
      if (typeof holds === 'string') return { message: holds };
      const denial = holds === true ? evaluate(policy, all) : undefined;
      if (denial !== undefined) return denial;
    }
    return undefined;
  }

  /** The objects that the binding names as parameters; a text says why there are none. */
  private params({ spec }: ValidatingAdmissionPolicy, binding: Binding, namespace: string): readonly (KubeObject | undefined)[] | string {
    const kind = spec?.paramKind;
    const ref = binding.spec?.paramRef;
    if (kind === undefined) return [undefined];
    if (ref === undefined) return 'no params found for policy binding with `Deny` parameterNotFoundAction';
    const info = resourceForKind(kind.apiVersion, kind.kind);
    const state = info === undefined ? undefined : this.core.resource(info.resource);
    if (info === undefined || state === undefined)
      return `failed to find resource referenced by paramKind: '${kind.apiVersion}, Kind=${kind.kind}'`;
    const at = ref.namespace ?? namespace;
    const found: KubeObject[] = [];
    for (const { value } of state.cache.inOrder()) {
      const { metadata } = value as KubeObject;
      if (info.namespaced && metadata?.namespace !== at) continue;
      if (ref.name !== undefined ? metadata?.name === ref.name : matchesLabelSelector(ref.selector, metadata?.labels ?? {}))
        found.push(value as KubeObject);
    }
    if (found.length > 0) return found;
    return ref.parameterNotFoundAction === 'Allow' ? [] : 'no params found for policy binding with `Deny` parameterNotFoundAction';
  }
}

function refusal(
  { resource, name, object }: Attributes,
  policy: KubeObject,
  binding: KubeObject,
  { message, reason = 'Invalid' }: Denial,
): StatusObject {
  const text = `ValidatingAdmissionPolicy '${policy.metadata?.name}' with binding '${binding.metadata?.name}' denied request: ${message}`;
  const status = forbidden(resource, name || object?.metadata?.generateName || 'Unknown', text);
  return { ...status, reason, code: CODES[reason] ?? 422, details: { ...status.details, causes: [{ message: text }] } };
}
