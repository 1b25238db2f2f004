/** pods/resize: the resources of containers and what a change of them means for each, nothing else. Mirrors Kubernetes v1.34
 *  pkg/registry/core/pod/strategy.go (podResizeStrategy) and ValidatePodResize of pkg/apis/core/validation; all kubelets here
 *  know how to resize, and their statuses say with what containers run once they were asked to. */

import { deepEqual, type FieldError, type Pod, type PodSpec, podQosClass } from '#api';
import type { Meta } from '../object-meta.ts';
import { type FieldErrors, forbiddenField, invalidValue } from '../validation/field-error.ts';
import { validatePodSpec } from '../validation/pod-spec.ts';

type Containers = PodSpec['containers'];
type Container = Containers[number];
type Amounts = Readonly<Record<string, unknown>> | undefined;

interface Resized {
  readonly requests?: Amounts;
  readonly limits?: Amounts;
}

const resourcesOf = (container: Container | undefined): Resized => (container?.resources ?? {}) as Resized;

/** The old containers with the new ones' resources; as sent where they were renamed or reordered, for validation to see. */
function withResourcesOf(sent: Containers | undefined, old: Containers | undefined): Containers | undefined {
  if (sent === undefined || old === undefined) return sent;
  if (sent.some((container, i) => container.name !== old[i]?.name)) return sent;
  return old.map((container, i) => {
    const { resources, resizePolicy } = sent[i] as Container & { readonly resizePolicy?: unknown };
    return { ...container, resources, ...(resizePolicy === undefined ? {} : { resizePolicy }) } as Container;
  });
}

/** dropNonResizeUpdates. */
export function prepareForResize(next: Pod, old: Pod): Pod {
  const sent = next.spec;
  const before = old.spec;
  // ResetObjectMetaForStatus. The metadata is fresh: it may still be written.
  const metadata = next.metadata as Meta;
  metadata.labels = old.metadata?.labels;
  metadata.annotations = old.metadata?.annotations;
  metadata.finalizers = old.metadata?.finalizers;
  metadata.ownerReferences = old.metadata?.ownerReferences;
  const kept = { ...next, status: old.status };
  if (sent === undefined || before === undefined) return kept;
  const isSameCount =
    sent.containers?.length === before.containers.length && (sent.initContainers ?? []).length === (before.initContainers ?? []).length;
  if (!isSameCount) return kept;
  const containers = withResourcesOf(sent.containers, before.containers) as Containers;
  const initContainers = withResourcesOf(sent.initContainers, before.initContainers);
  return { ...kept, spec: { ...before, containers, ...(initContainers === undefined ? {} : { initContainers }) } };
}

function removes(next: Amounts, old: Amounts): boolean {
  for (const name in old) if (next?.[name] === undefined) return true;
  return false;
}

/** Resources but for cpu and memory. */
function fixedPart(container: Container): unknown {
  const strip = (amounts: Amounts): unknown => {
    const { cpu: _cpu, memory: _memory, ...rest } = amounts ?? {};
    return rest;
  };
  const { requests, limits, ...rest } = resourcesOf(container);
  return { ...container, resizePolicy: undefined, resources: { ...rest, requests: strip(requests), limits: strip(limits) } };
}

function validateContainers(next: Containers, old: Containers, at: string, errors: FieldError[]): void {
  const isInit = at === 'spec.initContainers';
  const label = isInit ? 'initContainers' : 'containers';
  next.forEach((container, i) => {
    const before = old[i] as Container;
    const field = `${at}[${i}]`;
    if (container.name !== before.name) {
      errors.push(forbiddenField(`${field}.name`, `${label} may not be renamed or reordered on resize`));
      return;
    }
    if (isInit && before.restartPolicy !== 'Always') {
      if (!deepEqual(resourcesOf(container), resourcesOf(before)))
        errors.push(forbiddenField(`${field}.resources`, 'resources for non-sidecar init containers are immutable'));
      return;
    }
    if (removes(resourcesOf(container).requests, resourcesOf(before).requests))
      errors.push(forbiddenField(`${field}.resources.requests`, 'resource requests cannot be removed'));
    if (removes(resourcesOf(container).limits, resourcesOf(before).limits))
      errors.push(forbiddenField(`${field}.resources.limits`, 'resource limits cannot be removed'));
    if (!deepEqual(fixedPart(container), fixedPart(before)))
      errors.push(forbiddenField('spec', 'only cpu and memory resources are mutable'));
  });
}

/** ValidatePodResize. */
export function validateResize(next: Pod, old: Pod): FieldErrors {
  if (old.metadata?.annotations?.['kubernetes.io/config.mirror'] !== undefined)
    return [forbiddenField('[]', 'static pods cannot be resized')];
  const spec = next.spec as PodSpec;
  const before = old.spec as PodSpec;
  const errors: FieldError[] = [...validatePodSpec(spec, 'spec')];
  if ((before as { readonly resources?: unknown }).resources !== undefined)
    errors.push(forbiddenField('spec.resources', 'pods with pod-level resources cannot be resized'));
  const init = spec.initContainers ?? [];
  const initBefore = before.initContainers ?? [];
  if (spec.containers.length !== before.containers.length)
    errors.push(forbiddenField('spec.containers', 'containers may not be added or removed on resize'));
  else validateContainers(spec.containers, before.containers, 'spec.containers', errors);
  if (init.length !== initBefore.length)
    errors.push(forbiddenField('spec.initContainers', 'initContainers may not be added or removed on resize'));
  else validateContainers(init, initBefore, 'spec.initContainers', errors);
  const qos = podQosClass(next);
  if (qos !== podQosClass(old)) errors.push(invalidValue('spec', qos, 'Pod QOS Class may not change as a result of resizing'));
  return errors;
}
