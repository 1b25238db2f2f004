/** The restricted level: what hardening asks of a pod besides the baseline. Mirrors pod-security-admission v1.34 policy/check_*.go. */

import type { PodSpec } from '#api';
import { type Check, containersOf, containersText, isWindows, named, plural, quoted, setters, sorted } from './checks.ts';

const VOLUME_TYPES = new Set([
  'name',
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);

const allowPrivilegeEscalation: Check = {
  id: 'allowPrivilegeEscalation',
  check(spec) {
    if (isWindows(spec)) return undefined;
    const bad = named(spec, ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false);
    if (bad.length === 0) return undefined;
    return {
      reason: 'allowPrivilegeEscalation != false',
      detail: `${containersText(bad)} must set securityContext.allowPrivilegeEscalation=false`,
    };
  },
};

const capabilities: Check = {
  id: 'capabilities_restricted',
  overrides: ['capabilities_baseline'],
  check(spec) {
    if (isWindows(spec)) return undefined;
    const forbidden = (context: { capabilities?: { add?: readonly string[] } } | undefined): readonly string[] =>
      (context?.capabilities?.add ?? []).filter((name) => name !== 'NET_BIND_SERVICE');
    const keeping = named(spec, ({ securityContext }) => securityContext?.capabilities?.drop?.includes('ALL') !== true);
    const adding = named(spec, ({ securityContext }) => forbidden(securityContext).length > 0);
    const details: string[] = [];
    if (keeping.length > 0) details.push(`${containersText(keeping)} must set securityContext.capabilities.drop=["ALL"]`);
    if (adding.length > 0) {
      const names = sorted(containersOf(spec).flatMap(({ securityContext }) => forbidden(securityContext)));
      details.push(`${containersText(adding)} must not include ${quoted(names)} in securityContext.capabilities.add`);
    }
    return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') };
  },
};

const restrictedVolumes: Check = {
  id: 'restrictedVolumes',
  overrides: ['hostPathVolumes'],
  check(spec) {
    const names: string[] = [];
    const types: string[] = [];
    for (const volume of spec.volumes ?? []) {
      const type = Object.keys(volume).find((field) => (volume as never)[field] !== undefined && !VOLUME_TYPES.has(field));
      if (type === undefined) continue;
      names.push(volume.name);
      types.push(type);
    }
    if (names.length === 0) return undefined;
    const kinds = sorted(types);
    const uses = `${plural('uses', 'use', names)} restricted volume ${plural('type', 'types', kinds)}`;
    return { reason: 'restricted volume types', detail: `${plural('volume', 'volumes', names)} ${quoted(names)} ${uses} ${quoted(kinds)}` };
  },
};

const runAsNonRoot: Check = {
  id: 'runAsNonRoot',
  check(spec) {
    const ofPod = spec.securityContext?.runAsNonRoot;
    const explicit = named(spec, ({ securityContext }) => securityContext?.runAsNonRoot === false);
    if (ofPod === false || explicit.length > 0)
      return {
        reason: 'runAsNonRoot != true',
        detail: `${setters(ofPod === false, explicit)} must not set securityContext.runAsNonRoot=false`,
      };
    const implicit = ofPod === true ? [] : named(spec, ({ securityContext }) => securityContext?.runAsNonRoot === undefined);
    if (implicit.length === 0) return undefined;
    return {
      reason: 'runAsNonRoot != true',
      detail: `pod or ${containersText(implicit)} must set securityContext.runAsNonRoot=true`,
    };
  },
};

const runAsUser: Check = {
  id: 'runAsUser',
  check(spec: PodSpec) {
    const isBadPod = spec.securityContext?.runAsUser === 0;
    const bad = named(spec, ({ securityContext }) => securityContext?.runAsUser === 0);
    if (!isBadPod && bad.length === 0) return undefined;
    return { reason: 'runAsUser=0', detail: `${setters(isBadPod, bad)} must not set runAsUser=0` };
  },
};

const seccompProfile: Check = {
  id: 'seccompProfile_restricted',
  overrides: ['seccompProfile_baseline'],
  check(spec) {
    if (isWindows(spec)) return undefined;
    const isGood = (type: string | undefined): boolean => type === 'RuntimeDefault' || type === 'Localhost';
    const ofPod = spec.securityContext?.seccompProfile?.type;
    const isBadPod = ofPod !== undefined && !isGood(ofPod);
    const typeOf = (context: { seccompProfile?: { type?: string } } | undefined): string | undefined => context?.seccompProfile?.type;
    const bad = named(spec, ({ securityContext: one }) => typeOf(one) !== undefined && !isGood(typeOf(one)));
    if (isBadPod || bad.length > 0) {
      const values = [spec.securityContext, ...containersOf(spec).map(({ securityContext }) => securityContext)].map(typeOf);
      const shown = quoted(sorted(values.filter((type): type is string => type !== undefined && !isGood(type))));
      return {
        reason: 'seccompProfile',
        detail: `${setters(isBadPod, bad)} must not set securityContext.seccompProfile.type to ${shown}`,
      };
    }
    const unset = ofPod !== undefined ? [] : named(spec, ({ securityContext }) => typeOf(securityContext) === undefined);
    if (unset.length === 0) return undefined;
    const detail = `pod or ${containersText(unset)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`;
    return { reason: 'seccompProfile', detail };
  },
};

/** By id, as upstream sorts them. */
export const RESTRICTED: readonly Check[] = [
  allowPrivilegeEscalation,
  capabilities,
  restrictedVolumes,
  runAsNonRoot,
  runAsUser,
  seccompProfile,
];
