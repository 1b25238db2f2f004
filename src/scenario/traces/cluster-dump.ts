/** A cluster as it stands, or manifests that would make one: dumps of `kubectl get -o json`, YAML of Kustomize or Helm. Nodes become pools under their own
 *  names, what controllers would make again is left to them, and pods of Deployments stay on their nodes: they come first, then the ReplicaSets that adopt
 *  them, then the Deployments. */

import { type KubeObject, resourceForKind } from '#api';
import { merged, poolOfNode } from './dumped-nodes.ts';
import type { WrittenPool } from './fit-cluster.ts';
import { rowImporter } from './importer.ts';
import { askedBy, podDemand } from './object-demand.ts';
import { type FoundObject, objectsOf } from './object-files.ts';
import { podSpecOf, portableMetadata, portablePodSpec, withPodSpec } from './portable-pod.ts';
import { reasonToDrop } from './standing-objects.ts';
import type { Tally } from './tally.ts';
import type { ObjectItem, PodItem, TraceItem } from './trace-item.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Seconds at which kinds come, so that what others need is there. */
const STAGES: Readonly<Record<string, number>> = {
  Namespace: 0,
  PriorityClass: 0,
  RuntimeClass: 0,
  CustomResourceDefinition: 0,
  Pod: 2,
  ReplicaSet: 3,
};
const WORKLOADS = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob', 'ReplicationController', 'HorizontalPodAutoscaler']);
export const stageOf = (kind: string): number => STAGES[kind] ?? (WORKLOADS.has(kind) ? 4 : 1);

const idOf = (kind: string, namespace: string | undefined, name: string | undefined): string => `${kind}/${namespace ?? ''}/${name ?? ''}`;

class Dump {
  readonly #tally: Tally;
  readonly #keepsPlaces: boolean;
  readonly #there = new Set<string>();
  readonly #nodes = new Set<string>();
  readonly labels: Record<string, string> = {};

  constructor(objects: readonly FoundObject[], keepsPlaces: boolean, tally: Tally) {
    this.#tally = tally;
    this.#keepsPlaces = keepsPlaces;
    for (const { object } of objects) {
      const namespace =
        resourceForKind(object.apiVersion ?? '', object.kind ?? '')?.namespaced === true ? (object.metadata?.namespace ?? 'default') : '';
      this.#there.add(idOf(object.kind ?? '', namespace, object.metadata?.name));
      if (object.kind === 'Node') this.#nodes.add(object.metadata?.name ?? '');
    }
  }

  item({ object, place }: FoundObject): TraceItem | undefined {
    const why = reasonToDrop(object) ?? this.#ownerMakesIt(object);
    if (why !== undefined) {
      this.#tally.drop(why, place.line);
      return undefined;
    }
    const namespace = object.metadata?.namespace ?? 'default';
    const spec = podSpecOf(object as unknown as Fields);
    if (object.kind === 'Pod') return this.#pod(object, spec ?? {}, namespace);
    const { status: _status, ...written } = object as unknown as Fields;
    let made: Fields = { ...written, metadata: portableMetadata(object.metadata as Fields) };
    if (spec !== undefined) made = withPodSpec(made, this.#portable(spec, namespace, false));
    return this.#created(adapted(made));
  }

  #created(made: Fields): ObjectItem {
    const object = made as unknown as KubeObject;
    return { what: 'create', at: stageOf(object.kind ?? ''), object, asks: askedBy(object) };
  }

  #pod(object: KubeObject, spec: Fields, namespace: string): PodItem {
    const { labels = {}, annotations } = portableMetadata(object.metadata as Fields) as {
      labels?: Readonly<Record<string, string>>;
      annotations?: Readonly<Record<string, string>>;
    };
    const node = spec['nodeName'];
    const keepsNode = this.#keepsPlaces && typeof node === 'string' && this.#nodes.has(node);
    const portable = this.#portable(spec, namespace, keepsNode);
    const own = Object.fromEntries(Object.entries(annotations ?? {}).filter(([key]) => !key.startsWith('kubernetes.io/config.')));
    const shape = { namespace, labels, ...(Object.keys(own).length === 0 ? {} : { annotations: own }), spec: portable };
    return { what: 'pod', at: stageOf('Pod'), name: object.metadata?.name ?? '', shape, demand: podDemand(portable) };
  }

  #portable(spec: Fields, namespace: string, keepsNode: boolean): Fields {
    Object.assign(this.labels, { ...(spec['nodeSelector'] as Fields | undefined), ...this.labels });
    const known = (kind: string, of: string, name: string): boolean =>
      kind !== 'PersistentVolumeClaim' && this.#there.has(idOf(kind, of, name));
    return portablePodSpec(spec, { namespace, known, tally: this.#tally, keepsNode });
  }

  /** Pods of a Deployment stay where they are, and their ReplicaSet with them; what else has an owner in the dump comes of it. */
  #ownerMakesIt({ kind, metadata }: KubeObject): string | undefined {
    const owner = metadata?.ownerReferences?.find(({ controller }) => controller === true);
    if (owner === undefined || !this.#there.has(idOf(owner.kind, metadata?.namespace ?? 'default', owner.name))) return undefined;
    const stays =
      this.#keepsPlaces && ((kind === 'Pod' && owner.kind === 'ReplicaSet') || (kind === 'ReplicaSet' && owner.kind === 'Deployment'));
    return stays ? undefined : `its ${owner.kind} makes it again`;
  }
}

/** What only its old cluster could say. */
export function adapted(made: Fields): Fields {
  const spec = { ...((made['spec'] ?? {}) as Fields) } as Record<string, unknown>;
  switch (made['kind']) {
    case 'Service':
      if (spec['clusterIP'] !== 'None') for (const field of ['clusterIP', 'clusterIPs']) delete spec[field];
      for (const field of ['healthCheckNodePort', 'loadBalancerIP']) delete spec[field];
      return { ...made, spec };
    case 'Job': {
      const { selector: _selector, manualSelector: _manual, ...rest } = spec;
      return { ...made, spec: { ...rest, template: withoutJobLabels((rest['template'] ?? {}) as Fields) } };
    }
    case 'StatefulSet': {
      const { volumeClaimTemplates, ...rest } = spec;
      const claims = (volumeClaimTemplates ?? []) as readonly { metadata?: { name?: string } }[];
      const object = { ...made, spec: rest };
      const pod = podSpecOf(object);
      if (claims.length === 0 || pod === undefined) return object;
      const disks = claims.map(({ metadata }) => ({ name: metadata?.name, emptyDir: {} }));
      return withPodSpec(object, { ...pod, volumes: [...((pod['volumes'] ?? []) as readonly unknown[]), ...disks] });
    }
    default:
      return made;
  }
}

function withoutJobLabels(template: Fields): Fields {
  const metadata = (template['metadata'] ?? {}) as { labels?: Readonly<Record<string, string>> };
  const labels = Object.entries(metadata.labels ?? {}).filter(
    ([key]) => !/^(batch\.kubernetes\.io\/)?(controller-uid|job-name)$/.test(key),
  );
  return { ...template, metadata: { ...metadata, labels: Object.fromEntries(labels) } };
}

/** What one would have to create for these objects to be there again, in an order that works. */
export function createsOf(objects: readonly KubeObject[], tally: Tally): KubeObject[] {
  const found = objects.map((object) => ({ object, place: {} }));
  const dump = new Dump(found, false, tally);
  const items = found.flatMap((one) => (one.object.kind === 'Node' ? [] : (dump.item(one) ?? [])));
  return items
    .map((item) => ({ at: item.at, object: item.what === 'pod' ? podObject(item) : item.object }))
    .sort((a, b) => a.at - b.at)
    .map(({ object }) => object);
}

function podObject({ name, shape }: PodItem): KubeObject {
  const { namespace, labels, annotations, spec } = shape;
  const metadata = { name, namespace, labels, ...(annotations === undefined ? {} : { annotations }) };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec } as unknown as KubeObject;
}

export const cluster = rowImporter({
  kind: 'cluster',
  description: 'a cluster to start from: dumps of `kubectl get -o json`, manifests, what Kustomize or Helm print; files, folders or -',
  unit: 'objects',
  options: [{ flags: '--reschedule', description: 'let the scheduler place pods anew instead of leaving them on their nodes' }],
  example:
    'kubectl get nodes,ns,pc,deploy,rs,sts,ds,job,cm,svc,hpa,pdb,pods -A -o json > dump.json; wavetank import cluster dump.json -o copy.yaml',
  async *items(files, options, tally, found) {
    const objects = [...objectsOf(files, tally)];
    const dump = new Dump(objects, options.reschedule !== true, tally);
    const pools: WrittenPool[] = [];
    const seen = new Set<string>();
    for (const one of objects) {
      const { kind, metadata } = one.object;
      const id = idOf(kind ?? '', metadata?.namespace ?? '', metadata?.name);
      if (seen.has(id)) {
        tally.drop('stands twice', one.place.line);
        continue;
      }
      seen.add(id);
      if (kind === 'Node') {
        const pool = tally.judgedAgain(() => poolOfNode(one));
        if (pool === undefined) continue;
        tally.keep();
        pools.push(pool);
        if ((one.object as { spec?: { unschedulable?: boolean } }).spec?.unschedulable === true)
          yield {
            what: 'patch',
            at: 0,
            object: { apiVersion: 'v1', kind: 'Node', metadata: { name: metadata?.name }, spec: { unschedulable: true } } as KubeObject,
          };
        continue;
      }
      const item = dump.item(one);
      if (item !== undefined) yield item;
    }
    found.pools = merged(pools);
    if (pools.length === 0 && Object.keys(dump.labels).length > 0) found.labels = dump.labels;
  },
});
