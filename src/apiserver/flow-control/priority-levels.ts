/** The priority levels and flow schemas that every cluster begins with. Mirrors apiserver v1.34 pkg/apis/flowcontrol/bootstrap/default.go. */

import type { ApiRequest } from '#api';

/** PriorityLevelConfiguration: `shares` of the server's seats, of which `lendable` percent may be lent; requests wait in `queues`. */
export interface PriorityLevel {
  readonly name: string;
  readonly shares: number;
  readonly lendable: number;
  /** Absent: what finds no seat is turned away. */
  readonly queuing?: { readonly queues: number; readonly handSize: number; readonly queueLengthLimit: number };
}

export const PRIORITY_LEVELS: readonly PriorityLevel[] = [
  { name: 'system', shares: 30, lendable: 33, queuing: { queues: 64, handSize: 6, queueLengthLimit: 50 } },
  { name: 'node-high', shares: 40, lendable: 25, queuing: { queues: 64, handSize: 6, queueLengthLimit: 50 } },
  { name: 'leader-election', shares: 10, lendable: 0, queuing: { queues: 16, handSize: 4, queueLengthLimit: 50 } },
  { name: 'workload-high', shares: 40, lendable: 50, queuing: { queues: 128, handSize: 6, queueLengthLimit: 50 } },
  { name: 'workload-low', shares: 100, lendable: 90, queuing: { queues: 128, handSize: 6, queueLengthLimit: 50 } },
  { name: 'global-default', shares: 20, lendable: 50, queuing: { queues: 128, handSize: 6, queueLengthLimit: 50 } },
  { name: 'catch-all', shares: 5, lendable: 0 },
];

/** Requests that never wait. */
export const EXEMPT = 'exempt';

/** What tells the flows of a schema apart. */
export type Distinguisher = 'user' | 'namespace';

export interface FlowSchema {
  readonly name: string;
  readonly level: string;
  readonly by: Distinguisher;
}

const schema = (name: string, level: string, by: Distinguisher = 'user'): FlowSchema => ({ name, level, by });

const EXEMPT_SCHEMA = schema('exempt', EXEMPT);
const SYSTEM_LEADER_ELECTION = schema('system-leader-election', 'leader-election');
const WORKLOAD_LEADER_ELECTION = schema('workload-leader-election', 'leader-election');
const NODE_HIGH = schema('system-node-high', 'node-high');
const SYSTEM_NODES = schema('system-nodes', 'system');
const CONTROLLER_MANAGER = schema('kube-controller-manager', 'workload-high', 'namespace');
const SCHEDULER = schema('kube-scheduler', 'workload-high', 'namespace');
const KUBE_SYSTEM_ACCOUNTS = schema('kube-system-service-accounts', 'workload-high', 'namespace');
const SERVICE_ACCOUNTS = schema('service-accounts', 'workload-low');
const GLOBAL_DEFAULT = schema('global-default', 'global-default');

const LEASES = 'leases.coordination.k8s.io';
const isElection = ({ resource, verb }: ApiRequest): boolean =>
  resource === LEASES && (verb === 'get' || verb === 'create' || verb === 'update');

/** The schema of the lowest matchingPrecedence that matches. Groups follow from user names here: system:node:* are system:nodes. */
export function schemaOf(request: ApiRequest): FlowSchema {
  const { user, resource } = request;
  if (user.startsWith('system:node:')) return resource === 'nodes' || resource === LEASES ? NODE_HIGH : SYSTEM_NODES;
  if (user === 'system:kube-controller-manager') return isElection(request) ? SYSTEM_LEADER_ELECTION : CONTROLLER_MANAGER;
  if (user === 'system:kube-scheduler') return isElection(request) ? SYSTEM_LEADER_ELECTION : SCHEDULER;
  if (user.startsWith('system:serviceaccount:kube-system:')) return isElection(request) ? WORKLOAD_LEADER_ELECTION : KUBE_SYSTEM_ACCOUNTS;
  if (user.startsWith('system:serviceaccount:')) return SERVICE_ACCOUNTS;
  if (user === 'system:apiserver' || user === 'system:admin' || user === 'kubernetes-admin') return EXEMPT_SCHEMA;
  return GLOBAL_DEFAULT;
}

export const flowOf = (request: ApiRequest, { name, by }: FlowSchema): string =>
  `${name}/${by === 'user' ? request.user : (request.namespace ?? '')}`;
