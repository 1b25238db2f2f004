/** Equivalence classes of pods: what is remembered about pods that are alike, found by template. Pods of one template share the parts of their spec
 *  by reference; then one look suffices. Otherwise the parts are compared by value, each only where its rule looks. */

import type { KubeObject, Namespace, Pod } from '#api';
import type { Cache } from '../cache.ts';
import type { Handle } from '../framework.ts';
import { resolveNamespaces } from '../plugins/inter-pod-affinity.ts';
import { podNamespace } from '../pod-fields.ts';
import { AffinityColumns, AffinityFit } from './affinity-fit.ts';
import { ClassBoard } from './class-board.ts';
import { ClassMap } from './class-map.ts';
import { FitReasons } from './fit-reasons.ts';
import { idOf } from './interned.ts';
import { LocalFit } from './local-fit.ts';
import type { ProfileRules } from './rules.ts';
import { SpreadColumns, SpreadFit } from './spread-fit.ts';
import { StaticFit } from './static-fit.ts';
import type { VictimTable } from './victims.ts';

export interface PodClass {
  readonly local: LocalFit;
  /** For as long as nothing but the nodes themselves decides. */
  readonly plain: ClassBoard;
  readonly reasons: FitReasons;
  /** By the pod's priority. */
  readonly victims: ClassMap<VictimTable>;
  readonly key: string;
  readonly spreadFilter: SpreadFit | undefined;
  readonly spreadScore: SpreadFit | undefined;
  readonly affinity: AffinityFit;
}

/** Boards with topology parts that are kept: each takes some bytes a node. */
const BOARD_MAX = 128;
/** Priorities for which a class remembers whom it could preempt. */
const PRIORITY_MAX = 4;

/** The parts of a pod by which its class was found. */
interface Found {
  readonly sample: Pod;
  readonly owner: string;
  readonly epoch: number;
  readonly podClass: PodClass;
}

const ownerOf = (pod: Pod) => pod.metadata?.ownerReferences?.find((reference) => reference.controller === true);

function isSameTemplate(a: Pod, b: Pod): boolean {
  const left = a.spec;
  const right = b.spec;
  return (
    a.metadata?.labels === b.metadata?.labels &&
    a.metadata?.namespace === b.metadata?.namespace &&
    left?.initContainers === right?.initContainers &&
    left?.affinity === right?.affinity &&
    left?.tolerations === right?.tolerations &&
    left?.nodeSelector === right?.nodeSelector &&
    left?.topologySpreadConstraints === right?.topologySpreadConstraints &&
    left?.overhead === right?.overhead &&
    left?.nodeName === right?.nodeName &&
    (left as { resources?: unknown } | undefined)?.resources === (right as { resources?: unknown } | undefined)?.resources
  );
}

export class PodClasses {
  readonly #rules: ProfileRules;
  readonly #cache: Cache;
  readonly #handle: Handle;
  readonly #fixed = new ClassMap<StaticFit>();
  readonly #local = new ClassMap<Pick<PodClass, 'local' | 'plain' | 'reasons' | 'victims'>>();
  readonly #boards = new ClassMap<ClassBoard>(undefined, BOARD_MAX);
  readonly #spreadFilter: ClassMap<SpreadFit | undefined>;
  readonly #spreadScore: ClassMap<SpreadFit | undefined>;
  readonly #affinity: ClassMap<AffinityFit>;
  readonly #spreadColumns: SpreadColumns;
  readonly #affinityColumns: AffinityColumns;
  /** Spread classes by the workload whose selector they may rest on. */
  readonly #byOwner = new Map<string, Set<string>>();
  #byTemplate = new WeakMap<object, Found>();
  /** Rises when any class was dropped: what was found by template is then found anew. */
  #epoch = 0;

  constructor(rules: ProfileRules, cache: Cache, handle: Handle) {
    this.#rules = rules;
    this.#cache = cache;
    this.#handle = handle;
    this.#spreadColumns = new SpreadColumns(cache.table, cache.groups);
    this.#affinityColumns = new AffinityColumns(cache.table, cache.groups, cache.keys);
    const drop = (fit: SpreadFit | undefined): void => {
      this.#epoch++;
      fit?.release();
    };
    this.#spreadFilter = new ClassMap(drop);
    this.#spreadScore = new ClassMap(drop);
    this.#affinity = new ClassMap(() => this.#epoch++);
  }

  of(pod: Pod): PodClass {
    const template = pod.spec?.containers;
    const owner = ownerOf(pod)?.name ?? '';
    const found = template === undefined ? undefined : this.#byTemplate.get(template);
    if (found !== undefined && found.epoch === this.#epoch && found.owner === owner && isSameTemplate(found.sample, pod))
      return found.podClass;
    const podClass = this.#resolve(pod);
    if (template !== undefined) this.#byTemplate.set(template, { sample: pod, owner, epoch: this.#epoch, podClass });
    return podClass;
  }

  /** Something changed through which constraints or namespaces were resolved: what rests on it starts over. */
  forgetResolved(resource: string, object: KubeObject): void {
    if (resource === 'namespaces') this.#affinity.clear();
    else if (resource === 'services') {
      this.#spreadFilter.clear();
      this.#spreadScore.clear();
      this.#byOwner.clear();
    } else {
      const owner = `${object.metadata?.namespace ?? ''}/${object.metadata?.name ?? ''}`;
      for (const key of this.#byOwner.get(owner) ?? []) {
        this.#spreadFilter.delete(key);
        this.#spreadScore.delete(key);
      }
      this.#byOwner.delete(owner);
    }
  }

  #resolve(pod: Pod): PodClass {
    const fixedKey = StaticFit.keyOf(pod);
    const localKey = LocalFit.keyOf(pod, fixedKey);
    const ofNodes = this.#local.get(localKey, () => {
      const fixed = this.#fixed.get(fixedKey, () => new StaticFit(pod, this.#rules.fixed));
      const made = new LocalFit(pod, fixed, this.#rules.local);
      return {
        local: made,
        plain: new ClassBoard({ local: made }, this.#cache.table, this.#rules),
        reasons: new FitReasons(made),
        victims: new ClassMap<VictimTable>(undefined, PRIORITY_MAX),
      };
    });
    const topologyKey = `${podNamespace(pod)}|${idOf(pod.metadata?.labels)}`;
    const owner = ownerOf(pod);
    const spreadKey = `${topologyKey}|${idOf(pod.spec?.topologySpreadConstraints)}|${owner?.kind ?? ''}/${owner?.name ?? ''}|${fixedKey}`;
    const affinity = pod.spec?.affinity;
    const key = `${localKey}|${spreadKey}|${idOf(affinity?.podAffinity)}/${idOf(affinity?.podAntiAffinity)}`;
    return { ...ofNodes, key, ...this.#spreadOf(pod, spreadKey), affinity: this.#affinityOf(pod, topologyKey) };
  }

  /** Where the best node of a class is found without a look at all nodes. */
  boardOf({ local, plain, key, spreadFilter, spreadScore, affinity }: PodClass): ClassBoard {
    const isIdle = affinity.isIdle();
    if (spreadFilter === undefined && spreadScore === undefined && isIdle) return plain;
    const parts = { local, spreadFilter, spreadScore, ...(isIdle ? {} : { affinity }) };
    const make = (): ClassBoard => new ClassBoard(parts, this.#cache.table, this.#rules);
    const board = this.#boards.get(key, make);
    const had = board.parts;
    if (had.local === local && had.spreadFilter === spreadFilter && had.spreadScore === spreadScore && had.affinity === parts.affinity)
      return board;
    this.#boards.delete(key);
    return this.#boards.get(key, make);
  }

  #spreadOf(pod: Pod, key: string): Pick<PodClass, 'spreadFilter' | 'spreadScore'> {
    const { spread, filtersSpread, spreadWeight } = this.#rules;
    if (spread === undefined) return { spreadFilter: undefined, spreadScore: undefined };
    const owner = ownerOf(pod);
    if (owner !== undefined) {
      const of = `${podNamespace(pod)}/${owner.name}`;
      const keys = this.#byOwner.get(of);
      if (keys === undefined) this.#byOwner.set(of, new Set([key]));
      else keys.add(key);
    }
    const make = (action: 'DoNotSchedule' | 'ScheduleAnyway', allKeys: boolean): SpreadFit | undefined => {
      const constraints = spread.constraintsOf(pod, action, this.#handle);
      if (constraints.length === 0) return undefined;
      return new SpreadFit(pod, constraints, allKeys, this.#cache.table, this.#cache.keys, this.#spreadColumns);
    };
    return {
      spreadFilter: filtersSpread ? this.#spreadFilter.get(key, () => make('DoNotSchedule', true)) : undefined,
      spreadScore: spreadWeight === 0 ? undefined : this.#spreadScore.get(key, () => make('ScheduleAnyway', spread.requiresAllKeys(pod))),
    };
  }

  #affinityOf(pod: Pod, topologyKey: string): AffinityFit {
    const affinity = pod.spec?.affinity;
    return this.#affinity.get(`${topologyKey}|${idOf(affinity?.podAffinity)}/${idOf(affinity?.podAntiAffinity)}`, () => {
      const { hardWeight = 1, ignoresExisting = false } = this.#rules.interPod ?? {};
      const namespace = this.#handle.lister<Namespace & KubeObject>('namespaces').get(podNamespace(pod));
      return new AffinityFit(pod, this.#affinityColumns, {
        namespaceLabels: namespace?.metadata?.labels as Readonly<Record<string, string>> | undefined,
        resolve: (terms) => resolveNamespaces(terms, this.#handle),
        hardWeight,
        ignoresExisting,
      });
    });
  }
}
