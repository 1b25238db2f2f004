/** Mutating admission on create: what the default plugins do to pods and nodes. A template's spec is admitted once and then shared. */

import type { KubeObject, Node, Pod, PodSpec, StatusObject, Taint } from '#api';
import { isStatus } from '../cache/filter.ts';
import type { Core } from '../core.ts';
import { withDefaultTolerations } from './default-tolerations.ts';
import { type Priority, priorityOf } from './priority.ts';

/** TaintNodesByCondition: a node is not ready until its conditions say so. */
const NOT_READY_TAINT: Taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };

interface Admitted {
  readonly value: number;
  readonly className: string | undefined;
  readonly spec: PodSpec;
}
const admitted = new WeakMap<PodSpec, Admitted>();

function admitSpec(spec: PodSpec, { value, className, preemptionPolicy }: Priority, tolerates: boolean): PodSpec {
  const known = admitted.get(spec);
  if (known !== undefined && known.value === value && known.className === className) return known.spec;
  const next: PodSpec = {
    ...spec,
    ...(className === undefined ? {} : { priorityClassName: className }),
    tolerations: tolerates ? withDefaultTolerations(spec) : spec.tolerations,
    priority: value,
    preemptionPolicy: spec.preemptionPolicy ?? preemptionPolicy,
  };
  admitted.set(spec, { value, className, spec: next });
  return next;
}

function admitPod(core: Core, pod: Pod): Pod | StatusObject {
  const spec = pod.spec;
  if (spec === undefined) return pod;
  const tolerates = core.admission.isEnabled('DefaultTolerationSeconds');
  if (!core.admission.isEnabled('Priority'))
    return tolerates ? { ...pod, spec: { ...spec, tolerations: withDefaultTolerations(spec) } } : pod;
  const priority = priorityOf(core, spec, pod.metadata?.name || pod.metadata?.generateName || '');
  if (isStatus(priority)) return priority;
  return { ...pod, spec: admitSpec(spec, priority, tolerates) };
}

function admitNode(node: Node): Node {
  const taints = node.spec?.taints ?? [];
  if (taints.some((taint) => taint.key === NOT_READY_TAINT.key && taint.effect === NOT_READY_TAINT.effect)) return node;
  return { ...node, spec: { ...node.spec, taints: [...taints, NOT_READY_TAINT] } };
}

export function admitCreate(core: Core, resource: string, object: KubeObject): KubeObject | StatusObject {
  if (resource === 'pods') return admitPod(core, object as Pod);
  if (resource === 'nodes' && core.admission.isEnabled('TaintNodesByCondition')) return admitNode(object as Node);
  return object;
}

/** DefaultTolerationSeconds stands at updates, too: a client that sends a pod without the two tolerations does not take them away. */
export function admitUpdate(core: Core, resource: string, object: KubeObject): KubeObject {
  const spec = (object as Pod).spec;
  if (resource !== 'pods' || spec === undefined || !core.admission.isEnabled('DefaultTolerationSeconds')) return object;
  const tolerations = withDefaultTolerations(spec);
  return tolerations === spec.tolerations ? object : ({ ...object, spec: { ...spec, tolerations } } as KubeObject);
}
