/** A pod's volumes. Mirrors Kubernetes v1.34 pkg/apis/core/validation/validation.go (ValidateVolumes). */

import type { FieldError, PodSpec } from '#api';
import type { Volumes } from './container-mounts.ts';
import { duplicate, forbiddenField, has, invalidValue, required } from './field-error.ts';
import { dns1123Label } from './names.ts';
import { VOLUME_KINDS } from './volume-sources.ts';

type Volume = NonNullable<PodSpec['volumes']>[number];

const ADDRESS_MAX = 64;

function validateSource(volume: Volume, at: string, errors: FieldError[]): void {
  const sources = volume as unknown as Readonly<Record<string, unknown>>;
  let given = 0;
  for (const { name, told = name, checked = name, check } of VOLUME_KINDS) {
    const source = sources[name];
    if (!has(source)) continue;
    if (given++ > 0) errors.push(forbiddenField(`${at}.${told}`, 'may not specify more than 1 volume type'));
    else check(source, `${at}.${checked}`, errors);
  }
  const { iscsi, name = '' } = volume;
  if (has(iscsi?.initiatorName) && `${name}:${iscsi.targetPortal ?? ''}`.length > ADDRESS_MAX)
    errors.push(
      invalidValue(
        `${at}.name`,
        name,
        'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.',
      ),
    );
  if (given === 0) errors.push(required(at, 'must specify a volume type'));
}

/** Those without fault, by name: mounts of the others find nothing. */
export function validateVolumes(spec: PodSpec, field: string, errors: FieldError[]): Volumes {
  const sound = new Map<string, Volume>();
  (spec.volumes ?? []).forEach((volume, i) => {
    const at = `${field}[${i}]`;
    const before = errors.length;
    validateSource(volume, at, errors);
    if (!volume.name) errors.push(required(`${at}.name`));
    else for (const text of dns1123Label(volume.name)) errors.push(invalidValue(`${at}.name`, volume.name, text));
    if (sound.has(volume.name ?? '')) errors.push(duplicate(`${at}.name`, volume.name));
    if (errors.length === before) sound.set(volume.name, volume);
  });
  return sound;
}
