/** Mutating- and ValidatingWebhookConfigurations as the dispatcher reads them, and which requests their rules are about.
 *  Mirrors apiserver v1.34 pkg/admission/plugin/webhook/predicates (rules, namespace, object). */

import { type KubeObject, type LabelSelector, matchesLabelSelector } from '#api';
import type { Core, ResourceState } from '../../core.ts';
import type { Attributes } from '../attributes.ts';

export interface RuleWithOperations {
  readonly operations?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly apiVersions?: readonly string[];
  readonly resources?: readonly string[];
  readonly scope?: string;
  readonly resourceNames?: readonly string[];
}
export interface MatchCondition {
  readonly name: string;
  readonly expression: string;
}
export interface Webhook {
  readonly name: string;
  readonly clientConfig: {
    readonly url?: string;
    readonly service?: { readonly namespace: string; readonly name: string; readonly path?: string; readonly port?: number };
  };
  readonly rules?: readonly RuleWithOperations[];
  readonly failurePolicy?: 'Fail' | 'Ignore';
  readonly matchPolicy?: 'Equivalent' | 'Exact';
  readonly namespaceSelector?: LabelSelector;
  readonly objectSelector?: LabelSelector;
  readonly matchConditions?: readonly MatchCondition[];
  readonly timeoutSeconds?: number;
  readonly reinvocationPolicy?: 'Never' | 'IfNeeded';
  readonly sideEffects?: string;
  readonly admissionReviewVersions?: readonly string[];
}
export interface WebhookConfiguration extends KubeObject {
  readonly webhooks?: readonly Webhook[];
}

const has = (list: readonly string[] | undefined, one: string): boolean => list !== undefined && (list.includes('*') || list.includes(one));

function hasResource(list: readonly string[] | undefined, resource: string, subresource: string): boolean {
  for (const one of list ?? []) {
    const [named = '', sub = ''] = one.split('/');
    if ((named === '*' || named === resource) && (sub === subresource || sub === '*')) return true;
  }
  return false;
}

/** rules.Matcher. */
export function matchesRule(rule: RuleWithOperations, { verb, operation, subresource, namespace, name }: Attributes): boolean {
  const { info } = operation.resource;
  if (!has(rule.operations, verb) || !has(rule.apiGroups, info.group) || !has(rule.apiVersions, info.version)) return false;
  if (!hasResource(rule.resources, info.plural, subresource)) return false;
  if ((rule.resourceNames ?? []).length > 0 && !rule.resourceNames?.includes(name)) return false;
  // A namespace is cluster-scoped, whatever the request's namespace says of it.
  const isNamespaced = info.namespaced && namespace !== '';
  return rule.scope === undefined || rule.scope === '*' || (rule.scope === 'Namespaced') === isNamespaced;
}

const isEmpty = (selector: LabelSelector | undefined): boolean =>
  selector === undefined || (Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0);

export function matchesNamespace(core: Core, selector: LabelSelector | undefined, attributes: Attributes): boolean {
  if (isEmpty(selector)) return true;
  const { info } = attributes.operation.resource;
  if (info.resource === 'namespaces') {
    const labels = (attributes.verb === 'CREATE' ? attributes.object : (attributes.old ?? attributes.object))?.metadata?.labels;
    return matchesLabelSelector(selector, labels);
  }
  if (!info.namespaced) return true;
  const namespace = core.resource('namespaces')?.cache.get(`/registry/namespaces/${attributes.namespace}`);
  return matchesLabelSelector(selector, namespace?.metadata?.labels ?? {});
}

/** Either the object or the one before it may match. */
export function matchesObject(selector: LabelSelector | undefined, { object, old }: Attributes): boolean {
  if (isEmpty(selector)) return true;
  return [object, old].some((one) => one !== undefined && matchesLabelSelector(selector, one.metadata?.labels ?? {}));
}

/** Nobody stands between a user and the configuration that would let the user out (IsExemptAdmissionConfigurationResource). */
export const isExempt = ({ resource }: Attributes): boolean =>
  resource === 'mutatingwebhookconfigurations.admissionregistration.k8s.io' ||
  resource === 'validatingwebhookconfigurations.admissionregistration.k8s.io' ||
  resource.startsWith('validatingadmissionpolic') ||
  resource.startsWith('mutatingadmissionpolic');

/** All webhooks of one kind, by the names of their configurations. */
export class Webhooks {
  private readonly state: ResourceState | undefined;
  private revision = -1;
  private size = -1;
  private hooks: readonly Webhook[] = [];

  constructor(core: Core, resource: string) {
    this.state = core.resource(resource);
  }

  get isEmpty(): boolean {
    return this.state === undefined || this.state.cache.objects.size === 0;
  }

  all(): readonly Webhook[] {
    const { state } = this;
    if (state === undefined || this.isEmpty) return [];
    if (state.cache.revision !== this.revision || state.cache.objects.size !== this.size) {
      this.revision = state.cache.revision;
      this.size = state.cache.objects.size;
      this.hooks = state.cache.inOrder().flatMap(({ value }) => (value as WebhookConfiguration).webhooks ?? []);
    }
    return this.hooks;
  }

  /** Those whose rules are about the request. */
  concerned(attributes: Attributes): readonly Webhook[] {
    if (this.isEmpty || isExempt(attributes)) return [];
    return this.all().filter((hook) => hook.rules?.some((rule) => matchesRule(rule, attributes)) === true);
  }
}
