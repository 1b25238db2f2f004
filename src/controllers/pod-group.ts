/** Keeps the status of PodGroups: how many of their pods run, succeeded, failed, and what that makes of the group. The scheduler does not read it.
 *  Mirrors scheduler-plugins v0.32 pkg/controllers/podgroup_controller.go (a process of its own there, too). */

import type { KubeObject, Pod } from '#api';
import type { Controller, InformerEvent, Plan, View, WatchSpec } from '#client';

const POD_GROUPS = 'podgroups.scheduling.x-k8s.io';
const LABEL = 'scheduling.x-k8s.io/pod-group';
const NONE: readonly string[] = [];

interface Status {
  readonly phase?: string;
  readonly occupiedBy?: string;
  readonly running?: number;
  readonly succeeded?: number;
  readonly failed?: number;
}
interface PodGroup extends KubeObject {
  readonly spec?: { readonly minMember?: number };
  readonly status?: Status;
}

/** The group that a pod belongs to, as a key. */
function groupKeys(object: KubeObject): readonly string[] {
  const { namespace = '', labels } = object.metadata ?? {};
  const name = labels?.[LABEL] ?? '';
  return name === '' ? NONE : [`${namespace}/${name}`];
}

export class PodGroupController implements Controller {
  readonly name = 'podgroup';
  readonly component = 'PodGroupController';
  readonly workers: number;
  readonly watches: readonly WatchSpec[] = [
    { resource: POD_GROUPS, keys: (event: InformerEvent) => (event.type === 'delete' ? NONE : [event.key]) },
    { resource: 'pods', keys: (event: InformerEvent) => groupKeys(event.object), indexes: { [LABEL]: groupKeys } },
  ];

  constructor(workers = 1) {
    this.workers = workers;
  }

  reconcile(key: string, view: View): Plan {
    const group = view.lister<PodGroup>(POD_GROUPS).get(key);
    if (group === undefined || group.status?.phase === 'Finished' || group.status?.phase === 'Failed') return {};
    const pods = [...view.lister<Pod>('pods').byIndex(LABEL, key)];
    const status = statusOf(group, pods);
    const before: Status = group.status ?? {};
    const changed = Object.entries(status).filter(
      ([name, value]) => value !== (before[name as keyof Status] ?? (name === 'phase' ? '' : 0)),
    );
    if (changed.length === 0) return {};
    const { namespace, name } = group.metadata ?? {};
    const body = { status: Object.fromEntries(changed) };
    return {
      requests: [
        { verb: 'patch', resource: POD_GROUPS, subresource: 'status', namespace, name, patchType: 'merge', body, discardBody: true },
      ],
    };
  }
}

/** One step of the phases; the change that it makes brings the next. */
function statusOf({ spec, status = {} }: PodGroup, pods: readonly Pod[]): Status {
  const minMember = spec?.minMember ?? 0;
  if ((status.phase ?? '') === '') return { phase: 'Pending' };
  if (status.phase === 'Pending') {
    if (pods.length < minMember) return {};
    const owners = (pods[0]?.metadata?.ownerReferences ?? []).map((owner) => `${pods[0]?.metadata?.namespace ?? ''}/${owner.name}`).sort();
    return owners.length === 0 ? { phase: 'Scheduling' } : { phase: 'Scheduling', occupiedBy: owners.join() };
  }
  const count = (phase: string): number => pods.filter((pod) => pod.status?.phase === phase).length;
  const counts = { running: count('Running'), succeeded: count('Succeeded'), failed: count('Failed') };
  return { ...counts, phase: phaseOf(counts, pods.length, minMember) };
}

function phaseOf(
  { running, succeeded, failed }: Record<'running' | 'succeeded' | 'failed', number>,
  pods: number,
  minMember: number,
): string {
  if (pods < minMember) return 'Pending';
  if (succeeded >= minMember) return 'Finished';
  if (failed > 0 && failed + running + succeeded >= minMember) return 'Failed';
  return succeeded + running >= minMember ? 'Running' : 'Scheduling';
}
