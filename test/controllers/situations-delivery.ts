/** Situations of Rollouts: canary and blue-green. */

import { ROLLOUT_DEFINITION } from '#api';
import { CONTROLLER_NAMES } from '#controllers';
import { createAt, patchAt, podTemplate, type Step } from './lab.ts';
import type { Situation } from './situations.ts';

const ROLLOUT = 'rollouts.delivery.wavetank.dev';
const WATCHED = [ROLLOUT, 'replicasets.apps', 'services', 'events'];
const image = (name: string) => ({ spec: { template: { spec: { containers: [{ name: 'main', image: name }] } } } });
const rollout = (replicas: number, strategy: object, spec: object = {}): object => ({
  apiVersion: 'delivery.wavetank.dev/v1alpha1',
  kind: 'Rollout',
  metadata: { name: 'web', namespace: 'default' },
  spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: podTemplate('web'), strategy, ...spec },
});
const service = (name: string): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'default' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
});
const definition: Step = [0.2, { verb: 'create', resource: 'customresourcedefinitions.apiextensions.k8s.io', body: ROLLOUT_DEFINITION }];
const healthy = { metrics: [{ metric: 'success_rate', successCondition: '>= 0.95', interval: '5s', count: 2 }] };
const manager = { controllers: [...CONTROLLER_NAMES, 'progressive-delivery'] };
const step = (at: number, before: number, after: number) => (second: number) => (second < at ? before : after);

export const DELIVERY_SITUATIONS: readonly Situation[] = [
  {
    name: 'canary that passes its steps',
    source: 'Argo Rollouts v1.8, rollout/canary.go and docs/features/canary.md (not of Kubernetes)',
    steps: [
      definition,
      createAt(1, 'services', service('web')),
      createAt(
        2,
        ROLLOUT,
        rollout(4, {
          canary: {
            service: 'web',
            maxSurge: 1,
            maxUnavailable: 0,
            steps: [{ setWeight: 25 }, { pause: { duration: '10s' } }, { analysis: healthy }, { setWeight: 50 }],
          },
        }),
      ),
      patchAt(15, ROLLOUT, 'web', image('nginx:2')),
    ],
    options: { seconds: 80, manager, load: { values: { success_rate: () => 1 } } },
    since: 10,
    resources: WATCHED,
  },
  {
    name: 'canary whose errors send it back',
    source: 'Argo Rollouts v1.8, docs/features/analysis.md (failureLimit: abort and back to the stable version; not of Kubernetes)',
    steps: [
      definition,
      createAt(1, 'services', service('web')),
      createAt(2, ROLLOUT, rollout(4, { canary: { service: 'web', steps: [{ setWeight: 25 }, { analysis: healthy }] } })),
      patchAt(15, ROLLOUT, 'web', image('nginx:2')),
      patchAt(60, ROLLOUT, 'web', image('nginx:1')),
    ],
    options: { seconds: 80, manager, load: { values: { success_rate: step(14, 1, 0) } } },
    since: 10,
    resources: WATCHED,
  },
  {
    name: 'canary that never gets ready and is given up',
    source: 'Argo Rollouts v1.8, docs/features/specification.md, progressDeadlineAbort (not of Kubernetes)',
    steps: [
      definition,
      createAt(
        2,
        ROLLOUT,
        rollout(4, { canary: { steps: [{ setWeight: 50 }] } }, { progressDeadlineSeconds: 20, progressDeadlineAbort: true }),
      ),
      patchAt(15, ROLLOUT, 'web', image('broken')),
    ],
    options: { seconds: 60, manager, broken: ['broken'] },
    since: 10,
    resources: WATCHED,
  },
  {
    name: 'canary that waits for a word, then goes all the way',
    source: 'Argo Rollouts v1.8, docs/features/canary.md, pause without duration and promote --full (not of Kubernetes)',
    steps: [
      definition,
      createAt(2, ROLLOUT, rollout(4, { canary: { steps: [{ setWeight: 25 }, { pause: {} }, { setWeight: 50 }, { pause: {} }] } })),
      patchAt(15, ROLLOUT, 'web', image('nginx:2')),
      patchAt(30, ROLLOUT, 'web', { metadata: { annotations: { 'delivery.wavetank.dev/promote': 'step' } } }),
      patchAt(45, ROLLOUT, 'web', { metadata: { annotations: { 'delivery.wavetank.dev/promote': 'full' } } }),
    ],
    options: { seconds: 70, manager },
    since: 10,
    resources: WATCHED,
  },
  {
    name: 'blue and green',
    source: 'Argo Rollouts v1.8, rollout/bluegreen.go and docs/features/bluegreen.md (not of Kubernetes)',
    steps: [
      definition,
      createAt(1, 'services', service('web')),
      createAt(1, 'services', service('web-preview')),
      createAt(2, ROLLOUT, rollout(3, { blueGreen: { activeService: 'web', previewService: 'web-preview', scaleDownDelaySeconds: 20 } })),
      patchAt(15, ROLLOUT, 'web', image('nginx:2')),
    ],
    options: { seconds: 60, manager },
    resources: WATCHED,
  },
  {
    name: 'blue and green, and back after the switch',
    source: 'Argo Rollouts v1.8, docs/features/bluegreen.md, postPromotionAnalysis (not of Kubernetes)',
    steps: [
      definition,
      createAt(1, 'services', service('web')),
      createAt(2, ROLLOUT, rollout(3, { blueGreen: { activeService: 'web', postPromotionAnalysis: healthy } })),
      patchAt(15, ROLLOUT, 'web', image('nginx:2')),
    ],
    options: { seconds: 60, manager, load: { values: { success_rate: () => 0.5 } } },
    since: 10,
    resources: WATCHED,
  },
];
