/** What a pod's template and a node's labels, taints and name alone decide: verdicts of NodeUnschedulable, NodeName, TaintToleration and NodeAffinity,
 *  and the raw scores of the latter two. Kept per node until the node changes its place; shared by all templates alike in these parts. */

import type { Pod, Toleration } from '#api';
import { matchesNodeSelector, type NodeSelector } from '#api';
import type { NodeInfo } from '../node-info.ts';
import { nodeTaints, podTolerations } from '../pod-fields.ts';
import {
  matchesRequiredNodeAffinity,
  type PreferredTerm,
  preferenceScore,
  preferredNodeTerms,
  preferredTermsError,
} from '../required-node-affinity.ts';
import { countIntolerable, isTolerated, preferTolerations } from '../tolerations.ts';
import { toleratesUnschedulable } from '../unschedulable-taint.ts';
import { idOf } from './interned.ts';
import type { NodeTable } from './node-table.ts';

/** Verdict codes, in the order in which plugins are asked; 0 fits. */
export const UNSCHEDULABLE = 1;
export const NODE_NAME = 2;
export const TAINT = 3;
export const AFFINITY_ENFORCED = 4;
export const AFFINITY = 5;

/** Which of these plugins the profile filters and scores with. */
export interface StaticRules {
  readonly unschedulable: boolean;
  readonly nodeName: boolean;
  readonly taints: boolean;
  readonly affinity: boolean;
  readonly addedRequired?: NodeSelector;
  readonly addedPreferred?: readonly PreferredTerm[];
  /** The profile asks NodeAffinity before scores. */
  readonly readsPreferences: boolean;
}

export class StaticFit {
  readonly pod: Pod;
  readonly rules: StaticRules;
  verdict = new Uint8Array(0);
  /** PreferNoSchedule taints that the pod would mind. */
  taints = new Int32Array(0);
  /** Summed weights of node preferences. */
  preferences = new Int32Array(0);
  /** How many slots have a non-zero entry in `taints`; exact once every slot was read. */
  taintedSlots = 0;
  readonly hasPreferences: boolean;
  /** Why the preferences cannot be read; '' where they can. */
  readonly preferenceError: string;
  #seen = new Int32Array(0);
  #generation = -1;
  readonly #toleratesCordon: boolean;
  readonly #preferTolerations: readonly Toleration[];
  readonly #preferredTerms: readonly PreferredTerm[];

  constructor(pod: Pod, rules: StaticRules) {
    this.pod = pod;
    this.rules = rules;
    this.#toleratesCordon = toleratesUnschedulable(pod);
    this.#preferTolerations = preferTolerations(podTolerations(pod));
    this.#preferredTerms = [...(rules.addedPreferred ?? []), ...(preferredNodeTerms(pod) ?? [])];
    this.hasPreferences = this.#preferredTerms.length > 0;
    const preferred = rules.readsPreferences ? preferredNodeTerms(pod) : undefined;
    this.preferenceError = preferred === undefined ? '' : preferredTermsError(preferred);
  }

  /** Equal keys: equal verdicts. Node fields may differ. */
  static keyOf(pod: Pod): string {
    const spec = pod.spec;
    const nodeName = spec?.nodeName ?? '';
    return `${idOf(spec?.tolerations)}/${idOf(spec?.nodeSelector)}/${idOf(spec?.affinity?.nodeAffinity)}/${nodeName}`;
  }

  /** Brings one slot up to date; true when it had changed. */
  update(table: NodeTable, slot: number): boolean {
    if (this.#generation !== table.generation || slot >= this.#seen.length) this.#resize(table);
    const version = table.placeVersion[slot] as number;
    if (this.#seen[slot] === version) return false;
    this.#seen[slot] = version;
    const info = table.infos[slot];
    if (info === undefined) return true;
    this.verdict[slot] = this.#verdict(info);
    const taints = countIntolerable(nodeTaints(info.node), this.#preferTolerations);
    if ((this.taints[slot] !== 0) !== (taints !== 0)) this.taintedSlots += taints !== 0 ? 1 : -1;
    this.taints[slot] = taints;
    if (this.hasPreferences) this.preferences[slot] = preferenceScore(this.#preferredTerms, info.node);
    return true;
  }

  #verdict({ node, name }: NodeInfo): number {
    const { rules, pod } = this;
    if (rules.unschedulable && node.spec?.unschedulable === true && !this.#toleratesCordon) return UNSCHEDULABLE;
    const wanted = pod.spec?.nodeName ?? '';
    if (rules.nodeName && wanted !== '' && wanted !== name) return NODE_NAME;
    if (rules.taints && !isTolerated(pod, node)) return TAINT;
    if (!rules.affinity) return 0;
    if (rules.addedRequired !== undefined && !matchesNodeSelector(rules.addedRequired, node)) return AFFINITY_ENFORCED;
    return matchesRequiredNodeAffinity(pod, node) ? 0 : AFFINITY;
  }

  #resize(table: NodeTable): void {
    const capacity = table.version.length;
    const isNew = this.#generation !== table.generation;
    const keep = <A extends Uint8Array<ArrayBuffer> | Int32Array<ArrayBuffer>>(old: A, wider: A): A => {
      if (!isNew) wider.set(old);
      return wider;
    };
    this.verdict = keep(this.verdict, new Uint8Array(capacity));
    this.taints = keep(this.taints, new Int32Array(capacity));
    this.preferences = keep(this.preferences, new Int32Array(capacity));
    this.#seen = keep(this.#seen, new Int32Array(capacity));
    if (isNew) this.taintedSlots = 0;
    this.#generation = table.generation;
  }
}
