/** What Go's decoder makes of null: a member of a struct is left as it was (absent), an element of a list or map becomes its type's zero value. Which maps
 *  hold texts and which quantities is told by their names, which the published schemas of Kubernetes 1.34 give one meaning each, but for those named here.
 *  Mirrors encoding/json as sigs.k8s.io/json has it. Custom resources are not decoded into structs: only their metadata is. */

import type { ApiRequest, KubeObject } from '#api';

type Members = Readonly<Record<string, unknown>>;
type Zero = '' | '0';

const TEXT_LISTS = new Set(
  `admissionReviewVersions apiGroups apiVersions operations resourceNames validationActions audiences groups nonResourceURLs verbs failed succeeded usages
  add drop monitors args command names targetWWNs wwids hostnames portals finalizers podCIDRs volumesInUse accessModes mountOptions matchLabelKeys
  mismatchLabelKeys namespaces nameservers searches scopes clusterIPs externalIPs ipFamilies loadBalancerSourceRanges except hosts ips policyTypes cidrs
  bindingConditions bindingFailureConditions volumeLifecycleModes topologyKeys categories shortNames storedVersions required x-kubernetes-list-map-keys
  conversionReviewVersions dryRun values`.split(/\s+/),
);
const NUMBER_LISTS = new Set(['supplementalGroups']);
/** Text lists by some kinds' use of a name that other kinds have for lists of structs. */
const KINDS_TEXT_LISTS: Readonly<Record<string, readonly string[]>> = {
  Role: ['resources'],
  ClusterRole: ['resources'],
  MutatingWebhookConfiguration: ['resources'],
  ValidatingWebhookConfiguration: ['resources'],
  ValidatingAdmissionPolicy: ['resources'],
  ValidatingAdmissionPolicyBinding: ['resources'],
  FlowSchema: ['resources'],
  EndpointSlice: ['addresses'],
};

const TEXT_MAPS = new Set(
  `labels annotations matchLabels nodeSelector data binaryData stringData volumeAttributes options parameters attachmentMetadata deprecatedTopology
  allocatedResourceStatuses`.split(/\s+/),
);
const QUANTITY_MAPS = new Set(
  'allocatedResources defaultRequest maxLimitRequestRatio allocatable capacity overhead hard used limits requests podFixed consumedCapacity'.split(
    ' ',
  ),
);
/** Names that one kind has for a map and others for a struct. */
const KINDS_MAPS: Readonly<Record<string, Readonly<Record<string, Zero>>>> = {
  LimitRange: { default: '0', max: '0', min: '0' },
  Service: { selector: '' },
  ReplicationController: { selector: '' },
};
/** The other way round: structs by names that are maps elsewhere. */
const KINDS_STRUCTS: Readonly<Record<string, readonly string[]>> = {
  ResourceClaim: ['nodeSelector', 'capacity'],
  ResourceClaimTemplate: ['capacity'],
  ResourceSlice: ['nodeSelector', 'capacity'],
  RuntimeClass: ['overhead'],
  IngressClass: ['parameters'],
  CSINode: ['allocatable'],
};

/** What holds any JSON and is passed on as it came. */
const OPAQUE = new Set(['opaque', 'fieldsV1']);
const KINDS_OPAQUE: Readonly<Record<string, readonly string[]>> = {
  ControllerRevision: ['data'],
  ResourceClaim: ['data'],
  CustomResourceDefinition: ['default', 'enum', 'example'],
};

const isOpaque = (name: string, kind: string): boolean => OPAQUE.has(name) || KINDS_OPAQUE[kind]?.includes(name) === true;

/** What a null among the values of a map is; undefined: `name` is a struct. */
function zeroOfMap(name: string, kind: string): Zero | undefined {
  const own = KINDS_MAPS[kind]?.[name];
  if (own !== undefined) return own;
  if (KINDS_STRUCTS[kind]?.includes(name)) return undefined;
  return TEXT_MAPS.has(name) ? '' : QUANTITY_MAPS.has(name) ? '0' : undefined;
}

function zeroOfList(list: readonly unknown[], name: string, kind: string): unknown {
  const other = list.find((element) => element !== null);
  if (typeof other === 'number' || NUMBER_LISTS.has(name)) return 0;
  const isText = typeof other === 'string' || TEXT_LISTS.has(name) || KINDS_TEXT_LISTS[kind]?.includes(name) === true;
  return isText ? '' : {};
}

/** Where a device claim's constraints and configurations name requests, which are structs in the claim itself. */
const isNamesOfRequests = (key: string, of: object): boolean =>
  key === 'requests' && ('opaque' in of || 'matchAttribute' in of || 'distinctAttribute' in of);

export function hasNull(value: unknown): boolean {
  if (typeof value !== 'object') return false;
  if (value === null) return true;
  if (Array.isArray(value)) {
    for (const element of value) if (hasNull(element)) return true;
    return false;
  }
  for (const name in value) if (hasNull((value as Members)[name])) return true;
  return false;
}

function decoded(value: unknown, name: string, kind: string): unknown {
  if (typeof value !== 'object' || value === null || !hasNull(value)) return value;
  if (Array.isArray(value)) {
    const zero = zeroOfList(value, name, kind);
    return value.map((element) => (element === null ? zero : decoded(element, '', kind)));
  }
  const zero = zeroOfMap(name, kind);
  const result: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    if (member !== null && isOpaque(key, kind)) result[key] = member;
    else if (member !== null) result[key] = decoded(member, isNamesOfRequests(key, value) ? 'names' : key, kind);
    else if (zero !== undefined) result[key] = zero;
  }
  return result;
}

// Pods' specs come from templates: the same reference, already looked at.
const clean = new WeakSet<object>();

function cleanMember(name: string, value: unknown): boolean {
  if (typeof value !== 'object') return true;
  if (value === null) return false;
  if (name !== 'spec') return !hasNull(value);
  if (clean.has(value)) return true;
  if (hasNull(value)) return false;
  clean.add(value);
  return true;
}

/** Whether a request's body may hold nulls: Kubernetes' own components, as they are here, write objects and never a null, which is most of all requests. */
export function mayHoldNulls({ user, foreign }: Pick<ApiRequest, 'user' | 'foreign'>): boolean {
  return (
    foreign === true || !(user.startsWith('system:node:') || user === 'system:kube-scheduler' || user === 'system:kube-controller-manager')
  );
}

/** The body as it is once Go has read it; the body itself where nothing is null. */
export function withoutNulls(object: KubeObject, kind: string, openShape: boolean): KubeObject {
  const members = object as unknown as Members;
  if (openShape) {
    const { metadata, ...rest } = members;
    if (cleanMember('metadata', metadata)) return object;
    return (metadata === null ? rest : { ...members, metadata: decoded(metadata, 'metadata', '') }) as unknown as KubeObject;
  }
  for (const name in members) if (!cleanMember(name, members[name])) return decoded(object, '', kind) as KubeObject;
  return object;
}
