/** All that stands between a request and the store: plugins that decide at once, then those that must ask somebody. A server without policies,
 *  webhooks, quotas and the like asks nobody, and its writes go on at once. Mirrors apiserver v1.34 pkg/admission/chain.go. */

import type { KubeObject, Resource, StatusObject } from '#api';
import type { Context, Incident, Message } from '#sim';
import { escalation } from '../authorization/escalation.ts';
import { isStatus } from '../cache/filter.ts';
import type { Core, Operation } from '../core.ts';
import { admitCreate, admitUpdate } from './admit.ts';
import { type Attributes, attributesOf, refusedBy } from './attributes.ts';
import { conditionsHold } from './match-conditions.ts';
import type { AdmissionPlugin } from './plugin.ts';
import { ValidatingPolicies, variablesOf } from './policies/validating-policies.ts';
import { isCharged } from './quota/check-request.ts';
import { QuotaEvaluator } from './quota/evaluator.ts';
import { PLUGINS } from './registry.ts';
import { Review, type Reviewed } from './review.ts';
import { type CallWaiter, WebhookCaller } from './webhooks/caller.ts';
import { matchesNamespace, matchesObject, type Webhook, Webhooks } from './webhooks/configuration.ts';
import { MutatingRound, type MutationWaiter } from './webhooks/mutating-round.ts';

const GROUP = 'admissionregistration.k8s.io';
const RBAC = 'rbac.authorization.k8s.io';
const NONE: readonly AdmissionPlugin[] = [];

export class Admission {
  private readonly core: Core;
  private readonly enabled: ReadonlySet<string>;
  private readonly mutators = new Map<Resource, readonly AdmissionPlugin[]>();
  private readonly validators = new Map<Resource, readonly AdmissionPlugin[]>();
  private readonly subresourceValidators = new Map<Resource, readonly AdmissionPlugin[]>();
  private readonly quotas: QuotaEvaluator;
  private readonly mutating: Webhooks;
  private readonly validating: Webhooks;
  private readonly policies: ValidatingPolicies;
  private readonly admitCaller: WebhookCaller;
  private readonly validatingCaller: WebhookCaller;
  private nextCall = 1;
  /** NamespaceLifecycle, which verbs/create.ts asks. */
  readonly checksNamespaces: boolean;

  constructor(core: Core) {
    this.core = core;
    const { enabledAdmission = [], disabledAdmission = [] } = core.config;
    const isOn = ({ name, isDefault }: AdmissionPlugin): boolean =>
      enabledAdmission.includes(name) || (isDefault && !disabledAdmission.includes(name));
    const on = PLUGINS.filter(isOn);
    this.enabled = new Set(on.map(({ name }) => name));
    this.checksNamespaces = this.enabled.has('NamespaceLifecycle');
    for (const plugin of on) {
      for (const resource of plugin.resources) {
        if (plugin.mutate !== undefined) this.mutators.set(resource, [...(this.mutators.get(resource) ?? NONE), plugin]);
        if (plugin.validate === undefined) continue;
        this.validators.set(resource, [...(this.validators.get(resource) ?? NONE), plugin]);
        if (plugin.subresources) this.subresourceValidators.set(resource, [...(this.subresourceValidators.get(resource) ?? NONE), plugin]);
      }
    }
    this.quotas = new QuotaEvaluator(core);
    this.mutating = new Webhooks(core, `mutatingwebhookconfigurations.${GROUP}`);
    this.validating = new Webhooks(core, `validatingwebhookconfigurations.${GROUP}`);
    this.policies = new ValidatingPolicies(core);
    this.admitCaller = new WebhookCaller(core, 'admit');
    this.validatingCaller = new WebhookCaller(core, 'validating');
  }

  isEnabled(name: string): boolean {
    return this.enabled.has(name);
  }

  get hasMutatingWebhooks(): boolean {
    return !this.mutating.isEmpty;
  }

  /** Mutating plugins on CREATE. */
  create(operation: Operation, object: KubeObject): KubeObject | StatusObject {
    const { resource } = operation.resource.info;
    let result: KubeObject | StatusObject = object;
    for (const plugin of this.mutators.get(resource) ?? NONE) {
      result = plugin.mutate?.(this.core, operation, result) ?? result;
      if (isStatus(result)) return result;
    }
    return admitCreate(this.core, resource, result);
  }

  /** Mutating plugins on UPDATE. */
  update(operation: Operation, object: KubeObject): KubeObject | StatusObject {
    const { resource } = operation.resource.info;
    let result: KubeObject | StatusObject = object;
    for (const plugin of this.mutators.get(resource) ?? NONE) {
      if (plugin.mutatesUpdates) result = plugin.mutate?.(this.core, operation, result) ?? result;
      if (isStatus(result)) return result;
    }
    return admitUpdate(this.core, resource, result);
  }

  /** Sends the object round the mutating webhooks; false: there are none that want it. */
  mutate(operation: Operation, object: KubeObject, old: KubeObject | undefined, waiter: MutationWaiter, ctx: Context): boolean {
    if (this.mutating.isEmpty || !this.enabled.has('MutatingAdmissionWebhook')) return false;
    const attributes = attributesOf(operation, object, old);
    // Selectors are asked for each webhook in turn: those before it may change the labels.
    const hooks = this.mutating.concerned(attributes);
    if (hooks.length === 0) return false;
    const services = {
      call: (webhook: Webhook, of: Attributes, current: KubeObject, to: CallWaiter, context: Context) =>
        this.admitCaller.call(webhook, of, current, this.nextCall++, to, context),
      wants: (webhook: Webhook, of: Attributes) => this.wants(webhook, of),
      again: (current: KubeObject) => (old === undefined ? this.create(operation, current) : this.update(operation, current)),
    };
    new MutatingRound(services, attributes, object, hooks, waiter).next(ctx);
    return true;
  }

  private wants(webhook: Webhook, attributes: Attributes): boolean | StatusObject {
    if (!matchesNamespace(this.core, webhook.namespaceSelector, attributes) || !matchesObject(webhook.objectSelector, attributes))
      return false;
    const { matchConditions, failurePolicy } = webhook;
    const holds = conditionsHold(matchConditions, () => variablesOf(this.core, attributes), failurePolicy);
    return typeof holds === 'string' ? refusedBy(attributes, holds) : holds;
  }

  /** Validating admission. Undefined: may be written at once. 'asked': the waiter hears. */
  review(
    operation: Operation,
    object: KubeObject | undefined,
    old: KubeObject | undefined,
    waiter: Reviewed,
    ctx: Context,
  ): StatusObject | 'asked' | undefined {
    const { request, resource } = operation;
    if (resource.info.group === RBAC && this.core.path.authorizer !== undefined) {
      const refused = escalation(
        this.core,
        this.core.path.authorizer,
        this.core.path.userOf(request),
        attributesOf(operation, object, old),
      );
      if (refused !== undefined) return refused;
    }
    const validators = (request.subresource === undefined ? this.validators : this.subresourceValidators).get(resource.info.resource);
    const isLimited =
      this.quotas.concerns(request.namespace) && this.enabled.has('ResourceQuota') && isCharged(attributesOf(operation, object, old));
    const isFree = this.validating.isEmpty && this.policies.isEmpty;
    if (validators === undefined && !isLimited && isFree) return undefined;
    const attributes = attributesOf(operation, object, old);
    for (const plugin of validators ?? NONE) {
      const refused = plugin.validate?.(this.core, attributes, ctx);
      if (refused !== undefined) return refused;
    }
    const hooks = isFree ? [] : this.judged(attributes);
    if (isStatus(hooks as StatusObject)) return hooks as StatusObject;
    const webhooks = hooks as readonly Webhook[];
    if (!isLimited && webhooks.length === 0) return undefined;
    new Review(attributes, waiter, isLimited ? this.quotas : undefined).start(
      webhooks,
      (webhook, to, context) => this.validatingCaller.call(webhook, attributes, attributes.object, this.nextCall++, to, context),
      ctx,
    );
    return 'asked';
  }

  /** The validating webhooks that want to be asked, once the policies are satisfied. */
  private judged(attributes: Attributes): readonly Webhook[] | StatusObject {
    if (!this.policies.isEmpty && this.enabled.has('ValidatingAdmissionPolicy')) {
      const refused = this.policies.validate(attributes);
      if (refused !== undefined) return refused;
    }
    if (this.validating.isEmpty || !this.enabled.has('ValidatingAdmissionWebhook')) return [];
    const found: Webhook[] = [];
    for (const webhook of this.validating.concerned(attributes)) {
      const wants = this.wants(webhook, attributes);
      if (typeof wants === 'object') return wants;
      if (wants) found.push(webhook);
    }
    return found;
  }

  /** What webhooks answer, and their time running out. */
  receive(message: Message, ctx: Context): void {
    if (message.kind === 'Incident') for (const caller of [this.admitCaller, this.validatingCaller]) caller.befall(message as Incident);
    else if (!this.admitCaller.receive(message, ctx)) this.validatingCaller.receive(message, ctx);
  }
}
