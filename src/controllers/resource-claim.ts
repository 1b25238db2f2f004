/** Claims on devices for pods: generated from templates, reserved for pods that were placed without the scheduler, released when their pods are done.
 *  Mirrors kubernetes v1.34 pkg/controller/resourceclaim/controller.go. The claims of a pod that are still to be made are asked for all at once. */

import { type KubeObject, POD_CLAIM_ANNOTATION, type Pod, RESERVED_FOR_MAX, type ResourceClaim, type ResourceClaimTemplate } from '#api';
import type { Controller, InformerEvent, Outcome, Plan, RequestSpec, Stage, View, WatchSpec } from '#client';
import { claimNameOf, isPodDone, isReservedFor, mayRun, newClaim, ownsClaim } from './pod-claims.ts';
import { releasedClaim, withoutFinalizer } from './resource-claim-release.ts';

const CLAIMS = 'resourceclaims.resource.k8s.io';
const TEMPLATES = 'resourceclaimtemplates.resource.k8s.io';
const CLAIM = 'claim:';
const POD = 'pod:';
const BY_CLAIM = 'resourceClaim';
const BY_OWNER = 'podOwner';
const FIELD_MANAGER = 'ResourceClaimController';
/** maxUIDCacheEntries. */
const DELETED_MAX = 500;
const NONE: readonly string[] = [];

const reservedFor = (claim: ResourceClaim) => claim.status?.reservedFor ?? [];

/** What a create was for. */
interface Wanted {
  readonly entry: string;
  readonly name?: string;
}

export class ResourceClaimController implements Controller {
  readonly name = 'resourceclaim';
  readonly queue = 'resource_claim';
  readonly component = 'resource_claim';
  readonly workers: number;
  readonly watches: readonly WatchSpec[] = [
    { resource: CLAIMS, keys: (event, view) => this.#claimKeys(event, view), indexes: { [BY_OWNER]: owningPodUid } },
    { resource: 'pods', keys: (event, view) => this.#podKeys(event, view), indexes: { [BY_CLAIM]: claimsOfPod } },
    { resource: TEMPLATES, keys: () => NONE },
  ];
  /** Pods seen deleted: no need to ask for them again. */
  readonly #deleted = new Set<string>();
  /** Claims made but not seen yet, by pod uid and entry (the mutation cache). */
  readonly #made = new Map<string, string>();

  /** --concurrent-resource-claim-syncs. */
  constructor(workers = 10) {
    this.workers = workers;
  }

  reconcile(key: string, view: View, stage: Stage | undefined): Plan {
    if (key.startsWith(POD)) {
      const pod = view.lister<Pod>('pods').get(key.slice(POD.length));
      if (pod === undefined || pod.metadata?.deletionTimestamp !== undefined) return {};
      return stage?.name === 'made' ? this.#claimsMade(pod, stage, view) : this.#syncPod(pod, view);
    }
    const claim = view.lister<ResourceClaim>(CLAIMS).get(key.slice(CLAIM.length));
    if (stage?.name === 'released') return afterRelease(stage.outcomes?.[0], view);
    if (stage?.name === 'unprotected') return afterUnprotect(stage.outcomes?.[0], view);
    return claim === undefined ? {} : this.#syncClaim(claim, stage?.outcomes, view);
  }

  // ---- what wakes whom ----

  #podKeys({ type, object }: InformerEvent, view: View): readonly string[] {
    const pod = object as Pod;
    const entries = pod.spec?.resourceClaims ?? [];
    if (entries.length === 0) return NONE;
    const { namespace = '', name, uid = '' } = pod.metadata ?? {};
    if (type === 'delete') this.#remember(uid);
    const keys: string[] = [];
    if (type === 'delete' || !mayRun(pod)) {
      for (const entry of entries) {
        const claim = claimNameOf(pod, entry);
        if (claim !== undefined && claim !== '') keys.push(`${CLAIM}${namespace}/${claim}`);
      }
    }
    if (type !== 'delete' && this.#needsWork(pod, view)) keys.push(`${POD}${namespace}/${name}`);
    return keys;
  }

  #claimKeys(event: InformerEvent, view: View): readonly string[] {
    const claim = event.object as ResourceClaim;
    const entry = claim.metadata?.annotations?.[POD_CLAIM_ANNOTATION];
    if (entry !== undefined) for (const uid of owningPodUid(claim)) this.#made.delete(`${uid}/${entry}`);
    const keys = event.type === 'delete' ? [] : [`${CLAIM}${event.key}`];
    for (const pod of view.lister<Pod>('pods').byIndex(BY_CLAIM, event.key))
      keys.push(...this.#podKeys({ type: 'update', key: '', object: pod }, view));
    return keys;
  }

  #remember(uid: string): void {
    this.#deleted.add(uid);
    if (this.#deleted.size <= DELETED_MAX) return;
    for (const oldest of this.#deleted) {
      this.#deleted.delete(oldest);
      return;
    }
  }

  #needsWork(pod: Pod, view: View): boolean {
    if (pod.metadata?.deletionTimestamp !== undefined) return false;
    for (const entry of pod.spec?.resourceClaims ?? []) {
      const name = claimNameOf(pod, entry);
      if (name === undefined) return true;
      if (name === '') return false;
      const claim = view.lister<ResourceClaim>(CLAIMS).get(`${pod.metadata?.namespace}/${name}`);
      if (claim === undefined) return entry.resourceClaimTemplateName !== undefined;
      if (entry.resourceClaimTemplateName !== undefined && !ownsClaim(pod, claim)) return false;
      if (needsReservation(pod, claim)) return true;
    }
    return false;
  }

  // ---- pods ----

  #syncPod(pod: Pod, view: View): Plan {
    const wanted: Wanted[] = [];
    const requests: RequestSpec[] = [];
    for (const entry of pod.spec?.resourceClaims ?? []) {
      const known = claimNameOf(pod, entry);
      const namespace = pod.metadata?.namespace ?? '';
      if (known === '') continue;
      if (known !== undefined) {
        const claim = view.lister<ResourceClaim>(CLAIMS).get(`${namespace}/${known}`);
        if (claim !== undefined && (entry.resourceClaimTemplateName === undefined || ownsClaim(pod, claim))) continue;
      }
      const templateName = entry.resourceClaimTemplateName;
      if (templateName === undefined) continue;
      const name = this.#existing(pod, entry.name, view);
      if (name !== undefined) {
        wanted.push({ entry: entry.name, name });
        continue;
      }
      const template = view.lister<ResourceClaimTemplate>(TEMPLATES).get(`${namespace}/${templateName}`);
      if (template === undefined) {
        const missing = `resourceclaimtemplate.resource.k8s.io "${templateName}" not found`;
        return this.#failed(pod, entry.name, `resource claim template "${templateName}": ${missing}`, view);
      }
      wanted.push({ entry: entry.name });
      requests.push({ verb: 'create', resource: CLAIMS, namespace, body: newClaim(pod, entry.name, template) });
    }
    if (requests.length > 0) return { requests, next: { name: 'made', data: wanted } };
    return wanted.length > 0 ? publish(pod, wanted) : this.#reserve(pod, view);
  }

  #existing(pod: Pod, entry: string, view: View): string | undefined {
    const uid = pod.metadata?.uid ?? '';
    for (const claim of view.lister<ResourceClaim>(CLAIMS).byIndex(BY_OWNER, uid))
      if (claim.metadata?.annotations?.[POD_CLAIM_ANNOTATION] === entry) return claim.metadata.name;
    return this.#made.get(`${uid}/${entry}`);
  }

  /** The claims of the pod were made, or not. */
  #claimsMade(pod: Pod, stage: Stage, view: View): Plan {
    const outcomes = [...(stage.outcomes ?? [])];
    const named: Wanted[] = [];
    let failure: { readonly entry: string; readonly text: string } | undefined;
    for (const { entry, name } of stage.data as readonly Wanted[]) {
      const outcome = name === undefined ? outcomes.shift() : undefined;
      if (outcome !== undefined && outcome.code !== 201)
        failure ??= { entry, text: `create ResourceClaim : ${outcome.error?.message ?? 'connection lost'}` };
      const made = name ?? outcome?.object?.metadata?.name;
      if (made === undefined) continue;
      this.#made.set(`${pod.metadata?.uid}/${entry}`, made);
      named.push({ entry, name: made });
    }
    return failure === undefined ? publish(pod, named) : this.#failed(pod, failure.entry, failure.text, view);
  }

  #failed(pod: Pod, entry: string, text: string, view: View): Plan {
    view.event(pod, 'Warning', 'FailedResourceClaimCreation', `PodResourceClaim ${entry}: ${text}`);
    return { failed: `pod ${pod.metadata?.namespace}/${pod.metadata?.name}, PodResourceClaim ${entry}: ${text}` };
  }

  /** A pod that has a node, but not through the scheduler, may use what is allocated already. */
  #reserve(pod: Pod, view: View): Plan {
    if ((pod.spec?.nodeName ?? '') === '') return {};
    const requests: RequestSpec[] = [];
    for (const entry of pod.spec?.resourceClaims ?? []) {
      const name = claimNameOf(pod, entry);
      const claim = name === undefined ? undefined : view.lister<ResourceClaim>(CLAIMS).get(`${pod.metadata?.namespace}/${name}`);
      if (claim === undefined || !needsReservation(pod, claim)) continue;
      const consumer = { resource: 'pods', name: pod.metadata?.name ?? '', uid: pod.metadata?.uid ?? '' };
      requests.push(writeStatus({ ...claim, status: { ...claim.status, reservedFor: [...reservedFor(claim), consumer] } }));
    }
    return { requests };
  }

  // ---- claims ----

  #syncClaim(claim: ResourceClaim, live: readonly Outcome<unknown>[] | undefined, view: View): Plan {
    const namespace = claim.metadata?.namespace;
    const unknown = reservedFor(claim).filter(
      ({ name, uid }) => !this.#deleted.has(uid) && view.lister<Pod>('pods').get(`${namespace}/${name}`) === undefined,
    );
    if (unknown.length > 0 && live === undefined) {
      const requests = unknown.map(({ name }): RequestSpec => ({ verb: 'get', resource: 'pods', namespace, name }));
      return { requests, next: { name: 'live' } };
    }
    const found = new Map<string, KubeObject | undefined>();
    for (const { code, object, request, error } of live ?? []) {
      if (code !== 200 && code !== 404) return { failed: error?.message ?? 'connection lost' };
      found.set(request.name ?? '', code === 200 ? object : undefined);
    }
    const valid = reservedFor(claim).filter(({ name, uid }) => {
      if (this.#deleted.has(uid)) return false;
      const pod = view.lister<Pod>('pods').get(`${namespace}/${name}`);
      if (pod === undefined) return found.get(name)?.metadata?.uid === uid;
      return pod.metadata?.uid === uid && !isPodDone(pod);
    });
    const released = releasedClaim(claim, valid);
    if (released?.status !== claim.status && released !== undefined)
      return { requests: [writeStatus(released)], next: { name: 'released' } };
    if (released !== undefined) return { requests: [write(withoutFinalizer(claim))], next: { name: 'unprotected' } };
    return valid.length === 0 ? deleteIfUnneeded(claim, view) : {};
  }
}

const needsReservation = (pod: Pod, claim: ResourceClaim): boolean =>
  (pod.spec?.nodeName ?? '') !== '' &&
  claim.status?.allocation !== undefined &&
  !isReservedFor(pod, claim) &&
  reservedFor(claim).length < RESERVED_FOR_MAX;

function claimsOfPod(object: KubeObject): readonly string[] {
  const pod = object as Pod;
  const entries = pod.spec?.resourceClaims;
  if (entries === undefined) return NONE;
  const names = entries.map((entry) => claimNameOf(pod, entry)).filter((name) => name !== undefined && name !== '');
  return names.map((name) => `${pod.metadata?.namespace}/${name}`);
}

const owningPod = (claim: KubeObject) =>
  (claim.metadata?.ownerReferences ?? []).find((owner) => owner.controller === true && owner.apiVersion === 'v1' && owner.kind === 'Pod');

const owningPodUid = (claim: KubeObject): readonly string[] => {
  const owner = owningPod(claim);
  return owner === undefined ? NONE : [owner.uid];
};

/** Writes what was generated into the pod's status. */
function publish(pod: Pod, named: readonly Wanted[]): Plan {
  const { namespace, name } = pod.metadata ?? {};
  const resourceClaimStatuses = named.map((one) => ({ name: one.entry, resourceClaimName: one.name }));
  const body = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace }, status: { resourceClaimStatuses } };
  const options = { fieldManager: FIELD_MANAGER, force: true };
  return {
    requests: [
      { verb: 'patch', resource: 'pods', subresource: 'status', namespace, name, body, patchType: 'apply', options, discardBody: true },
    ],
  };
}

function write(claim: ResourceClaim): RequestSpec {
  const { namespace, name } = claim.metadata ?? {};
  return { verb: 'update', resource: CLAIMS, namespace, name, body: claim };
}
const writeStatus = (claim: ResourceClaim): RequestSpec => ({ ...write(claim), subresource: 'status' });

/** The claim is no longer reserved for what is gone; if it is free now, it need not be protected any more. */
function afterRelease(outcome: Outcome<unknown> | undefined, view: View): Plan {
  if (outcome?.code !== 200) return { failed: outcome?.error?.message ?? 'connection lost' };
  const claim = outcome.object as ResourceClaim;
  if (reservedFor(claim).length > 0 || claim.status?.allocation !== undefined) return {};
  const free = withoutFinalizer(claim);
  return free === claim ? deleteIfUnneeded(claim, view) : { requests: [write(free)], next: { name: 'unprotected' } };
}

function afterUnprotect(outcome: Outcome<unknown> | undefined, view: View): Plan {
  if (outcome?.code === 404) return {};
  return outcome?.code === 200
    ? deleteIfUnneeded(outcome.object as ResourceClaim, view)
    : { failed: outcome?.error?.message ?? 'connection lost' };
}

/** A claim that was generated for a pod goes when that pod will not run any more; when the pod itself is gone, the garbage collector sees to it. */
function deleteIfUnneeded(claim: ResourceClaim, view: View): Plan {
  const owner = owningPod(claim);
  const { namespace, name } = claim.metadata ?? {};
  const pod = owner === undefined ? undefined : view.lister<Pod>('pods').get(`${namespace}/${owner.name}`);
  if (pod === undefined || (pod.metadata?.uid === owner?.uid && !isPodDone(pod))) return {};
  return { requests: [{ verb: 'delete', resource: CLAIMS, namespace, name, discardBody: true }] };
}
