/** What plugins see of a running scheduler: its cache, its informers, its nominations. */

import type { KubeObject, Pod } from '#api';
import type { Chance } from '#sim';
import { hashName, purpose } from '#sim';
import type { Cache } from './cache.ts';
import type { CycleState, Handle, ObjectLister, PreBindRequest } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import type { Nominator } from './nominator.ts';
import { filterWithNominated, MapLister } from './object-handle.ts';
import { podUid } from './pod-fields.ts';
import type { PodInfo } from './pod-info.ts';
import type { Profile } from './profile.ts';
import type { Status } from './status.ts';
import { NO_WAITING_PODS, type WaitingPodList } from './waiting-pods.ts';

const NONE = new MapLister<KubeObject>();
const DRAW = purpose('scheduler/draw');
const NOTHING: readonly string[] = [];
const NO_WRITES: readonly PreBindRequest[] = [];

export class LiveHandle implements Handle {
  readonly snapshot: Cache;
  readonly waitingPods: WaitingPodList;
  now = 0;
  /** Set for the time of one cycle. */
  chance: Chance | undefined;
  attempt = 0;
  keepsCandidates = false;
  featureGates: Readonly<Record<string, boolean>> | undefined;
  epoch = 0;
  #activations: string[] = [];
  #writes: PreBindRequest[] = [];
  readonly #profile: Profile;
  readonly #nominator: Nominator;
  readonly #listers: ReadonlyMap<string, ObjectLister<KubeObject>>;

  constructor(
    profile: Profile,
    cache: Cache,
    nominator: Nominator,
    listers: ReadonlyMap<string, ObjectLister<KubeObject>>,
    waitingPods: WaitingPodList = NO_WAITING_PODS,
  ) {
    this.#profile = profile;
    this.snapshot = cache;
    this.#nominator = nominator;
    this.#listers = listers;
    this.waitingPods = waitingPods;
  }

  lister<T extends KubeObject>(resource: string): ObjectLister<T> {
    return (this.#listers.get(resource) ?? NONE) as ObjectLister<T>;
  }

  nominatedPods(nodeName: string): readonly PodInfo[] {
    return this.#nominator.on(nodeName);
  }

  filterWithNominated(state: CycleState, pod: Pod, node: NodeInfo): Status | undefined {
    return filterWithNominated(this.#profile, this, state, pod, node);
  }

  addPodToState(state: CycleState, pod: Pod, added: PodInfo, node: NodeInfo): void {
    this.#profile.addPod(state, pod, added, node);
  }

  removePodFromState(state: CycleState, pod: Pod, removed: PodInfo, node: NodeInfo): void {
    this.#profile.removePod(state, pod, removed, node);
  }

  activate(uid: string): void {
    this.#activations.push(uid);
  }

  /** What plugins wish to be activated, since the last call. */
  takeActivations(): readonly string[] {
    if (this.#activations.length === 0) return NOTHING;
    const activations = this.#activations;
    this.#activations = [];
    return activations;
  }

  send(request: PreBindRequest): void {
    this.#writes.push(request);
  }

  /** What plugins wish to be written, since the last call. */
  takeWrites(): readonly PreBindRequest[] {
    if (this.#writes.length === 0) return NO_WRITES;
    const writes = this.#writes;
    this.#writes = [];
    return writes;
  }

  /** Keyed by pod and attempt, so that the same pod draws alike wherever and whenever it is tried. */
  draw(what: string, pod: Pod): number {
    return this.chance?.uniform(DRAW, hashName(podUid(pod)), this.attempt, hashName(what)) ?? 0;
  }
}
