/** LimitRanger: gives containers the amounts they leave out, then holds pods and claims to the namespace's bounds.
 *  Mirrors Kubernetes v1.34 plugin/pkg/admission/limitranger/admission.go. */

import {
  addLists,
  compareQuantities,
  formatQuantity,
  type KubeObject,
  type LimitRange,
  type PersistentVolumeClaim,
  type Pod,
  type PodSpec,
  parseQuantity,
  podLimits,
  podRequests,
  type QuantityText,
  type ResourceList,
  type Resources,
} from '#api';
import type { Core } from '../core.ts';
import { aggregate, refusedBy } from './attributes.ts';
import { byNamespace } from './by-namespace.ts';
import type { AdmissionPlugin } from './plugin.ts';

const ANNOTATION = 'kubernetes.io/limit-ranger';

interface LimitItem {
  readonly type: string;
  readonly min?: ResourceList;
  readonly max?: ResourceList;
  readonly default?: ResourceList;
  readonly defaultRequest?: ResourceList;
  readonly maxLimitRequestRatio?: ResourceList;
}
type Containers = PodSpec['containers'];
type Container = Containers[number];

const itemsOf = (range: LimitRange): readonly LimitItem[] => (range.spec?.limits ?? []) as unknown as readonly LimitItem[];
const rangesOf = (core: Core, namespace: string): readonly LimitRange[] =>
  byNamespace<LimitRange>(core.resource('limitranges')).in(namespace);
const shown = (amount: QuantityText): string => {
  const parsed = parseQuantity(amount);
  return parsed === undefined ? String(amount) : formatQuantity(parsed);
};

/** A container with the defaults it lacks, and what was set, as the annotation says it. */
function withDefaults(container: Container, range: LimitRange, what: string, notes: string[]): Container {
  const requests: Record<string, QuantityText> = { ...container.resources?.requests };
  const limits: Record<string, QuantityText> = { ...container.resources?.limits };
  const setRequests: string[] = [];
  const setLimits: string[] = [];
  for (const item of itemsOf(range)) {
    if (item.type !== 'Container') continue;
    for (const name in item.default) {
      if (container.resources?.limits?.[name] !== undefined) continue;
      if (limits[name] === undefined) setLimits.push(name);
      limits[name] = item.default[name] as QuantityText;
    }
    for (const name in item.defaultRequest) {
      if (container.resources?.requests?.[name] !== undefined) continue;
      if (requests[name] === undefined) setRequests.push(name);
      requests[name] = item.defaultRequest[name] as QuantityText;
    }
  }
  if (setRequests.length > 0) notes.push(`${setRequests.sort().join(', ')} request for ${what} ${container.name}`);
  if (setLimits.length > 0) notes.push(`${setLimits.sort().join(', ')} limit for ${what} ${container.name}`);
  if (setRequests.length === 0 && setLimits.length === 0) return container;
  return { ...container, resources: { ...container.resources, requests, limits } };
}

interface Defaulted {
  readonly spec: PodSpec;
  readonly note: string | undefined;
}
// Pods of a template share their spec, and go on sharing it.
const defaulted = new WeakMap<LimitRange, WeakMap<PodSpec, Defaulted>>();

function defaultSpec(spec: PodSpec, range: LimitRange): Defaulted {
  let known = defaulted.get(range);
  if (known === undefined) defaulted.set(range, (known = new WeakMap()));
  const found = known.get(spec);
  if (found !== undefined) return found;
  const notes: string[] = [];
  const containers = spec.containers.map((container) => withDefaults(container, range, 'container', notes));
  const initContainers = spec.initContainers?.map((container) => withDefaults(container, range, 'init container', notes));
  const result: Defaulted =
    notes.length === 0
      ? { spec, note: undefined }
      : {
          spec: { ...spec, containers, ...(initContainers === undefined ? {} : { initContainers }) },
          note: `LimitRanger plugin set: ${notes.join('; ')}`,
        };
  known.set(spec, result);
  return result;
}

function defaultPod(core: Core, pod: Pod, namespace: string): Pod {
  let result = pod;
  for (const range of rangesOf(core, namespace)) {
    if (!Array.isArray(result.spec?.containers)) return result;
    const { spec, note } = defaultSpec(result.spec, range);
    if (note === undefined) continue;
    const annotations = { ...result.metadata?.annotations, [ANNOTATION]: note };
    result = { ...result, metadata: { ...result.metadata, annotations }, spec };
  }
  return result;
}

/** Amounts in one list, as texts: limits and requests of a whole pod. */
function asList(amounts: Resources): ResourceList {
  const list: Record<string, QuantityText> = {};
  for (const name in amounts) list[name] = name === 'cpu' ? `${amounts[name]}m` : String(amounts[name]);
  return addLists(list, {});
}

function boundsBroken(item: LimitItem, requests: ResourceList, limits: ResourceList): string[] {
  const texts: string[] = [];
  for (const name in item.min) {
    const bound = item.min[name] as QuantityText;
    const head = `minimum ${name} usage per ${item.type} is ${shown(bound)}`;
    const [request, limit] = [requests[name], limits[name]];
    if (request === undefined) texts.push(`${head}.  No request is specified`);
    else if (compareQuantities(request, bound) < 0) texts.push(`${head}, but request is ${shown(request)}`);
    else if (limit !== undefined && compareQuantities(limit, bound) < 0) texts.push(`${head}, but limit is ${shown(limit)}`);
  }
  for (const name in item.max) {
    const bound = item.max[name] as QuantityText;
    const head = `maximum ${name} usage per ${item.type} is ${shown(bound)}`;
    const [request, limit] = [requests[name], limits[name]];
    if (limit === undefined) texts.push(`${head}.  No limit is specified`);
    else if (compareQuantities(limit, bound) > 0) texts.push(`${head}, but limit is ${shown(limit)}`);
    else if (request !== undefined && compareQuantities(request, bound) > 0) texts.push(`${head}, but request is ${shown(request)}`);
  }
  for (const name in item.maxLimitRequestRatio) texts.push(...ratioBroken(item, name, requests[name], limits[name]));
  return texts;
}

const amountOf = (text: QuantityText | undefined): number => Number(parseQuantity(text ?? 0)?.nano ?? 0n);

function ratioBroken(item: LimitItem, name: string, request: QuantityText | undefined, limit: QuantityText | undefined): string[] {
  const bound = item.maxLimitRequestRatio?.[name] as QuantityText;
  const head = `${name} max limit to request ratio per ${item.type} is ${shown(bound)}`;
  if (amountOf(request) === 0) return [`${head}, but no request is specified or request is 0`];
  if (amountOf(limit) === 0) return [`${head}, but no limit is specified or limit is 0`];
  const ratio = amountOf(limit) / amountOf(request);
  return ratio > amountOf(bound) / 1e9 ? [`${head}, but provided ratio is ${ratio.toFixed(6)}`] : [];
}

function podBroken(pod: Pod, range: LimitRange): string[] {
  const texts: string[] = [];
  for (const item of itemsOf(range)) {
    if (item.type === 'Container') {
      for (const { resources } of [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])])
        texts.push(...boundsBroken(item, resources?.requests ?? {}, resources?.limits ?? {}));
    } else if (item.type === 'Pod') texts.push(...boundsBroken(item, asList(podRequests(pod)), asList(podLimits(pod))));
  }
  return texts;
}

/** Claims know requests alone. */
function claimBroken(claim: PersistentVolumeClaim, range: LimitRange): string[] {
  const texts: string[] = [];
  const requests = (claim.spec?.resources?.requests ?? {}) as ResourceList;
  for (const item of itemsOf(range)) {
    if (item.type !== 'PersistentVolumeClaim') continue;
    for (const [bounds, word, sign] of [[item.min, 'minimum', -1] as const, [item.max, 'maximum', 1] as const]) {
      for (const name in bounds) {
        const bound = bounds[name] as QuantityText;
        const head = `${word} ${name} usage per ${item.type} is ${shown(bound)}`;
        const request = requests[name];
        if (request === undefined) texts.push(`${head}.  No request is specified`);
        else if (compareQuantities(request, bound) === sign) texts.push(`${head}, but request is ${shown(request)}`);
      }
    }
  }
  return texts;
}

export const limitRanger: AdmissionPlugin = {
  name: 'LimitRanger',
  isDefault: true,
  resources: ['pods', 'persistentvolumeclaims'],
  mutate(core, { request, resource }, object) {
    return resource.info.resource === 'pods' ? defaultPod(core, object as Pod, request.namespace ?? '') : object;
  },
  validate(core, attributes) {
    const { resource, object, namespace, verb, old } = attributes;
    // Pods that run are left alone, and so is what is being deleted.
    if (object === undefined || (resource === 'pods' && verb !== 'CREATE')) return undefined;
    if (verb === 'UPDATE' && (old as KubeObject).metadata?.deletionTimestamp !== undefined) return undefined;
    for (const range of rangesOf(core, namespace)) {
      const texts = resource === 'pods' ? podBroken(object as Pod, range) : claimBroken(object as PersistentVolumeClaim, range);
      if (texts.length > 0) return refusedBy(attributes, aggregate(texts));
    }
    return undefined;
  },
};
