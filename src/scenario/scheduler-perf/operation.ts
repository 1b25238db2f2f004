/** scheduler_perf's operations with their parameters filled in: plain data that a driver host executes. Field names of v1.36 operations.go. */

import type { Template } from './template.ts';

export type PerfOperation =
  | CreateNodes
  | { readonly op: 'createNamespaces'; readonly prefix: string; readonly count: number; readonly template?: Template }
  | CreatePods
  | {
      readonly op: 'deletePods';
      readonly namespace: string;
      readonly labels: Readonly<Record<string, string>>;
      readonly skipWait: boolean;
      readonly perSecond: number;
    }
  | Churn
  | { readonly op: 'createAny'; readonly template: Template; readonly namespace: string; readonly count: number }
  | {
      readonly op: 'updateAny';
      readonly template: Template;
      readonly namespace: string;
      readonly count: number;
      readonly perSecond: number;
      readonly subresources: readonly string[];
    }
  | {
      readonly op: 'barrier';
      readonly namespaces: readonly string[];
      readonly labels: Readonly<Record<string, string>>;
      readonly stage: 'Scheduled' | 'Attempted';
    }
  | CreateResourceDriver
  | AllocResourceClaims
  | { readonly op: 'sleep'; readonly duration: number }
  | { readonly op: 'startCollectingMetrics'; readonly namespaces: readonly string[]; readonly labels: Readonly<Record<string, string>> }
  | { readonly op: 'stopCollectingMetrics' };

export interface CreateNodes {
  readonly op: 'createNodes';
  readonly index: number;
  readonly count: number;
  readonly template?: Template;
  readonly allocatable?: Readonly<Record<string, string>>;
  /** Values in turn (labelNodePrepareStrategy). */
  readonly label?: { readonly key: string; readonly values: readonly string[] };
  readonly uniqueLabel?: string;
  /** Attach limits by CSI driver: a CSINode for each node. */
  readonly csi?: Readonly<Record<string, number>>;
}

/** Slices of one driver, with so many devices each, for the nodes that match a glob. */
export interface CreateResourceDriver {
  readonly op: 'createResourceDriver';
  readonly driver: string;
  readonly nodes: string;
  readonly maxClaimsPerNode: number;
}

/** Allocates the claims of a namespace ('': of all) without pods. */
export interface AllocResourceClaims {
  readonly op: 'allocResourceClaims';
  readonly namespace: string;
  readonly featureGates: Readonly<Record<string, boolean>>;
}

export interface CreatePods {
  readonly op: 'createPods';
  readonly count: number;
  readonly namespace: string;
  readonly template?: Template;
  readonly collect: boolean;
  readonly skipWait: boolean;
  readonly steady: boolean;
  /** Microseconds of a steady state. */
  readonly duration: number;
  readonly persistentVolume?: Template;
  readonly persistentVolumeClaim?: Template;
}

export interface Churn {
  readonly op: 'churn';
  readonly mode: 'create' | 'recreate';
  readonly number: number;
  /** Microseconds. */
  readonly interval: number;
  readonly namespace: string;
  readonly templates: readonly Template[];
}

export interface PerfWorkload {
  /** The folder that its file is in, below the folder 'scheduler_perf' or the release's where the path has one. */
  readonly topic: string;
  readonly testCase: string;
  readonly name: string;
  readonly labels: readonly string[];
  readonly threshold: number;
  readonly thresholdMetric: string;
  readonly thresholdBucket: string;
  readonly params: Readonly<Record<string, number | string | boolean>>;
  readonly featureGates: Readonly<Record<string, boolean>>;
  /** Absolute path of a KubeSchedulerConfiguration. */
  readonly schedulerConfig?: string;
  readonly operations: readonly PerfOperation[];
  /** Why it cannot be run here; it is listed as skipped then. */
  readonly skipped?: string;
}
