/** What webhooks' configurations and policies share: rules, match conditions, where a webhook is reached. Mirrors Kubernetes v1.34
 *  pkg/apis/admissionregistration/validation/validation.go and apiserver pkg/util/webhook/validation.go. */

import { compileAdmissionExpression, type FieldError, parseUrl } from '#api';
import type { MatchCondition, RuleWithOperations, Webhook } from '../admission/webhooks/configuration.ts';
import { duplicate, has, invalidValue, notSupported, required, tooMany } from './field-error.ts';
import { validateName } from './lists.ts';
import { dns1123Subdomain, qualifiedName } from './names.ts';
import { validateLabelSelector } from './selectors.ts';

const VERBS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const CONDITIONS_MAX = 64;

/** A star among others. */
function checkAlone(list: readonly string[] | undefined, what: string, at: string, errors: FieldError[]): void {
  if ((list ?? []).length === 0) errors.push(required(at));
  else if ((list ?? []).length > 1 && list?.includes('*'))
    errors.push(invalidValue(at, list, `if '*' is present, must not specify other ${what}`));
}

function validateResources(resources: readonly string[], at: string, errors: FieldError[]): void {
  if (resources.length === 0) errors.push(required(at));
  const [allOf, ofAll] = [new Set<string>(), new Set<string>()];
  let isLastPlain = false;
  resources.forEach((resource, i) => {
    if (resource === '') {
      errors.push(required(`${at}[${i}]`));
      return;
    }
    const slash = resource.indexOf('/');
    if (slash < 0) {
      isLastPlain = resource !== '*';
      return;
    }
    const [name, sub] = [resource.slice(0, slash), resource.slice(slash + 1)];
    if (allOf.has(name)) errors.push(invalidValue(`${at}[${i}]`, resource, `if '${name}/*' is present, must not specify ${resource}`));
    if (ofAll.has(sub)) errors.push(invalidValue(`${at}[${i}]`, resource, `if '*/${sub}' is present, must not specify ${resource}`));
    if (sub === '*') allOf.add(name);
    if (name === '*') ofAll.add(sub);
  });
  if (resources.length > 1 && resources.includes('*/*'))
    errors.push(invalidValue(at, resources, "if '*/*' is present, must not specify other resources"));
  // Upstream remembers the last one without a subresource alone.
  if (isLastPlain && resources.includes('*'))
    errors.push(invalidValue(at, resources, "if '*' is present, must not specify other resources without subresources"));
}

export function validateRule(rule: RuleWithOperations, at: string, errors: FieldError[]): void {
  checkAlone(rule.operations, 'operations', `${at}.operations`, errors);
  rule.operations?.forEach((verb, i) => {
    if (!VERBS.includes(verb)) errors.push(notSupported(`${at}.operations[${i}]`, verb, VERBS));
  });
  checkAlone(rule.apiGroups, 'API groups', `${at}.apiGroups`, errors);
  checkAlone(rule.apiVersions, 'API versions', `${at}.apiVersions`, errors);
  rule.apiVersions?.forEach((version, i) => {
    if (version === '') errors.push(required(`${at}.apiVersions[${i}]`));
  });
  validateResources(rule.resources ?? [], `${at}.resources`, errors);
  if (has(rule.scope) && !['*', 'Cluster', 'Namespaced'].includes(rule.scope))
    errors.push(notSupported(`${at}.scope`, rule.scope, ['*', 'Cluster', 'Namespaced']));
}

export function checkExpression(expression: string, wanted: 'bool' | 'string' | 'any', at: string, errors: FieldError[]): void {
  const { error } = compileAdmissionExpression(expression, wanted);
  if (error !== undefined) errors.push(invalidValue(at, expression, error.startsWith('must') ? error : `compilation failed: ${error}`));
}

export function validateConditions(conditions: readonly MatchCondition[] | undefined, at: string, errors: FieldError[]): void {
  if ((conditions?.length ?? 0) > CONDITIONS_MAX) errors.push(tooMany(at, conditions?.length ?? 0, CONDITIONS_MAX));
  const seen = new Set<string>();
  conditions?.forEach(({ name, expression }, i) => {
    const trimmed = expression?.trim() ?? '';
    if (trimmed === '') errors.push(required(`${at}[${i}].expression`));
    else checkExpression(trimmed, 'bool', `${at}[${i}].expression`, errors);
    if (!name) errors.push(required(`${at}[${i}].name`));
    else {
      validateName(name, qualifiedName, `${at}[${i}].name`, errors);
      if (seen.has(name)) errors.push(duplicate(`${at}[${i}].name`, name));
      seen.add(name);
    }
  });
}

const FORM = '; desired format: https://host[/path]';

function validateUrl(text: string, at: string, errors: FieldError[]): void {
  let url: ReturnType<typeof parseUrl>;
  try {
    url = parseUrl(text);
  } catch (error) {
    errors.push(required(at, `url must be a valid URL: ${(error as Error).message}${FORM}`));
    return;
  }
  if (url.scheme !== 'https') errors.push(invalidValue(at, url.scheme, `'https' is the only allowed URL scheme${FORM}`));
  if (url.host === '') errors.push(invalidValue(at, url.host, `host must be specified${FORM}`));
  if (url.user !== undefined) errors.push(invalidValue(at, url.user, 'user information is not permitted in the URL'));
  if (url.fragment !== '') errors.push(invalidValue(at, url.fragment, 'fragments are not permitted in the URL'));
  if (url.rawQuery !== '') errors.push(invalidValue(at, url.rawQuery, 'query parameters are not permitted in the URL'));
}

function validatePath(path: string, at: string, errors: FieldError[]): void {
  if (path === '' || path === '/') return;
  if (path === '//') {
    errors.push(invalidValue(at, path, 'segment[0] may not be empty'));
    return;
  }
  if (!path.startsWith('/')) errors.push(invalidValue(at, path, "must start with a '/'"));
  const steps = path.slice(1).replace(/\/$/, '').split('/');
  steps.forEach((step, i) => {
    if (step === '') errors.push(invalidValue(at, path, `segment[${i}] may not be empty`));
    else for (const text of dns1123Subdomain(step)) errors.push(invalidValue(at, path, `segment[${i}]: ${text}`));
  });
}

export function validateClientConfig(config: Webhook['clientConfig'] | undefined, at: string, errors: FieldError[]): void {
  const { url, service } = config ?? {};
  if (has(url) === has(service)) errors.push(required(at, 'exactly one of url or service is required'));
  else if (has(url)) validateUrl(url, `${at}.url`, errors);
  else if (has(service)) {
    // Upstream names the one where it means the other.
    if (!service.namespace) errors.push(required(`${at}.service.name`));
    if (!service.name) errors.push(required(`${at}.service.namespace`));
    const port = service.port ?? 443;
    if (port < 1 || port > 65535)
      errors.push(invalidValue(`${at}.service.port`, port, 'port is not valid: must be between 1 and 65535, inclusive'));
    if (has(service.path)) validatePath(service.path, `${at}.service.path`, errors);
  }
}

export function validateSelectors(hook: Webhook, at: string, errors: FieldError[]): void {
  errors.push(...validateLabelSelector(hook.namespaceSelector, `${at}.namespaceSelector`));
  errors.push(...validateLabelSelector(hook.objectSelector, `${at}.objectSelector`));
}
