/** What runs pods: Deployments and their kin, Jobs, disruption budgets. Mirrors Kubernetes v1.34 pkg/printers/internalversion/printers.go. */

import {
  type ControllerRevision,
  type CronJob,
  type DaemonSet,
  type Deployment,
  type Job,
  type PodDisruptionBudget,
  parseTime,
  type ReplicaSet,
  type ReplicationController,
  type StatefulSet,
} from '#api';
import { selectorText } from '../registry/label-selector-text.ts';
import { humanDuration, since } from './human-duration.ts';
import { labelText, NONE, selectorColumn } from './label-text.ts';
import { containerCells } from './pods.ts';
import { AGE, ageOf, type Cell, flag, integer, NAME, nameOf, type Printer, text, wide } from './printer.ts';

const CONTAINERS = [wide('Containers'), wide('Images')];
const WITH_SELECTOR = [...CONTAINERS, wide('Selector')];
const REPLICAS = [NAME, integer('Desired'), integer('Current'), integer('Ready'), AGE, ...WITH_SELECTOR];

export const deployments: Printer<Deployment> = {
  columns: [NAME, text('Ready'), text('Up-to-date'), text('Available'), AGE, ...WITH_SELECTOR],
  cells: (object, now) => [
    nameOf(object),
    `${object.status?.readyReplicas ?? 0}/${object.spec?.replicas ?? 0}`,
    object.status?.updatedReplicas ?? 0,
    object.status?.availableReplicas ?? 0,
    ageOf(object, now),
    ...containerCells(object.spec?.template?.spec?.containers),
    selectorText(object.spec?.selector),
  ],
};

const replicaCells = (object: ReplicaSet | ReplicationController, now: number, selector: string): Cell[] => [
  nameOf(object),
  object.spec?.replicas ?? 0,
  object.status?.replicas ?? 0,
  object.status?.readyReplicas ?? 0,
  ageOf(object, now),
  ...containerCells(object.spec?.template?.spec?.containers),
  selector,
];

export const replicaSets: Printer<ReplicaSet> = {
  columns: REPLICAS,
  cells: (object, now) => replicaCells(object, now, selectorColumn(object.spec?.selector)),
};

export const replicationControllers: Printer<ReplicationController> = {
  columns: REPLICAS,
  cells: (object, now) => replicaCells(object, now, labelText(object.spec?.selector)),
};

export const statefulSets: Printer<StatefulSet> = {
  columns: [NAME, text('Ready'), AGE, ...CONTAINERS],
  cells: (object, now) => [
    nameOf(object),
    `${object.status?.readyReplicas ?? 0}/${object.spec?.replicas ?? 0}`,
    ageOf(object, now),
    ...containerCells(object.spec?.template?.spec?.containers),
  ],
};

export const daemonSets: Printer<DaemonSet> = {
  columns: [
    NAME,
    integer('Desired'),
    integer('Current'),
    integer('Ready'),
    integer('Up-to-date'),
    integer('Available'),
    text('Node Selector'),
    AGE,
    ...WITH_SELECTOR,
  ],
  cells: ({ metadata, spec, status }, now) => [
    metadata?.name ?? '',
    status?.desiredNumberScheduled ?? 0,
    status?.currentNumberScheduled ?? 0,
    status?.numberReady ?? 0,
    status?.updatedNumberScheduled ?? 0,
    status?.numberAvailable ?? 0,
    labelText(spec?.template?.spec?.nodeSelector),
    since(metadata?.creationTimestamp, now),
    ...containerCells(spec?.template?.spec?.containers),
    selectorColumn(spec?.selector),
  ],
};

export const controllerRevisions: Printer<ControllerRevision> = {
  columns: [NAME, text('Controller'), text('Revision'), AGE],
  cells(object, now) {
    const owner = object.metadata?.ownerReferences?.find(({ controller }) => controller === true);
    const slash = owner?.apiVersion.indexOf('/') ?? -1;
    const kind = owner === undefined || slash < 0 ? owner?.kind : `${owner.kind}.${owner.apiVersion.slice(0, slash)}`;
    return [nameOf(object), owner === undefined ? NONE : `${kind?.toLowerCase()}/${owner.name}`, object.revision, ageOf(object, now)];
  },
};

function completions({ spec, status }: Job): string {
  const done = status?.succeeded ?? 0;
  if (spec?.completions !== undefined && spec.completions !== null) return `${done}/${spec.completions}`;
  const parallelism = spec?.parallelism ?? 0;
  return parallelism > 1 ? `${done}/1 of ${parallelism}` : `${done}/1`;
}

function jobDuration({ status }: Job, now: number): string {
  const start = parseTime((status?.startTime as string | undefined) ?? '');
  if (start === undefined) return '';
  return humanDuration((parseTime((status?.completionTime as string | undefined) ?? '') ?? now) - start);
}

function jobStatus(job: Job): string {
  const is = (type: string): boolean => job.status?.conditions?.find((condition) => condition.type === type)?.status === 'True';
  if (is('Complete')) return 'Complete';
  if (is('Failed')) return 'Failed';
  if (job.metadata?.deletionTimestamp !== undefined) return 'Terminating';
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(is) ?? 'Running';
}

export const jobs: Printer<Job> = {
  columns: [NAME, text('Status'), text('Completions'), text('Duration'), AGE, ...WITH_SELECTOR],
  cells: (job, now) => [
    nameOf(job),
    jobStatus(job),
    completions(job),
    jobDuration(job, now),
    ageOf(job, now),
    ...containerCells(job.spec?.template?.spec?.containers),
    selectorColumn(job.spec?.selector),
  ],
};

export const cronJobs: Printer<CronJob> = {
  columns: [NAME, text('Schedule'), text('Timezone'), flag('Suspend'), integer('Active'), text('Last Schedule'), AGE, ...WITH_SELECTOR],
  cells: ({ metadata, spec, status }, now) => [
    metadata?.name ?? '',
    spec?.schedule ?? '',
    spec?.timeZone ?? NONE,
    spec?.suspend === undefined ? '<unset>' : spec.suspend ? 'True' : 'False',
    status?.active?.length ?? 0,
    status?.lastScheduleTime === undefined ? NONE : since(status.lastScheduleTime, now),
    since(metadata?.creationTimestamp, now),
    ...containerCells(spec?.jobTemplate?.spec?.template?.spec?.containers),
    selectorColumn(spec?.jobTemplate?.spec?.selector),
  ],
};

export const disruptionBudgets: Printer<PodDisruptionBudget> = {
  columns: [NAME, text('Min Available'), text('Max Unavailable'), integer('Allowed Disruptions'), AGE],
  cells: (object, now) => [
    nameOf(object),
    String(object.spec?.minAvailable ?? 'N/A'),
    String(object.spec?.maxUnavailable ?? 'N/A'),
    object.status?.disruptionsAllowed ?? 0,
    ageOf(object, now),
  ],
};
