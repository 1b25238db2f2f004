/** Defaults of volumes. Mirrors Kubernetes v1.34 pkg/apis/core/v1/defaults.go and the markers of the types in api/core/v1/types.go. */

import type { PodSpec } from '#api';

type Volumes = PodSpec['volumes'];
type Volume = NonNullable<Volumes>[number];
type Members = Readonly<Record<string, unknown>>;

const FILE_MODE = 0o644;
const HOUR = 3600;

/** Kinds whose defaults are plain values of their members. */
export const SOURCE_DEFAULTS: Readonly<Record<string, Members>> = {
  hostPath: { type: '' },
  secret: { defaultMode: FILE_MODE },
  configMap: { defaultMode: FILE_MODE },
  downwardAPI: { defaultMode: FILE_MODE },
  projected: { defaultMode: FILE_MODE },
  rbd: { pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' },
  iscsi: { iscsiInterface: 'default' },
  azureDisk: { cachingMode: 'ReadWrite', fsType: 'ext4', readOnly: false, kind: 'Shared' },
  scaleIO: { storageMode: 'ThinProvisioned', fsType: 'xfs' },
};

/** What is undefined, null or an empty string is filled in; an empty `type` of a host path is its own default. */
const filled = (source: Members, defaults: Members): Members => {
  let next: Record<string, unknown> | undefined;
  for (const name in defaults) {
    const value = source[name];
    if (value === undefined || value === null || (value === '' && defaults[name] !== '')) {
      next ??= { ...source };
      next[name] = defaults[name];
    }
  }
  return next ?? source;
};

/** Defaults of one kind of volume, shared with persistent volumes. */
export const defaultSource = (kind: string, source: Members): Members => {
  const defaults = SOURCE_DEFAULTS[kind];
  return defaults === undefined ? source : filled(source, defaults);
};

interface File {
  readonly fieldRef?: { readonly apiVersion?: string };
  readonly resourceFieldRef?: { readonly divisor?: string | number };
}

const defaultFile = <T extends File>(file: T): T => {
  const { fieldRef, resourceFieldRef } = file;
  if (fieldRef && !fieldRef.apiVersion) return { ...file, fieldRef: { ...fieldRef, apiVersion: 'v1' } };
  if (resourceFieldRef && resourceFieldRef.divisor === undefined)
    return { ...file, resourceFieldRef: { ...resourceFieldRef, divisor: '0' } };
  return file;
};

/** A list with each item replaced; the same list when nothing changes. */
function mapped<T>(list: T[] | undefined, change: (item: T) => T): T[] | undefined {
  if (!Array.isArray(list)) return list;
  let next: T[] | undefined;
  list.forEach((item, i) => {
    const changed = change(item);
    if (changed === item) return;
    next ??= list.slice();
    next[i] = changed;
  });
  return next ?? list;
}

type Projection = NonNullable<NonNullable<Volume['projected']>['sources']>[number];

function defaultProjection(source: Projection): Projection {
  let next = source;
  if (source.serviceAccountToken && source.serviceAccountToken.expirationSeconds === undefined)
    next = { ...next, serviceAccountToken: { ...source.serviceAccountToken, expirationSeconds: HOUR } };
  const items = mapped(source.downwardAPI?.items, defaultFile);
  if (source.downwardAPI && items !== source.downwardAPI.items)
    next = { ...next, downwardAPI: { ...source.downwardAPI, items } } as Projection;
  return next;
}

function defaultInside(volume: Volume): Volume {
  const { downwardAPI, projected, ephemeral } = volume;
  let next = volume;
  const items = mapped(downwardAPI?.items, defaultFile);
  if (downwardAPI && items !== downwardAPI.items) next = { ...next, downwardAPI: { ...downwardAPI, items } } as Volume;
  const sources = mapped(projected?.sources, defaultProjection);
  if (projected && sources !== projected.sources) next = { ...next, projected: { ...projected, sources } } as Volume;
  const template = ephemeral?.volumeClaimTemplate;
  if (template && (template.spec as { volumeMode?: string } | undefined)?.volumeMode === undefined)
    next = {
      ...next,
      ephemeral: { ...ephemeral, volumeClaimTemplate: { ...template, spec: { ...template.spec, volumeMode: 'Filesystem' } } },
    } as Volume;
  return next;
}

function defaultVolume(volume: Volume): Volume {
  const members = volume as unknown as Members;
  let next = volume;
  let hasSource = false;
  for (const kind in members) {
    const source = members[kind];
    if (kind === 'name' || source === undefined || source === null) continue;
    hasSource = true;
    const defaulted = defaultSource(kind, source as Members);
    if (defaulted !== source) next = { ...next, [kind]: defaulted };
  }
  if (!hasSource) return { ...volume, emptyDir: {} };
  return defaultInside(next);
}

export function defaultVolumes(volumes: Volumes): Volumes {
  return mapped(volumes, defaultVolume);
}
