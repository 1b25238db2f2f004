/** Situations on a node whose course is kept as golden transcripts. `source` proves the order: an upstream file, KEP or document of Kubernetes v1.34. */

import { SECOND } from '#sim';
import { annotateNodeAt, bound, createAt, createServiceAt, deleteAt, NODE, resizeAt, type Situation } from './node-lab.ts';

const MI = 1024 * 1024;
const memory = (request: string, limit?: string) => ({
  requests: { memory: request },
  ...(limit === undefined ? {} : { limits: { memory: limit } }),
});
const web = (rest: object = {}) => ({ name: 'web', image: 'web:1', ...rest });
const tolerating = (seconds: number) => ({
  tolerations: ['not-ready', 'unreachable'].map((key) => ({
    key: `node.kubernetes.io/${key}`,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: seconds,
  })),
});
const apart = (from: number, to: number) =>
  [
    { at: from * SECOND, change: 'partition', id: 'cut', a: { hosts: [NODE] }, b: { hosts: [1] } },
    { at: to * SECOND, change: 'heal', id: 'cut' },
  ] as const;
const PROBE = { httpGet: { path: '/', port: 80 }, periodSeconds: 2, failureThreshold: 2 };
/** How a container comes to run, where that is not the point. */
const STARTS = ['Pulled', 'Created', 'Started'];

export const SITUATIONS: readonly Situation[] = [
  {
    name: 'container that outgrows its limit again and again',
    source: 'pkg/kubelet/kuberuntime/kuberuntime_manager.go, doBackOff; docs, tasks/configure-pod-container/assign-memory-resource',
    steps: [
      createAt(
        10,
        bound(
          'hungry',
          { containers: [web({ resources: memory('50Mi', '100Mi') })] },
          { memory: { startBytes: 50 * MI, growthBytesPerSecond: 10 * MI } },
        ),
      ),
    ],
    seconds: 120,
  },
  {
    name: 'image that never pulls',
    source: 'pkg/kubelet/images/image_manager.go, EnsureImageExists; docs, concepts/containers/images, ImagePullBackOff',
    steps: [createAt(10, bound('typo', { containers: [web({ image: 'wbe:1' })] }, { pullFails: true })), deleteAt(150, 'typo')],
    seconds: 160,
  },
  {
    name: 'crash loop whose back-off is reset by ten good minutes',
    source:
      'client-go util/flowcontrol/backoff.go, hasExpired (twice the maximum); pkg/kubelet/kuberuntime/kuberuntime_manager.go, doBackOff',
    steps: [
      createAt(
        10,
        bound(
          'crash',
          {},
          {
            runSeconds: {
              empirical: [
                [0, 5],
                [0.6, 5],
                [0.61, 700],
                [1, 700],
              ],
            },
            exitCode: 1,
          },
        ),
      ),
    ],
    seconds: 2400,
    without: STARTS,
  },
  {
    name: 'crash loop up to its longest back-off',
    source: 'docs, concepts/workloads/pods/pod-lifecycle, Container restarts: 10 s, 20 s, 40 s, ... 300 s',
    steps: [createAt(10, bound('crash', {}, { runSeconds: 2, exitCode: 2 }))],
    seconds: 1300,
    without: [...STARTS, 'BackOff'],
  },
  {
    name: 'job pod that fails twice and then succeeds, restarted on failure',
    source:
      'docs, concepts/workloads/pods/pod-lifecycle, restartPolicy OnFailure; pkg/kubelet/container/helpers.go, ShouldContainerBeRestarted',
    steps: [createAt(10, bound('task', { restartPolicy: 'OnFailure' }, { runSeconds: 3, exitCode: { 0: 0.4, 1: 0.6 } }))],
    seconds: 100,
    without: STARTS,
  },
  {
    name: 'node cut off and back within the toleration',
    source: 'pkg/controller/nodelifecycle/node_lifecycle_controller.go, monitorNodeHealth; pkg/controller/tainteviction',
    steps: [createAt(10, bound('web', tolerating(300)))],
    changes: apart(30, 120),
    nodes: 3,
    seconds: 170,
    told: ['pods', 'nodes'],
    without: STARTS,
  },
  {
    name: 'node cut off beyond the toleration and back',
    source: 'pkg/controller/tainteviction/taint_eviction.go, processPodOnNode; docs, concepts/architecture/nodes, unreachable nodes',
    steps: [createAt(10, bound('web', tolerating(30)))],
    changes: apart(30, 200),
    nodes: 3,
    seconds: 240,
    told: ['pods', 'nodes'],
    without: STARTS,
  },
  {
    name: 'graceful shutdown of a node, critical pods last',
    source: 'pkg/kubelet/nodeshutdown/nodeshutdown_manager.go, processShutdownEvent; KEP-2000',
    steps: [
      createAt(10, bound('plain', {}, { stopSeconds: 5 })),
      createAt(10, bound('slow', {}, { stopSeconds: 60 })),
      createAt(10, bound('vital', { priorityClassName: 'system-node-critical' }, { stopSeconds: 3 })),
      annotateNodeAt(20, { 'wavetank.dev/shutdown': 'true' }),
      createAt(22, bound('late')),
    ],
    settings: { shutdownGracePeriodSeconds: 30, shutdownGracePeriodCriticalPodsSeconds: 10 },
    seconds: 70,
    told: ['pods', 'nodes'],
    without: STARTS,
  },
  {
    name: 'eviction by memory pressure, the greediest first',
    source:
      'pkg/kubelet/eviction/helpers.go, rankMemoryPressure; eviction_manager.go, synchronize; docs, scheduling-eviction/node-pressure-eviction',
    steps: [
      createAt(10, bound('modest', { containers: [web({ resources: memory('1Gi') })] }, { memory: { startBytes: 500 * MI } })),
      createAt(
        10,
        bound(
          'greedy',
          { containers: [web({ resources: memory('100Mi') })] },
          { memory: { startBytes: 2000 * MI, growthBytesPerSecond: 5 * MI } },
        ),
      ),
      createAt(
        10,
        bound(
          'guaranteed',
          { containers: [web({ resources: { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '1', memory: '1Gi' } } })] },
          { memory: { startBytes: 900 * MI } },
        ),
      ),
      createAt(160, bound('besteffort')),
    ],
    capacity: { memory: '4Gi' },
    settings: { evictionPressureTransitionSeconds: 60 },
    seconds: 260,
    told: ['pods', 'nodes'],
    without: STARTS,
  },
  {
    name: 'kernel problem that node-problem-detector finds, and its end',
    source:
      'node-problem-detector config/kernel-monitor.json, pkg/exporters/k8sexporter/condition/manager.go; docs, tasks/debug/debug-cluster/monitor-node-health',
    steps: [
      annotateNodeAt(10, { 'wavetank.dev/problems': '' }),
      annotateNodeAt(20, { 'wavetank.dev/problems': 'KernelDeadlock' }),
      annotateNodeAt(40, { 'wavetank.dev/problems': 'ReadonlyFilesystem,NTPProblem' }),
      annotateNodeAt(60, { 'wavetank.dev/problems': null }),
    ],
    seconds: 80,
    told: ['nodes'],
  },
  {
    name: 'init containers in order, then a sidecar, then the containers',
    source: 'pkg/kubelet/kuberuntime/kuberuntime_container.go, computeInitContainerActions; KEP-753',
    steps: [
      createAt(
        10,
        bound(
          'ordered',
          {
            initContainers: [
              { name: 'first', image: 'web:1' },
              {
                name: 'proxy',
                image: 'web:1',
                restartPolicy: 'Always',
                startupProbe: { httpGet: { path: '/', port: 80 }, periodSeconds: 1, failureThreshold: 30 },
              },
              { name: 'second', image: 'web:1' },
            ],
            containers: [web(), { name: 'helper', image: 'web:1' }],
          },
          { containers: { first: { runSeconds: 4 }, second: { runSeconds: 3 }, proxy: { readyAfterSeconds: 3 } } },
        ),
      ),
      deleteAt(40, 'ordered'),
    ],
    seconds: 60,
  },
  {
    name: 'init container that fails and is tried again',
    source: 'docs, concepts/workloads/pods/init-containers, Detailed behavior',
    steps: [
      createAt(
        10,
        bound(
          'prepared',
          { initContainers: [{ name: 'migrate', image: 'web:1' }] },
          { containers: { migrate: { runSeconds: 2, exitCode: 1 } } },
        ),
      ),
    ],
    seconds: 80,
    without: STARTS,
  },
  {
    name: 'preStop hook within the grace period',
    source: 'pkg/kubelet/kuberuntime/kuberuntime_container.go, killContainer; KEP-3960 (sleep)',
    steps: [
      createAt(10, bound('polite', { containers: [web({ lifecycle: { preStop: { sleep: { seconds: 10 } } } })] }, { stopSeconds: 3 })),
      deleteAt(20, 'polite'),
    ],
    seconds: 50,
    without: STARTS,
  },
  {
    name: 'preStop hook longer than the grace period',
    source: 'pkg/kubelet/kuberuntime/kuberuntime_container.go, killContainer (minimumGracePeriodInSeconds)',
    steps: [
      createAt(
        10,
        bound(
          'tardy',
          { terminationGracePeriodSeconds: 5, containers: [web({ lifecycle: { preStop: { exec: { command: ['drain'] } } } })] },
          { preStopSeconds: 60 },
        ),
      ),
      deleteAt(20, 'tardy'),
    ],
    seconds: 50,
    without: STARTS,
  },
  {
    name: 'liveness probe that fails restarts the container',
    source: 'pkg/kubelet/prober/worker.go, doProbe; pkg/kubelet/kuberuntime/kuberuntime_manager.go, computePodActions (livenessManager)',
    steps: [
      createAt(
        10,
        bound(
          'stuck',
          { containers: [web({ livenessProbe: { httpGet: { path: '/healthz', port: 80 }, periodSeconds: 5, failureThreshold: 3 } })] },
          { stopSeconds: 1, probes: { liveness: { failAfterSeconds: 20 } } },
        ),
      ),
    ],
    seconds: 60,
    without: STARTS,
  },
  {
    name: 'container that waits for a Service and loses it',
    source:
      "pkg/kubelet/prober/worker.go; pkg/proxy/topology.go (what a node knows of endpoints). The dependence itself is the simulation's",
    steps: [
      createServiceAt(5, 'db'),
      createAt(10, bound('shop', { containers: [web({ readinessProbe: PROBE })] }, { dependsOn: { services: ['db'], always: true } })),
      createAt(20, { ...bound('db'), metadata: { name: 'db', namespace: 'default', labels: { app: 'db' } } }),
      deleteAt(40, 'db', 0),
    ],
    seconds: 60,
    without: STARTS,
  },
  {
    name: 'container that ends when its Service is missing',
    source: "pkg/kubelet/kuberuntime/kuberuntime_manager.go, doBackOff. The dependence itself is the simulation's",
    steps: [
      createServiceAt(5, 'db'),
      createAt(10, bound('shop', {}, { dependsOn: { services: ['db'], otherwise: 'exit', exitAfterSeconds: 2 } })),
      createAt(30, { ...bound('db'), metadata: { name: 'db', namespace: 'default', labels: { app: 'db' } } }),
    ],
    seconds: 80,
    without: STARTS,
  },
  {
    name: 'init container that waits for a Service',
    source: 'docs, concepts/workloads/pods/init-containers (an init container that waits for a Service)',
    steps: [
      createAt(
        10,
        bound(
          'shop',
          { initContainers: [{ name: 'wait', image: 'web:1' }] },
          { containers: { wait: { dependsOn: 'db', runSeconds: 0.1 } } },
        ),
      ),
      createServiceAt(15, 'db'),
      createAt(20, { ...bound('db'), metadata: { name: 'db', namespace: 'default', labels: { app: 'db' } } }),
    ],
    seconds: 40,
    without: STARTS,
  },
  {
    name: 'resize in place, with and without a restart',
    source:
      'KEP-1287; pkg/kubelet/allocation/allocation_manager.go; pkg/kubelet/kuberuntime/kuberuntime_manager.go, computePodResizeAction',
    steps: [
      createAt(
        10,
        bound('elastic', {
          containers: [
            web({
              resources: { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '2', memory: '1Gi' } },
              resizePolicy: [
                { resourceName: 'cpu', restartPolicy: 'NotRequired' },
                { resourceName: 'memory', restartPolicy: 'RestartContainer' },
              ],
            }),
          ],
        }),
      ),
      resizeAt(20, 'elastic', { requests: { cpu: '1500m' } }),
      resizeAt(30, 'elastic', { limits: { memory: '2Gi' } }),
    ],
    seconds: 45,
    without: STARTS,
  },
  {
    name: 'resize that waits for room and one that never fits',
    source: 'pkg/kubelet/allocation/allocation_manager.go, canResizePod and retryPendingResizes',
    steps: [
      createAt(10, bound('big', { containers: [web({ resources: { requests: { cpu: '3' } } })] })),
      createAt(10, bound('small', { containers: [web({ resources: { requests: { cpu: '500m' } } })] })),
      resizeAt(20, 'small', { requests: { cpu: '2' } }),
      deleteAt(30, 'big'),
      resizeAt(50, 'small', { requests: { cpu: '5' } }),
      resizeAt(60, 'small', { requests: { cpu: '1' } }),
    ],
    seconds: 75,
    without: STARTS,
  },
  {
    name: 'allocation that outlives the power of its node',
    source: 'pkg/kubelet/allocation/allocation_manager.go, UpdatePodFromAllocation and PushPendingResize on HandlePodAdditions',
    steps: [
      createAt(10, bound('small', { containers: [web({ resources: { requests: { cpu: '500m' } } })] })),
      createAt(10, bound('big', { containers: [web({ resources: { requests: { cpu: '3' } } })] })),
      resizeAt(20, 'small', { requests: { cpu: '2' } }),
      deleteAt(60, 'big'),
    ],
    seconds: 75,
    changes: [
      { at: 25 * SECOND, change: 'crash', hosts: { hosts: [NODE] } },
      { at: 35 * SECOND, change: 'restart', hosts: { hosts: [NODE] } },
    ],
    without: STARTS,
  },
  {
    name: 'memory limit that may not shrink below what is used',
    source: 'pkg/kubelet/kuberuntime/kuberuntime_manager.go, validateMemoryResizeAction',
    steps: [
      createAt(
        10,
        bound(
          'full',
          { containers: [web({ resources: memory('100Mi', '400Mi') })] },
          { memory: { startBytes: 200 * MI, growthBytesPerSecond: 5 * MI, maxBytes: 300 * MI } },
        ),
      ),
      resizeAt(20, 'full', { limits: { memory: '150Mi' } }),
      resizeAt(40, 'full', { limits: { memory: '290Mi' } }),
      resizeAt(50, 'full', { limits: { memory: '500Mi' } }),
    ],
    seconds: 90,
    without: STARTS,
  },
  {
    name: 'memory limit raised before it is reached',
    source: "KEP-1287: the cgroup's limit is another from the resize on",
    steps: [
      createAt(
        10,
        bound(
          'grows',
          { containers: [web({ resources: memory('100Mi', '200Mi') })] },
          { memory: { startBytes: 100 * MI, growthBytesPerSecond: 5 * MI } },
        ),
      ),
      resizeAt(20, 'grows', { limits: { memory: '300Mi' } }),
    ],
    seconds: 60,
    without: STARTS,
  },
  {
    name: 'node that loses its power and keeps its disk',
    source:
      'pkg/kubelet/kuberuntime/kuberuntime_manager.go, computePodActions; containerd internal/cri/server/restart.go (exit code 255, Unknown)',
    steps: [
      createAt(
        10,
        bound(
          'server',
          { containers: [web()], initContainers: [{ name: 'prepare', image: 'web:1' }] },
          { containers: { prepare: { runSeconds: 1 } } },
        ),
      ),
      createAt(10, bound('once', { restartPolicy: 'Never' }, { runSeconds: 100 })),
      createAt(10, bound('done', { restartPolicy: 'OnFailure' }, { runSeconds: 5 })),
    ],
    seconds: 60,
    changes: [
      { at: 20 * SECOND, change: 'crash', hosts: { hosts: [NODE] } },
      { at: 30 * SECOND, change: 'restart', hosts: { hosts: [NODE] } },
    ],
    without: STARTS,
  },
  {
    name: 'static pod that runs before its node is registered',
    source:
      'pkg/kubelet/pod/mirror_client.go; pkg/kubelet/status/status_manager.go, syncPod (the status of a static pod goes to its mirror)',
    steps: [[20, { verb: 'delete', resource: 'pods', namespace: 'kube-system', name: 'agent-n0' }]],
    staticPods: [{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'agent', namespace: 'kube-system' }, spec: { containers: [web()] } }],
    settings: { startupJitterSeconds: 20 },
    seconds: 40,
    without: STARTS,
  },
  {
    name: 'static pod that somebody else calls unready',
    source: 'pkg/controller/nodelifecycle (MarkPodsNotReady); pkg/kubelet/status/status_manager.go, needsReconcile',
    steps: [
      [
        20,
        {
          verb: 'patch',
          resource: 'pods',
          subresource: 'status',
          namespace: 'kube-system',
          name: 'agent-n0',
          patchType: 'strategic',
          body: { status: { conditions: [{ type: 'Ready', status: 'False' }] } },
        },
      ],
    ],
    staticPods: [{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'agent', namespace: 'kube-system' }, spec: { containers: [web()] } }],
    seconds: 60,
    without: STARTS,
  },
];
