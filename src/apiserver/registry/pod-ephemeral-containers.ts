/** pods/ephemeralcontainers: containers that are added to a pod to look into it, nothing else; none is ever changed or taken away. Mirrors Kubernetes
 *  v1.34 pkg/registry/core/pod/strategy.go (podEphemeralContainersStrategy) and pkg/apis/core/validation. */

import type { FieldError, Pod, PodSpec } from '#api';
import type { Meta } from '../object-meta.ts';
import { duplicate, type FieldErrors, forbiddenField, notFoundField, required } from '../validation/field-error.ts';
import { formDiff, isSameForm } from '../validation/internal-form.ts';
import { validateName } from '../validation/lists.ts';
import { dns1123Label } from '../validation/names.ts';

type Ephemeral = NonNullable<PodSpec['ephemeralContainers']>[number];

const FIELD = 'spec.ephemeralContainers';
/** What a container for looking may not have: it is no part of the work. */
const FORBIDDEN = ['ports', 'livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle', 'resources', 'resizePolicy', 'restartPolicy'];

/** Set by hand or by default, it is there: empty maps and lists are not. */
const isSet = (value: unknown): boolean =>
  value !== undefined && value !== null && !(typeof value === 'object' && Object.keys(value).length === 0);

/** dropNonEphemeralContainerUpdates, with the defaults of what is added. */
export function prepareEphemeralContainers(next: Pod, old: Pod): Pod {
  const metadata = next.metadata as Meta;
  metadata.labels = old.metadata?.labels;
  metadata.annotations = old.metadata?.annotations;
  metadata.finalizers = old.metadata?.finalizers;
  metadata.ownerReferences = old.metadata?.ownerReferences;
  const added = next.spec?.ephemeralContainers?.map((container) => ({
    ...container,
    imagePullPolicy: container.imagePullPolicy ?? 'IfNotPresent',
    terminationMessagePath: container.terminationMessagePath ?? '/dev/termination-log',
    terminationMessagePolicy: container.terminationMessagePolicy ?? 'File',
  }));
  return { ...next, spec: { ...(old.spec as PodSpec), ephemeralContainers: added as PodSpec['ephemeralContainers'] }, status: old.status };
}

function checkContainer(container: Ephemeral, taken: Set<string>, others: ReadonlySet<string>, at: string, errors: FieldError[]): void {
  const { name, image, targetContainerName } = container;
  if (!name) errors.push(required(`${at}.name`));
  else validateName(name, dns1123Label, `${at}.name`, errors);
  if (!image) errors.push(required(`${at}.image`));
  if (taken.has(name)) errors.push(duplicate(`${at}.name`, name));
  taken.add(name);
  if (targetContainerName && !others.has(targetContainerName)) errors.push(notFoundField(`${at}.targetContainerName`, targetContainerName));
  for (const field of FORBIDDEN)
    if (isSet((container as unknown as Readonly<Record<string, unknown>>)[field]))
      errors.push(forbiddenField(`${at}.${field}`, 'cannot be set for an Ephemeral Container'));
}

export function validateEphemeralContainers(next: Pod, old: Pod): FieldErrors {
  if (old.metadata?.annotations?.['kubernetes.io/config.mirror'] !== undefined)
    return [forbiddenField('[]', 'static pods do not support ephemeral containers')];
  const errors: FieldError[] = [];
  const sent = next.spec?.ephemeralContainers ?? [];
  const others = new Set([...(old.spec?.containers ?? []), ...(old.spec?.initContainers ?? [])].map(({ name }) => name));
  const taken = new Set(others);
  sent.forEach((container, i) => checkContainer(container, taken, others, `${FIELD}[${i}]`, errors));
  for (const before of old.spec?.ephemeralContainers ?? []) {
    const after = sent.find(({ name }) => name === before.name);
    if (after === undefined) errors.push(forbiddenField(FIELD, `existing ephemeral containers "${before.name}" may not be removed\n`));
    else if (!isSameForm('EphemeralContainer', after, before)) {
      const diff = formDiff('EphemeralContainer', before, after);
      errors.push(forbiddenField(FIELD, `existing ephemeral containers "${before.name}" may not be changed\n${diff}`));
    }
  }
  return errors;
}
