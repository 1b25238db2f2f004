/** Mutating- and ValidatingWebhookConfigurations, ValidatingAdmissionPolicies and their bindings. Mirrors Kubernetes v1.34
 *  pkg/apis/admissionregistration/v1/defaults.go and validation/validation.go. */

import { compileAdmissionExpression, type FieldError, type KubeObject } from '#api';
import type { ValidatingAdmissionPolicy } from '../admission/policies/validating-policies.ts';
import type { MatchCondition, RuleWithOperations, Webhook, WebhookConfiguration } from '../admission/webhooks/configuration.ts';
import { type FieldErrors, invalidValue, notSupported, required } from '../validation/field-error.ts';
import { dns1035Label, dns1123Subdomain } from '../validation/names.ts';
import type { ResourceDescriptor } from './descriptor.ts';

const VERBS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];

function defaultWebhook(hook: Webhook, isMutating: boolean): Webhook {
  const { service } = hook.clientConfig ?? {};
  return {
    failurePolicy: 'Fail',
    matchPolicy: 'Equivalent',
    namespaceSelector: {},
    objectSelector: {},
    timeoutSeconds: 10,
    ...(isMutating ? { reinvocationPolicy: 'Never' } : {}),
    ...hook,
    ...(service === undefined ? {} : { clientConfig: { ...hook.clientConfig, service: { port: 443, ...service } } }),
    rules: hook.rules?.map((rule) => ({ scope: '*', ...rule })),
  } as Webhook;
}

function validateRule(rule: RuleWithOperations, at: string, errors: FieldError[]): void {
  if ((rule.operations ?? []).length === 0) errors.push(required(`${at}.operations`));
  rule.operations?.forEach((verb, i) => {
    if (!VERBS.includes(verb)) errors.push(notSupported(`${at}.operations[${i}]`, verb, VERBS));
  });
  for (const field of ['apiGroups', 'apiVersions', 'resources'] as const)
    if ((rule[field] ?? []).length === 0) errors.push(required(`${at}.${field}`));
  if (rule.scope !== undefined && !['*', 'Cluster', 'Namespaced'].includes(rule.scope))
    errors.push(notSupported(`${at}.scope`, rule.scope, ['*', 'Cluster', 'Namespaced']));
}

function validateConditions(conditions: readonly MatchCondition[] | undefined, at: string, errors: FieldError[]): void {
  conditions?.forEach(({ name, expression }, i) => {
    if (!name) errors.push(required(`${at}[${i}].name`));
    if (!expression?.trim()) errors.push(required(`${at}[${i}].expression`));
    else checkExpression(expression, 'bool', `${at}[${i}].expression`, errors);
  });
}

function checkExpression(expression: string, wanted: 'bool' | 'string' | 'any', at: string, errors: FieldError[]): void {
  const { error } = compileAdmissionExpression(expression, wanted);
  if (error !== undefined) errors.push(invalidValue(at, expression, error.startsWith('must') ? error : `compilation failed: ${error}`));
}

function oneOf(value: string | undefined, known: readonly string[], at: string, errors: FieldError[]): void {
  if (value !== undefined && !known.includes(value)) errors.push(notSupported(at, value, known));
}

const REVIEW_VERSIONS = ['v1', 'v1beta1'];

function checkReviewVersions(versions: readonly string[], at: string, errors: FieldError[]): void {
  const known = REVIEW_VERSIONS.join(', ');
  if (versions.length === 0) {
    errors.push(required(at, `must specify one of ${known}`));
    return;
  }
  versions.forEach((version, i) => {
    if (versions.indexOf(version) < i) errors.push(invalidValue(`${at}[${i}]`, version, 'duplicate version'));
    else for (const text of dns1035Label(version)) errors.push(invalidValue(`${at}[${i}]`, version, text));
  });
  if (!versions.some((version) => REVIEW_VERSIONS.includes(version)))
    errors.push(invalidValue(at, versions, `must include at least one of ${known}`));
}

/** IsFullyQualifiedName. */
function checkFullName(name: string, at: string, errors: FieldError[]): void {
  const wrong = dns1123Subdomain(name);
  if (name === '') errors.push(required(at));
  else if (wrong.length > 0) for (const text of wrong) errors.push(invalidValue(at, name, text));
  else if (name.split('.').length < 3)
    errors.push(invalidValue(at, name, 'should be a domain with at least three segments separated by dots'));
}

function validateWebhook(hook: Webhook, at: string, errors: FieldError[]): void {
  checkFullName(hook.name ?? '', `${at}.name`, errors);
  const { url, service } = hook.clientConfig ?? {};
  if ((url === undefined) === (service === undefined))
    errors.push(required(`${at}.clientConfig`, 'exactly one of url or service is required'));
  else if (url !== undefined && !url.startsWith('https://'))
    errors.push(
      invalidValue(
        `${at}.clientConfig.url`,
        /^([a-z]*):/.exec(url)?.[1] ?? '',
        "'https' is the only allowed URL scheme; desired format: https://host[/path]",
      ),
    );
  if (service !== undefined) {
    if (!service.name) errors.push(required(`${at}.clientConfig.service.name`, 'service name is required'));
    if (!service.namespace) errors.push(required(`${at}.clientConfig.service.namespace`, 'service namespace is required'));
  }
  checkReviewVersions(hook.admissionReviewVersions ?? [], `${at}.admissionReviewVersions`, errors);
  oneOf(hook.failurePolicy, ['Fail', 'Ignore'], `${at}.failurePolicy`, errors);
  oneOf(hook.matchPolicy, ['Equivalent', 'Exact'], `${at}.matchPolicy`, errors);
  oneOf(hook.reinvocationPolicy, ['IfNeeded', 'Never'], `${at}.reinvocationPolicy`, errors);
  if (hook.sideEffects === undefined) errors.push(required(`${at}.sideEffects`, 'must specify one of None, NoneOnDryRun'));
  else if (hook.sideEffects !== 'None' && hook.sideEffects !== 'NoneOnDryRun')
    errors.push(notSupported(`${at}.sideEffects`, hook.sideEffects, ['None', 'NoneOnDryRun']));
  const seconds = hook.timeoutSeconds ?? 10;
  if (seconds < 1 || seconds > 30)
    errors.push(invalidValue(`${at}.timeoutSeconds`, seconds, 'the timeout value must be between 1 and 30 seconds'));
  hook.rules?.forEach((rule, i) => validateRule(rule, `${at}.rules[${i}]`, errors));
  validateConditions(hook.matchConditions, `${at}.matchConditions`, errors);
}

function configurations(resource: string, isMutating: boolean): ResourceDescriptor<WebhookConfiguration> {
  return {
    resource,
    hasGeneration: true,
    defaults: (object) =>
      Array.isArray(object.webhooks) ? { ...object, webhooks: object.webhooks.map((hook) => defaultWebhook(hook, isMutating)) } : object,
    validate(object): FieldErrors {
      const errors: FieldError[] = [];
      const seen = new Set<string>();
      object.webhooks?.forEach((hook, i) => {
        validateWebhook(hook, `webhooks[${i}]`, errors);
        if (seen.has(hook.name)) errors.push(invalidValue(`webhooks[${i}].name`, hook.name, 'must be unique'));
        seen.add(hook.name);
      });
      return errors;
    },
  };
}

const GROUP = 'admissionregistration.k8s.io';
export const mutatingWebhookConfigurations = configurations(`mutatingwebhookconfigurations.${GROUP}`, true);
export const validatingWebhookConfigurations = configurations(`validatingwebhookconfigurations.${GROUP}`, false);

export const validatingAdmissionPolicies: ResourceDescriptor<ValidatingAdmissionPolicy> = {
  resource: `validatingadmissionpolicies.${GROUP}`,
  hasStatus: true,
  hasGeneration: true,
  defaults: (policy) => (policy.spec === undefined ? policy : { ...policy, spec: { failurePolicy: 'Fail', ...policy.spec } }),
  validate({ spec }): FieldErrors {
    const errors: FieldError[] = [];
    oneOf(spec?.failurePolicy, ['Fail', 'Ignore'], 'spec.failurePolicy', errors);
    if ((spec?.validations ?? []).length === 0)
      errors.push(required('spec.validations', 'validations or auditAnnotations must contain at least one item'));
    if (spec?.matchConstraints === undefined) errors.push(required('spec.matchConstraints'));
    else if ((spec.matchConstraints.resourceRules ?? []).length === 0) errors.push(required('spec.matchConstraints.resourceRules'));
    spec?.matchConstraints?.resourceRules?.forEach((rule, i) => validateRule(rule, `spec.matchConstraints.resourceRules[${i}]`, errors));
    validateConditions(spec?.matchConditions, 'spec.matchConditions', errors);
    spec?.variables?.forEach(({ expression }, i) => checkExpression(expression, 'any', `spec.variables[${i}].expression`, errors));
    spec?.validations?.forEach(({ expression, messageExpression, reason }, i) => {
      const at = `spec.validations[${i}]`;
      if (!expression?.trim()) errors.push(required(`${at}.expression`, 'expression is not specified'));
      else checkExpression(expression, 'bool', `${at}.expression`, errors);
      if (messageExpression !== undefined) checkExpression(messageExpression, 'string', `${at}.messageExpression`, errors);
      const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge', 'Unauthorized'];
      if (reason !== undefined && !reasons.includes(reason)) errors.push(notSupported(`${at}.reason`, reason, reasons));
    });
    return errors;
  },
};

interface Binding extends KubeObject {
  readonly spec?: {
    readonly policyName?: string;
    readonly validationActions?: readonly string[];
    readonly paramRef?: { readonly name?: string; readonly selector?: object };
  };
}
export const validatingAdmissionPolicyBindings: ResourceDescriptor<Binding> = {
  resource: `validatingadmissionpolicybindings.${GROUP}`,
  hasGeneration: true,
  validate({ spec }): FieldErrors {
    const errors: FieldError[] = [];
    if (!spec?.policyName) errors.push(required('spec.policyName'));
    const actions = spec?.validationActions ?? [];
    if (actions.length === 0) errors.push(required('spec.validationActions', 'at least one validation action is required'));
    actions.forEach((action, i) => {
      if (!['Audit', 'Deny', 'Warn'].includes(action))
        errors.push(notSupported(`spec.validationActions[${i}]`, action, ['Audit', 'Deny', 'Warn']));
    });
    if (actions.includes('Deny') && actions.includes('Warn'))
      errors.push(
        invalidValue(
          'spec.validationActions',
          actions,
          'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
        ),
      );
    if (spec?.paramRef !== undefined && (spec.paramRef.name === undefined) === (spec.paramRef.selector === undefined))
      errors.push(invalidValue('spec.paramRef', spec.paramRef, 'one of name or selector must be specified'));
    return errors;
  },
};
