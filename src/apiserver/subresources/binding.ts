/** pods/binding: gives a pod its node, once. Mirrors Kubernetes v1.34 pkg/registry/core/pod/storage/storage.go (BindingREST, assignPod). */

import { badRequest, conflict, type FieldError, type KubeObject, type Pod, type PodCondition, type PodStatus, rfc3339 } from '#api';
import { preconditionText, unknownFailure } from '../failures.ts';
import type { Change } from '../guaranteed-update.ts';
import { freshMeta } from '../object-meta.ts';
import { notSupported, required } from '../validation/field-error.ts';

interface Binding extends KubeObject {
  readonly target?: { readonly kind?: string; readonly name?: string };
}

const CREATED = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };

/** UpdatePodCondition(PodScheduled=True); a nomination ends with the binding. */
function boundStatus(pod: Pod, time: string): PodStatus {
  const generation = pod.metadata?.generation;
  const condition: PodCondition = {
    type: 'PodScheduled',
    status: 'True',
    lastProbeTime: undefined,
    lastTransitionTime: time,
    observedGeneration: generation,
  };
  const before = pod.status?.conditions ?? [];
  const at = before.findIndex((known) => known.type === 'PodScheduled');
  if (at >= 0 && before[at]?.status === 'True') condition.lastTransitionTime = before[at]?.lastTransitionTime ?? time;
  const conditions = at < 0 ? [...before, condition] : before.map((known, i) => (i === at ? condition : known));
  const status: PodStatus = { ...pod.status, conditions };
  if (status.nominatedNodeName !== undefined) delete status.nominatedNodeName;
  return status;
}

export const bind: Change = {
  transform(_core, operation, current, ctx) {
    const binding = operation.request.body as Binding | undefined;
    const name = operation.request.name ?? '';
    if ((binding?.metadata?.name ?? '') !== name) return badRequest('name in URL does not match name in Binding object');
    const errors: FieldError[] = [];
    if (binding?.target?.kind && binding.target.kind !== 'Node')
      errors.push(notSupported('target.kind', binding.target.kind, ['Node', '<empty>']));
    if (!binding?.target?.name) errors.push(required('target.name'));
    if (errors.length > 0) {
      const texts = errors.map(({ field, message }) => `${field}: ${message}`);
      // An aggregate of field errors is no Status upstream either: it answers 500.
      return unknownFailure(texts.length === 1 ? (texts[0] as string) : `[${texts.join(', ')}]`);
    }
    const pod = current as Pod;
    const uid = binding?.metadata?.uid;
    if (uid && uid !== pod.metadata?.uid)
      return conflict('pods', name, preconditionText(operation.key, 'UID', uid, pod.metadata?.uid ?? ''));
    if (pod.metadata?.deletionTimestamp !== undefined)
      return conflict('pods/binding', name, `pod ${name} is being deleted, cannot be assigned to a host`);
    if (pod.spec?.nodeName) return conflict('pods/binding', name, `pod ${name} is already assigned to node "${pod.spec.nodeName}"`);
    if ((pod.spec?.schedulingGates ?? []).length > 0)
      return conflict('pods/binding', name, `pod ${name} has non-empty .spec.schedulingGates`);
    const metadata = freshMeta(pod.metadata);
    const added = binding?.metadata?.annotations;
    if (added !== undefined && Object.keys(added).length > 0) metadata.annotations = { ...metadata.annotations, ...added };
    const status = boundStatus(pod, rfc3339(ctx.clock()));
    return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { ...pod.spec, nodeName: binding?.target?.name }, status } as KubeObject;
  },
  done(core, operation, _object, _removed, ctx) {
    core.answer(operation, 201, CREATED, ctx);
  },
};
