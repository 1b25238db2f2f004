/** A world of one API server and some kubelets, for tests: what happens when, and what the kubelets wrote. */

import type { Container, Pod, PodSpec } from '#api';
import { Kubelet, type KubeletConfig, type KubeletSettings } from '#kubelet';
import { type Context, type HostSpec, type RunOutcome, runInProcess, SECOND, type WorldSpec } from '#sim';
import { FakeApi, type Write } from './fake-api.ts';

export const EPOCH = 1_767_225_600_000_000;

export type Action = readonly [atSeconds: number, run: (api: FakeApi, ctx: Context) => void];

export interface NodeRun {
  readonly api: FakeApi;
  readonly kubelets: readonly Kubelet[];
  readonly outcome: RunOutcome;
  /** Status patches of one pod, in order. */
  statuses(name: string): readonly { readonly at: number; readonly status: PodStatusShape }[];
  /** Events about one pod: 'reason: message'. */
  events(name: string): readonly string[];
  writes(verb: string, resource: string): readonly Write[];
}

export interface PodStatusShape {
  readonly phase: string;
  readonly reason?: string;
  readonly message?: string;
  readonly podIP?: string | null;
  readonly podIPs?: readonly { readonly ip: string }[] | null;
  readonly conditions: readonly { readonly type: string; readonly status: string }[];
  readonly containerStatuses: readonly ContainerShape[];
  readonly initContainerStatuses?: readonly ContainerShape[];
}
export interface ContainerShape {
  readonly name: string;
  readonly ready: boolean;
  readonly started: boolean;
  readonly restartCount: number;
  readonly state: {
    readonly waiting?: { reason: string; message?: string };
    readonly running?: object;
    readonly terminated?: { exitCode: number; reason: string };
  };
  readonly lastState: { readonly terminated?: { exitCode: number } };
}

/** Settings that make a node's own times short and certain. */
export const QUICK: Partial<KubeletSettings> = {
  startupJitterSeconds: 0,
  runtimeReadySeconds: 0.1,
  costs: {
    mountSeconds: 0.1,
    sandboxSeconds: 0.2,
    sandboxStopSeconds: 0.1,
    startSeconds: 0.1,
    stopSeconds: 0.5,
    pullResolveSeconds: 0.5,
    unpackBytesPerSecond: 1e9,
    egressSeconds: 0.01,
  },
  preloadedImages: ['web:1'],
};

export interface Options {
  readonly settings?: Partial<KubeletSettings>;
  readonly config?: Partial<KubeletConfig>;
  readonly nodes?: number;
  readonly seed?: number;
  readonly failures?: Readonly<Record<string, number[]>>;
  readonly changes?: WorldSpec['changes'];
}

export function runNode(seconds: number, actions: readonly Action[], options: Options = {}): NodeRun {
  const api = new FakeApi(actions.map(([at, run]) => ({ at: at * SECOND, run })));
  for (const [key, codes] of Object.entries(options.failures ?? {})) api.failures.set(key, [...codes]);
  const kubelets: Kubelet[] = [];
  const hosts: HostSpec[] = [{ name: 'api', program: 'api', config: {}, group: 'control-plane', zone: 'a' }];
  for (let i = 0; i < (options.nodes ?? 1); i++) {
    const config: KubeletConfig = {
      nodeName: `n${i}`,
      client: { user: `system:node:n${i}`, servers: [0], qps: 50, burst: 100 },
      capacity: { cpu: '4', memory: '8Gi', pods: '110' },
      podCIDR: `10.0.${i}.0/24`,
      settings: { ...QUICK, ...options.settings },
      ...options.config,
    };
    hosts.push({ name: `n${i}`, program: 'kubelet', config, group: 'node', zone: 'a', egressFloor: 10_000 });
  }
  const world: WorldSpec = {
    seed: options.seed ?? 1,
    epoch: EPOCH,
    hosts,
    links: [{ from: '*', to: '*', latencyMin: 250 }],
    changes: options.changes ?? [],
    until: seconds * SECOND,
    bucket: SECOND,
  };
  const outcome = runInProcess(world, (spec, _id, previous) => {
    if (spec.program === 'api') return api;
    const kubelet = new Kubelet(spec.config as KubeletConfig, previous instanceof Kubelet ? previous : undefined);
    kubelets.push(kubelet);
    return kubelet;
  });
  return {
    api,
    kubelets,
    outcome,
    statuses: (name) =>
      api.writes
        .filter((write) => write.verb === 'patch status' && write.resource === 'pods' && write.name === name)
        .map((write) => ({ at: write.at / SECOND, status: write.body['status'] as PodStatusShape })),
    events: (name) =>
      api.writes
        .filter(
          (write) =>
            write.resource === 'events' && write.verb === 'create' && (write.body['involvedObject'] as { name: string }).name === name,
        )
        .map((write) => `${write.body['reason'] as string}: ${write.body['message'] as string}`),
    writes: (verb, resource) => api.writes.filter((write) => write.verb === verb && write.resource === resource),
  };
}

/** A pod bound to n0 with one container `web` of the preloaded image. */
export function pod(name: string, spec: Partial<PodSpec> = {}, annotations?: Record<string, string>): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', annotations },
    spec: { nodeName: 'n0', containers: [container('web')], terminationGracePeriodSeconds: 30, ...spec },
  };
}

export const container = (name: string, rest: Partial<Container> = {}): Container => ({
  name,
  image: 'web:1',
  imagePullPolicy: 'IfNotPresent',
  ...rest,
});

export const add =
  (made: Pod) =>
  (api: FakeApi, ctx: Context): void =>
    api.addPod(made, ctx);
