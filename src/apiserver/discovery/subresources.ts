/** Subresources of built-in kinds besides status and scale, which follow from the registry. Facts of Kubernetes v1.34's discovery. */

import type { Resource } from '#api';

export interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export interface Subresource {
  readonly name: string;
  /** What it speaks; undefined: the resource's own kind. */
  readonly kind?: Kind;
  readonly verbs: readonly string[];
}

const GET_PATCH_UPDATE = ['get', 'patch', 'update'];
const CREATE_GET = ['create', 'get'];
const PROXY_VERBS = ['create', 'delete', 'get', 'patch', 'update'];

const core = (kind: string): Kind => ({ group: '', version: 'v1', kind });

export const STATUS: Subresource = { name: 'status', verbs: GET_PATCH_UPDATE };
export const SCALE: Subresource = { name: 'scale', kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' }, verbs: GET_PATCH_UPDATE };

export const MORE: Readonly<Record<Resource, readonly Subresource[]>> = {
  'certificatesigningrequests.certificates.k8s.io': [{ name: 'approval', verbs: GET_PATCH_UPDATE }],
  namespaces: [{ name: 'finalize', verbs: ['update'] }],
  nodes: [{ name: 'proxy', kind: core('NodeProxyOptions'), verbs: PROXY_VERBS }],
  pods: [
    { name: 'attach', kind: core('PodAttachOptions'), verbs: CREATE_GET },
    { name: 'binding', kind: core('Binding'), verbs: ['create'] },
    { name: 'ephemeralcontainers', verbs: GET_PATCH_UPDATE },
    { name: 'eviction', kind: { group: 'policy', version: 'v1', kind: 'Eviction' }, verbs: ['create'] },
    { name: 'exec', kind: core('PodExecOptions'), verbs: CREATE_GET },
    { name: 'log', verbs: ['get'] },
    { name: 'portforward', kind: core('PodPortForwardOptions'), verbs: CREATE_GET },
    { name: 'proxy', kind: core('PodProxyOptions'), verbs: PROXY_VERBS },
    { name: 'resize', verbs: GET_PATCH_UPDATE },
  ],
  serviceaccounts: [{ name: 'token', kind: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' }, verbs: ['create'] }],
  services: [{ name: 'proxy', kind: core('ServiceProxyOptions'), verbs: PROXY_VERBS }],
};
