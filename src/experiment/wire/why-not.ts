/** Why the wires of a run cannot be judged. The judges take all members of etcd for one group whose history is never taken back, and must hear everybody. */

import { isEtcdctl, type Scenario } from '#scenario';

/** They change what is stored behind etcd's back, or take its history back. */
const FALSIFYING = ['corruptMember', 'loseEtcdDisk'];

/** Undefined: they can. */
export function whyNoWires({ cluster, faults, workload }: Scenario, shards: number): string | undefined {
  if (shards > 0) return `with --shards ${shards} nobody hears all of them`;
  if (cluster.etcd.length > 1) return 'there is more than one etcd cluster';
  const fault = faults.find(({ kind }) => FALSIFYING.includes(kind));
  if (fault !== undefined) return `${fault.kind} falsifies what etcd has stored`;
  if (workload.some((entry) => isEtcdctl(entry) && (entry.spec as { readonly do?: string }).do === 'restore'))
    return 'etcd is restored from a snapshot';
  return undefined;
}
