/** What a pod's template and one node's state decide together: the verdict through NodeResourcesFit, and the weighted sum of the scores that look at
 *  one node only (NodeResourcesFit, NodeResourcesBalancedAllocation, ImageLocality). Kept per node until that node changes.
 *  Mirrors the plugins of the same names; test/scheduler compares the two. */

import type { Pod } from '#api';
import type { NodeInfo } from '../node-info.ts';
import { imageScore, podImages } from '../plugins/image-locality.ts';
import type { Room } from '../plugins/node-resources-fit.ts';
import { type HostPort, podHostPorts } from '../pod-info.ts';
import { isScalarResource, type PodUsage, podUsage } from '../pod-resources.ts';
import { balancedScore, type ResourceScore, type ResourceWeight, weightedScore } from '../resource-scorers.ts';
import { fillResources } from '../resource-view.ts';
import { idOf } from './interned.ts';
import type { NodeTable } from './node-table.ts';
import type { StaticFit } from './static-fit.ts';

/** Verdict codes after those of static-fit.ts. */
export const PORTS = 6;
export const FIT = 7;
/** The node is gone. */
export const ABSENT = 15;

export interface LocalRules {
  readonly ports: boolean;
  readonly fit: boolean;
  readonly isIgnored: (resource: string) => boolean;
  /** 0: the profile does not score with it. */
  readonly fitWeight: number;
  readonly fitResources: readonly ResourceWeight[];
  readonly fitScore: ResourceScore;
  readonly fitSkipsZero: boolean;
  /** cpu and memory alone, equal weights, LeastAllocated. */
  readonly isDefaultFit: boolean;
  readonly balancedWeight: number;
  readonly balancedResources: readonly ResourceWeight[];
  readonly isDefaultBalanced: boolean;
  readonly imageWeight: number;
}

export class LocalFit {
  readonly fit: StaticFit;
  /** The weighted local score where the node fits; minus the verdict code where not. */
  scores = new Int32Array(0);
  /** The version of each slot for which `scores` holds. */
  seen = new Int32Array(0);
  /** Rises when all that was remembered was dropped. */
  epoch = 0;
  /** How many slots were evaluated: what the classes save, for the statistics of the bench. */
  evaluations = 0;
  readonly #rules: LocalRules;
  readonly usage: PodUsage;
  readonly #ports: readonly HostPort[];
  readonly #images: readonly string[];
  /** Extended resources that the pod asks for and that are not ignored. */
  readonly scalars: readonly string[];
  readonly #isBestEffort: boolean;
  /** What the pod asks for, and what it is scored by: read for every change of every node. */
  readonly #cpu: number;
  readonly #memory: number;
  readonly #ephemeral: number;
  readonly #scoredCpu: number;
  readonly #scoredMemory: number;
  readonly #requested: number[] = [];
  readonly #capacity: number[] = [];
  #generation = -1;
  #nodeCount = -1;

  constructor(pod: Pod, fit: StaticFit, rules: LocalRules) {
    this.fit = fit;
    this.#rules = rules;
    this.usage = podUsage(pod);
    this.#ports = rules.ports ? podHostPorts(pod) : [];
    this.#images = podImages(pod);
    const { requests, scored } = this.usage;
    this.#cpu = requests.cpu ?? 0;
    this.#memory = requests.memory ?? 0;
    this.#ephemeral = requests['ephemeral-storage'] ?? 0;
    this.#scoredCpu = scored.cpu ?? 0;
    this.#scoredMemory = scored.memory ?? 0;
    this.scalars = Object.keys(requests).filter((name) => isScalarResource(name) && requests[name] !== 0 && !rules.isIgnored(name));
    this.#isBestEffort = rules.balancedResources.every(({ name }) => (requests[name] ?? 0) === 0);
  }

  /** Equal keys: equal verdicts and scores. By what is asked for, not by how it is written. */
  static keyOf(pod: Pod, fixedKey: string): string {
    const { requests, scored } = podUsage(pod);
    return `${fixedKey}|${idOf(requests)}/${idOf(scored)}/${idOf(podHostPorts(pod))}/${podImages(pod).join()}`;
  }

  /** Follows the table when slots came or changed their meaning: call before `seen` and `scores` are read. */
  sync(table: NodeTable): void {
    if (this.#generation !== table.generation || this.seen.length < table.version.length || this.#nodeCount !== table.nodeCount)
      this.#resize(table);
  }

  /** The score (0 or more) or minus the verdict code of one slot, brought up to date. After sync(). */
  at(table: NodeTable, slot: number): number {
    return this.seen[slot] === table.version[slot] ? (this.scores[slot] as number) : this.refresh(table, slot);
  }

  refresh(table: NodeTable, slot: number): number {
    this.seen[slot] = table.version[slot] as number;
    this.evaluations++;
    const score = this.#evaluate(table, slot);
    this.scores[slot] = score;
    return score;
  }

  #evaluate(table: NodeTable, slot: number): number {
    const info = table.infos[slot];
    if (info === undefined) return -ABSENT;
    this.fit.update(table, slot);
    const code = this.fit.verdict[slot] as number;
    if (code !== 0) return -code;
    for (const port of this.#ports) if (info.isPortTaken(port)) return -PORTS;
    if (this.#rules.fit && !this.#hasRoom(table, slot, info)) return -FIT;
    return this.#score(table, slot, info);
  }

  get isIgnored(): (resource: string) => boolean {
    return this.#rules.isIgnored;
  }

  /** Of what a node has, only room decides whether a pod of this class fits. */
  get needsRoomOnly(): boolean {
    return this.#rules.fit && this.#ports.length === 0;
  }

  /** As #hasRoom, of sums that are not the table's. */
  hasRoomIn({ pods, allowedPods, allocatable, requested }: Room): boolean {
    if (pods.length + 1 > allowedPods) return false;
    const { requests } = this.usage;
    const cpu = requests.cpu ?? 0;
    if (cpu > 0 && cpu > allocatable.milliCpu - requested.milliCpu) return false;
    const memory = requests.memory ?? 0;
    if (memory > 0 && memory > allocatable.memory - requested.memory) return false;
    const ephemeral = requests['ephemeral-storage'] ?? 0;
    if (ephemeral > 0 && ephemeral > allocatable.ephemeralStorage - requested.ephemeralStorage) return false;
    for (const name of this.scalars) {
      if ((requests[name] as number) > (allocatable.scalar.get(name) ?? 0) - (requested.scalar.get(name) ?? 0)) return false;
    }
    return true;
  }

  #hasRoom(table: NodeTable, slot: number, info: NodeInfo): boolean {
    if ((table.pods[slot] as number) + 1 > (table.allowedPods[slot] as number)) return false;
    const cpu = this.#cpu;
    if (cpu > 0 && cpu > (table.cpu[slot] as number) - (table.usedCpu[slot] as number)) return false;
    const memory = this.#memory;
    if (memory > 0 && memory > (table.memory[slot] as number) - (table.usedMemory[slot] as number)) return false;
    const ephemeral = this.#ephemeral;
    if (ephemeral > 0 && ephemeral > (table.ephemeral[slot] as number) - (table.usedEphemeral[slot] as number)) return false;
    if (this.scalars.length === 0) return true;
    const { requests } = this.usage;
    for (const name of this.scalars) {
      if ((requests[name] as number) > (info.allocatable.scalar.get(name) ?? 0) - (info.requested.scalar.get(name) ?? 0)) return false;
    }
    return true;
  }

  #score(table: NodeTable, slot: number, info: NodeInfo): number {
    const rules = this.#rules;
    let score = 0;
    if (rules.fitWeight !== 0)
      score += rules.fitWeight * (rules.isDefaultFit ? this.#leastAllocated(table, slot) : this.#strategyScore(info));
    if (rules.balancedWeight !== 0 && !this.#isBestEffort) {
      score += rules.balancedWeight * (rules.isDefaultBalanced ? this.#balanced(table, slot) : this.#balancedOverAll(info));
    }
    if (rules.imageWeight !== 0 && info.images.size > 0) score += rules.imageWeight * imageScore(this.#images, info, table.nodeCount);
    return score;
  }

  /** LeastAllocated over cpu and memory, without arrays. */
  #leastAllocated(table: NodeTable, slot: number): number {
    const cpu = table.cpu[slot] as number;
    const memory = table.memory[slot] as number;
    let sum = 0;
    let weights = 0;
    if (cpu > 0) {
      const requested = (table.nonZeroCpu[slot] as number) + this.#scoredCpu;
      if (requested <= cpu) sum += Math.trunc(((cpu - requested) * 100) / cpu);
      weights++;
    }
    if (memory > 0) {
      const requested = (table.nonZeroMemory[slot] as number) + this.#scoredMemory;
      if (requested <= memory) sum += Math.trunc(((memory - requested) * 100) / memory);
      weights++;
    }
    return weights === 0 ? 0 : Math.trunc(sum / weights);
  }

  #balanced(table: NodeTable, slot: number): number {
    const cpu = table.cpu[slot] as number;
    const memory = table.memory[slot] as number;
    if (cpu === 0 || memory === 0) return 100;
    const cpuShare = Math.min(((table.usedCpu[slot] as number) + this.#cpu) / cpu, 1);
    const memoryShare = Math.min(((table.usedMemory[slot] as number) + this.#memory) / memory, 1);
    return Math.trunc((1 - Math.abs((cpuShare - memoryShare) / 2)) * 100);
  }

  #strategyScore(info: NodeInfo): number {
    const rules = this.#rules;
    fillResources(info, this.usage, rules.fitResources, false, this.#requested, this.#capacity);
    return weightedScore(rules.fitResources, this.#requested, this.#capacity, rules.fitScore, rules.fitSkipsZero);
  }

  #balancedOverAll(info: NodeInfo): number {
    fillResources(info, this.usage, this.#rules.balancedResources, true, this.#requested, this.#capacity);
    this.#requested.length = this.#rules.balancedResources.length;
    this.#capacity.length = this.#rules.balancedResources.length;
    return balancedScore(this.#requested, this.#capacity);
  }

  #resize(table: NodeTable): void {
    const capacity = table.version.length;
    const scores = new Int32Array(capacity);
    const seen = new Int32Array(capacity);
    // ImageLocality scales by the number of nodes: another number, other scores everywhere.
    const isSameCount = this.#nodeCount === table.nodeCount || this.#rules.imageWeight === 0;
    if (this.#generation === table.generation && isSameCount) {
      scores.set(this.scores);
      seen.set(this.seen);
    }
    this.scores = scores;
    this.seen = seen;
    this.#generation = table.generation;
    if (!isSameCount) this.epoch++;
    this.#nodeCount = table.nodeCount;
  }
}
