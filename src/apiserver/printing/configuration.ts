/** Namespaces, what is configured in them, and who may do what. Mirrors Kubernetes v1.34 pkg/printers/internalversion/printers.go. */

import type { ConfigMap, KubeObject, Lease, Namespace, PriorityClass, ResourceQuota, RoleBinding, Secret, ServiceAccount } from '#api';
import { AGE, ageOf, CREATED_AT, flag, integer, NAME, nameOf, type Printer, text, wide } from './printer.ts';
import { quantityText } from './storage.ts';

export const namespaces: Printer<Namespace> = {
  columns: [NAME, text('Status'), AGE],
  cells: (object, now) => [nameOf(object), object.status?.phase ?? '', ageOf(object, now)],
};

const sizeOf = (map: object | undefined): number => (map === undefined ? 0 : Object.keys(map).length);

export const secrets: Printer<Secret> = {
  columns: [NAME, text('Type'), text('Data'), AGE],
  cells: (object, now) => [nameOf(object), object.type ?? '', sizeOf(object.data), ageOf(object, now)],
};

export const configMaps: Printer<ConfigMap> = {
  columns: [NAME, text('Data'), AGE],
  cells: (object, now) => [nameOf(object), sizeOf(object.data) + sizeOf(object.binaryData), ageOf(object, now)],
};

export const serviceAccounts: Printer<ServiceAccount> = {
  columns: [NAME, text('Secrets'), AGE],
  cells: (object, now) => [nameOf(object), object.secrets?.length ?? 0, ageOf(object, now)],
};

/** Limits in one column, everything else in the other. */
function quotaCells({ status }: ResourceQuota): readonly [string, string] {
  const requests: string[] = [];
  const limits: string[] = [];
  for (const name of Object.keys(status?.hard ?? {}).sort())
    (name.startsWith('limits.') ? limits : requests).push(
      `${name}: ${quantityText(status?.used?.[name])}/${quantityText(status?.hard?.[name])}`,
    );
  return [requests.join(', '), limits.join(', ')];
}

export const resourceQuotas: Printer<ResourceQuota> = {
  columns: [NAME, text('Request'), text('Limit'), AGE],
  cells: (object, now) => [nameOf(object), ...quotaCells(object), ageOf(object, now)],
};

export const leases: Printer<Lease> = {
  columns: [NAME, text('Holder'), AGE],
  cells: (object, now) => [nameOf(object), object.spec?.holderIdentity ?? '', ageOf(object, now)],
};

export const priorityClasses: Printer<PriorityClass> = {
  columns: [NAME, integer('Value'), flag('Global-Default'), AGE, text('PreemptionPolicy')],
  cells: (object, now) => [
    nameOf(object),
    object.value ?? 0,
    object.globalDefault ?? false,
    ageOf(object, now),
    object.preemptionPolicy ?? '',
  ],
};

/** RoleBindings and ClusterRoleBindings alike. */
export const roleBindings: Printer<RoleBinding> = {
  columns: [NAME, text('Role'), AGE, wide('Users'), wide('Groups'), wide('ServiceAccounts')],
  cells(object, now) {
    const named = (kind: string): string =>
      (object.subjects ?? [])
        .filter((subject) => subject.kind === kind)
        .map(({ name, namespace }) => (kind === 'ServiceAccount' ? `${namespace ?? ''}/${name}` : name))
        .join(', ');
    return [
      nameOf(object),
      `${object.roleRef?.kind}/${object.roleRef?.name}`,
      ageOf(object, now),
      named('User'),
      named('Group'),
      named('ServiceAccount'),
    ];
  },
};

interface Webhooks extends KubeObject {
  readonly webhooks?: readonly unknown[];
}
export const webhooks: Printer<Webhooks> = {
  columns: [NAME, integer('Webhooks'), AGE],
  cells: (object, now) => [nameOf(object), object.webhooks?.length ?? 0, ageOf(object, now)],
};

interface Policy extends KubeObject {
  readonly spec?: {
    readonly validations?: readonly unknown[];
    readonly paramKind?: { readonly apiVersion?: string; readonly kind?: string };
  };
}
export const validatingPolicies: Printer<Policy> = {
  columns: [NAME, integer('Validations'), text('ParamKind'), AGE],
  cells: (object, now) => {
    const kind = object.spec?.paramKind;
    return [
      nameOf(object),
      object.spec?.validations?.length ?? 0,
      kind === undefined ? '<unset>' : `${kind.apiVersion ?? ''}/${kind.kind ?? ''}`,
      ageOf(object, now),
    ];
  },
};

interface PolicyBinding extends KubeObject {
  readonly spec?: { readonly policyName?: string; readonly paramRef?: { readonly name?: string; readonly namespace?: string } };
}
export const validatingPolicyBindings: Printer<PolicyBinding> = {
  columns: [NAME, text('PolicyName'), text('ParamRef'), AGE],
  cells: (object, now) => {
    const parameter = object.spec?.paramRef;
    const shown = parameter?.name ? `${parameter.namespace || '*'}/${parameter.name}` : '<unset>';
    return [nameOf(object), object.spec?.policyName ?? '', shown, ageOf(object, now)];
  },
};

/** Every kind that has no columns of its own (rest.DefaultTableConvertor): roles, limit ranges, resource definitions. */
export const anything: Printer = {
  columns: [NAME, CREATED_AT],
  cells: (object) => [nameOf(object), (object.metadata?.creationTimestamp as string | undefined) ?? null],
};
