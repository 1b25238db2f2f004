/** NodeRestriction: a kubelet writes its own Node and the pods on it, and nobody else's. Mirrors Kubernetes v1.34
 *  plugin/pkg/admission/noderestriction/admission.go. */

import { deepEqual, type KubeObject, type Node, type Pod, type StatusObject } from '#api';
import { nodeOf } from '../authentication/users.ts';
import type { Core } from '../core.ts';
import { type Attributes, refusedBy } from './attributes.ts';
import type { AdmissionPlugin } from './plugin.ts';

const MIRROR = 'kubernetes.io/config.mirror';
const RESTRICTED = 'node-restriction.kubernetes.io';

function pods(node: string, core: Core, attributes: Attributes): StatusObject | undefined {
  const { verb, subresource, object, namespace, name, old } = attributes;
  const isOwn = (pod: Pod | undefined): boolean => pod?.spec?.nodeName === node;
  if (verb === 'CREATE' && subresource === '') {
    const pod = object as Pod;
    if (pod.metadata?.annotations?.[MIRROR] === undefined)
      return refusedBy(attributes, `pod does not have "${MIRROR}" annotation, node "${node}" can only create mirror pods`);
    return isOwn(pod) ? undefined : refusedBy(attributes, `node "${node}" can only create pods with spec.nodeName set to itself`);
  }
  if (verb === 'CREATE' && subresource === 'eviction') {
    const pod = core.resource('pods')?.cache.get(`/registry/pods/${namespace}/${name}`) as Pod | undefined;
    return pod === undefined || isOwn(pod)
      ? undefined
      : refusedBy(attributes, `node ${node} can only evict pods with spec.nodeName set to itself`);
  }
  if (verb === 'DELETE' && !isOwn(old as Pod))
    return refusedBy(attributes, `node "${node}" can only delete pods with spec.nodeName set to itself`);
  if (verb === 'UPDATE' && subresource === 'status') {
    if (!isOwn(old as Pod))
      return refusedBy(attributes, `node "${node}" can only update pod status for pods with spec.nodeName set to itself`);
    if (!deepEqual(object?.metadata?.labels, old?.metadata?.labels))
      return refusedBy(attributes, `node "${node}" cannot update labels through pod status`);
  }
  return undefined;
}

function nodes(node: string, attributes: Attributes): StatusObject | undefined {
  const { object, old, name, verb } = attributes;
  const own = (verb === 'CREATE' ? object?.metadata?.name : name) ?? '';
  if (own !== node) return refusedBy(attributes, `node "${node}" is not allowed to modify node "${own}"`);
  if (object === undefined) return undefined;
  const [now, before] = [(object as Node).spec, (old as Node | undefined)?.spec];
  if (verb === 'UPDATE' && !deepEqual(now?.taints ?? [], before?.taints ?? []))
    return refusedBy(attributes, `node "${node}" is not allowed to modify taints`);
  const touched = Object.keys({ ...object.metadata?.labels, ...old?.metadata?.labels }).filter(
    (key) => isRestricted(key) && object.metadata?.labels?.[key] !== old?.metadata?.labels?.[key],
  );
  if (touched.length === 0) return undefined;
  return refusedBy(attributes, `is not allowed to modify labels: ${touched.sort().join(', ')}`);
}

const isRestricted = (key: string): boolean => {
  const [prefix = '', name] = key.split('/');
  return name !== undefined && (prefix === RESTRICTED || prefix.endsWith(`.${RESTRICTED}`));
};

function leases(node: string, { object, name, verb, namespace }: Attributes): string | undefined {
  if (namespace !== 'kube-node-lease') return `can only access leases in the "kube-node-lease" system namespace`;
  const own = verb === 'CREATE' ? (object as KubeObject).metadata?.name : name;
  return own === node ? undefined : 'can only access node lease with the same name as the requesting node';
}

export const nodeRestriction: AdmissionPlugin = {
  name: 'NodeRestriction',
  // As upstream: kubeadm turns it on.
  isDefault: false,
  resources: ['pods', 'nodes', 'leases.coordination.k8s.io'],
  subresources: true,
  validate(core, attributes) {
    const node = nodeOf(core.users.get(attributes.operation.request.user));
    if (node === undefined) return undefined;
    if (attributes.resource === 'pods') return pods(node, core, attributes);
    if (attributes.resource === 'nodes') return nodes(node, attributes);
    const why = leases(node, attributes);
    return why === undefined ? undefined : refusedBy(attributes, why);
  },
};
