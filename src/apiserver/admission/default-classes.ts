/** DefaultStorageClass and DefaultIngressClass: claims and ingresses that name no class get the one that is marked as default, the youngest of several.
 *  Mirrors Kubernetes v1.34 plugin/pkg/admission/storage/storageclass/setdefault and plugin/pkg/admission/network/defaultingressclass. */

import type { Ingress, KubeObject, PersistentVolumeClaim } from '#api';
import type { Core } from '../core.ts';
import type { AdmissionPlugin } from './plugin.ts';

/** The name of the class that is marked with `annotation`. */
function defaultClass(core: Core, resource: string, annotation: string): string | undefined {
  const cache = core.resource(resource)?.cache;
  if (cache === undefined || cache.objects.size === 0) return undefined;
  let youngest: KubeObject['metadata'];
  for (const { value } of cache.inOrder()) {
    const { metadata } = value as KubeObject;
    if (metadata?.annotations?.[annotation] !== 'true') continue;
    // In the order of names: among equals the first stays.
    if (youngest === undefined || String(metadata.creationTimestamp) > String(youngest.creationTimestamp)) youngest = metadata;
  }
  return youngest?.name;
}

export const defaultStorageClass: AdmissionPlugin = {
  name: 'DefaultStorageClass',
  isDefault: true,
  resources: ['persistentvolumeclaims'],
  mutate(core, _operation, object) {
    const { spec, metadata } = object as PersistentVolumeClaim;
    if (spec?.storageClassName !== undefined || metadata?.annotations?.['volume.beta.kubernetes.io/storage-class'] !== undefined)
      return object;
    const storageClassName = defaultClass(core, 'storageclasses.storage.k8s.io', 'storageclass.kubernetes.io/is-default-class');
    return storageClassName === undefined ? object : ({ ...object, spec: { ...spec, storageClassName } } as KubeObject);
  },
};

export const defaultIngressClass: AdmissionPlugin = {
  name: 'DefaultIngressClass',
  isDefault: true,
  resources: ['ingresses.networking.k8s.io'],
  mutate(core, _operation, object) {
    const { spec, metadata } = object as Ingress;
    if (spec?.ingressClassName !== undefined || metadata?.annotations?.['kubernetes.io/ingress.class'] !== undefined) return object;
    const ingressClassName = defaultClass(core, 'ingressclasses.networking.k8s.io', 'ingressclass.kubernetes.io/is-default-class');
    return ingressClassName === undefined ? object : ({ ...object, spec: { ...spec, ingressClassName } } as KubeObject);
  },
};
