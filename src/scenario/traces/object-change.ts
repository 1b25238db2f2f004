/** A change of an object, as a watch tells it: of a run that was watched, or of a live cluster. */

import type { KubeObject, Resource } from '#api';

export interface ObjectChange {
  /** Since the Unix epoch. */
  readonly seconds: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeObject;
}

/** What a recording watches: what people make, and pods and nodes. */
export const RECORDED_RESOURCES: readonly Resource[] = [
  'namespaces',
  'nodes',
  'pods',
  'services',
  'configmaps',
  'replicationcontrollers',
  'resourcequotas',
  'limitranges',
  'priorityclasses.scheduling.k8s.io',
  'deployments.apps',
  'replicasets.apps',
  'statefulsets.apps',
  'daemonsets.apps',
  'jobs.batch',
  'cronjobs.batch',
  'poddisruptionbudgets.policy',
  'horizontalpodautoscalers.autoscaling',
];

export const EVENTS: Resource = 'events';

/** Does nobody but a user make it? What has a controller comes of its owner. */
export const isOwned = ({ metadata }: KubeObject): boolean =>
  metadata?.ownerReferences?.some(({ controller }) => controller === true) === true;

export const identityOf = ({ apiVersion, kind, metadata }: KubeObject): string =>
  `${apiVersion}/${kind} ${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`;
