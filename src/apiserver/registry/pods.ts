/** Pods. Mirrors Kubernetes v1.34 pkg/registry/core/pod/strategy.go and ValidatePodUpdate of pkg/apis/core/validation. */

import { type FieldError, type Pod, type PodCondition, type PodSpec, type PodStatus, podQosClass, type QosClass } from '#api';
import { defaultPodOwnSpec } from '../defaults/pod-spec.ts';
import type { Meta } from '../object-meta.ts';
import { type FieldErrors, forbiddenField, invalidValue, NO_ERRORS } from '../validation/field-error.ts';
import { validatePodAnnotations } from '../validation/pod-annotations.ts';
import { validatePodSpec } from '../validation/pod-spec.ts';
import { validatePodAlone, validatePodUpdate } from '../validation/pod-update.ts';
import type { ResourceDescriptor } from './descriptor.ts';
import { prepareEphemeralContainers, validateEphemeralContainers } from './pod-ephemeral-containers.ts';
import { prepareForResize, validateResize } from './pod-resize.ts';

/** All pods have one shape. */
const shaped = (metadata: Meta | undefined, spec: PodSpec | undefined, status: PodStatus | undefined): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: metadata as Pod['metadata'],
  spec,
  status,
});
const metaOf = (pod: Pod): Meta => pod.metadata as Meta;

const FRESH: Readonly<Record<QosClass, PodStatus>> = {
  BestEffort: { phase: 'Pending', qosClass: 'BestEffort' },
  Burstable: { phase: 'Pending', qosClass: 'Burstable' },
  Guaranteed: { phase: 'Pending', qosClass: 'Guaranteed' },
};

// The class follows from the spec alone, and specs are shared.
const qosOfSpec = new WeakMap<object, QosClass>();
function qosClass(pod: Pod): QosClass {
  if (!Array.isArray(pod.spec?.containers)) return 'BestEffort';
  let qos = qosOfSpec.get(pod.spec);
  if (qos === undefined) {
    qos = podQosClass(pod);
    qosOfSpec.set(pod.spec, qos);
  }
  return qos;
}

const GATED = 'Scheduling is blocked due to non-empty scheduling gates';
/** A client that leaves observedGeneration out does not clear it. */
function keepObservedGenerations(status: PodStatus, old: PodStatus | undefined): PodStatus {
  const before = old?.conditions;
  if (status.conditions === undefined || before === undefined || status.conditions === before) return status;
  let conditions: PodCondition[] | undefined;
  for (let i = 0; i < status.conditions.length; i++) {
    const condition = status.conditions[i] as PodCondition;
    if (condition.observedGeneration !== undefined) continue;
    for (const known of before) {
      if (known.type !== condition.type) continue;
      if (known.observedGeneration === undefined) break;
      conditions ??= status.conditions.slice();
      conditions[i] = { ...condition, observedGeneration: known.observedGeneration };
      break;
    }
  }
  return conditions === undefined ? status : { ...status, conditions };
}

/** ValidatePodCreate. */
function validatePod(pod: Pod): FieldErrors {
  const spec = pod.spec as PodSpec | undefined;
  const errors: FieldError[] = [];
  const annotations = validatePodAnnotations(pod.metadata?.annotations, 'metadata.annotations');
  if (annotations.length > 0) errors.push(...annotations);
  const own = validatePodSpec(spec, 'spec');
  if (own.length > 0) errors.push(...own);
  if (spec === undefined || spec === null) return errors;
  validatePodAlone(spec, errors);
  if ((spec.ephemeralContainers ?? []).length > 0) errors.push(forbiddenField('spec.ephemeralContainers', 'cannot be set on create'));
  if (spec.nodeName && (spec.schedulingGates ?? []).length > 0)
    errors.push(forbiddenField('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'));
  return errors.length === 0 ? NO_ERRORS : errors;
}

export const pods: ResourceDescriptor<Pod> = {
  resource: 'pods',
  hasStatus: true,
  hasGeneration: true,
  returnsDeletedObject: true,
  watchIndex: 'spec.nodeName',
  fields: {
    'spec.nodeName': (pod) => pod.spec?.nodeName ?? '',
    'spec.restartPolicy': (pod) => pod.spec?.restartPolicy ?? '',
    'spec.schedulerName': (pod) => pod.spec?.schedulerName ?? '',
    'spec.serviceAccountName': (pod) => pod.spec?.serviceAccountName ?? '',
    'spec.hostNetwork': (pod) => String(pod.spec?.hostNetwork ?? false),
    'status.phase': (pod) => pod.status?.phase ?? '',
    'status.podIP': (pod) => pod.status?.podIP ?? '',
    'status.podIPs': (pod) => pod.status?.podIP ?? '',
    'status.nominatedNodeName': (pod) => pod.status?.nominatedNodeName ?? '',
  },
  defaults(pod) {
    const spec = pod.spec === undefined ? undefined : defaultPodOwnSpec(pod.spec);
    return spec === pod.spec ? pod : { ...pod, spec };
  },
  prepareForCreate(pod, time) {
    const qos = qosClass(pod);
    if ((pod.spec?.schedulingGates ?? []).length === 0) return shaped(metaOf(pod), pod.spec, FRESH[qos]);
    const condition: PodCondition = {
      type: 'PodScheduled',
      status: 'False',
      lastTransitionTime: time,
      reason: 'SchedulingGated',
      message: GATED,
    };
    return shaped(metaOf(pod), pod.spec, { phase: 'Pending', qosClass: qos, conditions: [condition] });
  },
  validate: validatePod,
  prepareForUpdate: (next, old) => shaped(metaOf(next), next.spec, old.status),
  validateUpdate: validatePodUpdate,
  parts: {
    resize: { prepare: prepareForResize, validate: validateResize },
    ephemeralcontainers: { prepare: prepareEphemeralContainers, validate: validateEphemeralContainers },
  },
  prepareForStatusUpdate(next, old) {
    const metadata = metaOf(next);
    metadata.ownerReferences = old.metadata?.ownerReferences;
    let status = next.status ?? {};
    if (status.qosClass === undefined && old.status?.qosClass !== undefined) status = { ...status, qosClass: old.status.qosClass };
    return shaped(metadata, old.spec, keepObservedGenerations(status, old.status));
  },
  validateStatusUpdate(next, old) {
    const phase = next.status?.phase;
    if (phase === undefined || phase === old.status?.phase || ['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'].includes(phase))
      return NO_ERRORS;
    return [invalidValue('status.phase', phase, 'not a pod phase')];
  },
  /** CheckGracefulDelete: no grace for what runs nowhere or has ended. */
  gracePeriodSeconds(pod, requested) {
    if (!pod.spec?.nodeName || pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded') return 0;
    const period = requested ?? pod.spec.terminationGracePeriodSeconds ?? 0;
    return period < 0 ? 1 : period;
  },
};
