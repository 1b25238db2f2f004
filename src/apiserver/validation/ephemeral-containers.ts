/** Ephemeral containers wherever they stand. Mirrors Kubernetes v1.34 pkg/apis/core/validation/validation.go (validateEphemeralContainers). */

import type { Container, FieldError } from '#api';
import { type Surroundings, validateContainer } from './containers.ts';
import { duplicate, forbiddenField, has, invalidValue, notFoundField } from './field-error.ts';

/** What a container for looking may not have: it is no part of the work. In the order of Go's fields. */
const FORBIDDEN = ['ports', 'resources', 'resizePolicy', 'restartPolicy', 'livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle'];
const TEXT = 'cannot be set for an Ephemeral Container';

/** Set by hand or by default, it is there: empty maps are not. */
const isSet = (value: unknown): boolean => has(value) && !(typeof value === 'object' && Object.keys(value).length === 0);

export function validateEphemeral(around: Surroundings, field: string, errors: FieldError[]): void {
  const { spec } = around;
  const others = new Set([...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ name }) => name ?? ''));
  const taken = new Set(others);
  (spec.ephemeralContainers ?? []).forEach((container, i) => {
    const at = `${field}[${i}]`;
    const name = container.name ?? '';
    validateContainer(container as Container, around, at, errors);
    const { image = '', targetContainerName } = container;
    if (image.trim() !== image) errors.push(invalidValue(`${at}.image`, image, 'must not have leading or trailing whitespace'));
    if (taken.has(name)) errors.push(duplicate(`${at}.name`, name));
    taken.add(name);
    if (targetContainerName && !others.has(targetContainerName))
      errors.push(notFoundField(`${at}.targetContainerName`, targetContainerName));
    for (const member of FORBIDDEN)
      if (isSet((container as unknown as Readonly<Record<string, unknown>>)[member])) errors.push(forbiddenField(`${at}.${member}`, TEXT));
    (container.volumeMounts ?? []).forEach(({ subPath, subPathExpr }, n) => {
      if (subPath) errors.push(forbiddenField(`${at}.volumeMounts[${n}].subPath`, TEXT));
      if (subPathExpr) errors.push(forbiddenField(`${at}.volumeMounts[${n}].subPathExpr`, TEXT));
    });
  });
}
