/** Mutating- and ValidatingWebhookConfigurations, ValidatingAdmissionPolicies and their bindings. Mirrors Kubernetes v1.34
 *  pkg/apis/admissionregistration/v1/defaults.go and validation/validation.go. */

import type { FieldError, KubeObject } from '#api';
import type { ValidatingAdmissionPolicy } from '../admission/policies/validating-policies.ts';
import type { Webhook, WebhookConfiguration } from '../admission/webhooks/configuration.ts';
import { duplicate, type FieldErrors, has, invalidValue, notSupported, required } from '../validation/field-error.ts';
import { dns1035Label, dns1123Subdomain } from '../validation/names.ts';
import { checkExpression, validateClientConfig, validateConditions, validateRule, validateSelectors } from '../validation/webhooks.ts';
import type { ResourceDescriptor } from './descriptor.ts';

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
  hook.rules?.forEach((rule, i) => validateRule(rule, `${at}.rules[${i}]`, errors));
  oneOf(hook.failurePolicy, ['Fail', 'Ignore'], `${at}.failurePolicy`, errors);
  oneOf(hook.matchPolicy, ['Equivalent', 'Exact'], `${at}.matchPolicy`, errors);
  if (!has(hook.sideEffects)) errors.push(required(`${at}.sideEffects`, 'must specify one of None, NoneOnDryRun'));
  else oneOf(hook.sideEffects, ['None', 'NoneOnDryRun'], `${at}.sideEffects`, errors);
  const seconds = hook.timeoutSeconds ?? 10;
  if (seconds < 1 || seconds > 30)
    errors.push(invalidValue(`${at}.timeoutSeconds`, seconds, 'the timeout value must be between 1 and 30 seconds'));
  validateSelectors(hook, at, errors);
  oneOf(hook.reinvocationPolicy, ['IfNeeded', 'Never'], `${at}.reinvocationPolicy`, errors);
  validateClientConfig(hook.clientConfig, `${at}.clientConfig`, errors);
  validateConditions(hook.matchConditions, `${at}.matchConditions`, errors);
  checkReviewVersions(hook.admissionReviewVersions ?? [], `${at}.admissionReviewVersions`, errors);
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
        if (!hook.name) return;
        if (seen.has(hook.name)) errors.push(duplicate(`webhooks[${i}].name`, hook.name));
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
