/** A small cluster to watch nodes in: a real etcd member, a real API server, the controller manager, real kubelets, and an observer with watches on pods, nodes
 *  and events. A script of timed requests plays the user. What the observer sees is told as text: one line a change that matters. */

import type { ApiRequest, KubeObject, Pod } from '#api';
import { ApiServer } from '#apiserver';
import { createApiClient, createInformerFactory } from '#client';
import { ControllerManager } from '#controllers';
import { EtcdMember } from '#etcd';
import { Kubelet, type KubeletConfig, type KubeletSettings } from '#kubelet';
import { type Context, type Host, type HostSpec, type Message, messageKind, runInProcess, SECOND, type WorldChange } from '#sim';
import { EPOCH, QUICK } from './one-node.ts';

interface NodeLabStep extends Message {
  readonly kind: 'NodeLabStep';
  readonly step: number;
}
messageKind<NodeLabStep>({ kind: 'NodeLabStep', digest: (m, hasher) => hasher.int(m.step) });

export type Call = Omit<ApiRequest, 'kind' | 'id' | 'user'>;
export type Step = readonly [second: number, call: Call];

export interface Situation {
  readonly name: string;
  /** The upstream file, KEP or document that proves the order. */
  readonly source: string;
  readonly steps: readonly Step[];
  readonly seconds: number;
  /** Default one. */
  readonly nodes?: number;
  readonly settings?: Partial<KubeletSettings>;
  /** What the nodes run from manifests of their own. */
  readonly staticPods?: readonly Pod[];
  readonly capacity?: Readonly<Record<string, string>>;
  readonly changes?: readonly WorldChange[];
  /** What is told of; events are always told. */
  readonly told?: readonly ('pods' | 'nodes')[];
  /** Events with these reasons are left out. */
  readonly without?: readonly string[];
}

// biome-ignore lint/suspicious/noExplicitAny: objects of all kinds.
type Any = any;

const list = (of: Any): string =>
  Object.entries(of ?? {})
    .map(([name, amount]) => `${name} ${amount}`)
    .join(' ');
const amounts = ({ requests, limits }: Any): string => `${list(requests)}${limits === undefined ? '' : ` up to ${list(limits)}`}`;

function containerText({ name, state, lastState, ready, restartCount, resources }: Any): string {
  const end = (t: Any): string => `${t.reason} ${t.exitCode}`;
  const now = state.running ? 'runs' : state.waiting ? `waits: ${state.waiting.reason}` : `ended: ${end(state.terminated)}`;
  const before = lastState?.terminated ? `, before: ${end(lastState.terminated)}` : '';
  const has = resources === undefined ? '' : `, has ${amounts(resources)}`;
  return `[${name} ${now}${has}${ready ? ', ready' : ''}${restartCount > 0 ? `, restarts ${restartCount}` : ''}${before}]`;
}

function podText({ metadata, spec, status }: Any): string {
  const conditions = (status?.conditions ?? []).filter(
    ({ type, status: is }: Any) => type === 'DisruptionTarget' || (type === 'Ready' && is === 'True'),
  );
  const told = conditions.map(({ type, reason }: Any) => (type === 'Ready' ? ' Ready' : ` ${type}(${reason})`)).join('');
  const dying = metadata.deletionTimestamp === undefined ? '' : ' dying';
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].map(containerText).join(' ');
  const resize = (status?.conditions ?? []).filter(({ type }: Any) => type.startsWith('PodResize'));
  const resizes = resize.map(({ type, reason }: Any) => ` ${type}${reason ? `(${reason})` : ''}`).join('');
  return `${status?.phase}${status?.reason ? ` (${status.reason})` : ''}${told}${resizes}${dying} on ${spec.nodeName} ${containers}`.trim();
}

function nodeText({ spec, status }: Any): string {
  const odd = (status?.conditions ?? []).filter(({ type, status: is }: Any) => (type === 'Ready' ? true : is !== 'False'));
  const taints = (spec?.taints ?? []).map(({ key, effect }: Any) => `${key.split('/')[1]}:${effect}`);
  return `${odd.map(({ type, status: is }: Any) => `${type}=${is}`).join(' ')} ${taints.join(' ')}`.trim();
}

class Observer implements Host {
  readonly lines: string[] = [];
  readonly #situation: Situation;
  readonly #client = createApiClient<string>({ user: 'observer', servers: [1], qps: 0, burst: 0 });
  readonly #informers = createInformerFactory(this.#client);
  readonly #last = new Map<string, string>();

  constructor(situation: Situation) {
    this.#situation = situation;
    const told = situation.told ?? ['pods'];
    for (const resource of ['pods', 'nodes', 'events'] as const)
      this.#informers.informer(resource).onEvent(({ type, object }, ctx) => {
        if (resource === 'events') this.#event(type, object, ctx);
        else if (told.includes(resource)) this.#object(resource, type, object, ctx);
      });
  }

  start(ctx: Context): void {
    this.#informers.start(ctx);
    this.#situation.steps.forEach(([second], step) => ctx.after(second * SECOND, { kind: 'NodeLabStep', step } as NodeLabStep));
  }

  receive(message: Message, ctx: Context): void {
    if (message.kind !== 'NodeLabStep') return void this.#client.receive(message, ctx);
    const [, call] = this.#situation.steps[(message as NodeLabStep).step] as Step;
    this.#client.request(ctx, call as never, '');
    const { verb, resource, subresource, name, body } = call;
    const of = name ?? (body as KubeObject | undefined)?.metadata?.name;
    this.#tell('>', `user: ${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`} ${of}`, ctx);
  }

  #tell(sign: string, text: string, ctx: Context): void {
    this.lines.push(`${(ctx.now / SECOND).toFixed(1).padStart(6)} ${sign} ${text}`);
  }

  #object(resource: string, type: string, object: KubeObject, ctx: Context): void {
    const key = `${resource}/${object.metadata?.name}`;
    if (type === 'delete') return this.#tell('-', key, ctx);
    const text = resource === 'pods' ? podText(object) : nodeText(object);
    if (this.#last.get(key) === text) return;
    this.#last.set(key, text);
    this.#tell(type === 'add' ? '+' : ' ', `${key}  ${text}`, ctx);
  }

  #event(type: string, { involvedObject, reason, message, count }: Any, ctx: Context): void {
    if (type === 'delete' || this.#situation.without?.includes(reason)) return;
    if (involvedObject.kind === 'Node' && !(this.#situation.told ?? []).includes('nodes')) return;
    const text = String(message).replaceAll(/\([0-9a-f]{8}-[0-9a-f-]+\)/g, '(UID)');
    this.#tell(' ', `event ${involvedObject.name}: ${reason}: ${text}${count > 1 ? ` (x${count})` : ''}`, ctx);
  }
}

const stamp = (value: unknown, revision: number): void => {
  (value as { metadata: { resourceVersion: string } }).metadata.resourceVersion = String(revision);
};

/** Hosts: 0 etcd, 1 the API server, 2 the observer (and user), 3 the manager, 4... nodes. */
export const NODE = 4;

export function course(situation: Situation): string {
  const control = { group: 'control-plane', zone: 'a', cores: 4, config: {} };
  const kubelet = (index: number): HostSpec => {
    const config: KubeletConfig = {
      nodeName: `n${index}`,
      client: { user: `system:node:n${index}`, servers: [1], qps: 50, burst: 100 },
      capacity: { cpu: '4', memory: '8Gi', pods: '110', ...situation.capacity },
      podCIDR: `10.0.${index}.0/24`,
      settings: { ...QUICK, ...situation.settings },
      ...(situation.staticPods === undefined ? {} : { staticPods: situation.staticPods }),
    };
    return { name: `n${index}`, program: 'kubelet', config, group: 'node', zone: 'a', egressFloor: 10_000 };
  };
  const observer = new Observer(situation);
  const world = {
    seed: 1,
    epoch: EPOCH,
    hosts: [
      { name: 'etcd', program: 'etcd', ...control, disk: { fsync: 300 } },
      { name: 'api', program: 'api', ...control },
      { name: 'observer', program: 'observer', ...control },
      { name: 'manager', program: 'manager', ...control },
      ...Array.from({ length: situation.nodes ?? 1 }, (_, index) => kubelet(index)),
    ],
    links: [{ from: '*', to: '*', latencyMin: 250 }],
    changes: situation.changes ?? [],
    until: situation.seconds * SECOND,
    bucket: SECOND,
  };
  runInProcess(world, (spec, _id, previous) => {
    if (spec.program === 'etcd') return previous ?? new EtcdMember({ name: spec.name }, { stamp });
    if (spec.program === 'api') return new ApiServer({ name: spec.name, instance: 0, etcd: { default: [0] } });
    if (spec.program === 'observer') return observer;
    if (spec.program === 'kubelet') return new Kubelet(spec.config as KubeletConfig, previous instanceof Kubelet ? previous : undefined);
    return new ControllerManager({ client: { user: 'system:kube-controller-manager', servers: [1], qps: 0, burst: 0 } });
  });
  return `${observer.lines.join('\n')}\n`;
}

/** A pod bound to n0 from its creation, with one container `web` of a preloaded image and what it does. */
export const bound = (name: string, spec: Any = {}, behaviour?: object): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    namespace: 'default',
    ...(behaviour === undefined ? {} : { annotations: { 'wavetank.dev/behaviour': JSON.stringify(behaviour) } }),
  },
  spec: { nodeName: 'n0', containers: [{ name: 'web', image: 'web:1' }], ...spec },
});

export const createAt = (second: number, body: Pod): Step => [second, { verb: 'create', resource: 'pods', namespace: 'default', body }];
/** A Service of the pods labelled `app: <name>`. */
export const createServiceAt = (second: number, name: string): Step => [
  second,
  {
    verb: 'create',
    resource: 'services',
    namespace: 'default',
    body: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: 'default' },
      spec: { selector: { app: name }, ports: [{ port: 80 }] },
    },
  },
];
export const resizeAt = (second: number, name: string, resources: object): Step => [
  second,
  {
    verb: 'patch',
    resource: 'pods',
    subresource: 'resize',
    namespace: 'default',
    name,
    patchType: 'strategic',
    body: { spec: { containers: [{ name: 'web', resources }] } },
  },
];
export const deleteAt = (second: number, name: string, gracePeriodSeconds?: number): Step => [
  second,
  {
    verb: 'delete',
    resource: 'pods',
    namespace: 'default',
    name,
    options: gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds },
  },
];
export const annotateNodeAt = (second: number, annotations: object): Step => [
  second,
  { verb: 'patch', resource: 'nodes', name: 'n0', patchType: 'merge', body: { metadata: { annotations } } },
];
