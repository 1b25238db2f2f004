/** PodSecurity: holds pods to the standard that their namespace's labels name. Mirrors pod-security-admission v1.34 admission/admission.go and
 *  api/helpers.go. Levels `warn` and `audit` refuse nothing; what they would have said is written to the audit log. */

import { deepEqual, type FieldError, invalid, type Namespace, type Pod, type PodSpec, type StatusObject } from '#api';
import type { Core } from '../../core.ts';
import { invalidValue } from '../../validation/field-error.ts';
import { type Attributes, refusedBy } from '../attributes.ts';
import type { AdmissionPlugin } from '../plugin.ts';
import { BASELINE } from './baseline.ts';
import type { Check } from './checks.ts';
import { RESTRICTED } from './restricted.ts';

type Level = 'privileged' | 'baseline' | 'restricted';
type Mode = 'enforce' | 'audit' | 'warn';
const PREFIX = 'pod-security.kubernetes.io/';

const replaced = new Set(RESTRICTED.flatMap(({ overrides }) => overrides ?? []));
const CHECKS: Readonly<Record<Level, readonly Check[]>> = {
  privileged: [],
  baseline: BASELINE,
  restricted: [...BASELINE.filter(({ id }) => !replaced.has(id)), ...RESTRICTED],
};

interface LevelVersion {
  readonly level: Level;
  readonly version: string;
}

/** What the labels ask for; a label that cannot be read asks for the strictest (PolicyToEvaluate). */
export function levelOf(labels: Readonly<Record<string, string>> | undefined, mode: Mode): LevelVersion {
  const written = labels?.[PREFIX + mode];
  const version = labels?.[`${PREFIX}${mode}-version`] ?? 'latest';
  if (written === undefined) return { level: 'privileged', version };
  const known = written === 'privileged' || written === 'baseline' || written === 'restricted';
  return { level: known ? written : 'restricted', version };
}

/** `violates`' second half, or undefined: 'host namespaces (hostNetwork=true), privileged (container "a" must not ...)'. */
export function violations(spec: PodSpec, annotations: Readonly<Record<string, string>>, level: Level): string | undefined {
  const found = CHECKS[level].flatMap((check) => check.check(spec, annotations) ?? []);
  return found.length === 0 ? undefined : found.map(({ reason, detail }) => `${reason} (${detail})`).join(', ');
}

const labelsOf = (core: Core, namespace: string): Readonly<Record<string, string>> | undefined =>
  (core.resource('namespaces')?.cache.get(`/registry/namespaces/${namespace}`) as Namespace | undefined)?.metadata?.labels;

/** isSignificantPodUpdate: anything of the spec besides what a running pod's owner may change anyway. */
const isSignificant = (spec: PodSpec, old: PodSpec | undefined): boolean =>
  old === undefined ||
  !deepEqual({ ...spec, tolerations: [], activeDeadlineSeconds: 0 }, { ...old, tolerations: [], activeDeadlineSeconds: 0 });

/** Labels that name no standard, or no release of it (PolicyToEvaluate). */
function mistakesOf(labels: Readonly<Record<string, string>> | undefined): FieldError[] {
  const errors: FieldError[] = [];
  for (const mode of ['enforce', 'audit', 'warn']) {
    const level = labels?.[PREFIX + mode];
    const version = labels?.[`${PREFIX}${mode}-version`];
    if (level !== undefined && !Object.hasOwn(CHECKS, level))
      errors.push(invalidValue(`metadata.labels[${PREFIX}${mode}]`, level, 'must be one of privileged, baseline, restricted'));
    if (version !== undefined && !/^(latest|v1\.(0|[1-9]\d*))$/.test(version))
      errors.push(invalidValue(`metadata.labels[${PREFIX}${mode}-version]`, version, 'must be "latest" or "v1.x"'));
  }
  return errors;
}

/** ValidateNamespace: an update is refused only for mistakes that it brings in. */
function refuseLabels({ verb, object, old, name }: Attributes): StatusObject | undefined {
  if (verb !== 'CREATE' && verb !== 'UPDATE') return undefined;
  const errors = mistakesOf(object?.metadata?.labels);
  if (errors.length === 0 || (verb === 'UPDATE' && mistakesOf(old?.metadata?.labels).length > 0)) return undefined;
  return invalid('Namespace', '', name, errors);
}

// Nearly every namespace has no such label: told by its labels' identity alone.
const free = new WeakSet<object>();

export const podSecurity: AdmissionPlugin = {
  name: 'PodSecurity',
  isDefault: true,
  resources: ['pods', 'namespaces'],
  validate(core, attributes) {
    if (attributes.resource === 'namespaces') return refuseLabels(attributes);
    const labels = labelsOf(core, attributes.namespace);
    if (labels === undefined || free.has(labels)) return undefined;
    const { level, version } = levelOf(labels, 'enforce');
    if (level === 'privileged') {
      free.add(labels);
      return undefined;
    }
    const pod = attributes.object as Pod | undefined;
    if (!Array.isArray(pod?.spec?.containers)) return undefined;
    if (attributes.verb === 'UPDATE' && !isSignificant(pod.spec, (attributes.old as Pod | undefined)?.spec)) return undefined;
    const found = violations(pod.spec, pod.metadata?.annotations ?? {}, level);
    return found === undefined ? undefined : refusedBy(attributes, `violates PodSecurity "${level}:${version}": ${found}`);
  },
};

/** What the level of mode `audit` says of a pod that was let in, and which level let it in, as annotations of the audit log. */
export function auditedViolations(core: Core, namespace: string, pod: Pod): Readonly<Record<string, string>> {
  const labels = labelsOf(core, namespace);
  const enforce = levelOf(labels, 'enforce');
  const audit = levelOf(labels, 'audit');
  const found = Array.isArray(pod.spec?.containers) ? violations(pod.spec, pod.metadata?.annotations ?? {}, audit.level) : undefined;
  return {
    [`${PREFIX}enforce-policy`]: `${enforce.level}:${enforce.version}`,
    ...(found === undefined
      ? {}
      : { [`${PREFIX}audit-violations`]: `would violate PodSecurity "${audit.level}:${audit.version}": ${found}` }),
  };
}
