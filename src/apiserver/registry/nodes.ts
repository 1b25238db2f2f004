/** Nodes. Mirrors Kubernetes v1.34 pkg/registry/core/node/strategy.go and ValidateNode, ValidateNodeUpdate. */

import { deepEqual, type FieldError, type Node, type Taint } from '#api';
import type { Meta } from '../object-meta.ts';
import { validateRange } from '../validation/addresses.ts';
import { duplicate, type FieldErrors, forbiddenField, invalidValue, notSupported, required } from '../validation/field-error.ts';
import { labelValue, qualifiedName } from '../validation/names.ts';
import type { ResourceDescriptor } from './descriptor.ts';

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** As Go writes the internal type. */
const shownTaint = ({ key = '', value = '', effect, timeAdded }: Taint): string =>
  JSON.stringify({ Key: key, Value: value, Effect: effect, TimeAdded: timeAdded ?? null });

function validateTaints(taints: readonly Taint[] | undefined): FieldErrors {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  (taints ?? []).forEach((taint, i) => {
    // Upstream names them so.
    const at = `metadata.taints[${i}]`;
    for (const text of qualifiedName(taint.key ?? '')) errors.push(invalidValue(`${at}.key`, taint.key, text));
    for (const text of labelValue(taint.value ?? '')) errors.push(invalidValue(`${at}.value`, taint.value, text));
    if (!taint.effect) errors.push(required(`${at}.effect`));
    else if (!EFFECTS.includes(taint.effect)) errors.push(notSupported(`${at}.effect`, taint.effect, EFFECTS));
    const id = `${taint.key}:${taint.effect}`;
    if (seen.has(id))
      errors.push({
        ...duplicate(at, taint),
        message: `Duplicate value: ${shownTaint(taint)}: taints must be unique by key and effect pair`,
      });
    seen.add(id);
  });
  return errors;
}

/** Upstream asks whether the ranges are of two families, bad ones too. */
function notARange(i: number, range: string): FieldError {
  const message = `Internal error: invalid PodCIDRs. failed to check with dual stack with error:invalid CIDR[${i}]: <nil> (invalid CIDR address: ${range})`;
  return { reason: 'InternalError', field: 'spec.podCIDRs', message };
}

/** ValidateNode. */
function validate(node: Node): FieldErrors {
  const errors: FieldError[] = [...validateTaints(node.spec?.taints)];
  const ranges = node.spec?.podCIDRs ?? [];
  const parsed = ranges.map((range, i) => validateRange(range, `spec.podCIDRs[${i}]`, errors));
  const bad = parsed.indexOf(undefined);
  if (ranges.length > 1 && bad >= 0) errors.push(notARange(bad, ranges[bad] as string));
  const families = new Set(parsed.map((range) => range?.family));
  if (ranges.length > 1 && (ranges.length > 2 || families.size < 2 || families.has(undefined)))
    errors.push(invalidValue('spec.podCIDRs', ranges, 'may specify no more than one CIDR for each IP family'));
  return errors;
}

/** podCIDR is the first of podCIDRs, and what counts when both are given. */
function withRanges(spec: Node['spec']): Node['spec'] {
  const { podCIDR, podCIDRs } = spec ?? {};
  const first = podCIDRs?.[0];
  if (podCIDR) return podCIDR === first ? spec : { ...spec, podCIDRs: [podCIDR] };
  return first === undefined || first === podCIDR ? spec : { ...spec, podCIDR: first };
}

/** SetDefaults_NodeStatus: what is there may be used. */
function withAllocatable(status: Node['status']): Node['status'] {
  return status?.capacity === undefined || status.allocatable !== undefined ? status : { ...status, allocatable: status.capacity };
}

export const nodes: ResourceDescriptor<Node> = {
  resource: 'nodes',
  storagePath: 'minions',
  hasStatus: true,
  fields: { 'spec.unschedulable': (node) => String(node.spec?.unschedulable ?? false) },
  defaults(node) {
    const status = withAllocatable(node.status);
    const spec = withRanges(node.spec);
    return status === node.status && spec === node.spec ? node : { ...node, spec, status };
  },
  // A node comes with its status.
  prepareForCreate: (node) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: node.metadata,
    spec: node.spec ?? {},
    status: node.status ?? {},
  }),
  validate,
  prepareForUpdate: (next, old) => ({ apiVersion: 'v1', kind: 'Node', metadata: next.metadata, spec: next.spec ?? {}, status: old.status }),
  validateUpdate(next, old) {
    if (next.spec === old.spec) return [];
    const errors: FieldError[] = [...validate(next)];
    const [ranges, before] = [next.spec?.podCIDRs ?? [], old.spec?.podCIDRs ?? []];
    if (before.length > 0 && !deepEqual(ranges, before))
      errors.push(forbiddenField('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'));
    if (old.spec?.providerID && next.spec?.providerID !== old.spec.providerID)
      errors.push(forbiddenField('spec.providerID', 'node updates may not change providerID except from "" to valid'));
    if ((next.spec?.externalID ?? '') !== (old.spec?.externalID ?? ''))
      errors.push(forbiddenField('spec.externalID', 'may not be updated'));
    return errors;
  },
  // Labels and annotations may travel with a node's status: kubelets patch both at once.
  prepareForStatusUpdate: (next, old) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: next.metadata as Meta,
    spec: old.spec,
    status: withAllocatable(next.status) ?? {},
  }),
};
