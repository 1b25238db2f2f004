/** A small cluster to test controllers in: a real etcd member, a real API server, the controller manager under test, and a farm that stands for scheduler and
 *  kubelets (binds pods in turn, runs them, finishes what is being deleted). A script of timed requests plays the user. */

import { type ApiRequest, type ApiResponse, type Job, type KubeObject, type Node, type Pod, rfc3339, rfc3339Micro } from '#api';
import { ApiServer, type ApiServerConfig } from '#apiserver';
import {
  type ApiClient,
  createApiClient,
  createInformerFactory,
  type Informer,
  type InformerFactory,
  type OwnController,
  OwnControllerHost,
  registerOwnController,
} from '#client';
import { type CloudConfig, CloudHost } from '#cloud';
import { ControllerManager, type ControllerManagerConfig } from '#controllers';
import { EtcdMember } from '#etcd';
import { historyOf, lostAnswers, violations, violationText } from '#experiment';
import { type Context, type Host, type Message, messageKind, type RunOutcome, runInProcess, SECOND, type WorldChange } from '#sim';
import { LoadMetrics, type LoadOptions } from './load-metrics.ts';
import { type RealNodes, realNodeHost, realNodeHosts } from './real-nodes.ts';

interface FarmTimer extends Message {
  readonly kind: 'FarmTimer';
  readonly what: 'heartbeat' | 'run' | 'finish' | 'script';
  readonly key: string;
}
messageKind<FarmTimer>({
  kind: 'FarmTimer',
  digest(m, hasher) {
    hasher.string(m.what);
    hasher.string(m.key);
  },
});

export interface FarmOptions {
  /** How many nodes the farm stands for; 0 where they are real. */
  readonly nodes: number;
  /** Zone by node number; default one zone. */
  readonly zoneOf?: (node: number) => string;
  /** Nodes that stop (heartbeats and pods alike) at that second, and start again at the second one. */
  readonly silent?: (node: number) => readonly [from: number, to: number] | undefined;
  /** Seconds from binding to Ready. */
  readonly startSeconds?: number;
  /** Whether what storage adds is watched too. */
  readonly hasDisks?: boolean;
  /** Images whose pods never become ready. */
  readonly broken?: readonly string[];
}

const WATCHED = [
  'pods',
  'nodes',
  'deployments.apps',
  'replicasets.apps',
  'statefulsets.apps',
  'daemonsets.apps',
  'controllerrevisions.apps',
  'jobs.batch',
  'cronjobs.batch',
  'persistentvolumeclaims',
  'persistentvolumes',
  'endpoints',
  'endpointslices.discovery.k8s.io',
  'poddisruptionbudgets.policy',
  'namespaces',
  'resourcequotas',
  'serviceaccounts',
  'horizontalpodautoscalers.autoscaling',
  'rollouts.delivery.wavetank.dev',
  'services',
  'events',
  // Those below are watched where there is a provider of disks.
  'volumesnapshots.snapshot.storage.k8s.io',
  'volumesnapshotcontents.snapshot.storage.k8s.io',
  'volumeattachments.storage.k8s.io',
] as const;

/** One line a change of an object, as an observer with a watch sees it. */
export interface Seen {
  readonly at: number;
  readonly type: string;
  readonly resource: string;
  readonly object: KubeObject;
}

export class Farm implements Host {
  readonly seen: Seen[] = [];
  readonly #options: FarmOptions;
  readonly #client: ApiClient<string>;
  readonly #informers: InformerFactory;
  readonly #byResource = new Map<string, Informer>();
  #next = 0;
  #addresses = 1;

  constructor(options: FarmOptions, server: number) {
    this.#options = options;
    this.#client = createApiClient<string>({ user: 'farm', servers: [server], qps: 0, burst: 0 });
    this.#informers = createInformerFactory(this.#client);
    for (const resource of options.hasDisks ? WATCHED : WATCHED.slice(0, WATCHED.indexOf('events') + 1)) {
      const informer = this.#informers.informer(resource);
      this.#byResource.set(resource, informer);
      informer.onEvent((event, ctx) => {
        this.seen.push({ at: ctx.now / SECOND, type: event.type, resource, object: event.object });
        if (resource === 'pods' && event.type !== 'delete' && options.nodes > 0)
          this.#pod(event.object as Pod, event.previous as Pod | undefined, ctx);
      });
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: tests read objects of all kinds.
  list(resource: (typeof WATCHED)[number]): any[] {
    return [...(this.#byResource.get(resource)?.list() ?? [])];
  }

  start(ctx: Context): void {
    for (let node = 0; node < this.#options.nodes; node++) {
      this.#client.request(
        ctx,
        { verb: 'create', resource: 'nodes', body: nodeObject(node, this.#options.zoneOf?.(node) ?? 'a', ctx.clock()) },
        '',
      );
      this.#client.request(
        ctx,
        { verb: 'create', resource: LEASES, namespace: 'kube-node-lease', body: leaseObject(node, ctx.clock()) },
        '',
      );
      ctx.after(7.5 * SECOND + node * 1000, { kind: 'FarmTimer', what: 'heartbeat', key: String(node) } as FarmTimer);
    }
    this.#informers.start(ctx);
  }

  #isSilent(node: number, now: number): boolean {
    const span = this.#options.silent?.(node);
    return span !== undefined && now >= span[0] * SECOND && now < span[1] * SECOND;
  }

  receive(message: Message, ctx: Context): void {
    if (message.kind === 'FarmTimer') this.#timer(message as FarmTimer, ctx);
    else {
      const { outcome } = this.#client.receive(message, ctx);
      // A kubelet does not give up because a server was away.
      if (outcome !== undefined && (outcome.code === 0 || outcome.code >= 500)) this.#client.request(ctx, outcome.request, '');
    }
  }

  #timer({ what, key }: FarmTimer, ctx: Context): void {
    if (what === 'heartbeat') {
      ctx.after(10 * SECOND, { kind: 'FarmTimer', what, key } as FarmTimer);
      const node = Number(key);
      if (this.#isSilent(node, ctx.now)) return;
      const body = { spec: { renewTime: rfc3339Micro(ctx.clock()) } };
      this.#client.request(
        ctx,
        { verb: 'patch', resource: LEASES, namespace: 'kube-node-lease', name: `node-${node}`, patchType: 'merge', body },
        '',
      );
      this.#ready(node, ctx);
      return;
    }
    const pod = this.#byResource.get('pods')?.get(key) as Pod | undefined;
    const node = Number(pod?.spec?.nodeName?.slice(5));
    if (pod === undefined || this.#isSilent(node, ctx.now)) return;
    const { namespace, name } = pod.metadata ?? {};
    if (what === 'finish') {
      if (pod.metadata?.deletionTimestamp === undefined) return;
      const body = { status: { phase: 'Failed', conditions: [condition('Ready', 'False', ctx.clock())] } };
      this.#client.request(
        ctx,
        { verb: 'patch', resource: 'pods', subresource: 'status', namespace, name, patchType: 'strategic', body },
        '',
      );
      const options = { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } };
      this.#client.request(ctx, { verb: 'delete', resource: 'pods', namespace, name, options }, '');
    } else if (pod.metadata?.deletionTimestamp === undefined) {
      this.#run(pod, ctx);
    }
  }

  /** A node that is back says so. */
  #ready(node: number, ctx: Context): void {
    const known = this.#byResource.get('nodes')?.get(`node-${node}`) as Node | undefined;
    if (known === undefined || known.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true) return;
    const body = { status: { conditions: nodeConditions(ctx.clock()) } };
    this.#client.request(
      ctx,
      { verb: 'patch', resource: 'nodes', subresource: 'status', name: `node-${node}`, patchType: 'strategic', body },
      '',
    );
  }

  #run(pod: Pod, ctx: Context): void {
    const { namespace, name, annotations } = pod.metadata ?? {};
    const runs = annotations?.['lab/run-seconds'] ?? annotations?.['wavetank.dev/run-seconds'];
    const isBroken = this.#options.broken?.includes(pod.spec?.containers?.[0]?.image ?? '') === true;
    const isOver = pod.status?.phase === 'Running' && runs !== undefined;
    const index = annotations?.['batch.kubernetes.io/job-completion-index'] ?? '';
    const failing = annotations?.['lab/failing-indexes']?.split(',').includes(index) === true;
    const exits = failing ? 'Failed' : (annotations?.['lab/exit'] ?? 'Succeeded');
    const phase = isOver ? exits : isBroken ? 'Pending' : 'Running';
    if (phase === 'Pending') return;
    const podIP = pod.status?.podIP ?? `10.0.${this.#addresses >> 8}.${this.#addresses++ & 255}`;
    const conditions = [condition('Ready', phase === 'Running' ? 'True' : 'False', ctx.clock())];
    if (phase === 'Failed' && annotations?.['lab/disrupted'] !== undefined)
      conditions.push(condition('DisruptionTarget', 'True', ctx.clock()));
    const startTime = pod.status?.startTime ?? rfc3339(ctx.clock());
    const body = { status: { phase, podIP, startTime, conditions, ...containerEnd(pod, phase, ctx.clock()) } };
    this.#client.request(
      ctx,
      { verb: 'patch', resource: 'pods', subresource: 'status', namespace, name, patchType: 'strategic', body },
      '',
    );
    if (phase === 'Running' && runs !== undefined) this.#later('run', pod, Number(runs), ctx);
  }

  #later(what: FarmTimer['what'], { metadata }: Pod, seconds: number, ctx: Context): void {
    ctx.after(seconds * SECOND, { kind: 'FarmTimer', what, key: `${metadata?.namespace}/${metadata?.name}` } as FarmTimer);
  }

  #pod(pod: Pod, previous: Pod | undefined, ctx: Context): void {
    const { namespace, name = '', deletionTimestamp } = pod.metadata ?? {};
    const nodeName = pod.spec?.nodeName ?? '';
    if (deletionTimestamp !== undefined) {
      if (previous?.metadata?.deletionTimestamp === undefined && nodeName !== '') this.#later('finish', pod, 1, ctx);
    } else if (nodeName === '' && previous === undefined) {
      const target = daemonTarget(pod) ?? this.#pick(ctx);
      if (target === undefined) return;
      const body = { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace }, target: { kind: 'Node', name: target } };
      this.#client.request(ctx, { verb: 'create', resource: 'pods', subresource: 'binding', namespace, name, body }, '');
    } else if (nodeName !== '' && (previous?.spec?.nodeName ?? '') === '') {
      this.#later('run', pod, this.#options.startSeconds ?? 1, ctx);
    }
  }

  /** The next node without taints. */
  #pick(_ctx: Context): string | undefined {
    const nodes = this.list('nodes') as Node[];
    for (let i = 0; i < nodes.length; i++) {
      const node = nodes[this.#next++ % nodes.length];
      if ((node?.spec?.taints?.length ?? 0) === 0 && node?.spec?.unschedulable !== true) return node?.metadata?.name;
    }
    return undefined;
  }
}

/** How the only container ended, for pods that say with which code (`lab/exit-code`). */
function containerEnd({ metadata, spec }: Pod, phase: string, clock: number): object {
  const code = metadata?.annotations?.['lab/exit-code'];
  if (code === undefined || (phase !== 'Failed' && phase !== 'Succeeded')) return {};
  const terminated = {
    exitCode: phase === 'Failed' ? Number(code) : 0,
    finishedAt: rfc3339(clock),
    reason: phase === 'Failed' ? 'Error' : 'Completed',
  };
  return {
    containerStatuses: [{ name: spec?.containers[0]?.name, ready: false, restartCount: 0, image: '', imageID: '', state: { terminated } }],
  };
}

/** A pod whose affinity names one node goes there. */
const daemonTarget = ({ spec }: Pod): string | undefined =>
  spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms[0]?.matchFields?.[0]?.values?.[0];

const LEASES = 'leases.coordination.k8s.io';

const condition = (type: string, status: string, clock: number) => ({ type, status, lastTransitionTime: rfc3339(clock) });

const nodeConditions = (clock: number) =>
  ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready'].map((type) => ({
    ...condition(type, type === 'Ready' ? 'True' : 'False', clock),
    lastHeartbeatTime: rfc3339(clock),
  }));

const nodeObject = (node: number, zone: string, clock: number) => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: `node-${node}`, labels: { 'topology.kubernetes.io/region': 'r', 'topology.kubernetes.io/zone': zone } },
  status: {
    capacity: { cpu: '8', memory: '32Gi', pods: '110' },
    allocatable: { cpu: '8', memory: '32Gi', pods: '110' },
    conditions: nodeConditions(clock),
  },
});

const leaseObject = (node: number, clock: number) => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: `node-${node}`, namespace: 'kube-node-lease' },
  spec: { holderIdentity: `node-${node}`, leaseDurationSeconds: 40, renewTime: rfc3339Micro(clock) },
});

export type Call = Omit<ApiRequest, 'kind' | 'id' | 'user'>;
/** What the user does at that second. */
export type Step = readonly [second: number, call: Call];

class User implements Host {
  readonly answers: ApiResponse[] = [];
  readonly #steps: readonly Step[];
  readonly #server: number;

  constructor(steps: readonly Step[], server: number) {
    this.#steps = steps;
    this.#server = server;
  }

  start(ctx: Context): void {
    this.#steps.forEach(([second], i) => {
      ctx.after(second * SECOND, { kind: 'FarmTimer', what: 'script', key: String(i) } as FarmTimer);
    });
  }

  receive(message: Message, ctx: Context): void {
    if (message.kind === 'ApiResponse') this.answers[(message as ApiResponse).id] = message as ApiResponse;
    if (message.kind !== 'FarmTimer') return;
    const id = Number((message as FarmTimer).key);
    const [, call] = this.#steps[id] as Step;
    ctx.send(this.#server, { kind: 'ApiRequest', id, user: 'admin', ...call } as ApiRequest);
  }
}

export interface LabOptions extends Partial<Omit<FarmOptions, 'nodes'>> {
  /** How many nodes the farm stands for, or real kubelets and a real scheduler in its place. */
  readonly nodes?: number | RealNodes;
  readonly manager?: Partial<ControllerManagerConfig>;
  readonly server?: Partial<ApiServerConfig>;
  /** Managers, with leader election when more than one. */
  readonly managers?: number;
  /** Why the invariants are not asked for in this test. */
  readonly unchecked?: string;
  readonly changes?: readonly WorldChange[];
  /** A provider of disks, with its drivers' side-cars. */
  readonly cloud?: Omit<CloudConfig, 'client'>;
  /** A controller beside those of the manager, as a user brings one. */
  readonly own?: OwnController;
  /** What the pods of the cluster have to do, for autoscalers. */
  readonly load?: LoadOptions;
  readonly seconds?: number;
  readonly seed?: number;
  /** Microseconds since the Unix epoch at the start; default 2026-01-01. */
  readonly epoch?: number;
}

export interface Lab {
  readonly farm: Farm;
  readonly answers: readonly ApiResponse[];
  readonly outcome: RunOutcome;
}

const stamp = (value: unknown, revision: number): void => {
  (value as { metadata: { resourceVersion: string } }).metadata.resourceVersion = String(revision);
};

/** Hosts: 0 etcd, 1 the API server, 2 the farm, 3 the user, 4... managers. */
export function lab(steps: readonly Step[], options: LabOptions = {}): Lab {
  const control = { group: 'control-plane', zone: 'a', cores: 4, config: {} };
  const managers = options.managers ?? 1;
  const world = {
    seed: options.seed ?? 1,
    epoch: options.epoch ?? 1_767_225_600_000_000,
    hosts: [
      { name: 'etcd', program: 'etcd', ...control, disk: { fsync: 300 } },
      { name: 'api', program: 'api', ...control },
      { name: 'farm', program: 'farm', ...control },
      { name: 'user', program: 'user', ...control },
      ...Array.from({ length: managers }, (_, i) => ({ name: `kcm-${i}`, program: 'kcm', ...control })),
      ...(options.load === undefined ? [] : [{ name: 'metrics', program: 'metrics', ...control }]),
      ...(options.cloud === undefined ? [] : [{ name: 'cloud', program: 'cloud', ...control }]),
      ...(options.own === undefined ? [] : [{ name: options.own.name, program: 'own', ...control }]),
      ...(typeof options.nodes === 'object' ? realNodeHosts(options.nodes) : []),
    ],
    links: [{ from: '*', to: '*', latencyMin: 100 }],
    changes: options.changes ?? [],
    until: (options.seconds ?? 60) * SECOND,
    bucket: SECOND,
  };
  const nodes = typeof options.nodes === 'object' ? 0 : (options.nodes ?? 3);
  const farm = new Farm({ hasDisks: options.cloud !== undefined, ...options, nodes }, 1);
  const user = new User(steps, 1);
  const outcome = runInProcess(world, (spec, _id, previous) => {
    if (spec.program === 'etcd') return previous ?? new EtcdMember({ name: spec.name }, { stamp });
    const real = realNodeHost(spec);
    if (real !== undefined) return real;
    if (options.cloud !== undefined && spec.program === 'cloud')
      return new CloudHost({ client: { user: 'system:admin', servers: [1], qps: 0, burst: 0 }, ...options.cloud });
    if (options.own !== undefined && spec.program === 'own') return ownHost(options.own);
    if (spec.program === 'metrics') return new LoadMetrics(options.load ?? {}, () => farm.list('pods'));
    const metrics = 4 + managers;
    const aggregated = { 'metrics.k8s.io': metrics, 'external.metrics.k8s.io': metrics, 'custom.metrics.k8s.io': metrics };
    if (spec.program === 'api')
      return new ApiServer({
        name: spec.name,
        instance: 0,
        etcd: { default: [0] },
        ...(options.load === undefined ? {} : { aggregated }),
        ...options.server,
      });
    if (spec.program === 'farm') return farm;
    if (spec.program === 'user') return user;
    return new ControllerManager({
      client: { user: 'system:kube-controller-manager', servers: [1], qps: 0, burst: 0 },
      ...(managers > 1 ? { leaderElection: { name: 'kube-controller-manager', identity: spec.name } } : {}),
      ...options.manager,
    });
  });
  if (options.unchecked === undefined) sound(farm, world.until, world.changes);
  return { farm, answers: user.answers, outcome };
}

function ownHost(own: OwnController): Host {
  registerOwnController(own.name, () => own, { file: own.name, href: own.name });
  return new OwnControllerHost({ client: { user: 'system:admin', servers: [1], qps: 20, burst: 30 }, controller: own.name });
}

/** Invariants hold in every test, whatever else it is about. */
function sound({ seen }: Farm, until: number, changes: readonly WorldChange[]): void {
  const found = violations(
    historyOf(
      seen.map((one) => ({ ...one, type: one.type as 'add', at: Math.round(one.at * SECOND) })),
      until,
      { lostAnswers: lostAnswers(changes, [1]) },
    ),
  );
  if (found.length > 0) throw new Error(found.map((one) => violationText(one)).join('\n'));
}

export const deployment = (name: string, replicas: number, spec: object = {}, template: object = {}): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'default' },
  spec: { replicas, selector: { matchLabels: { app: name } }, template: podTemplate(name, template), ...spec },
});

export const podTemplate = (
  app: string,
  { image = 'nginx:1', annotations, spec }: { image?: string; annotations?: object; spec?: object } = {},
) => ({
  metadata: { labels: { app }, ...(annotations === undefined ? {} : { annotations }) },
  spec: { containers: [{ name: 'main', image }], ...spec },
});

export const job = (name: string, spec: object, annotations: object = { 'lab/run-seconds': '5' }): object => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name, namespace: 'default' },
  spec: { template: { ...podTemplate(name, { annotations, spec: { restartPolicy: 'Never' } }) }, ...spec },
});

export const createAt = (second: number, resource: string, body: object): Step => [
  second,
  { verb: 'create', resource, namespace: 'default', body },
];
export const patchAt = (second: number, resource: string, name: string, body: object): Step => [
  second,
  { verb: 'patch', resource, namespace: 'default', name, patchType: 'merge', body },
];
export const deleteAt = (second: number, resource: string, name: string, options: ApiRequest['options'] = {}): Step => [
  second,
  { verb: 'delete', resource, namespace: 'default', name, options },
];
export const finishedPods = ({ status }: Job): readonly number[] => [status?.succeeded ?? 0, status?.failed ?? 0];
