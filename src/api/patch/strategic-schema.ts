/** How lists of built-in kinds merge: the patchStrategy and patchMergeKey tags of k8s.io/api v1.34. A field without an entry is replaced whole when it
 *  is a list, and merged member by member when it is a map. Custom resources have no schema here: strategic merge is not for them (415). */

/** What is known of one field. */
export interface FieldSchema {
  /** List of maps: the member that tells elements apart. */
  readonly mergeKey?: string;
  /** Server-side apply: all the members that tell elements apart, when they are more than the merge key. */
  readonly keys?: readonly string[];
  /** Server-side apply: whether a map is one value or many (schemas of custom resources say so of each). */
  readonly map?: 'atomic' | 'granular';
  /** List of scalars that merges as a set. */
  readonly primitives?: true;
  /** Union types: the patch must name what to keep ($retainKeys). */
  readonly retainKeys?: true;
  /** Schema of the map, or of the list's elements. */
  readonly of?: ObjectSchema;
}
export type ObjectSchema = Readonly<Record<string, FieldSchema>>;

const byKey = (mergeKey: string, of?: ObjectSchema): FieldSchema => ({ mergeKey, ...(of === undefined ? {} : { of }) });
const map = (of: ObjectSchema): FieldSchema => ({ of });
const SET: FieldSchema = { primitives: true };

const METADATA: ObjectSchema = { finalizers: SET, ownerReferences: byKey('uid') };

const CONTAINER: ObjectSchema = {
  ports: byKey('containerPort'),
  env: byKey('name'),
  volumeMounts: byKey('mountPath'),
  volumeDevices: byKey('devicePath'),
};

const POD_SPEC: ObjectSchema = {
  volumes: { mergeKey: 'name', retainKeys: true },
  initContainers: byKey('name', CONTAINER),
  containers: byKey('name', CONTAINER),
  ephemeralContainers: byKey('name', CONTAINER),
  imagePullSecrets: byKey('name'),
  hostAliases: byKey('ip'),
  topologySpreadConstraints: byKey('topologyKey'),
  schedulingGates: byKey('name'),
  resourceClaims: { mergeKey: 'name', retainKeys: true },
};

const POD_TEMPLATE: ObjectSchema = { metadata: map(METADATA), spec: map(POD_SPEC) };
const WITH_CONDITIONS: ObjectSchema = { conditions: byKey('type') };
const JOB_SPEC: ObjectSchema = { template: map(POD_TEMPLATE) };

const kind = (spec?: ObjectSchema, status?: ObjectSchema): ObjectSchema => ({
  metadata: map(METADATA),
  ...(spec === undefined ? {} : { spec: map(spec) }),
  ...(status === undefined ? {} : { status: map(status) }),
});

const BY_KIND: Readonly<Record<string, ObjectSchema>> = {
  Pod: kind(POD_SPEC, {
    conditions: byKey('type'),
    podIPs: byKey('ip'),
    hostIPs: byKey('ip'),
    resourceClaimStatuses: { mergeKey: 'name', retainKeys: true },
  }),
  Node: kind({ podCIDRs: SET }, { conditions: byKey('type'), addresses: byKey('type') }),
  Namespace: kind(undefined, WITH_CONDITIONS),
  Service: kind({ ports: byKey('port') }, WITH_CONDITIONS),
  ServiceAccount: { metadata: map(METADATA), secrets: byKey('name') },
  PodTemplate: { metadata: map(METADATA), template: map(POD_TEMPLATE) },
  ReplicationController: kind({ template: map(POD_TEMPLATE) }, WITH_CONDITIONS),
  PersistentVolumeClaim: kind(undefined, WITH_CONDITIONS),
  Deployment: kind({ template: map(POD_TEMPLATE), strategy: { retainKeys: true } }, WITH_CONDITIONS),
  ReplicaSet: kind({ template: map(POD_TEMPLATE) }, WITH_CONDITIONS),
  StatefulSet: kind({ template: map(POD_TEMPLATE) }, WITH_CONDITIONS),
  DaemonSet: kind({ template: map(POD_TEMPLATE) }, WITH_CONDITIONS),
  Job: kind(JOB_SPEC, WITH_CONDITIONS),
  CronJob: kind({ jobTemplate: map({ metadata: map(METADATA), spec: map(JOB_SPEC) }) }),
  PodDisruptionBudget: kind(undefined, WITH_CONDITIONS),
  HorizontalPodAutoscaler: kind(undefined, WITH_CONDITIONS),
  ResourceClaim: kind(undefined, { reservedFor: byKey('uid') }),
};

const PLAIN = kind();

/** The schema of a kind; built-in kinds without an entry of their own merge only their metadata's lists. */
export const strategicSchema = (kindName: string): ObjectSchema => BY_KIND[kindName] ?? PLAIN;
