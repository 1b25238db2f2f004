/** All kinds of workload by their key in a scenario. */

import type { WorkloadEntry, WorkloadKind } from '../workload.ts';
import { apiLoad } from './api-load.ts';
import { apply } from './apply.ts';
import { deleteDeployments } from './delete-deployments.ts';
import { deployments } from './deployments.ts';
import { drain } from './drain.ts';
import { etcdctl } from './etcdctl.ts';
import { jobs } from './jobs.ts';
import { openbReplay } from './openb.ts';
import { pods } from './pods.ts';
import { rollingUpdate } from './rolling-update.ts';
import { scale } from './scale.ts';
import { trace } from './trace.ts';
import { traffic } from './traffic.ts';

export const WORKLOADS: readonly WorkloadKind[] = [
  deployments,
  jobs,
  pods,
  apply,
  rollingUpdate,
  scale,
  deleteDeployments,
  apiLoad,
  etcdctl,
  traffic,
  drain,
  trace,
];

/** Kinds that a command puts into its own scenario; no YAML names them. */
const REPLAYS: readonly WorkloadKind[] = [openbReplay];

const byName = new Map([...WORKLOADS, ...REPLAYS].map((kind) => [kind.name, kind]));

export const workloadKind = (name: string): WorkloadKind | undefined => byName.get(name);

/** Whether pods come of an entry by itself, when all goes well. */
export const bringsPods = ({ kind, spec }: WorkloadEntry): boolean => (workloadKind(kind)?.pods?.(spec as never) ?? 0) > 0;
