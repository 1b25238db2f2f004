/** Takes names out of objects: the same name becomes the same token everywhere, so that selectors still select. Names of Kubernetes' own stay. What says
 *  something about people and is of no use to a simulation (commands, environment, annotations) goes. */

import type { KubeObject } from '#api';
import type { WrittenPool } from './fit-cluster.ts';
import type { PodShape, TraceItem } from './trace-item.ts';
import { tokenOf } from './trace-luck.ts';

/** Fields whose text is a name somebody chose, and what their tokens begin with. */
const NAMES: Readonly<Record<string, string>> = {
  name: 'n',
  generateName: 'n',
  namespace: 'ns',
  nodeName: 'node',
  image: 'image',
  serviceName: 'n',
  serviceAccountName: 'n',
  serviceAccount: 'n',
  secretName: 'n',
  claimName: 'n',
  volumeName: 'n',
  configMap: 'n',
  storageClassName: 'n',
  hostname: 'n',
  subdomain: 'n',
  priorityClassName: 'n',
  runtimeClassName: 'n',
  externalName: 'n',
};
const DROPPED = new Set([
  'annotations',
  'command',
  'args',
  'env',
  'envFrom',
  'managedFields',
  'data',
  'stringData',
  'binaryData',
  'imagePullSecrets',
]);
const LABEL_MAPS = new Set(['labels', 'matchLabels', 'nodeSelector']);
const WELL_KNOWN = /(^|\.)(kubernetes\.io|k8s\.io|wavetank\.dev|nvidia\.com)\//;
const KEPT_NAMES = new Set([
  'default',
  'kube-system',
  'kube-public',
  'kube-node-lease',
  'default-scheduler',
  'system-cluster-critical',
  'system-node-critical',
]);
const KEPT_KEYS = new Set(['topologyKey', 'containerPort', 'port', 'targetPort']);

type Fields = Readonly<Record<string, unknown>>;

export class Anonymiser {
  readonly #seed: number;
  constructor(seed: number) {
    this.#seed = seed;
  }

  item(item: TraceItem): TraceItem {
    if (item.what === 'pod') return { ...item, name: this.#name('n', item.name), shape: this.#shape(item.shape) };
    return { ...item, object: this.object(item.object) };
  }

  object(object: KubeObject): KubeObject {
    return this.#walk(object as unknown as Fields, object.kind === 'Node' ? 'node' : 'n') as unknown as KubeObject;
  }

  /** Machines under other names. */
  pool(pool: WrittenPool): WrittenPool {
    const { names, labels, taints } = pool as WrittenPool & { readonly labels?: Fields; readonly taints?: unknown };
    return {
      ...pool,
      ...(names === undefined ? {} : { names: names.map((name) => this.#name('node', name)) }),
      ...(labels === undefined ? {} : { labels: this.#labels(labels) }),
      ...(taints === undefined ? {} : { taints: (taints as readonly Fields[]).map((taint) => this.#taint(taint)) }),
    };
  }

  /** As pods' tolerations, whose keys and values it must meet. */
  #taint(taint: Fields): Fields {
    const key = String(taint['key'] ?? '');
    const value = taint['value'] === undefined ? {} : { value: this.#value(key, String(taint['value'])) };
    return { ...taint, key: this.#key(key), ...value };
  }

  #shape({ namespace, labels, annotations, spec }: PodShape): PodShape {
    const own = Object.entries(annotations ?? {}).filter(([key]) => key.startsWith('wavetank.dev/') && key !== 'wavetank.dev/workload');
    return {
      namespace: this.#name('ns', namespace),
      labels: this.#labels(labels),
      ...(own.length === 0 ? {} : { annotations: Object.fromEntries(own) }),
      spec: this.#walk(spec) as Fields,
    };
  }

  #name(prefix: string, text: string): string {
    if (text === '' || KEPT_NAMES.has(text)) return text;
    // A group and version of somebody's own (`apiVersion: apps/v1` never comes here) would be one too.
    return prefix === 'image' ? `${prefix}-${tokenOf(this.#seed, text)}:1` : `${prefix}-${tokenOf(this.#seed, text)}`;
  }

  #key(key: string): string {
    return WELL_KNOWN.test(key) ? key : `k-${tokenOf(this.#seed, key)}`;
  }

  #labels(labels: Readonly<Record<string, unknown>>): Record<string, string> {
    return Object.fromEntries(Object.entries(labels).map(([key, value]) => [this.#key(key), this.#value(key, String(value))]));
  }

  /** Values of topology and of hardware say nothing about people, those of host names do. */
  #value(key: string, value: string): string {
    if (key === 'kubernetes.io/hostname') return this.#name('node', value);
    return value === '' || (WELL_KNOWN.test(key) && !key.startsWith('app.kubernetes.io/')) ? value : `v-${tokenOf(this.#seed, value)}`;
  }

  #walk(value: unknown, ownName = 'n'): unknown {
    if (Array.isArray(value)) return value.map((one) => this.#walk(one, ownName));
    if (typeof value !== 'object' || value === null) return value;
    const fields = value as Fields;
    if (typeof fields['key'] === 'string' && typeof fields['operator'] === 'string') return this.#requirement(fields);
    const out: Record<string, unknown> = {};
    for (const [key, inner] of Object.entries(fields)) {
      if (key === 'annotations') {
        const own = Object.entries((inner ?? {}) as Fields).filter(([name]) => name.startsWith('wavetank.dev/'));
        if (own.length > 0) out[key] = Object.fromEntries(own);
      } else if (DROPPED.has(key)) continue;
      else if (KEPT_KEYS.has(key)) out[key] = inner;
      else if (LABEL_MAPS.has(key) && typeof inner === 'object' && inner !== null) out[key] = this.#labels(inner as Fields);
      // A Service's selector is a map of labels, a Deployment's holds `matchLabels`.
      else if (key === 'selector' && isFlat(inner)) out[key] = this.#labels(inner as Fields);
      else if (typeof inner === 'string' && NAMES[key] !== undefined)
        out[key] = this.#name(key === 'name' ? ownName : (NAMES[key] as string), inner);
      // Ports and volumes by name stay paired: both sides become the same token.
      else out[key] = this.#walk(inner, key === 'metadata' ? ownName : 'n');
    }
    return out;
  }

  #requirement(fields: Fields): Fields {
    const key = String(fields['key']);
    const values = fields['values'] as readonly unknown[] | undefined;
    const value = fields['value'] as string | undefined;
    return {
      ...fields,
      key: this.#key(key),
      ...(values === undefined ? {} : { values: values.map((one) => this.#value(key, String(one))) }),
      ...(value === undefined ? {} : { value: this.#value(key, value) }),
    };
  }
}

const isFlat = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.values(value).every((one) => typeof one === 'string');
