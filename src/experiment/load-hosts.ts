/** The clients of a scenario's `apiLoad` entries, and the operator of its `etcdctl` entries, as hosts. */

import type { ClientConfig } from '#client';
import { type ClientLimits, etcdctlPlan, isEtcdctl, isLoad, loadPlan, type TopologyEtcdMember, type WorkloadEntry } from '#scenario';
import type { HostSpec } from '#sim';
import type { EtcdOperatorConfig } from './etcd-operator.ts';
import type { LoadClientConfig } from './load-client.ts';

const USERS = { group: 'client', zone: 'control-plane' } as const;

export function loadHosts(
  workload: readonly WorkloadEntry[],
  members: readonly TopologyEtcdMember[],
  client: (user: string, limits: ClientLimits) => ClientConfig,
): readonly HostSpec[] {
  const loads = workload.filter(isLoad).flatMap(({ spec }) => {
    const plan = loadPlan(spec);
    return Array.from({ length: plan.clients }, (_, index): HostSpec => {
      const own = client(plan.user, plan);
      const config: LoadClientConfig = { client: plan.timeout === undefined ? own : { ...own, timeout: plan.timeout }, plan, index };
      return { name: `${plan.name}-client-${index}`, program: 'load-client', config, ...USERS };
    });
  });
  const commands = workload.filter(isEtcdctl).map(({ spec }) => etcdctlPlan(spec));
  if (commands.length === 0) return loads;
  const config: EtcdOperatorConfig = { commands, members };
  return [...loads, { name: 'etcdctl', program: 'etcd-operator', config, ...USERS }];
}
