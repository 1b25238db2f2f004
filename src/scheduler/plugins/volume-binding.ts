/** Claims must be bound to volumes that the node can reach, or be bindable there. Mirrors kube-scheduler v1.34 plugins/volumebinding
 *  (volume_binding.go, binder.go). Score is skipped, as with the default feature gates (StorageCapacityScoring is alpha). */

import type { KubeObject, Node, Pod } from '#api';
import { matchesLabelSelector, type QuantityText, quantityValue } from '#api';
import { SECOND } from '#sim';
import type {
  CycleState,
  EnqueueExtensions,
  FilterPlugin,
  Handle,
  PreBindPlugin,
  PreBindRequest,
  PreBindWait,
  PreFilterPlugin,
  PreFilterResult,
  PreScorePlugin,
  ReservePlugin,
  ScorePlugin,
} from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import { nodeLabels, podNamespace } from '../pod-fields.ts';
import { ifClaimed } from '../pod-hints.ts';
import { ADD, type EventRegistration, UPDATE, UPDATE_NODE_LABEL } from '../queueing-events.ts';
import { failure, SKIP, type Status, unresolvable } from '../status.ts';
import {
  type CsiDriver,
  type CsiStorageCapacity,
  claimClass,
  claimNameOf,
  claimNotFound,
  claimsOf,
  findMatchingVolume,
  isFullyBound,
  notForPod,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type StorageClass,
  selectedNode,
  storageClassesOf,
  volumeFitsNode,
  volumesOf,
} from '../storage-objects.ts';
import { afterCapacity, afterCsiDriver, afterCsiNode, afterStorageClass } from '../volume-hints.ts';

const BIND_CONFLICT = "node(s) didn't find available persistent volumes to bind";
const NODE_CONFLICT = "node(s) didn't match PersistentVolume's node affinity";
const NO_SPACE = 'node(s) did not have enough free storage';
const VOLUME_GONE = 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)';
const NO_PROVISIONER = 'kubernetes.io/no-provisioner';

export interface VolumeBindingArgs {
  /** How long the volumes of a pod may take to be bound; default 600. */
  readonly bindTimeoutSeconds?: number;
}

export interface VolumePlan {
  readonly bindings: readonly { readonly claim: PersistentVolumeClaim; readonly volume: PersistentVolume }[];
  readonly provisions: readonly PersistentVolumeClaim[];
}

interface BindingState {
  readonly bound: readonly PersistentVolumeClaim[];
  readonly delayed: readonly PersistentVolumeClaim[];
  readonly plans: Map<string, VolumePlan>;
}

const STATE_KEY = 'VolumeBinding';
const EMPTY_PLAN: VolumePlan = { bindings: [], provisions: [] };

/** podHasPVCs: the pod's claims in order, or why they are not usable. */
function claimsForPod(pod: Pod, handle: Handle): { readonly claims: PersistentVolumeClaim[]; readonly error?: string } {
  const claims: PersistentVolumeClaim[] = [];
  for (const volume of pod.spec?.volumes ?? []) {
    const named = claimNameOf(pod, volume);
    if (named === undefined) continue;
    const claim = claimsOf(handle).get(`${podNamespace(pod)}/${named.name}`);
    if (claim === undefined) {
      const waiting = `waiting for ephemeral volume controller to create the persistentvolumeclaim "${named.name}"`;
      return { claims, error: named.isEphemeral ? waiting : claimNotFound(named.name) };
    }
    if (claim.status?.phase === 'Lost') {
      return {
        claims,
        error: `persistentvolumeclaim "${named.name}" bound to non-existent persistentvolume "${claim.spec?.volumeName ?? ''}"`,
      };
    }
    if (claim.metadata?.deletionTimestamp !== undefined) return { claims, error: `persistentvolumeclaim "${named.name}" is being deleted` };
    const foreign = named.isEphemeral ? notForPod(pod, claim) : undefined;
    if (foreign !== undefined) return { claims, error: foreign };
    claims.push(claim);
  }
  return { claims };
}

/** IsDelayBindingMode; a text is an error. */
function isDelayed(claim: PersistentVolumeClaim, handle: Handle): boolean | string {
  const name = claimClass(claim);
  const storageClass = name === '' ? undefined : storageClassesOf(handle).get(name);
  if (storageClass === undefined) return false;
  // The API server fills volumeBindingMode in; unset is an error to upstream, too.
  if (storageClass.volumeBindingMode === undefined) return `VolumeBindingMode not set for StorageClass "${name}"`;
  return storageClass.volumeBindingMode === 'WaitForFirstConsumer';
}

function allowsTopology({ allowedTopologies }: StorageClass, node: Node): boolean {
  if (allowedTopologies === undefined || allowedTopologies.length === 0) return true;
  const labels = nodeLabels(node);
  return allowedTopologies.some((term) => {
    const expressions = term.matchLabelExpressions ?? [];
    return expressions.length > 0 && expressions.every(({ key, values }) => labels[key] !== undefined && values.includes(labels[key]));
  });
}

/** hasEnoughCapacity: asked only of drivers that publish CSIStorageCapacity. */
function hasCapacity(claim: PersistentVolumeClaim, storageClass: StorageClass, node: Node, handle: Handle): boolean {
  const requested = claim.spec?.resources?.requests?.storage;
  if (requested === undefined) return true;
  const driver = handle.lister<CsiDriver>('csidrivers.storage.k8s.io').get(storageClass.provisioner ?? '');
  if (driver?.spec?.storageCapacity !== true) return true;
  for (const capacity of handle.lister<CsiStorageCapacity>('csistoragecapacities.storage.k8s.io').list()) {
    if (capacity.storageClassName !== storageClass.metadata?.name) continue;
    const limit: QuantityText | undefined = capacity.maximumVolumeSize ?? capacity.capacity;
    if (limit === undefined || quantityValue(limit) < quantityValue(requested)) continue;
    if (matchesLabelSelector(capacity.nodeTopology, nodeLabels(node))) return true;
  }
  return false;
}

const storageOf = (claim: PersistentVolumeClaim): number => quantityValue(claim.spec?.resources?.requests?.storage ?? 0);

interface Search {
  readonly reasons: string[];
  readonly plan: VolumePlan;
  readonly error?: string;
}

/** checkBoundClaims: the first volume that is gone or out of reach decides. */
function boundConflict(bound: readonly PersistentVolumeClaim[], node: Node, handle: Handle): string | undefined {
  for (const claim of bound) {
    const volume = volumesOf(handle).get(claim.spec?.volumeName ?? '');
    if (volume === undefined) return VOLUME_GONE;
    if (!volumeFitsNode(volume, node)) return NODE_CONFLICT;
  }
  return undefined;
}

/** checkVolumeProvisions: 'no' when some claim cannot be provisioned here, 'full' when there is no space. */
function provisionable(
  claims: readonly PersistentVolumeClaim[],
  node: Node,
  handle: Handle,
): 'yes' | 'no' | 'full' | { readonly error: string } {
  for (const claim of claims) {
    const name = claimClass(claim);
    const key = `${claim.metadata?.namespace ?? ''}/${claim.metadata?.name ?? ''}`;
    if (name === '') return { error: `no class for claim "${key}"` };
    const storageClass = storageClassesOf(handle).get(name);
    if (storageClass === undefined) return { error: `failed to find storage class "${name}"` };
    const provisioner = storageClass.provisioner ?? '';
    if (provisioner === '' || provisioner === NO_PROVISIONER || !allowsTopology(storageClass, node)) return 'no';
    if (!hasCapacity(claim, storageClass, node, handle)) return 'full';
  }
  return 'yes';
}

/** FindPodVolumes. */
function findVolumes({ bound, delayed }: BindingState, node: Node, handle: Handle): Search {
  const reasons: string[] = [];
  const conflict = boundConflict(bound, node, handle);
  const finish = (plan: VolumePlan, isBindable: boolean, hasSpace: boolean): Search => {
    if (conflict === NODE_CONFLICT) reasons.push(NODE_CONFLICT);
    if (!isBindable) reasons.push(BIND_CONFLICT);
    if (!hasSpace) reasons.push(NO_SPACE);
    if (conflict === VOLUME_GONE) reasons.push(VOLUME_GONE);
    return { reasons, plan };
  };
  const toMatch: PersistentVolumeClaim[] = [];
  const toProvision: PersistentVolumeClaim[] = [];
  for (const claim of delayed) {
    const chosen = selectedNode(claim);
    if (chosen === undefined) toMatch.push(claim);
    else if (chosen === (node.metadata?.name ?? '')) toProvision.push(claim);
    else return finish(EMPTY_PLAN, false, true);
  }
  const bindings: { claim: PersistentVolumeClaim; volume: PersistentVolume }[] = [];
  const taken = new Set<string>();
  for (const claim of toMatch.sort((a, b) => storageOf(a) - storageOf(b))) {
    const volume = findMatchingVolume(claim, volumesOf(handle).list(), node, taken);
    if (volume === undefined) toProvision.push(claim);
    else {
      taken.add(volume.metadata?.name ?? '');
      bindings.push({ claim, volume });
    }
  }
  if (toProvision.length === 0) return finish({ bindings, provisions: [] }, true, true);
  const answer = provisionable(toProvision, node, handle);
  if (typeof answer === 'object') return { reasons, plan: EMPTY_PLAN, error: answer.error };
  return finish({ bindings, provisions: toProvision }, answer !== 'no', answer !== 'full');
}

const keyOfClaim = (claim: PersistentVolumeClaim): string => `${claim.metadata?.namespace ?? ''}/${claim.metadata?.name ?? ''}`;
const isStale = (seen: KubeObject, before: KubeObject): boolean => seen.metadata?.resourceVersion === before.metadata?.resourceVersion;

type BindingCheck = 'done' | 'waiting' | { readonly error: string };

/** binder.go, checkBindings: whether all that PreBind asked for has come about, or something has gone wrong for good. */
function checkBindings(plan: VolumePlan, nodeName: string, handle: Handle): BindingCheck {
  const node = handle.snapshot.get(nodeName)?.node;
  if (node === undefined) return { error: `failed to get node "${nodeName}": node "${nodeName}" not found` };
  const outOfReach = (volume: PersistentVolume): { error: string } | undefined =>
    volumeFitsNode(volume, node)
      ? undefined
      : { error: `pv "${volume.metadata?.name ?? ''}" node affinity doesn't match node "${nodeName}": no matching NodeSelectorTerms` };
  for (const { claim: planned, volume: before } of plan.bindings) {
    const name = before.metadata?.name ?? '';
    const volume = volumesOf(handle).get(name);
    if (volume === undefined) return { error: `failed to check binding: could not find v1.PersistentVolume "${name}"` };
    const claim = claimsOf(handle).get(keyOfClaim(planned));
    if (claim === undefined) return { error: `failed to check binding: could not find v1.PersistentVolumeClaim "${keyOfClaim(planned)}"` };
    if (isStale(volume, before)) return 'waiting';
    const conflict = outOfReach(volume);
    if (conflict !== undefined) return conflict;
    if ((volume.spec?.claimRef?.uid ?? '') === '') return { error: `ClaimRef got reset for pv "${name}"` };
    if (!isFullyBound(claim)) return 'waiting';
  }
  for (const planned of plan.provisions) {
    const claim = claimsOf(handle).get(keyOfClaim(planned));
    const name = planned.metadata?.name ?? '';
    if (claim === undefined)
      return { error: `failed to check provisioning pvc: could not find v1.PersistentVolumeClaim "${keyOfClaim(planned)}"` };
    if (selectedNode(planned) !== nodeName && isStale(claim, planned)) return 'waiting';
    if (claim.metadata?.annotations === undefined) return { error: `selectedNode annotation reset for PVC "${name}"` };
    // A provisioner that fails takes the annotation away: the scheduler is to try another node.
    if (selectedNode(claim) !== nodeName) return { error: `provisioning failed for PVC "${name}"` };
    const volumeName = claim.spec?.volumeName ?? '';
    if (volumeName !== '') {
      const volume = volumesOf(handle).get(volumeName);
      if (volume === undefined) return 'waiting';
      const conflict = outOfReach(volume);
      if (conflict !== undefined) return conflict;
    }
    if (!isFullyBound(claim)) return 'waiting';
  }
  return 'done';
}

export class VolumeBinding
  implements PreFilterPlugin, FilterPlugin, PreScorePlugin, ScorePlugin, ReservePlugin, PreBindPlugin, EnqueueExtensions
{
  readonly name = 'VolumeBinding';
  readonly #bindTimeout: number;
  /** Volumes promised to claims whose binding is under way: volume name -> claim key. */
  readonly #assumed = new Map<string, string>();

  constructor(args: VolumeBindingArgs = {}) {
    this.#bindTimeout = (args.bindTimeoutSeconds ?? 600) * SECOND;
  }

  preFilter(state: CycleState, pod: Pod, handle: Handle): PreFilterResult | undefined {
    const { claims, error } = claimsForPod(pod, handle);
    if (error !== undefined) return { status: unresolvable(error) };
    if (claims.length === 0) return { status: SKIP };
    const bound: PersistentVolumeClaim[] = [];
    const delayed: PersistentVolumeClaim[] = [];
    let hasUnboundImmediate = false;
    for (const claim of claims) {
      if (isFullyBound(claim)) {
        bound.push(claim);
        continue;
      }
      const mode = isDelayed(claim, handle);
      if (typeof mode === 'string') return { status: failure(mode) };
      if (mode && (claim.spec?.volumeName ?? '') === '') delayed.push(claim);
      else hasUnboundImmediate = true;
    }
    if (hasUnboundImmediate) return { status: unresolvable('pod has unbound immediate PersistentVolumeClaims') };
    const own: BindingState = { bound, delayed, plans: new Map() };
    state.write(STATE_KEY, own);
    return undefined;
  }

  filter(state: CycleState, _pod: Pod, { node, name }: NodeInfo, handle: Handle): Status | undefined {
    const own = state.read<BindingState>(STATE_KEY);
    if (own === undefined) return undefined;
    const { reasons, plan, error } = findVolumes(own, node, this.#withoutAssumed(handle));
    if (error !== undefined) return failure(error);
    if (reasons.length > 0) return { code: 'UnschedulableAndUnresolvable', reasons };
    own.plans.set(name, plan);
    return undefined;
  }

  preScore(): Status {
    return SKIP;
  }

  score(): number {
    return 0;
  }

  reserve(state: CycleState, _pod: Pod, nodeName: string): Status | undefined {
    const plan = state.read<BindingState>(STATE_KEY)?.plans.get(nodeName);
    for (const { claim, volume } of plan?.bindings ?? []) {
      this.#assumed.set(volume.metadata?.name ?? '', `${claim.metadata?.namespace ?? ''}/${claim.metadata?.name ?? ''}`);
    }
    return undefined;
  }

  unreserve(state: CycleState, _pod: Pod, nodeName: string): void {
    for (const { volume } of state.read<BindingState>(STATE_KEY)?.plans.get(nodeName)?.bindings ?? [])
      this.#assumed.delete(volume.metadata?.name ?? '');
  }

  /** BindPodVolumes: volumes are given their claim, claims to provision the chosen node. */
  preBind(state: CycleState, _pod: Pod, nodeName: string): readonly PreBindRequest[] {
    const plan = state.read<BindingState>(STATE_KEY)?.plans.get(nodeName) ?? EMPTY_PLAN;
    const requests: PreBindRequest[] = [];
    for (const { claim, volume } of plan.bindings) {
      const { name, namespace, uid } = claim.metadata ?? {};
      const claimRef = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, uid };
      requests.push({
        verb: 'patch',
        resource: 'persistentvolumes',
        name: volume.metadata?.name ?? '',
        patchType: 'merge',
        body: {
          ...(volume.spec?.claimRef === undefined ? { metadata: { annotations: { 'pv.kubernetes.io/bound-by-controller': 'yes' } } } : {}),
          spec: { claimRef },
        },
      });
    }
    for (const claim of plan.provisions) {
      const body = { metadata: { annotations: { 'volume.kubernetes.io/selected-node': nodeName } } };
      const { name = '', namespace } = claim.metadata ?? {};
      requests.push({ verb: 'patch', resource: 'persistentvolumeclaims', namespace, name, patchType: 'merge', body });
    }
    return requests;
  }

  /** The rest is for the volume controller and provisioners: looked at every second. */
  waitsFor(state: CycleState, _pod: Pod, nodeName: string, handle: Handle): PreBindWait | undefined {
    const plan = state.read<BindingState>(STATE_KEY)?.plans.get(nodeName) ?? EMPTY_PLAN;
    if (plan.bindings.length === 0 && plan.provisions.length === 0) return undefined;
    return {
      every: SECOND,
      timeout: this.#bindTimeout,
      timeoutMessage: 'binding volumes: context deadline exceeded',
      check: () => {
        const answer = checkBindings(plan, nodeName, handle);
        return answer === 'done' || answer === 'waiting' ? answer : failure(`binding volumes: ${answer.error}`);
      },
    };
  }

  /** Volumes already promised are not offered again until the watch shows their claim. */
  #withoutAssumed(handle: Handle): Handle {
    if (this.#assumed.size === 0) return handle;
    const assumed = this.#assumed;
    const volumes = volumesOf(handle);
    const free = {
      get: (key: string) => volumes.get(key),
      *list(): Iterable<PersistentVolume> {
        for (const volume of volumes.list())
          if (!assumed.has(volume.metadata?.name ?? '') || volume.spec?.claimRef !== undefined) yield volume;
      },
    };
    const lister = <T extends KubeObject>(resource: string) =>
      resource === 'persistentvolumes' ? (free as unknown as ReturnType<typeof handle.lister<T>>) : handle.lister<T>(resource);
    return Object.assign(Object.create(handle) as Handle, { lister });
  }

  eventsToRegister(): readonly EventRegistration[] {
    return [
      { resource: 'StorageClass', action: ADD | UPDATE, hint: (_pod, before, after) => afterStorageClass(before, after) },
      {
        resource: 'PersistentVolumeClaim',
        action: ADD | UPDATE,
        hint: (pod, _before, after) => ifClaimed(pod, after, (of, volume) => claimNameOf(of, volume)?.name),
      },
      { resource: 'PersistentVolume', action: ADD | UPDATE },
      { resource: 'Node', action: ADD | UPDATE_NODE_LABEL },
      { resource: 'CSINode', action: ADD | UPDATE, hint: (_pod, before, after) => afterCsiNode(before, after) },
      { resource: 'CSIDriver', action: UPDATE, hint: afterCsiDriver },
      { resource: 'CSIStorageCapacity', action: ADD | UPDATE, hint: (_pod, before, after) => afterCapacity(before, after) },
    ];
  }
}
