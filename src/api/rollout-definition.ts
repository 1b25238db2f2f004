/** The custom resource of progressive delivery: rollouts.delivery.wavetank.dev. Its fields follow Argo Rollouts v1.8 (docs/features/specification.md) as far as
 *  they go; analyses stand in the Rollout itself. The controller that acts on it: controllers/progressive-delivery.ts. */

import type { CustomResourceDefinition, KubeObject } from './objects.ts';

export const ROLLOUT_API_VERSION = 'delivery.wavetank.dev/v1alpha1';
export const ROLLOUTS = 'rollouts.delivery.wavetank.dev';

type Schema = Readonly<Record<string, unknown>>;
const text: Schema = { type: 'string' };
const flag: Schema = { type: 'boolean' };
const whole = (minimum: number): Schema => ({ type: 'integer', format: 'int32', minimum });
const amount: Schema = { 'x-kubernetes-int-or-string': true };
const open: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
const object = (properties: Readonly<Record<string, Schema>>, required?: readonly string[]): Schema => ({
  type: 'object',
  properties,
  ...(required === undefined ? {} : { required }),
});

const metric = object(
  {
    name: text,
    metric: { type: 'string', enum: ['success_rate', 'error_rate', 'request_seconds', 'requests_per_second'] },
    service: text,
    successCondition: { type: 'string', pattern: '^\\s*(<=|>=|<|>|==?)\\s*[0-9.]+\\s*$' },
    interval: text,
    initialDelay: text,
    count: whole(1),
    failureLimit: whole(0),
    consecutiveErrorLimit: whole(0),
  },
  ['metric', 'successCondition'],
);
const analysis = object({ metrics: { type: 'array', items: metric, minItems: 1 } }, ['metrics']);
const step: Schema = {
  ...object({ setWeight: { ...whole(0), maximum: 100 }, pause: object({ duration: amount }), analysis }),
  minProperties: 1,
  maxProperties: 1,
};
const canary = object({
  service: text,
  stableService: text,
  canaryService: text,
  maxSurge: amount,
  maxUnavailable: amount,
  steps: { type: 'array', items: step },
});
const blueGreen = object(
  {
    activeService: text,
    previewService: text,
    previewReplicaCount: whole(0),
    autoPromotionEnabled: flag,
    autoPromotionSeconds: whole(0),
    scaleDownDelaySeconds: whole(0),
    prePromotionAnalysis: analysis,
    postPromotionAnalysis: analysis,
  },
  ['activeService'],
);

export const ROLLOUT_DEFINITION = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: ROLLOUTS },
  spec: {
    group: 'delivery.wavetank.dev',
    names: { kind: 'Rollout', listKind: 'RolloutList', plural: 'rollouts', singular: 'rollout', shortNames: ['ro'] },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1alpha1',
        served: true,
        storage: true,
        subresources: {
          status: {},
          scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas', labelSelectorPath: '.status.selector' },
        },
        additionalPrinterColumns: [
          { name: 'Desired', type: 'integer', jsonPath: '.spec.replicas' },
          { name: 'Up-to-date', type: 'integer', jsonPath: '.status.updatedReplicas' },
          { name: 'Available', type: 'integer', jsonPath: '.status.availableReplicas' },
          { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
        ],
        schema: {
          openAPIV3Schema: object(
            {
              apiVersion: text,
              kind: text,
              metadata: { type: 'object' },
              spec: object(
                {
                  replicas: { ...whole(0), default: 1 },
                  selector: open,
                  template: open,
                  minReadySeconds: whole(0),
                  revisionHistoryLimit: whole(0),
                  progressDeadlineSeconds: whole(1),
                  progressDeadlineAbort: flag,
                  strategy: { ...object({ canary, blueGreen }), minProperties: 1, maxProperties: 1 },
                },
                ['selector', 'template', 'strategy'],
              ),
              status: open,
            },
            ['spec'],
          ),
        },
      },
    ],
  },
} as unknown as CustomResourceDefinition & KubeObject;
