/** ServiceAccount: every pod runs as somebody. The account must exist; its token is mounted unless somebody objects.
 *  Mirrors Kubernetes v1.34 plugin/pkg/admission/serviceaccount/admission.go. */

import { badRequest, type KubeObject, type Pod, type PodSpec } from '#api';
import { hashText } from '#sim';
import type { Core } from '../core.ts';
import { SUFFIX_ALPHABET } from '../identity.ts';
import { attributesOf, refusedBy } from './attributes.ts';
import type { AdmissionPlugin } from './plugin.ts';

const DEFAULT = 'default';
const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const PREFIX = 'kube-api-access-';
const MIRROR = 'kubernetes.io/config.mirror';

interface ServiceAccount extends KubeObject {
  readonly automountServiceAccountToken?: boolean;
  readonly imagePullSecrets?: readonly { readonly name?: string }[];
}

/** Upstream draws a suffix a pod. Here pods of one template share it, and with it their spec (docs/fidelity.md). */
function volumeName(spec: PodSpec): string {
  let draw = hashText(JSON.stringify(spec.containers)) >>> 0;
  let suffix = '';
  for (let i = 0; i < 5; i++) {
    suffix += SUFFIX_ALPHABET[draw % 27];
    draw = Math.floor(draw / 27);
  }
  return PREFIX + suffix;
}

const mode = 0o644;
const tokenVolume = (name: string): object => ({
  name,
  projected: {
    defaultMode: mode,
    sources: [
      { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
    ],
  },
});

function withToken(spec: PodSpec): PodSpec {
  const name = volumeName(spec);
  let needed = false;
  const mounted = (containers: PodSpec['containers'] | undefined): PodSpec['containers'] | undefined =>
    containers?.map((container) => {
      if ((container.volumeMounts ?? []).some(({ mountPath }) => mountPath === MOUNT_PATH)) return container;
      needed = true;
      return { ...container, volumeMounts: [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: MOUNT_PATH }] };
    });
  const initContainers = mounted(spec.initContainers);
  const containers = mounted(spec.containers) as PodSpec['containers'];
  if (!needed) return spec;
  const volumes = [...(spec.volumes ?? []), tokenVolume(name)] as PodSpec['volumes'];
  return { ...spec, ...(initContainers === undefined ? {} : { initContainers }), containers, volumes };
}

const withAccount = new WeakMap<ServiceAccount, WeakMap<PodSpec, PodSpec>>();

function specFor(account: ServiceAccount, spec: PodSpec): PodSpec {
  let known = withAccount.get(account);
  if (known === undefined) withAccount.set(account, (known = new WeakMap()));
  let next = known.get(spec);
  if (next !== undefined) return next;
  const name = account.metadata?.name ?? DEFAULT;
  next = { ...spec, serviceAccountName: name, serviceAccount: name };
  const mounts = spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;
  if (mounts && !(spec.volumes ?? []).some((volume) => volume.name.startsWith(PREFIX))) next = withToken(next);
  if ((spec.imagePullSecrets ?? []).length === 0 && (account.imagePullSecrets ?? []).length > 0)
    next = { ...next, imagePullSecrets: account.imagePullSecrets as PodSpec['imagePullSecrets'] };
  known.set(spec, next);
  // A webhook may send the object round again.
  known.set(next, next);
  return next;
}

const accountOf = (core: Core, namespace: string, name: string): ServiceAccount | undefined =>
  core.resource('serviceaccounts')?.cache.get(`/registry/serviceaccounts/${namespace}/${name}`) as ServiceAccount | undefined;

export const serviceAccount: AdmissionPlugin = {
  name: 'ServiceAccount',
  // A real server has it on. Pods then need the account of their namespace before anybody can make them, and a volume each.
  isDefault: false,
  resources: ['pods'],
  mutate(core, operation, object) {
    const pod = object as Pod;
    const { spec } = pod;
    if (!Array.isArray(spec?.containers) || pod.metadata?.annotations?.[MIRROR] !== undefined) return object;
    const named = spec.serviceAccountName || spec.serviceAccount || '';
    if (spec.serviceAccountName && spec.serviceAccount && spec.serviceAccountName !== spec.serviceAccount)
      return badRequest('spec.serviceAccountName and spec.serviceAccount must match');
    const name = named || DEFAULT;
    const namespace = operation.request.namespace ?? '';
    const account = accountOf(core, namespace, name);
    if (account === undefined) {
      const why = `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`;
      return refusedBy(attributesOf(operation, object, undefined), why);
    }
    return { ...pod, spec: specFor(account, spec) } as KubeObject;
  },
  validate(_core, attributes) {
    const { object, verb } = attributes;
    const pod = object as Pod | undefined;
    if (verb !== 'CREATE' || pod?.metadata?.annotations?.[MIRROR] === undefined) return undefined;
    if (pod.spec?.serviceAccountName) return refusedBy(attributes, 'a mirror pod may not reference service accounts');
    if ((pod.spec?.volumes ?? []).some((volume) => volume.secret !== undefined))
      return refusedBy(attributes, 'a mirror pod may not reference secrets');
    return undefined;
  },
};
