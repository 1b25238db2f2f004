/** A Rollout as the controller of progressive delivery reads it, and the ReplicaSets that it owns. */

import type { KubeObject, LabelSelector, PodTemplateSpec, ReplicaSet } from '#api';
import { ROLLOUT_API_VERSION } from '#api';
import type { RequestSpec } from '#client';
import { controllerReference } from './owner-references.ts';
import type { Analysis, AnalysisStatus } from './progressive-analysis.ts';
import { templateHash } from './template-hash.ts';

export const HASH_LABEL = 'pod-template-hash';
export const REPLICASETS = 'replicasets.apps';

type Amount = number | string;

export interface Step {
  readonly setWeight?: number;
  readonly pause?: { readonly duration?: Amount };
  readonly analysis?: Analysis;
}

export interface Canary {
  /** Where the canary's metrics are measured; its selector stays. */
  readonly service?: string;
  readonly stableService?: string;
  readonly canaryService?: string;
  readonly maxSurge?: Amount;
  readonly maxUnavailable?: Amount;
  readonly steps?: readonly Step[];
}

export interface BlueGreen {
  readonly activeService: string;
  readonly previewService?: string;
  readonly previewReplicaCount?: number;
  readonly autoPromotionEnabled?: boolean;
  readonly autoPromotionSeconds?: number;
  readonly scaleDownDelaySeconds?: number;
  readonly prePromotionAnalysis?: Analysis;
  readonly postPromotionAnalysis?: Analysis;
}

export interface Rollout extends KubeObject {
  readonly spec: {
    readonly replicas?: number;
    readonly selector: LabelSelector;
    readonly template: PodTemplateSpec;
    readonly minReadySeconds?: number;
    readonly revisionHistoryLimit?: number;
    readonly progressDeadlineSeconds?: number;
    readonly progressDeadlineAbort?: boolean;
    readonly strategy: { readonly canary?: Canary; readonly blueGreen?: BlueGreen };
  };
  readonly status?: RolloutStatus;
}

export type Phase = 'Progressing' | 'Paused' | 'Healthy' | 'Degraded';

/** Times are microseconds since the Unix epoch. */
export interface RolloutStatus {
  /** Counts this controller's writes, so that it knows its own from older ones in the cache. */
  readonly sequence?: number;
  readonly observedGeneration?: number;
  readonly phase?: Phase;
  readonly message?: string;
  readonly currentHash?: string;
  readonly stableHash?: string;
  readonly currentStepIndex?: number;
  readonly weight?: number;
  readonly pausedSince?: number;
  readonly analysis?: AnalysisStatus;
  readonly isAborted?: boolean;
  /** Blue-green: when the active Service went over to the new version. */
  readonly switchedAt?: number;
  /** Blue-green: when the version before is scaled down. */
  readonly scaleDownAt?: number;
  readonly progress?: { readonly at: number; readonly mark: string };
  readonly replicas?: number;
  readonly updatedReplicas?: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
  readonly selector?: string;
}

export const desiredOf = ({ spec }: Rollout): number => spec.replicas ?? 1;
export const nameOf = ({ metadata }: KubeObject): string => metadata?.name ?? '';
export const hashOf = ({ spec }: Rollout): string => templateHash(spec.template, undefined);
export const setHash = (set: ReplicaSet): string => set.metadata?.labels?.[HASH_LABEL] ?? '';
export const sizeOf = (set: ReplicaSet | undefined): number => (set === undefined ? 0 : (set.spec?.replicas ?? 1));
export const availableOf = (set: ReplicaSet | undefined): number => set?.status?.availableReplicas ?? 0;

/** A number, or a percentage of `whole`. */
export function amountOf(amount: Amount | undefined, whole: number, otherwise: string, round: (value: number) => number): number {
  const written = amount ?? otherwise;
  return typeof written === 'number' ? written : round((Number.parseInt(written, 10) * whole) / 100);
}

export function newReplicaSet(rollout: Rollout, hash: string, replicas: number): RequestSpec {
  const { name = '', namespace } = rollout.metadata ?? {};
  const { selector, template, minReadySeconds } = rollout.spec;
  const labels = { ...template.metadata?.labels, [HASH_LABEL]: hash };
  const body = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels,
      ownerReferences: [controllerReference(ROLLOUT_API_VERSION, 'Rollout', rollout)],
    },
    spec: {
      replicas,
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [HASH_LABEL]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
  return { verb: 'create', resource: REPLICASETS, namespace, body };
}

export function resize(set: ReplicaSet, replicas: number): RequestSpec {
  const { namespace, name } = set.metadata ?? {};
  return {
    verb: 'patch',
    resource: REPLICASETS,
    namespace,
    name,
    patchType: 'merge',
    body: { spec: { replicas } },
    discardBody: true,
  };
}

/** Points a Service at one version. */
export function pointService(rollout: Rollout, service: string, hash: string): RequestSpec {
  const { namespace } = rollout.metadata ?? {};
  const body = { spec: { selector: { [HASH_LABEL]: hash } } };
  return { verb: 'patch', resource: 'services', namespace, name: service, patchType: 'merge', body, discardBody: true };
}
