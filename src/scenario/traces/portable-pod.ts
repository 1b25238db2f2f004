/** A pod spec of another cluster, made fit for this one: what it refers to and nobody brings along (token volumes, ConfigMaps, Secrets, claims, service
 *  accounts, priority classes) would keep it from starting. SimKube's tracer and driver take the same things away. */

import type { Tally } from './tally.ts';

type Fields = Readonly<Record<string, unknown>>;

/** 'ConfigMap/namespace/name', 'PriorityClass//name'. */
export type Known = (kind: string, namespace: string, name: string) => boolean;

/** Fields of a volume that name another object, and of which kind. */
const SOURCES: readonly (readonly [field: string, kind: string, name: string])[] = [
  ['configMap', 'ConfigMap', 'name'],
  ['secret', 'Secret', 'secretName'],
  ['persistentVolumeClaim', 'PersistentVolumeClaim', 'claimName'],
];
const SYSTEM_CLASSES = new Set(['system-cluster-critical', 'system-node-critical']);

export interface Portable {
  readonly namespace: string;
  readonly known: Known;
  readonly tally: Tally;
  /** The node that it is on stays. */
  readonly keepsNode: boolean;
}

export function portablePodSpec(spec: Fields, how: Portable): Fields {
  const { nodeName, priority: _priority, serviceAccount: _old, imagePullSecrets: _secrets, volumes, ...rest } = spec;
  const out: Record<string, unknown> = { ...rest };
  if (how.keepsNode && nodeName !== undefined) out['nodeName'] = nodeName;
  dropUnknown(out, 'serviceAccountName', 'ServiceAccount', how, new Set(['default']));
  dropUnknown(out, 'priorityClassName', 'PriorityClass', { ...how, namespace: '' }, SYSTEM_CLASSES);
  dropUnknown(out, 'runtimeClassName', 'RuntimeClass', { ...how, namespace: '' }, new Set());
  const tokens = new Set<string>();
  const kept = ((volumes ?? []) as readonly Fields[]).flatMap((volume) => {
    const name = String(volume['name'] ?? '');
    if (!name.startsWith('kube-api-access-')) return [portableVolume(volume, how)];
    tokens.add(name);
    return [];
  });
  if (kept.length > 0) out['volumes'] = kept;
  for (const list of ['containers', 'initContainers', 'ephemeralContainers'] as const) {
    const containers = out[list] as readonly Fields[] | undefined;
    if (containers === undefined || !Array.isArray(containers)) continue;
    out[list] = containers.map((container) => portableContainer(container, tokens, how));
  }
  return out;
}

function dropUnknown(
  out: Record<string, unknown>,
  field: string,
  kind: string,
  { namespace, known, tally }: Portable,
  standing: Set<string>,
) {
  const name = out[field];
  if (name === undefined) return;
  if (typeof name === 'string' && name !== '' && (standing.has(name) || known(kind, namespace, name))) return;
  delete out[field];
  if (name !== '' && name !== null) tally.change(`${field} left out: the trace does not bring the ${kind}`);
}

function portableVolume(volume: Fields, { namespace, known, tally }: Portable): Fields {
  const empty = { name: volume['name'], emptyDir: {} };
  if (volume['projected'] !== undefined || volume['hostPath'] !== undefined || volume['csi'] !== undefined) {
    tally.change('a projected, hostPath or csi volume became an emptyDir');
    return empty;
  }
  for (const [field, kind, key] of SOURCES) {
    const source = volume[field] as Fields | undefined;
    if (source === undefined || known(kind, namespace, String(source[key] ?? ''))) continue;
    tally.change(`a volume became an emptyDir: the trace does not bring its ${kind}`);
    return empty;
  }
  return volume;
}

function portableContainer(container: Fields, tokens: ReadonlySet<string>, { namespace, known, tally }: Portable): Fields {
  const { env, envFrom, volumeMounts, ...rest } = container;
  const out: Record<string, unknown> = { ...rest };
  const mounts = ((volumeMounts ?? []) as readonly Fields[]).filter(({ name }) => !tokens.has(String(name)));
  if (mounts.length > 0) out['volumeMounts'] = mounts;
  const has = (kind: string, reference: unknown): boolean =>
    known(kind, namespace, String((reference as Fields | undefined)?.['name'] ?? ''));
  const variables = ((env ?? []) as readonly Fields[]).filter(({ valueFrom }) => {
    const from = (valueFrom ?? {}) as Fields;
    return (
      (from['configMapKeyRef'] === undefined || has('ConfigMap', from['configMapKeyRef'])) &&
      (from['secretKeyRef'] === undefined || has('Secret', from['secretKeyRef']))
    );
  });
  const all = ((envFrom ?? []) as readonly Fields[]).filter(
    ({ configMapRef, secretRef }) =>
      (configMapRef === undefined || has('ConfigMap', configMapRef)) && (secretRef === undefined || has('Secret', secretRef)),
  );
  const lost = ((env ?? []) as readonly unknown[]).length - variables.length + ((envFrom ?? []) as readonly unknown[]).length - all.length;
  if (lost > 0) tally.change('environment left out: the trace does not bring its ConfigMap or Secret');
  if (variables.length > 0) out['env'] = variables;
  if (all.length > 0) out['envFrom'] = all;
  return out;
}

/** Where an object keeps a pod's spec: itself, its template, or its job's template. */
const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  Pod: ['spec'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
};
const OF_TEMPLATE = ['spec', 'template', 'spec'];

/** The pod spec that an object holds, if it holds one. */
export function podSpecOf(object: Fields): Fields | undefined {
  let at: unknown = object;
  for (const key of TEMPLATES[String(object['kind'])] ?? OF_TEMPLATE) at = (at as Fields | undefined)?.[key];
  return Array.isArray((at as Fields | undefined)?.['containers']) ? (at as Fields) : undefined;
}

/** The object with another pod spec, and annotations on its pods where given. */
export function withPodSpec(object: Fields, spec: Fields, annotations: Readonly<Record<string, string>> = {}): Fields {
  const annotated = (metadata: unknown): Fields => {
    const fields = (metadata ?? {}) as Fields;
    if (Object.keys(annotations).length === 0) return fields;
    return { ...fields, annotations: { ...(fields['annotations'] as Fields | undefined), ...annotations } };
  };
  const put = (at: Fields, path: readonly string[]): Fields => {
    const [key, ...rest] = path as [string, ...string[]];
    if (rest.length === 0) return { ...at, metadata: annotated(at['metadata']), [key]: spec };
    return { ...at, [key]: put((at[key] ?? {}) as Fields, rest) };
  };
  return put(object, TEMPLATES[String(object['kind'])] ?? OF_TEMPLATE);
}

/** What only the server says: it would refuse or ignore it. */
export function portableMetadata(metadata: Fields): Fields {
  const kept = Object.entries(metadata).filter(([key]) => ['name', 'generateName', 'namespace', 'labels', 'annotations'].includes(key));
  const fields = Object.fromEntries(kept) as Record<string, unknown>;
  const annotations = Object.entries((fields['annotations'] ?? {}) as Fields).filter(([key]) => !BOOKKEEPING.test(key));
  if (annotations.length === 0) delete fields['annotations'];
  else fields['annotations'] = Object.fromEntries(annotations);
  return fields;
}

const BOOKKEEPING =
  /^(kubectl\.kubernetes\.io\/last-applied-configuration|deployment\.kubernetes\.io\/|deprecated\.daemonset|autoscaling\.alpha|pv\.kubernetes\.io\/|volume\.(beta\.)?kubernetes\.io\/)/;

/** As Kubernetes reads JSON: a field that is null is not there. */
export function withoutNulls<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map((one: unknown) => withoutNulls(one)) as Value;
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined);
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutNulls(inner)])) as Value;
}
