/** What pods and containers may do on their machine. Mirrors Kubernetes v1.34 pkg/apis/core/validation/validation.go (ValidateSecurityContext,
 *  validatePodSpecSecurityContext). Options for Windows are not looked at, but for host processes on Linux. */

import type { Container, FieldError, PodSpec } from '#api';
import { duplicate, forbiddenField, has, invalidValue, notSupported, required, tooLong, validateChoice } from './field-error.ts';
import { validateDescendingPath } from './file-paths.ts';

type Security = NonNullable<Container['securityContext']>;
type PodSecurity = NonNullable<PodSpec['securityContext']>;
interface Profile {
  readonly type?: string;
  readonly localhostProfile?: string;
}

const INT32_MAX = 2_147_483_647;
const PROFILE_TYPES = ['Localhost', 'RuntimeDefault', 'Unconfined'];
const PROFILE_MAX = 4095;
const SYSCTL_MAX = 253;
const SYSCTL = '^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$';
const IS_SYSCTL = /^(?:[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?$/;

function validateId(id: number | undefined, field: string, errors: FieldError[]): void {
  if (has(id) && (id < 0 || id > INT32_MAX)) errors.push(invalidValue(field, id, `must be between 0 and ${INT32_MAX}, inclusive`));
}

function validateSeccomp(profile: Profile | undefined, field: string, errors: FieldError[]): void {
  if (!has(profile)) return;
  const { type, localhostProfile } = profile;
  if (!type) errors.push(required(`${field}.type`, 'type is required when seccompProfile is set'));
  else validateChoice(type, PROFILE_TYPES, `${field}.type`, errors);
  if (type !== 'Localhost') {
    if (has(localhostProfile))
      errors.push(
        invalidValue(
          `${field}.localhostProfile`,
          { Type: type ?? '', LocalhostProfile: localhostProfile },
          'can only be set when seccomp type is Localhost',
        ),
      );
  } else if (!has(localhostProfile)) errors.push(required(`${field}.localhostProfile`, 'must be set when seccomp type is Localhost'));
  else validateDescendingPath(localhostProfile, `${field}.localhostProfile`, errors);
}

function validateLocalAppArmor(profile: string | undefined, field: string, errors: FieldError[]): void {
  if (!has(profile)) return void errors.push(required(field, 'must be set when AppArmor type is Localhost'));
  if (profile.trim() !== profile) errors.push(invalidValue(field, profile, 'must not be padded with whitespace'));
  else if (profile === '') errors.push(required(field, 'must be set when AppArmor type is Localhost'));
  if (profile.length > PROFILE_MAX) errors.push(tooLong(field, PROFILE_MAX));
}

function validateAppArmor(profile: Profile | undefined, field: string, errors: FieldError[]): void {
  if (!has(profile)) return;
  const { type, localhostProfile } = profile;
  if (type === 'Localhost') validateLocalAppArmor(localhostProfile, `${field}.localhostProfile`, errors);
  else if (!type) errors.push(required(`${field}.type`, 'type is required when appArmorProfile is set'));
  else if (!PROFILE_TYPES.includes(type)) errors.push(notSupported(`${field}.type`, type, PROFILE_TYPES));
  else if (has(localhostProfile))
    errors.push(invalidValue(`${field}.localhostProfile`, localhostProfile, 'can only be set when AppArmor type is Localhost'));
}

/** As Go writes the internal type of a container's security context into an error. */
function told(security: Security): unknown {
  const { capabilities, privileged, seLinuxOptions, windowsOptions, runAsUser, runAsGroup, runAsNonRoot } = security;
  return {
    Capabilities: has(capabilities) ? { Add: capabilities.add ?? null, Drop: capabilities.drop ?? null } : null,
    Privileged: privileged ?? null,
    SELinuxOptions: seLinuxOptions ?? null,
    WindowsOptions: windowsOptions ?? null,
    RunAsUser: runAsUser ?? null,
    RunAsGroup: runAsGroup ?? null,
    RunAsNonRoot: runAsNonRoot ?? null,
    ReadOnlyRootFilesystem: security.readOnlyRootFilesystem ?? null,
    AllowPrivilegeEscalation: security.allowPrivilegeEscalation ?? null,
    ProcMount: security.procMount ?? null,
    SeccompProfile: security.seccompProfile ?? null,
    AppArmorProfile: security.appArmorProfile ?? null,
  };
}

/** `sharesUsers`: the pod lives in its host's user namespace. */
export function validateSecurity(security: Security | undefined, sharesUsers: boolean, field: string, errors: FieldError[]): void {
  if (!has(security)) return;
  const { privileged, capabilities, procMount, allowPrivilegeEscalation } = security;
  validateId(security.runAsUser, `${field}.runAsUser`, errors);
  validateId(security.runAsGroup, `${field}.runAsGroup`, errors);
  if (has(procMount)) {
    if (procMount !== 'Default' && procMount !== 'Unmasked')
      errors.push(notSupported(`${field}.procMount`, procMount, ['Default', 'Unmasked']));
    if (sharesUsers && procMount === 'Unmasked')
      errors.push(invalidValue(`${field}.procMount`, procMount, '`hostUsers` must be false to use `Unmasked`'));
  }
  validateSeccomp(security.seccompProfile, `${field}.seccompProfile`, errors);
  if (allowPrivilegeEscalation === false) {
    const refuse = (what: string): void =>
      void errors.push(invalidValue(field, told(security), `cannot set \`allowPrivilegeEscalation\` to false and ${what}`));
    if (privileged) refuse('`privileged` to true');
    for (const capability of capabilities?.add ?? []) if (capability === 'CAP_SYS_ADMIN') refuse('`capabilities.Add` CAP_SYS_ADMIN');
  }
  validateAppArmor(security.appArmorProfile, `${field}.appArmorProfile`, errors);
}

function validateSysctls(sysctls: PodSecurity['sysctls'], field: string, errors: FieldError[]): void {
  const names = new Set<string>();
  (sysctls ?? []).forEach(({ name = '' }, i) => {
    const at = `${field}[${i}].name`;
    if (name === '') errors.push(required(at));
    else if (name.length > SYSCTL_MAX || !IS_SYSCTL.test(name))
      errors.push(invalidValue(at, name, `must have at most ${SYSCTL_MAX} characters and match regex ${SYSCTL}`));
    else if (names.has(name)) errors.push(duplicate(at, name));
    names.add(name);
  });
}

/** Which names of sysctls belong to a namespace that a pod may share with its host: component-helpers node/util/sysctl. */
function validateHostSysctls(spec: PodSpec, sysctls: PodSecurity['sysctls'], field: string, errors: FieldError[]): void {
  (sysctls ?? []).forEach(({ name = '' }, i) => {
    const plain = name.replaceAll('/', '.');
    if (spec.hostNetwork && plain.startsWith('net.'))
      errors.push(invalidValue(`${field}[${i}].name`, name, "may not be specified when 'hostNetwork' is true"));
    else if (spec.hostIPC && /^(?:kernel\.(?:shm|msg|sem)|fs\.mqueue\.)/.test(plain))
      errors.push(invalidValue(`${field}[${i}].name`, name, "may not be specified when 'hostIPC' is true"));
  });
}

export function validatePodSecurity(spec: PodSpec, field: string, errors: FieldError[]): void {
  const security = spec.securityContext;
  if (!has(security)) return;
  validateId(security.fsGroup, `${field}.fsGroup`, errors);
  validateId(security.runAsUser, `${field}.runAsUser`, errors);
  validateId(security.runAsGroup, `${field}.runAsGroup`, errors);
  (security.supplementalGroups ?? []).forEach((group, i) => validateId(group, `${field}.supplementalGroups[${i}]`, errors));
  if (spec.shareProcessNamespace && spec.hostPID)
    errors.push(invalidValue(`${field}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled'));
  validateSysctls(security.sysctls, `${field}.sysctls`, errors);
  if (spec.hostNetwork || spec.hostIPC) validateHostSysctls(spec, security.sysctls, `${field}.sysctls`, errors);
  if (has(security.fsGroupChangePolicy))
    validateChoice(security.fsGroupChangePolicy, ['Always', 'OnRootMismatch'], `${field}.fsGroupChangePolicy`, errors);
  validateSeccomp(security.seccompProfile, `${field}.seccompProfile`, errors);
  validateAppArmor(security.appArmorProfile, `${field}.appArmorProfile`, errors);
  if (has(security.supplementalGroupsPolicy))
    validateChoice(security.supplementalGroupsPolicy, ['Merge', 'Strict'], `${field}.supplementalGroupsPolicy`, errors);
  if (has(security.seLinuxChangePolicy))
    validateChoice(security.seLinuxChangePolicy, ['Recursive'], `${field}.seLinuxChangePolicy`, errors);
}

/** validateHostUsers: a pod in a user namespace of its own shares no other namespace with its host. */
export function validateHostUsers(spec: PodSpec, field: string, errors: FieldError[]): void {
  if (spec.hostUsers !== false) return;
  if (spec.hostNetwork) errors.push(forbiddenField(`${field}.hostNetwork`, 'when `hostUsers` is false'));
  if (spec.hostPID) errors.push(forbiddenField(`${field}.HostPID`, 'when `hostUsers` is false'));
  if (spec.hostIPC) errors.push(forbiddenField(`${field}.HostIPC`, 'when `hostUsers` is false'));
  for (const list of ['initContainers', 'containers'] as const)
    (spec[list] ?? []).forEach((container, i) => {
      if ((container.volumeDevices ?? []).length > 0)
        errors.push(forbiddenField(`${field}.${list}[${i}].volumeDevices`, 'when `hostUsers` is false'));
    });
}
