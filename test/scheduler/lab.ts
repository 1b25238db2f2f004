/** A small cluster to test the scheduler in: a real etcd member, a real API server, the scheduler, a user with a script of timed requests, and a janitor
 *  that watches and finishes what is being deleted, as kubelets would. */

import type { ApiRequest, KubeObject, Pod, ResourceClaim } from '#api';
import { ApiServer } from '#apiserver';
import { type ApiClient, createApiClient, createInformerFactory, type Informer, type InformerFactory } from '#client';
import { ControllerManager } from '#controllers';
import { EtcdMember } from '#etcd';
import {
  type ExtenderConfiguration,
  type ExtenderFailures,
  ExtenderHost,
  type ExtenderModule,
  registerExtenderModule,
  Scheduler,
  type SchedulerConfig,
} from '#scheduler';
import { type Context, type Host, type Message, messageKind, type RunOutcome, runInProcess, SECOND, type WorldChange } from '#sim';

interface LabTimer extends Message {
  readonly kind: 'SchedulerLabTimer';
  readonly step: number;
}
messageKind<LabTimer>({
  kind: 'SchedulerLabTimer',
  digest(m, hasher) {
    hasher.int(m.step);
  },
});

export type Call = Omit<ApiRequest, 'kind' | 'id' | 'user'>;
/** What the user does at that second. */
export type Step = readonly [second: number, call: Call];

class User implements Host {
  readonly #steps: readonly Step[];

  constructor(steps: readonly Step[]) {
    this.#steps = steps;
  }

  start(ctx: Context): void {
    this.#steps.forEach(([second], step) => ctx.after(second * SECOND, { kind: 'SchedulerLabTimer', step } as LabTimer));
  }

  receive(message: Message, ctx: Context): void {
    if (message.kind !== 'SchedulerLabTimer') return;
    const { step } = message as LabTimer;
    const [, call] = this.#steps[step] as Step;
    ctx.send(1, { kind: 'ApiRequest', id: step, user: 'admin', ...call } as ApiRequest);
  }
}

export class Janitor implements Host {
  readonly #client: ApiClient<string>;
  readonly #informers: InformerFactory;
  readonly #pods: Informer<Pod>;
  readonly #events: Informer;
  readonly #claims: Informer<ResourceClaim>;
  /** Every pod as it was seen, with the second. */
  readonly seen: { readonly at: number; readonly pod: Pod }[] = [];

  constructor() {
    this.#client = createApiClient<string>({ user: 'janitor', servers: [1], qps: 0, burst: 0 });
    this.#informers = createInformerFactory(this.#client);
    this.#pods = this.#informers.informer<Pod>('pods');
    this.#events = this.#informers.informer('events');
    this.#claims = this.#informers.informer<ResourceClaim>('resourceclaims.resource.k8s.io');
    this.#pods.onEvent(({ type, object }, ctx) => {
      this.seen.push({ at: ctx.now / SECOND, pod: object });
      if (type === 'delete' || object.metadata?.deletionTimestamp === undefined) return;
      const { namespace, name } = object.metadata;
      this.#client.request(ctx, { verb: 'delete', resource: 'pods', namespace, name, options: { gracePeriodSeconds: 0 } }, '');
    });
  }

  start(ctx: Context): void {
    this.#informers.start(ctx);
  }

  receive(message: Message, ctx: Context): void {
    this.#client.receive(message, ctx);
  }

  pod(name: string): Pod | undefined {
    return this.#pods.get(`default/${name}`);
  }

  claims(): ResourceClaim[] {
    return [...this.#claims.list()];
  }

  /** Reason and text of every event, in order of name of the object. */
  events(name: string): string[] {
    const about = [...this.#events.list()] as (KubeObject & { involvedObject?: { name?: string }; reason?: string; message?: string })[];
    return about.filter((event) => event.involvedObject?.name === name).map(({ reason, message }) => `${reason}: ${message}`);
  }

  /** Who wrote the events about an object. */
  writers(name: string): string[] {
    const all = [...this.#events.list()] as (KubeObject & { involvedObject?: { name?: string }; source?: { component?: string } })[];
    return all.filter((event) => event.involvedObject?.name === name).map(({ source }) => source?.component ?? '');
  }
}

const stamp = (value: unknown, revision: number): void => {
  (value as { metadata: { resourceVersion: string } }).metadata.resourceVersion = String(revision);
};

/** New nodes are tainted not-ready by admission; nobody here but the user takes that away. */
function withReadiness(step: Step): Step[] {
  const [second, { verb, resource, body }] = step;
  if (verb !== 'create' || resource !== 'nodes') return [step];
  const { name } = (body as KubeObject).metadata ?? {};
  return [step, [second + 0.01, { verb: 'patch', resource: 'nodes', name, patchType: 'merge', body: { spec: { taints: null } } }]];
}

/** An extender and what answers for it. */
export interface LabExtender {
  readonly configuration: ExtenderConfiguration;
  readonly module: ExtenderModule;
  readonly latency?: number;
  readonly failures?: Partial<ExtenderFailures>;
}

export interface LabOptions {
  readonly seconds?: number;
  readonly config?: Partial<SchedulerConfig>;
  readonly extenders?: readonly LabExtender[];
  readonly cpuClock?: () => number;
  /** Controllers that run beside the scheduler. */
  readonly controllers?: readonly string[];
  /** What befalls the hosts. */
  readonly changes?: readonly WorldChange[];
}

/** Hosts: 0 etcd, 1 the API server, 2 the janitor, 3 the user, 4 the scheduler, 5 and on the extenders, last the controllers. */
export function lab(
  steps: readonly Step[],
  { seconds = 30, config, extenders = [], cpuClock, controllers = [], changes = [] }: LabOptions = {},
): { readonly janitor: Janitor; readonly outcome: RunOutcome } {
  const control = { group: 'control-plane', zone: 'a', cores: 4, config: {} };
  const programs = ['etcd', 'api', 'janitor', 'user', 'scheduler', ...extenders.map((_, index) => `extender-${index}`)];
  if (controllers.length > 0) programs.push('controllers');
  const world = {
    seed: 1,
    epoch: 1_767_225_600_000_000,
    hosts: programs.map((program) => ({ name: program, program, ...control, ...(program === 'etcd' ? { disk: { fsync: 300 } } : {}) })),
    links: [{ from: '*', to: '*', latencyMin: 100 }],
    changes,
    until: seconds * SECOND,
    bucket: SECOND,
  };
  const janitor = new Janitor();
  const outcome = runInProcess(world, ({ name, program }) => {
    if (program === 'etcd') return new EtcdMember({ name }, { stamp });
    if (program === 'api') return new ApiServer({ name, instance: 0, etcd: { default: [0] } });
    if (program === 'janitor') return janitor;
    if (program === 'user') return new User(steps.flatMap(withReadiness));
    if (program === 'scheduler') {
      const client = { user: 'system:kube-scheduler', servers: [1], qps: 0, burst: 0 };
      const placements = extenders.map(({ configuration }, index) => ({ configuration, host: 5 + index }));
      return new Scheduler({ client, extenders: placements, ...config }, undefined, cpuClock);
    }
    if (program === 'controllers')
      return new ControllerManager({ client: { user: 'system:kube-controller-manager', servers: [1], qps: 0, burst: 0 }, controllers });
    const { module, latency = 1000, failures } = extenders[Number(program.slice('extender-'.length))] as LabExtender;
    registerExtenderModule(program, module);
    const client = { user: program, servers: [1], qps: 0, burst: 0 };
    return new ExtenderHost({ name, module: program, latency, failures: { timeout: 0, garbage: 0, error: 0, ...failures }, client });
  });
  return { janitor, outcome };
}

export const nodeAt = (second: number, name: string, cpu = '4', more: object = {}): Step => [
  second,
  {
    verb: 'create',
    resource: 'nodes',
    body: {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels: { 'kubernetes.io/hostname': name } },
      ...more,
      status: { capacity: { cpu, memory: '8Gi', pods: '10' }, allocatable: { cpu, memory: '8Gi', pods: '10' } },
    },
  },
];

export const podAt = (second: number, name: string, cpu = '1', spec: object = {}): Step => [
  second,
  {
    verb: 'create',
    resource: 'pods',
    namespace: 'default',
    body: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default', labels: { app: name } },
      spec: { containers: [{ name: 'c', image: 'x:1', resources: { requests: { cpu, memory: '1Gi' } } }], ...spec },
    },
  },
];
