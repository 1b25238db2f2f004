/** The FlowSchemas and PriorityLevelConfigurations that every cluster begins with: the mandatory ones, which may not be changed, and the suggested
 *  ones. Mirrors apiserver v1.34 pkg/apis/flowcontrol/bootstrap/default.go. */

import type { FlowSchema, PriorityLevelConfiguration } from '#api';

type Spec = FlowSchema['spec'];
type Rules = NonNullable<NonNullable<Spec>['rules']>[number];
type Subject = Rules['subjects'][number];
type ResourceRule = NonNullable<Rules['resourceRules']>[number];

const apiVersion = 'flowcontrol.apiserver.k8s.io/v1';
/** Suggested objects are kept as they are here while this says so (apf.kubernetes.io/autoupdate-spec). */
const metadataOf = (name: string) => ({ name, annotations: { 'apf.kubernetes.io/autoupdate-spec': 'true' } });

const level = (name: string, spec: PriorityLevelConfiguration['spec']): PriorityLevelConfiguration => ({
  apiVersion,
  kind: 'PriorityLevelConfiguration',
  metadata: metadataOf(name),
  spec,
});

const limited = (
  name: string,
  nominalConcurrencyShares: number,
  lendablePercent: number,
  queues: number,
  handSize: number,
): PriorityLevelConfiguration =>
  level(name, {
    type: 'Limited',
    limited: {
      nominalConcurrencyShares,
      limitResponse: { type: 'Queue', queuing: { queues, handSize, queueLengthLimit: 50 } },
      lendablePercent,
    },
  });

const EXEMPT = level('exempt', { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } });
const CATCH_ALL = level('catch-all', {
  type: 'Limited',
  limited: { nominalConcurrencyShares: 5, limitResponse: { type: 'Reject' }, lendablePercent: 0 },
});

export const MANDATORY_LEVELS: readonly PriorityLevelConfiguration[] = [EXEMPT, CATCH_ALL];
export const SUGGESTED_LEVELS: readonly PriorityLevelConfiguration[] = [
  limited('system', 30, 33, 64, 6),
  limited('node-high', 40, 25, 64, 6),
  limited('leader-election', 10, 0, 16, 4),
  limited('workload-high', 40, 50, 128, 6),
  limited('workload-low', 100, 90, 128, 6),
  limited('global-default', 20, 50, 128, 6),
];

const group = (name: string): Subject => ({ kind: 'Group', group: { name } });
const user = (name: string): Subject => ({ kind: 'User', user: { name } });
const account = (name: string): Subject => ({ kind: 'ServiceAccount', serviceAccount: { name, namespace: 'kube-system' } });

const EVERYBODY = [group('system:unauthenticated'), group('system:authenticated')];
const MANAGER = user('system:kube-controller-manager');
const SCHEDULER = user('system:kube-scheduler');
const ANY = ['*'];
const ELECTION = ['get', 'create', 'update'];

const resources = (verbs: string[], apiGroup: string, names: string[], clusterScope = false): ResourceRule => ({
  verbs,
  apiGroups: [apiGroup],
  resources: names,
  ...(clusterScope ? { clusterScope } : {}),
  namespaces: ANY,
});
const ELECTION_LEASES = resources(ELECTION, 'coordination.k8s.io', ['leases']);

const all = (...subjects: Subject[]): Rules => ({
  subjects,
  resourceRules: [resources(ANY, '*', ANY, true)],
  nonResourceRules: [{ verbs: ANY, nonResourceURLs: ANY }],
});

function schema(name: string, of: string, precedence: number, by: 'ByUser' | 'ByNamespace' | undefined, rules: Rules): FlowSchema {
  const spec: Spec = {
    priorityLevelConfiguration: { name: of },
    matchingPrecedence: precedence,
    ...(by === undefined ? {} : { distinguisherMethod: { type: by } }),
    rules: [rules],
  };
  return { apiVersion, kind: 'FlowSchema', metadata: metadataOf(name), spec };
}

export const MANDATORY_SCHEMAS: readonly FlowSchema[] = [
  schema('exempt', 'exempt', 1, undefined, all(group('system:masters'))),
  schema('catch-all', 'catch-all', 10_000, 'ByUser', all(...EVERYBODY)),
];
export const SUGGESTED_SCHEMAS: readonly FlowSchema[] = [
  schema('probes', 'exempt', 2, undefined, {
    subjects: EVERYBODY,
    nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }],
  }),
  schema('system-leader-election', 'leader-election', 100, 'ByUser', {
    subjects: [MANAGER, SCHEDULER, account('*')],
    resourceRules: [ELECTION_LEASES],
  }),
  schema('system-node-high', 'node-high', 400, 'ByUser', {
    subjects: [group('system:nodes')],
    resourceRules: [resources(ANY, '', ['nodes', 'nodes/status'], true), resources(ANY, 'coordination.k8s.io', ['leases'])],
  }),
  schema('system-nodes', 'system', 500, 'ByUser', all(group('system:nodes'))),
  schema('kube-controller-manager', 'workload-high', 800, 'ByNamespace', all(MANAGER)),
  schema('kube-scheduler', 'workload-high', 800, 'ByNamespace', all(SCHEDULER)),
  schema('kube-system-service-accounts', 'workload-high', 900, 'ByNamespace', all(account('*'))),
  schema('service-accounts', 'workload-low', 9000, 'ByUser', all(group('system:serviceaccounts'))),
  schema('global-default', 'global-default', 9900, 'ByUser', all(...EVERYBODY)),
];
