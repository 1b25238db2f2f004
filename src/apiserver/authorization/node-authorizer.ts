/** Node: a kubelet may read what the pods on its node refer to, and write what is its own.
 *  Mirrors Kubernetes v1.34 plugin/pkg/auth/authorizer/node/node_authorizer.go; the graph is walked from the pods of the node instead of being kept. */

import type { PersistentVolumeClaim, Pod } from '#api';
import { nodeOf } from '../authentication/users.ts';
import { compileFilter, isStatus } from '../cache/filter.ts';
import type { Core } from '../core.ts';
import { type Access, ALLOWED, type Authorizer, NO_OPINION, type Verdict } from './attributes.ts';
import { NODE_RULES } from './bootstrap-roles.ts';
import { ruleAllows } from './rules.ts';

const no = (reason: string): Verdict => ({ isAllowed: false, reason });
const unrelated = (node: string): Verdict => no(`no relationship found between node '${node}' and this object`);
const isOneOf = (verb: string, ...verbs: string[]): boolean => verbs.includes(verb);

/** Names of one kind of thing that a pod refers to. */
function references(pod: Pod, resource: string): string[] {
  const spec = pod.spec;
  if (spec === undefined) return [];
  const names: (string | undefined)[] = [];
  for (const volume of spec.volumes ?? []) {
    if (resource === 'secrets') names.push(volume.secret?.secretName);
    if (resource === 'configmaps') names.push(volume.configMap?.name);
    if (resource === 'persistentvolumeclaims') names.push(volume.persistentVolumeClaim?.claimName);
    if (resource === 'persistentvolumeclaims' && volume.ephemeral !== undefined) names.push(`${pod.metadata?.name}-${volume.name}`);
    for (const source of volume.projected?.sources ?? [])
      names.push(resource === 'secrets' ? source.secret?.name : resource === 'configmaps' ? source.configMap?.name : undefined);
  }
  if (resource === 'secrets') for (const secret of spec.imagePullSecrets ?? []) names.push(secret.name);
  if (resource === 'serviceaccounts') names.push(spec.serviceAccountName ?? 'default');
  if (resource === 'resourceclaims') {
    for (const claim of spec.resourceClaims ?? []) names.push(claim.resourceClaimName);
    for (const claim of pod.status?.resourceClaimStatuses ?? []) names.push(claim.resourceClaimName);
  }
  if (resource === 'secrets' || resource === 'configmaps') {
    const isSecret = resource === 'secrets';
    for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
      for (const { valueFrom } of container.env ?? []) names.push((isSecret ? valueFrom?.secretKeyRef : valueFrom?.configMapKeyRef)?.name);
      for (const from of container.envFrom ?? []) names.push((isSecret ? from.secretRef : from.configMapRef)?.name);
    }
  }
  return names.filter((name): name is string => name !== undefined);
}

export class NodeAuthorizer implements Authorizer {
  private readonly core: Core;

  constructor(core: Core) {
    this.core = core;
  }

  authorize(access: Access): Verdict {
    const node = nodeOf(access.user);
    if (node === undefined) return NO_OPINION;
    if (node === '') return no(`unknown node for user "${access.user.username}"`);
    const verdict = access.path === undefined ? this.special(node, access) : undefined;
    if (verdict !== undefined) return verdict;
    return NODE_RULES.some((rule) => ruleAllows(rule, access)) ? ALLOWED : NO_OPINION;
  }

  /** The resources of which a node sees only its own. Undefined: the rules of all nodes decide. */
  private special(node: string, access: Access): Verdict | undefined {
    switch (access.group === '' ? access.resource : `${access.resource}.${access.group}`) {
      case 'secrets':
      case 'configmaps':
        if (!isOneOf(access.verb, 'get', 'list', 'watch')) return no('can only read resources of this type');
        if (access.subresource !== '') return no('cannot read subresource');
        if (access.namespace === '') return no('can only read namespaced object of this type');
        return this.refers(node, access);
      case 'persistentvolumeclaims':
        if (access.subresource === 'status')
          return isOneOf(access.verb, 'update', 'patch') ? this.refers(node, access) : no('can only get or update status of this resource');
        return this.get(node, access);
      case 'persistentvolumes':
        return this.get(node, access);
      case 'resourceclaims.resource.k8s.io':
        return this.get(node, access);
      case 'volumeattachments.storage.k8s.io':
        return this.attachment(node, access);
      case 'serviceaccounts':
        return this.token(node, access);
      case 'leases.coordination.k8s.io':
        return this.own(node, access, 'lease', access.namespace === 'kube-node-lease');
      case 'csinodes.storage.k8s.io':
        return this.own(node, access, 'CSINode', true);
      case 'nodes':
        return this.nodes(node, access);
      case 'pods':
        return this.pods(node, access);
      default:
        return undefined;
    }
  }

  private get(node: string, access: Access): Verdict {
    if (access.verb !== 'get') return no('can only get individual resources of this type');
    if (access.subresource !== '') return no('cannot get subresource');
    return this.refers(node, access);
  }

  private podsOn(node: string): readonly Pod[] {
    const pods = this.core.resource('pods');
    if (pods === undefined) return [];
    const filter = compileFilter(pods.descriptor, undefined, { fieldSelector: `spec.nodeName=${node}` });
    return isStatus(filter) ? [] : pods.cache.select(filter).map(({ value }) => value as Pod);
  }

  private refers(node: string, { resource, namespace, name }: Access): Verdict {
    if (name === '') return no('No Object name found');
    for (const pod of this.podsOn(node)) {
      if (resource === 'persistentvolumes') {
        for (const claim of references(pod, 'persistentvolumeclaims'))
          if (this.claim(pod.metadata?.namespace ?? '', claim)?.spec?.volumeName === name) return ALLOWED;
      } else if (pod.metadata?.namespace === namespace && references(pod, resource).includes(name)) return ALLOWED;
    }
    return unrelated(node);
  }

  private claim(namespace: string, name: string): PersistentVolumeClaim | undefined {
    return this.core.resource('persistentvolumeclaims')?.cache.get(`/registry/persistentvolumeclaims/${namespace}/${name}`) as
      | PersistentVolumeClaim
      | undefined;
  }

  private attachment(node: string, access: Access): Verdict {
    if (access.verb !== 'get') return no('can only get individual resources of this type');
    const state = this.core.resource('volumeattachments.storage.k8s.io');
    const found = state?.cache.get(state.prefix + access.name) as { readonly spec?: { readonly nodeName?: string } } | undefined;
    return found?.spec?.nodeName === node ? ALLOWED : unrelated(node);
  }

  private token(node: string, access: Access): Verdict {
    if (access.verb === 'create' && access.subresource === 'token') return this.refers(node, access);
    if (access.verb === 'get' && access.subresource === '') return this.refers(node, access);
    return no('can only create tokens for individual service accounts');
  }

  /** Objects that bear the node's name. */
  private own(node: string, { verb, name }: Access, what: string, isHere: boolean): Verdict {
    if (!isOneOf(verb, 'get', 'create', 'update', 'patch', 'delete'))
      return no(`can only get, create, update, patch, or delete a ${what === 'lease' ? 'node lease' : what}`);
    if (!isHere) return no('can only access leases in the "kube-node-lease" system namespace');
    // The name of what is created stands in the body: admission looks at it.
    if (verb !== 'create' && name !== node)
      return no(`can only access ${what === 'lease' ? 'node lease' : what} with the same name as the requesting node`);
    return ALLOWED;
  }

  private nodes(node: string, { verb, subresource, name, fieldSelector }: Access): Verdict {
    if (subresource === 'status') return isOneOf(verb, 'update', 'patch') ? ALLOWED : NO_OPINION;
    if (subresource !== '') return NO_OPINION;
    // NodeRestriction keeps a node to its own object.
    if (isOneOf(verb, 'create', 'update', 'patch')) return ALLOWED;
    if (!isOneOf(verb, 'get', 'list', 'watch')) return NO_OPINION;
    if (name === node || (name === '' && fieldSelector?.split(',').includes(`metadata.name=${node}`))) return ALLOWED;
    if (name === '') return no(`node '${node}' cannot read all nodes, only its own Node object`);
    return no(`node '${node}' cannot read '${name}', only its own Node object`);
  }

  private pods(node: string, { verb, subresource, namespace, name, fieldSelector }: Access): Verdict {
    if (subresource === 'status') return isOneOf(verb, 'update', 'patch') ? ALLOWED : NO_OPINION;
    if (subresource === 'eviction') return verb === 'create' ? ALLOWED : NO_OPINION;
    if (subresource !== '') return NO_OPINION;
    if (isOneOf(verb, 'create', 'delete')) return ALLOWED;
    if (verb === 'get') {
      const pod = this.core.resource('pods')?.cache.get(`/registry/pods/${namespace}/${name}`) as Pod | undefined;
      return pod?.spec?.nodeName === node ? ALLOWED : unrelated(node);
    }
    if (!isOneOf(verb, 'list', 'watch')) return NO_OPINION;
    if (fieldSelector?.split(',').includes(`spec.nodeName=${node}`)) return ALLOWED;
    return no(`can only list/watch pods with spec.nodeName field selector`);
  }
}
