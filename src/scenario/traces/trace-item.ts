/** What every importer makes of its rows: pods that come and go, or objects that are created, changed and deleted. Times in seconds of the trace. */

import type { KubeObject } from '#api';

/** The extended resource of GPU cards. */
export const GPU = 'nvidia.com/gpu';

/** What pods of one kind have in common; equal shapes are written once. */
export interface PodShape {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** What one pod asks for; extended resources but GPU cards do not count where clusters are made to fit. */
export interface Demand {
  readonly cpuMilli: number;
  readonly memoryMib: number;
  readonly gpus: number;
}

export interface PodItem {
  readonly what: 'pod';
  readonly at: number;
  readonly name: string;
  readonly shape: PodShape;
  readonly demand: Demand;
  /** Somebody deletes it then. */
  readonly until?: number;
  /** Its containers end by themselves after so long. */
  readonly runs?: number;
  /** It comes as a batch/v1 Job of so many such pods, all at once. */
  readonly completions?: number;
  readonly line?: number;
}

export interface ObjectItem {
  readonly what: 'create' | 'patch' | 'delete';
  readonly at: number;
  /** For `patch` what changes, as a JSON merge patch; for `delete` apiVersion, kind and metadata. */
  readonly object: KubeObject;
  /** What it asks for from then on: so many pods of so much. */
  readonly asks?: { readonly pods: number; readonly demand: Demand };
  readonly line?: number;
}

export type TraceItem = PodItem | ObjectItem;

const NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

/** A name of the trace as Kubernetes takes it: lower case, '-' for what else it has. Empty when nothing is left. */
export function objectName(text: string): string {
  if (NAME.test(text) && text.length <= 200) return text;
  const made = text
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 200);
  return NAME.test(made) ? made : '';
}

/** A label's value of any text. */
export const labelValue = (text: string): string =>
  text
    .replace(/[^A-Za-z0-9_.-]+/g, '-')
    .slice(0, 63)
    .replace(/^[-_.]+|[-_.]+$/g, '');

/** A container that asks for so much. */
export function traceContainer(image: string, requests: Readonly<Record<string, string>>): Record<string, unknown> {
  const extended = Object.fromEntries(Object.entries(requests).filter(([name]) => name.includes('/')));
  const limits = Object.keys(extended).length === 0 ? {} : { limits: extended };
  return { name: 'main', image, resources: { requests, ...limits } };
}
