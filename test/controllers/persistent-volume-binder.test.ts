/** What the binder says of claims that wait or do not fit (pv_controller.go: emitEventForUnboundDelayBindingClaim, syncVolume). */

import { expect, it } from 'vitest';
import type { KubeObject } from '#api';
import { PersistentVolumeBinder } from '../../src/controllers/persistent-volume-binder.ts';
import { pureView } from './pure-view.ts';

const of = (kind: string, name: string, rest: object): KubeObject =>
  ({ apiVersion: 'v1', kind, metadata: { name, namespace: 'default', uid: name }, ...rest }) as KubeObject;
const claim = (spec: object): KubeObject => of('PersistentVolumeClaim', 'data', { spec, status: { phase: 'Pending' } });
const pod = (name: string, phase: string, nodeName?: string): KubeObject =>
  of('Pod', name, {
    spec: { nodeName, containers: [], volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] },
    status: { phase },
  });

function said(key: string, objects: Readonly<Record<string, readonly KubeObject[]>>): readonly string[] {
  const binder = new PersistentVolumeBinder();
  const view = pureView(binder, objects);
  binder.reconcile(key, view, undefined);
  return view.events;
}

it('names all pods that wait to be scheduled with a claim', () => {
  const late = of('StorageClass', 'late', { volumeBindingMode: 'WaitForFirstConsumer', provisioner: 'disks' });
  const { namespace: _, ...metadata } = late.metadata ?? {};
  const objects = {
    persistentvolumeclaims: [claim({ storageClassName: 'late', accessModes: ['ReadWriteOnce'] })],
    'storageclasses.storage.k8s.io': [{ ...late, metadata }],
    pods: [pod('a', 'Pending'), pod('b', 'Pending'), pod('c', 'Running', 'n'), pod('d', 'Failed')],
  };
  expect(said('claim|default/data', objects)).toEqual(['Normal WaitForPodScheduled waiting for pods a,b to be scheduled']);
});

it('says that a volume meant for a claim has another mode', () => {
  const volume = of('PersistentVolume', 'raw', {
    metadata: { name: 'raw', uid: 'raw' },
    spec: { volumeMode: 'Block', claimRef: { namespace: 'default', name: 'data', uid: 'data' } },
  });
  expect(said('volume|raw', { persistentvolumes: [volume], persistentvolumeclaims: [claim({})] })).toEqual([
    'Warning VolumeMismatch Cannot bind PersistentVolume to requested PersistentVolumeClaim "data" due to incompatible volumeMode.',
    'Warning VolumeMismatch Cannot bind PersistentVolume "raw" to requested PersistentVolumeClaim due to incompatible volumeMode.',
  ]);
});
