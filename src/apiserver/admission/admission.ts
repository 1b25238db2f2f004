/** All that stands between a request and the store: plugins that decide at once, then those that must ask somebody. A server without policies,
 *  webhooks, quotas and the like asks nobody, and its writes go on at once. Mirrors apiserver v1.34 pkg/admission/chain.go. */

import type { KubeObject, Resource, StatusObject } from '#api';
import type { Context, Message } from '#sim';
import { isStatus } from '../cache/filter.ts';
import type { Core, Operation } from '../core.ts';
import { admitCreate, admitUpdate } from './admit.ts';
import { attributesOf, verbOf } from './attributes.ts';
import type { AdmissionPlugin } from './plugin.ts';
import { QuotaEvaluator } from './quota/evaluator.ts';
import { PLUGINS } from './registry.ts';

/** Who waits for the end of a review. */
export interface Reviewed {
  /** It may be written. */
  admitted(ctx: Context): void;
  refused(status: StatusObject, ctx: Context): void;
}

/** Whether a quota could have anything to say: creations, and growth of what may grow. Events are nobody's (ignoredResources). */
function isCounted(operation: Operation, object: KubeObject | undefined): boolean {
  if (object === undefined || operation.request.subresource !== undefined) return false;
  const { resource } = operation.resource.info;
  if (verbOf(operation) === 'CREATE') return resource !== 'events';
  return operation.action !== 'delete' && (resource === 'services' || resource === 'persistentvolumeclaims');
}

const NONE: readonly AdmissionPlugin[] = [];

export class Admission {
  private readonly core: Core;
  private readonly enabled: ReadonlySet<string>;
  private readonly mutators = new Map<Resource, readonly AdmissionPlugin[]>();
  private readonly validators = new Map<Resource, readonly AdmissionPlugin[]>();
  private readonly subresourceValidators = new Map<Resource, readonly AdmissionPlugin[]>();
  private readonly quotas: QuotaEvaluator;

  constructor(core: Core) {
    this.core = core;
    const { enabledAdmission = [], disabledAdmission = [] } = core.config;
    const isOn = ({ name, isDefault }: AdmissionPlugin): boolean =>
      enabledAdmission.includes(name) || (isDefault && !disabledAdmission.includes(name));
    const on = PLUGINS.filter(isOn);
    this.enabled = new Set(on.map(({ name }) => name));
    for (const plugin of on) {
      for (const resource of plugin.resources) {
        if (plugin.mutate !== undefined) this.mutators.set(resource, [...(this.mutators.get(resource) ?? NONE), plugin]);
        if (plugin.validate === undefined) continue;
        this.validators.set(resource, [...(this.validators.get(resource) ?? NONE), plugin]);
        if (plugin.subresources) this.subresourceValidators.set(resource, [...(this.subresourceValidators.get(resource) ?? NONE), plugin]);
      }
    }
    this.quotas = new QuotaEvaluator(core);
  }

  isEnabled(name: string): boolean {
    return this.enabled.has(name);
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

  /** Validating admission. Undefined: may be written at once. 'asked': the waiter hears. */
  review(
    operation: Operation,
    object: KubeObject | undefined,
    old: KubeObject | undefined,
    waiter: Reviewed,
    ctx: Context,
  ): StatusObject | 'asked' | undefined {
    const { request, resource } = operation;
    const validators = (request.subresource === undefined ? this.validators : this.subresourceValidators).get(resource.info.resource);
    const isLimited = isCounted(operation, object) && this.quotas.concerns(request.namespace) && this.enabled.has('ResourceQuota');
    if (validators === undefined && !isLimited) return undefined;
    const attributes = attributesOf(operation, object, old);
    for (const plugin of validators ?? NONE) {
      const refused = plugin.validate?.(this.core, attributes, ctx);
      if (refused !== undefined) return refused;
    }
    if (!isLimited) return undefined;
    this.quotas.evaluate(
      attributes,
      { judged: (refused, context) => (refused === undefined ? waiter.admitted(context) : waiter.refused(refused, context)) },
      ctx,
    );
    return 'asked';
  }

  /** True when the message was for admission. */
  receive(_message: Message, _ctx: Context): boolean {
    return false;
  }
}
