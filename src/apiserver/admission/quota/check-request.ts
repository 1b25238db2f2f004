/** Whether a request fits into its namespace's quotas, and what they would have used then.
 *  Mirrors apiserver v1.34 pkg/admission/plugin/resourcequota/controller.go (CheckRequest). */

import {
  above,
  addLists,
  isInScopes,
  isPositive,
  isZeroList,
  type KubeObject,
  listText,
  maskList,
  missingAmounts,
  type Pod,
  type QuantityText,
  quotaNamesFor,
  type ResourceList,
  type ResourceQuota,
  type StatusObject,
  subtractLists,
  usageOf,
} from '#api';
import { type Attributes, refusedBy } from '../attributes.ts';

const isTerminating = (pod: KubeObject | undefined): boolean => ((pod as Pod | undefined)?.spec?.activeDeadlineSeconds ?? -1) >= 0;

/** Which writes an evaluator looks at: services and claims may grow, pods may be resized and come under a deadline; everything else counts when it comes.
 *  Mirrors v1.34 pkg/quota/v1/evaluator/core (Handles); events are nobody's (ignoredResources). */
export function isCharged({ verb, resource, subresource, object, old }: Attributes): boolean {
  if (object === undefined) return false;
  if (verb === 'CREATE') return subresource === '' && resource !== 'events';
  if (verb !== 'UPDATE') return false;
  if (resource === 'pods') return subresource === 'resize' || (subresource === '' && isTerminating(object) !== isTerminating(old));
  return subresource === '' && (resource === 'services' || resource === 'persistentvolumeclaims');
}

/** What the request adds to a quota; on update of what it held before, only what grows. */
function growth({ verb, resource, object, old }: Attributes, quota: ResourceQuota, now: number): ResourceList {
  const usage = usageOf(resource, object as KubeObject, now);
  if (verb !== 'UPDATE' || !isInScopes(quota, resource === 'pods' ? (old as Pod) : undefined)) return usage;
  const delta = subtractLists(usage, usageOf(resource, old as KubeObject, now));
  const growing: Record<string, QuantityText> = {};
  for (const name in delta) if (isPositive(delta[name])) growing[name] = delta[name] as QuantityText;
  return growing;
}

const hardOf = (quota: ResourceQuota): ResourceList => (quota.status?.hard ?? {}) as ResourceList;
const usedOf = (quota: ResourceQuota): ResourceList => (quota.status?.used ?? {}) as ResourceList;

/** The quotas that this object is held to, or why it cannot be judged. */
function concerned(quotas: readonly ResourceQuota[], attributes: Attributes): number[] | StatusObject {
  const { resource, object } = attributes;
  const pod = resource === 'pods' ? (object as Pod) : undefined;
  const found: number[] = [];
  for (let i = 0; i < quotas.length; i++) {
    const quota = quotas[i] as ResourceQuota;
    const names = quotaNamesFor(resource, Object.keys(hardOf(quota)));
    if (names.length === 0 || !isInScopes(quota, pod)) continue;
    const missing = pod === undefined ? undefined : missingAmounts(names, pod);
    if (missing !== undefined) return refusedBy(attributes, `failed quota: ${quota.metadata?.name}: must specify ${missing}`);
    const unknown = names.filter((name) => usedOf(quota)[name] === undefined);
    if (unknown.length > 0)
      return refusedBy(attributes, `status unknown for quota: ${quota.metadata?.name}, resources: ${names.sort().join(',')}`);
    found.push(i);
  }
  return found;
}

/** The quotas with the request's usage added, or 403. */
export function checkRequest(
  quotas: readonly ResourceQuota[],
  attributes: Attributes,
  now: number,
): readonly ResourceQuota[] | StatusObject {
  if (!isCharged(attributes)) return quotas;
  const indexes = concerned(quotas, attributes);
  if (!Array.isArray(indexes)) return indexes;
  const result = [...quotas];
  let isChanged = false;
  for (const index of indexes) {
    const quota = quotas[index] as ResourceQuota;
    const delta = growth(attributes, quota, now);
    if (isZeroList(delta)) continue;
    isChanged = true;
    const hard = hardOf(quota);
    const requested = maskList(delta, Object.keys(hard));
    const used = addLists(usedOf(quota), requested);
    const exceeded = above(maskList(used, Object.keys(requested)), hard);
    if (exceeded.length > 0) {
      const text = [
        `exceeded quota: ${quota.metadata?.name}`,
        `requested: ${listText(maskList(requested, exceeded))}`,
        `used: ${listText(maskList(usedOf(quota), exceeded))}`,
        `limited: ${listText(maskList(hard, exceeded))}`,
      ];
      return refusedBy(attributes, text.join(', '));
    }
    result[index] = { ...quota, status: { ...quota.status, used } } as ResourceQuota;
  }
  return isChanged ? result : quotas;
}
