/** ReplicationControllers: ReplicaSets' forebears, whose selector is a plain map. Mirrors Kubernetes v1.34 pkg/registry/core/replicationcontroller. */

import { type FieldError, matchesLabelSelector, type ReplicationController } from '#api';
import { defaultTemplate } from '../defaults/pod-spec.ts';
import { validateNonNegative } from '../validation/counts.ts';
import { type FieldErrors, invalidValue, required } from '../validation/field-error.ts';
import { validateAlwaysRestarts, validateTemplate } from '../validation/workload.ts';
import type { ResourceDescriptor } from './descriptor.ts';
import { selectorText } from './label-selector-text.ts';

function validate({ spec = {} }: ReplicationController): FieldErrors {
  const errors: FieldError[] = [];
  validateNonNegative(spec.replicas, 'spec.replicas', errors);
  validateNonNegative(spec.minReadySeconds, 'spec.minReadySeconds', errors);
  const selector = spec.selector ?? {};
  if (Object.keys(selector).length === 0) errors.push(required('spec.selector'));
  if (spec.template === undefined) return [...errors, required('spec.template')];
  if (!matchesLabelSelector({ matchLabels: selector }, spec.template.metadata?.labels))
    errors.push(
      invalidValue('spec.template.metadata.labels', spec.template.metadata?.labels ?? {}, '`selector` does not match template `labels`'),
    );
  errors.push(...validateTemplate(spec.template, 'spec.template'));
  validateAlwaysRestarts(spec.template, 'ReplicationController', errors);
  return errors;
}

export const replicationControllers: ResourceDescriptor<ReplicationController> = {
  resource: 'replicationcontrollers',
  storagePath: 'controllers',
  hasStatus: true,
  hasGeneration: true,
  fields: { 'status.replicas': (controller) => String(controller.status?.replicas ?? 0) },
  defaults(controller) {
    const spec = controller.spec;
    if (spec === undefined) return controller;
    const labels = spec.template?.metadata?.labels;
    const isUnlabelled = Object.keys(controller.metadata?.labels ?? {}).length === 0 && labels !== undefined;
    return {
      ...controller,
      ...(isUnlabelled ? { metadata: { ...controller.metadata, labels } } : {}),
      spec: {
        ...spec,
        replicas: spec.replicas ?? 1,
        selector: Object.keys(spec.selector ?? {}).length === 0 ? labels : spec.selector,
        template: defaultTemplate(spec.template),
      },
    };
  },
  prepareForCreate: (controller) => ({ ...controller, status: { replicas: 0 } }),
  validate,
  validateUpdate: (next, old) => (next.spec === old.spec ? [] : validate(next)),
  scale: {
    replicas: (controller) => controller.spec?.replicas ?? 0,
    statusReplicas: (controller) => controller.status?.replicas ?? 0,
    selector: (controller) => selectorText({ matchLabels: controller.spec?.selector }),
    withReplicas: (controller, replicas) => ({ ...controller, spec: { ...controller.spec, replicas } }),
  },
};
