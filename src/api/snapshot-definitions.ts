/** The custom resources of volume snapshots, snapshot.storage.k8s.io/v1, as external-snapshotter v8 installs them (client/config/crd), without group snapshots.
 *  Who acts on them: cloud/snapshot-controller.ts and cloud/csi-snapshotter.ts. */

import type { CustomResourceDefinition, KubeObject } from './objects.ts';

const GROUP = 'snapshot.storage.k8s.io';
export const SNAPSHOT_API_VERSION = `${GROUP}/v1`;
export const SNAPSHOTS = `volumesnapshots.${GROUP}`;
export const SNAPSHOT_CONTENTS = `volumesnapshotcontents.${GROUP}`;
export const SNAPSHOT_CLASSES = `volumesnapshotclasses.${GROUP}`;

interface SnapshotError {
  readonly message?: string;
  readonly time?: string;
}

export interface VolumeSnapshotClass extends KubeObject {
  readonly driver: string;
  readonly deletionPolicy: 'Delete' | 'Retain';
}

export interface VolumeSnapshot extends KubeObject {
  readonly spec: {
    readonly source: { readonly persistentVolumeClaimName?: string; readonly volumeSnapshotContentName?: string };
    readonly volumeSnapshotClassName?: string;
  };
  readonly status?: {
    readonly boundVolumeSnapshotContentName?: string;
    readonly creationTime?: string;
    readonly readyToUse?: boolean;
    readonly restoreSize?: string;
    readonly error?: SnapshotError;
  };
}

export interface VolumeSnapshotContent extends KubeObject {
  readonly spec: {
    readonly volumeSnapshotRef: { readonly namespace?: string; readonly name?: string; readonly uid?: string };
    readonly source: { readonly volumeHandle?: string; readonly snapshotHandle?: string };
    readonly deletionPolicy: 'Delete' | 'Retain';
    readonly driver: string;
    readonly volumeSnapshotClassName?: string;
  };
  readonly status?: {
    readonly snapshotHandle?: string;
    /** Nanoseconds since the Unix epoch. */
    readonly creationTime?: number;
    readonly readyToUse?: boolean;
    /** Bytes. */
    readonly restoreSize?: number;
    readonly error?: SnapshotError;
  };
}

type Schema = Readonly<Record<string, unknown>>;
const text: Schema = { type: 'string' };
const flag: Schema = { type: 'boolean' };
const bytes: Schema = { type: 'integer', format: 'int64', minimum: 0 };
const policy: Schema = { type: 'string', enum: ['Delete', 'Retain'] };
const object = (properties: Readonly<Record<string, Schema>>, required?: readonly string[]): Schema => ({
  type: 'object',
  properties,
  ...(required === undefined ? {} : { required }),
});
const error = object({ message: text, time: { type: 'string', format: 'date-time' } });
const oneOf = (...names: readonly string[]): Schema => ({ oneOf: names.map((name) => ({ required: [name] })) });

type Column = readonly [name: string, type: string, jsonPath: string];

interface Kind {
  readonly kind: string;
  readonly shortNames: readonly string[];
  readonly isNamespaced: boolean;
  readonly schema: Schema;
  readonly columns: readonly Column[];
  readonly hasStatus: boolean;
}

function definition({ kind, shortNames, isNamespaced, schema, columns, hasStatus }: Kind): CustomResourceDefinition & KubeObject {
  const plural = `${kind.toLowerCase()}${kind.endsWith('Class') ? 'es' : 's'}`;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${GROUP}`,
      // Groups under k8s.io must say who approved them.
      annotations: { 'api-approved.kubernetes.io': 'https://github.com/kubernetes-csi/external-snapshotter/pull/814' },
    },
    spec: {
      group: GROUP,
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase(), shortNames },
      scope: isNamespaced ? 'Namespaced' : 'Cluster',
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          ...(hasStatus ? { subresources: { status: {} } } : {}),
          additionalPrinterColumns: columns.map(([name, type, jsonPath]) => ({ name, type, jsonPath })),
          schema: { openAPIV3Schema: schema },
        },
      ],
    },
  } as unknown as CustomResourceDefinition & KubeObject;
}

const meta = { apiVersion: text, kind: text, metadata: { type: 'object' } };

const CLASS = definition({
  kind: 'VolumeSnapshotClass',
  shortNames: ['vsclass', 'vsclasses'],
  isNamespaced: false,
  hasStatus: false,
  schema: object({ ...meta, driver: text, deletionPolicy: policy, parameters: { type: 'object', additionalProperties: text } }, [
    'driver',
    'deletionPolicy',
  ]),
  columns: [
    ['Driver', 'string', '.driver'],
    ['DeletionPolicy', 'string', '.deletionPolicy'],
    ['Age', 'date', '.metadata.creationTimestamp'],
  ],
});

const SNAPSHOT = definition({
  kind: 'VolumeSnapshot',
  shortNames: ['vs'],
  isNamespaced: true,
  hasStatus: true,
  schema: object(
    {
      ...meta,
      spec: object(
        {
          source: {
            ...object({ persistentVolumeClaimName: text, volumeSnapshotContentName: text }),
            ...oneOf('persistentVolumeClaimName', 'volumeSnapshotContentName'),
          },
          volumeSnapshotClassName: text,
        },
        ['source'],
      ),
      status: object({
        boundVolumeSnapshotContentName: text,
        creationTime: { type: 'string', format: 'date-time' },
        readyToUse: flag,
        restoreSize: { 'x-kubernetes-int-or-string': true },
        error,
      }),
    },
    ['spec'],
  ),
  columns: [
    ['ReadyToUse', 'boolean', '.status.readyToUse'],
    ['SourcePVC', 'string', '.spec.source.persistentVolumeClaimName'],
    ['SourceSnapshotContent', 'string', '.spec.source.volumeSnapshotContentName'],
    ['RestoreSize', 'string', '.status.restoreSize'],
    ['SnapshotClass', 'string', '.spec.volumeSnapshotClassName'],
    ['SnapshotContent', 'string', '.status.boundVolumeSnapshotContentName'],
    ['CreationTime', 'date', '.status.creationTime'],
    ['Age', 'date', '.metadata.creationTimestamp'],
  ],
});

const CONTENT = definition({
  kind: 'VolumeSnapshotContent',
  shortNames: ['vsc', 'vscs'],
  isNamespaced: false,
  hasStatus: true,
  schema: object(
    {
      ...meta,
      spec: object(
        {
          deletionPolicy: policy,
          driver: text,
          source: { ...object({ volumeHandle: text, snapshotHandle: text }), ...oneOf('volumeHandle', 'snapshotHandle') },
          sourceVolumeMode: text,
          volumeSnapshotClassName: text,
          volumeSnapshotRef: object({ apiVersion: text, kind: text, namespace: text, name: text, uid: text, resourceVersion: text }),
        },
        ['deletionPolicy', 'driver', 'source', 'volumeSnapshotRef'],
      ),
      status: object({
        snapshotHandle: text,
        creationTime: { type: 'integer', format: 'int64' },
        readyToUse: flag,
        restoreSize: bytes,
        error,
      }),
    },
    ['spec'],
  ),
  columns: [
    ['ReadyToUse', 'boolean', '.status.readyToUse'],
    ['RestoreSize', 'integer', '.status.restoreSize'],
    ['DeletionPolicy', 'string', '.spec.deletionPolicy'],
    ['Driver', 'string', '.spec.driver'],
    ['VolumeSnapshotClass', 'string', '.spec.volumeSnapshotClassName'],
    ['VolumeSnapshot', 'string', '.spec.volumeSnapshotRef.name'],
    ['VolumeSnapshotNamespace', 'string', '.spec.volumeSnapshotRef.namespace'],
    ['Age', 'date', '.metadata.creationTimestamp'],
  ],
});

export const SNAPSHOT_DEFINITIONS: readonly (CustomResourceDefinition & KubeObject)[] = [CLASS, SNAPSHOT, CONTENT];
