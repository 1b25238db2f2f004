/** The baseline level: what lets a pod reach beyond itself. Mirrors pod-security-admission v1.34 policy/check_*.go. */

import type { PodSpec } from '#api';
import { type Check, containersOf, containersText, named, plural, quoted, setters, sorted } from './checks.ts';

const CAPABILITIES = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);
const SYSCTLS = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_wmem',
]);
const SELINUX_TYPES = new Set(['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t']);

interface SeLinux {
  readonly type?: string;
  readonly user?: string;
  readonly role?: string;
}

const appArmorProfile: Check = {
  id: 'appArmorProfile',
  check(spec, annotations) {
    const isBad = (type: string | undefined): boolean => type !== undefined && type !== 'RuntimeDefault' && type !== 'Localhost';
    const profileOf = (context: unknown): string | undefined =>
      (context as { appArmorProfile?: { type?: string } } | undefined)?.appArmorProfile?.type;
    const isBadPod = isBad(profileOf(spec.securityContext));
    const containers = named(spec, ({ securityContext }) => isBad(profileOf(securityContext)));
    const values = [spec.securityContext, ...containersOf(spec).map(({ securityContext }) => securityContext)]
      .map(profileOf)
      .filter((type): type is string => isBad(type));
    const marked = Object.keys(annotations)
      .filter((key) => key.startsWith('container.apparmor.security.beta.kubernetes.io/'))
      .filter((key) => annotations[key] !== '' && annotations[key] !== 'runtime/default' && !annotations[key]?.startsWith('localhost/'))
      .sort();
    const details: string[] = [];
    if (marked.length > 0)
      details.push(`${plural('annotation', 'annotations', marked)} ${quoted(marked.map((key) => `${key}=${annotations[key]}`))}`);
    if (isBadPod || containers.length > 0)
      details.push(`${setters(isBadPod, containers)} must not set AppArmor profile type to ${quoted(sorted(values))}`);
    if (details.length === 0) return undefined;
    return {
      reason: plural('forbidden AppArmor profile', 'forbidden AppArmor profiles', [...marked, ...values]),
      detail: details.join(' and '),
    };
  },
};

const capabilities: Check = {
  id: 'capabilities_baseline',
  check(spec) {
    const added = (context: { capabilities?: { add?: readonly string[] } } | undefined): readonly string[] =>
      (context?.capabilities?.add ?? []).filter((name) => !CAPABILITIES.has(name));
    const bad = named(spec, ({ securityContext }) => added(securityContext).length > 0);
    if (bad.length === 0) return undefined;
    const names = sorted(containersOf(spec).flatMap(({ securityContext }) => added(securityContext)));
    return {
      reason: 'non-default capabilities',
      detail: `${containersText(bad)} must not include ${quoted(names)} in securityContext.capabilities.add`,
    };
  },
};

const hostNamespaces: Check = {
  id: 'hostNamespaces',
  check(spec) {
    const used = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((field) => spec[field] === true).map((field) => `${field}=true`);
    return used.length === 0 ? undefined : { reason: 'host namespaces', detail: used.join(', ') };
  },
};

const hostPathVolumes: Check = {
  id: 'hostPathVolumes',
  check(spec) {
    const names = (spec.volumes ?? []).filter(({ hostPath }) => hostPath !== undefined).map(({ name }) => name);
    return names.length === 0
      ? undefined
      : { reason: 'hostPath volumes', detail: `${plural('volume', 'volumes', names)} ${quoted(names)}` };
  },
};

const hostPorts: Check = {
  id: 'hostPorts',
  check(spec) {
    const bad = named(spec, ({ ports }) => (ports ?? []).some(({ hostPort }) => (hostPort ?? 0) !== 0));
    if (bad.length === 0) return undefined;
    const ports = sorted(
      containersOf(spec).flatMap((one) => (one.ports ?? []).flatMap(({ hostPort }) => (hostPort ? [`${hostPort}`] : []))),
    );
    const uses = `${plural('uses', 'use', bad)} ${plural('hostPort', 'hostPorts', ports)}`;
    return { reason: 'hostPort', detail: `${containersText(bad)} ${uses} ${ports.join(', ')}` };
  },
};

const privileged: Check = {
  id: 'privileged',
  check(spec) {
    const bad = named(spec, ({ securityContext }) => securityContext?.privileged === true);
    return bad.length === 0
      ? undefined
      : { reason: 'privileged', detail: `${containersText(bad)} must not set securityContext.privileged=true` };
  },
};

const procMount: Check = {
  id: 'procMount',
  check(spec) {
    const isBad = (mount: string | undefined): mount is string => mount !== undefined && mount !== 'Default';
    const bad = named(spec, ({ securityContext }) => isBad(securityContext?.procMount));
    if (bad.length === 0) return undefined;
    const values = sorted(containersOf(spec).flatMap(({ securityContext: one }) => (isBad(one?.procMount) ? [one.procMount] : [])));
    return { reason: 'procMount', detail: `${containersText(bad)} must not set securityContext.procMount to ${quoted(values)}` };
  },
};

const seLinuxOptions: Check = {
  id: 'seLinuxOptions',
  check(spec) {
    const isBad = (options: SeLinux | undefined): boolean =>
      options !== undefined && (!SELINUX_TYPES.has(options.type ?? '') || Boolean(options.user) || Boolean(options.role));
    const isBadPod = isBad(spec.securityContext?.seLinuxOptions);
    const bad = named(spec, ({ securityContext }) => isBad(securityContext?.seLinuxOptions));
    if (!isBadPod && bad.length === 0) return undefined;
    const all = [spec.securityContext, ...containersOf(spec).map(({ securityContext }) => securityContext)].map(
      (context) => context?.seLinuxOptions as SeLinux | undefined,
    );
    const types = sorted(all.flatMap((one) => (SELINUX_TYPES.has(one?.type ?? '') ? [] : [one?.type as string])));
    const details = [
      ...(types.length > 0 ? [`${plural('type', 'types', types)} ${quoted(types)}`] : []),
      ...(all.some((one) => one?.user) ? ['user may not be set'] : []),
      ...(all.some((one) => one?.role) ? ['role may not be set'] : []),
    ];
    return {
      reason: 'seLinuxOptions',
      detail: `${setters(isBadPod, bad)} set forbidden securityContext.seLinuxOptions: ${details.join('; ')}`,
    };
  },
};

const seccompProfile: Check = {
  id: 'seccompProfile_baseline',
  check(spec) {
    const isBad = (type: string | undefined): type is string => type !== undefined && type !== 'RuntimeDefault' && type !== 'Localhost';
    const isBadPod = isBad(spec.securityContext?.seccompProfile?.type);
    const bad = named(spec, ({ securityContext }) => isBad(securityContext?.seccompProfile?.type));
    if (!isBadPod && bad.length === 0) return undefined;
    const values = [spec.securityContext, ...containersOf(spec).map(({ securityContext }) => securityContext)]
      .map((context) => context?.seccompProfile?.type)
      .filter((type): type is NonNullable<typeof type> => isBad(type));
    return {
      reason: 'seccompProfile',
      detail: `${setters(isBadPod, bad)} must not set securityContext.seccompProfile.type to ${quoted(sorted(values))}`,
    };
  },
};

const sysctls: Check = {
  id: 'sysctls',
  check(spec) {
    const bad = ((spec.securityContext?.sysctls ?? []) as readonly { readonly name: string }[])
      .map(({ name }) => name)
      .filter((name) => !SYSCTLS.has(name));
    return bad.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: bad.join(', ') };
  },
};

const windowsHostProcess: Check = {
  id: 'windowsHostProcess',
  check(spec: PodSpec) {
    const isBadPod = spec.securityContext?.windowsOptions?.hostProcess === true;
    const bad = named(spec, ({ securityContext }) => securityContext?.windowsOptions?.hostProcess === true);
    if (!isBadPod && bad.length === 0) return undefined;
    return { reason: 'hostProcess', detail: `${setters(isBadPod, bad)} must not set securityContext.windowsOptions.hostProcess=true` };
  },
};

/** By id, as upstream sorts them. */
export const BASELINE: readonly Check[] = [
  appArmorProfile,
  capabilities,
  hostNamespaces,
  hostPathVolumes,
  hostPorts,
  privileged,
  procMount,
  seLinuxOptions,
  seccompProfile,
  sysctls,
  windowsHostProcess,
];
