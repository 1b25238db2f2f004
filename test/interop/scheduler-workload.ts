/** 500 nodes of three kinds in three zones and 2,000 pods of many wishes: work on which schedulers could differ. */

export const NODES = 500;
export const PODS = 2000;

/** `ours`: whether a scheduler of ours runs, by the given configuration file. */
export const scenario = (ours: string | undefined): string => `
name: schedulers
duration: 1h
cluster:
  nodes:
    - { name: small, count: 200, zones: [a, b, c], capacity: { cpu: 4, memory: 16Gi, pods: 110 }, labels: { size: small } }
    - { name: large, count: 200, zones: [a, b, c], capacity: { cpu: 16, memory: 64Gi, pods: 110 }, labels: { size: large } }
    - { name: odd, count: 100, zones: [a, b, c], capacity: { cpu: 10, memory: 24Gi, pods: 110 }, labels: { size: odd },
        taints: [{ key: odd, effect: NoSchedule }] }
  schedulers: [${ours === undefined ? '{ replicas: 0 }' : `{ config: ${JSON.stringify(ours)} }`}]
  controllers: { nodeMonitorGracePeriod: 40s }
  kubelets: { preloadedImages: ['web:1'] }
`;

/** One profile, kube-scheduler's own; every node is scored, so that no sample is drawn. Faster than the default 50 requests a second. */
export const profile = (kubeconfig: string): string => `
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
percentageOfNodesToScore: 100
clientConnection: { kubeconfig: ${JSON.stringify(kubeconfig)}, qps: 500, burst: 1000 }
`;

const selecting = (app: string) => ({ labelSelector: { matchLabels: { app } } });
const byApp = (topologyKey: string, app: string) => ({ topologyKey, ...selecting(app) });

const WISHES: readonly ((app: string) => object)[] = [
  () => ({}),
  () => ({ nodeSelector: { size: 'large' } }),
  () => ({ tolerations: [{ key: 'odd', operator: 'Exists' }] }),
  (app) => ({
    topologySpreadConstraints: [{ maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule', ...byApp('topology.kubernetes.io/zone', app) }],
  }),
  (app) => ({ topologySpreadConstraints: [{ maxSkew: 2, whenUnsatisfiable: 'ScheduleAnyway', ...byApp('kubernetes.io/hostname', app) }] }),
  (app) => ({ affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [byApp('kubernetes.io/hostname', app)] } } }),
  (app) => ({
    affinity: {
      podAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 30, podAffinityTerm: byApp('topology.kubernetes.io/zone', app) }],
      },
    },
  }),
  () => ({
    affinity: {
      nodeAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 10, preference: { matchExpressions: [{ key: 'size', operator: 'In', values: ['small'] }] } },
        ],
      },
    },
  }),
];
const CPU = [50, 100, 250, 400, 700];
const MEMORY = [64, 200, 300, 512, 900];

/** The pods in the order in which they are made, which is also that of their names. */
export const pods = (): readonly object[] =>
  Array.from({ length: PODS }, (_, i) => {
    const app = `app-${i % 40}`;
    const requests = { cpu: `${CPU[i % CPU.length]}m`, memory: `${MEMORY[(i * 7 + 3) % MEMORY.length]}Mi` };
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `p-${String(i).padStart(4, '0')}`, labels: { app } },
      spec: { containers: [{ name: 'main', image: 'web:1', resources: { requests } }], ...WISHES[(i % 40) % WISHES.length]?.(app) },
    };
  });
