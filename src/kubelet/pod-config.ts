/** ConfigMaps and Secrets that pods mount or take their environment from. The kubelet watches each object that a pod of its names, one watch an object (or
 *  reads it when needed: config-fetches.ts);
 *  a volume whose object is missing holds the pod back, an environment whose object or key is missing fails the container. Mirrors v1.34
 *  pkg/kubelet/util/manager/watch_based_manager.go (the default change detection strategy), kubelet_pods.go (makeEnvironmentVariables) and
 *  pkg/volume/configmap, secret, projected.
 *
 *  A changed object reaches mounted files at the pod's next sync: every minute and up to half a minute more (pod_workers.go, resyncInterval and its jitter).
 *  Departures: a watch stays open when the last pod that named its object has gone; kube-root-ca.crt is there. */

import type { ConfigMap, Container, KubeObject, Pod, Secret } from '#api';
import { type Outcome, Reflector } from '#client';
import { type Context, type Duration, type Histogram, type Instant, SECOND } from '#sim';
import type { Continuation, NodeAgent } from './agent.ts';
import { ConfigFetches, type Fetched } from './config-fetches.ts';
import { LUCK } from './luck.ts';
import { podEvent } from './pod-events.ts';
import type { ContainerRecord, PodWorker } from './pod-worker.ts';

type Kind = 'configmaps' | 'secrets';

/** What a volume or a container wants of an object. */
interface Want {
  readonly kind: Kind;
  readonly name: string;
  readonly optional: boolean;
  /** The keys that must be there. */
  readonly keys: readonly string[];
}

interface VolumeWant extends Want {
  readonly volume: string;
}

/** An object as the node's watch shows it, or as it was read. */
export interface ConfigSource {
  object: KubeObject | undefined;
  synced: boolean;
  /** Slots of the pods that mount it. */
  readonly mounts: Set<number>;
  /** Where the kubelet does not watch. */
  fetched?: Fetched;
}
type Source = ConfigSource;

/** A pod that waits for its volumes. */
interface Mounting {
  wait: Duration;
  mounted: boolean;
  /** Where the kubelet does not watch: what its files show, and when that was read. */
  shown?: Map<ConfigSource, { readonly version: string; readonly readAt: Instant }>;
  /** A sync of the pod waits for answers. */
  isSyncing?: boolean;
}

/** nestedpendingoperations' back-off of a failed mount: 0.5 s, doubled up to 2 min 2 s. */
const FIRST_WAIT = SECOND / 2;
const LAST_WAIT = 122 * SECOND;
/** resyncInterval, and how much longer it may be. */
const RESYNC = 60 * SECOND;
const RESYNC_JITTER = 0.5;
const ALWAYS_THERE = 'kube-root-ca.crt';

const NOTHING: readonly Want[] = [];
// By the list of containers, which replicas share.
const environments = new WeakMap<object, ReadonlyMap<string, readonly Want[]> | 'none'>();

function environmentOf(containers: readonly Container[], init: readonly Container[]): ReadonlyMap<string, readonly Want[]> | 'none' {
  let found = environments.get(containers);
  if (found !== undefined) return found;
  const byName = new Map<string, readonly Want[]>();
  for (const { name, env, envFrom } of [...init, ...containers]) {
    const wants: Want[] = [];
    for (const { configMapRef, secretRef } of envFrom ?? []) {
      if (configMapRef?.name !== undefined) wants.push(want('configmaps', configMapRef.name, configMapRef.optional, []));
      if (secretRef?.name !== undefined) wants.push(want('secrets', secretRef.name, secretRef.optional, []));
    }
    for (const { valueFrom } of env ?? []) {
      const { configMapKeyRef, secretKeyRef } = valueFrom ?? {};
      if (configMapKeyRef?.name !== undefined)
        wants.push(want('configmaps', configMapKeyRef.name, configMapKeyRef.optional, [configMapKeyRef.key]));
      if (secretKeyRef?.name !== undefined) wants.push(want('secrets', secretKeyRef.name, secretKeyRef.optional, [secretKeyRef.key]));
    }
    if (wants.length > 0) byName.set(name, wants);
  }
  found = byName.size === 0 ? 'none' : byName;
  environments.set(containers, found);
  return found;
}

const want = (kind: Kind, name: string, optional: boolean | undefined, keys: readonly string[]): Want => ({
  kind,
  name,
  optional: optional === true,
  keys,
});

/** Volumes of kind configMap, secret, and projected ones made of those. */
function volumesOf(spec: Pod['spec']): readonly VolumeWant[] {
  const wants: VolumeWant[] = [];
  const keysOf = (items: readonly { readonly key: string }[] | undefined): string[] => (items ?? []).map(({ key }) => key);
  for (const { name: volume, configMap, secret, projected } of spec?.volumes ?? []) {
    const add = (
      kind: Kind,
      name: string | undefined,
      optional: boolean | undefined,
      items: readonly { readonly key: string }[] | undefined,
    ): void => {
      if (name !== undefined && name !== ALWAYS_THERE) wants.push({ ...want(kind, name, optional, keysOf(items)), volume });
    };
    add('configmaps', configMap?.name, configMap?.optional, configMap?.items);
    add('secrets', secret?.secretName, secret?.optional, secret?.items);
    for (const source of projected?.sources ?? []) {
      add('configmaps', source.configMap?.name, source.configMap?.optional, source.configMap?.items);
      add('secrets', source.secret?.name, source.secret?.optional, source.secret?.items);
    }
  }
  return wants;
}

const unread = (kind: Kind, namespace: string, name: string): Fetched => ({
  kind,
  namespace,
  name,
  readAt: undefined,
  isFetching: false,
  failure: undefined,
  readers: new Set(),
  pods: new Set(),
});

export class PodConfig {
  private readonly agent: NodeAgent;
  private readonly sources = new Map<string, Source>();
  private readonly mounting = new Map<number, Mounting>();
  /** Containers whose objects are still being read: slot and place. */
  private starting: (readonly [slot: number, index: number])[] = [];
  private propagation: Histogram | undefined;
  private changes = 0;
  /** undefined: the kubelet watches. */
  private readonly fetches: ConfigFetches | undefined;
  /** What to do once everything is there: set by the sync loop. */
  resume: (worker: PodWorker, index: number, ctx: Context) => void = () => {};

  constructor(agent: NodeAgent) {
    this.agent = agent;
    this.fetches = agent.settings.configMapAndSecretChangeDetectionStrategy === 'Watch' ? undefined : new ConfigFetches(agent);
  }

  /** A pod comes: what it names is read from now on. */
  register(worker: PodWorker, ctx: Context): void {
    const environment = environmentOf(worker.spec.containers, worker.spec.initContainers ?? []);
    if (environment !== 'none') for (const wants of environment.values()) for (const one of wants) this.source(one, worker, ctx);
    if (worker.spec.volumes === undefined) return;
    const volumes = volumesOf(worker.spec);
    if (volumes.length === 0) return;
    this.mounting.set(worker.slot, { wait: FIRST_WAIT, mounted: false });
    for (const one of volumes) this.source(one, worker, ctx).mounts.add(worker.slot);
  }

  forget(worker: PodWorker): void {
    if (this.sources.size === 0) return;
    this.mounting.delete(worker.slot);
    for (const { mounts } of this.sources.values()) mounts.delete(worker.slot);
    for (const key of this.fetches?.forget(worker.slot) ?? []) this.sources.delete(key);
  }

  private source({ kind, name }: Want, { namespace, slot }: PodWorker, ctx: Context): Source {
    const key = `${kind}/${namespace}/${name}`;
    let source = this.sources.get(key);
    if (this.fetches !== undefined) {
      if (source === undefined) this.sources.set(key, (source = { object: undefined, synced: true, mounts: new Set() }));
      this.fetches.refer(key, source, source.fetched ?? unread(kind, namespace, name), slot);
    }
    if (source !== undefined) return source;
    const made: Source = { object: undefined, synced: false, mounts: new Set() };
    source = made;
    this.sources.set(key, made);
    const set = (object: KubeObject | undefined, at: Context): void => this.changed(made, object, at);
    const sink = {
      upsert: set,
      remove: (_object: KubeObject, at: Context): void => set(undefined, at),
      replace: (objects: readonly KubeObject[], at: Context): void => set(objects[0], at),
    };
    new Reflector(this.agent.client as never, kind, sink, { namespace, fieldSelector: `metadata.name=${name}` }).start(ctx);
    return made;
  }

  private changed(source: Source, object: KubeObject | undefined, ctx: Context): void {
    const before = source.object;
    source.object = object;
    if (!source.synced) {
      source.synced = true;
      this.loaded(ctx);
    } else if (before !== undefined && object !== undefined && before !== object) this.propagates(source, ctx);
  }

  /** Something was read for the first time: whoever waited for it goes on; of those whom a GET answers, they alone. */
  private loaded(ctx: Context, waited?: readonly number[]): void {
    const { starting } = this;
    this.starting = waited === undefined ? [] : starting.filter(([slot]) => !waited.includes(slot));
    for (const [slot, index] of starting) {
      if (waited?.includes(slot) === false) continue;
      const worker = this.agent.workers.get(slot);
      if (worker?.stage === 'busy' && worker.toStart[worker.startIndex] === index) this.resume(worker, index, ctx);
    }
    for (const [slot, state] of this.mounting) {
      if (waited?.includes(slot) === false) continue;
      const worker = this.agent.workers.get(slot);
      if (!state.mounted && worker?.stage === 'idle') this.resume(worker, -1, ctx);
    }
  }

  /** Whether all is known that the pod wants now. What is read is asked for at once, all of it. */
  private isKnown(wants: readonly Want[], worker: PodWorker, ctx: Context): boolean {
    const { fetches } = this;
    if (fetches === undefined) return !wants.some((one) => !this.source(one, worker, ctx).synced);
    let isReady = true;
    for (const one of wants) isReady = fetches.isReady(this.source(one, worker, ctx), worker.slot, ctx) && isReady;
    if (isReady) fetches.done(worker.slot);
    return isReady;
  }

  /** A GET was answered: whoever waited for it goes on. */
  answered(key: string, outcome: Outcome<Continuation>, ctx: Context): void {
    const waited = this.fetches?.answered(key, outcome, ctx) ?? [];
    if (waited.length > 0) this.loaded(ctx, waited);
    for (const slot of waited) if (this.mounting.get(slot)?.isSyncing === true) this.sync(slot, ctx);
  }

  /** Where the kubelet does not watch: the sync of a pod that runs brings its files up to date. */
  sync(slot: number, ctx: Context): void {
    const state = this.mounting.get(slot);
    const worker = this.agent.workers.get(slot);
    if (state?.mounted !== true || worker === undefined) return;
    const wants = volumesOf(worker.spec);
    state.isSyncing = !this.isKnown(wants, worker, ctx);
    if (state.isSyncing) return;
    for (const one of wants) {
      const failure = this.missing(one, worker, 'volume', ctx);
      if (failure === undefined) this.show(this.source(one, worker, ctx), state, ctx);
      else this.mountFailed(one, failure, worker, ctx);
    }
    this.armSync(slot, ctx);
  }

  private armSync(slot: number, ctx: Context): void {
    const jitter = ctx.chance.uniform(LUCK.configSync, this.agent.luck, slot, this.changes++);
    this.agent.after(ctx, RESYNC * (1 + RESYNC_JITTER * jitter), 'config', slot);
  }

  /** The pod's files show the object as it was read. */
  private show(source: Source, { shown }: Mounting, ctx: Context): void {
    const version = source.object?.metadata?.resourceVersion ?? '';
    const before = shown?.get(source);
    if (before !== undefined && before.version !== version) {
      this.propagation ??= ctx.record.histogram('wavetank_config_propagation_seconds');
      this.propagation.observe((ctx.now - before.readAt) / SECOND);
    }
    shown?.set(source, { version, readAt: source.fetched?.readAt ?? ctx.now });
  }

  /** Until the files of each pod that mounts it are as they should be. */
  private propagates({ mounts }: Source, ctx: Context): void {
    this.propagation ??= ctx.record.histogram('wavetank_config_propagation_seconds');
    this.changes += 1;
    for (const slot of mounts) {
      if (this.mounting.get(slot)?.mounted !== true) continue;
      const period = RESYNC * (1 + RESYNC_JITTER * ctx.chance.uniform(LUCK.configSync, this.agent.luck, slot));
      this.propagation.observe((period * ctx.chance.uniform(LUCK.configSync, this.agent.luck, slot, this.changes)) / SECOND);
    }
  }

  /** Whether the pod's ConfigMap and Secret volumes are there; if not, it is tried again, and whoever asks the kubelet hears why. */
  mounted(worker: PodWorker, ctx: Context): boolean {
    const state = this.mounting.get(worker.slot);
    if (state === undefined || state.mounted) return true;
    const wants = volumesOf(worker.spec);
    if (!this.isKnown(wants, worker, ctx)) return false;
    for (const one of wants) {
      const failure = this.missing(one, worker, 'volume', ctx);
      if (failure === undefined) continue;
      this.mountFailed(one, failure, worker, ctx);
      if (worker.resyncTimer !== undefined) ctx.cancel(worker.resyncTimer);
      worker.resyncTimer = this.agent.after(ctx, state.wait, 'resync', worker.slot);
      state.wait = Math.min(state.wait * 2, LAST_WAIT);
      return false;
    }
    state.mounted = true;
    if (this.fetches !== undefined) {
      state.shown = new Map();
      for (const one of wants) this.show(this.source(one, worker, ctx), state, ctx);
      this.armSync(worker.slot, ctx);
    }
    return true;
  }

  private mountFailed(one: VolumeWant, failure: string, worker: PodWorker, ctx: Context): void {
    const message = `MountVolume.SetUp failed for volume "${one.volume}" : ${failure}`;
    podEvent(this.agent, worker, undefined, 'Warning', 'FailedMount', message, ctx);
  }

  /** The environment of a container: undefined when it is complete, 'reading' when its objects are under way, else why it cannot be made. */
  environment(worker: PodWorker, record: ContainerRecord, index: number, ctx: Context): string | undefined {
    const environment = environmentOf(worker.spec.containers, worker.spec.initContainers ?? []);
    if (environment === 'none') return undefined;
    const wants = environment.get(record.spec.name) ?? NOTHING;
    if (!this.isKnown(wants, worker, ctx)) {
      this.starting.push([worker.slot, index]);
      return 'reading';
    }
    for (const one of wants) {
      const failure = this.missing(one, worker, 'environment', ctx);
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  private missing(one: Want, worker: PodWorker, into: 'volume' | 'environment', ctx: Context): string | undefined {
    const { object, fetched } = this.source(one, worker, ctx);
    if (fetched?.failure !== undefined) return fetched.failure;
    if (one.optional) return undefined;
    if (object === undefined) return `${one.kind === 'secrets' ? 'secret' : 'configmap'} "${one.name}" not found`;
    const { data, binaryData } = object as ConfigMap;
    const values: Readonly<Record<string, unknown>> = { ...binaryData, ...data, ...(object as Secret).stringData };
    const lacking = one.keys.find((key) => values[key] === undefined);
    if (lacking === undefined) return undefined;
    if (into === 'volume') return `references non-existent ${one.kind === 'secrets' ? 'secret' : 'config'} key: ${lacking}`;
    return `couldn't find key ${lacking} in ${one.kind === 'secrets' ? 'Secret' : 'ConfigMap'} ${worker.namespace}/${one.name}`;
  }
}
