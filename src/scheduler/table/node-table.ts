/** All nodes as columns of numbers, one slot a node: what the fast cycle reads instead of objects.
 *  Slots stand in the order of node names, so that the first of equals is the one with the lowest name and a draw over a tied set needs no sorting.
 *  A node that comes out of order makes the table anew (`generation` rises and all that is keyed by slot starts over). */

import type { Node } from '#api';
import type { NodeInfo } from '../node-info.ts';
import { nodeLabels, nodeTaints } from '../pod-fields.ts';

const FIRST_CAPACITY = 64;

/** Whether two versions of a node differ in what a pod's static fit depends on: labels, taints, cordon. */
export function hasSamePlace(a: Node, b: Node): boolean {
  if (a === b) return true;
  return hasSameTaints(a, b) && sameLabels(nodeLabels(a), nodeLabels(b));
}

/** Whether two versions of a node keep off the same pods: taints, cordon. */
export function hasSameTaints(a: Node, b: Node): boolean {
  return (a.spec?.unschedulable === true) === (b.spec?.unschedulable === true) && sameTaints(a, b);
}

function sameLabels(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  if (a === b) return true;
  let count = 0;
  for (const key in a) {
    if (a[key] !== b[key]) return false;
    count++;
  }
  for (const _key in b) count--;
  return count === 0;
}

function sameTaints(a: Node, b: Node): boolean {
  const left = nodeTaints(a);
  const right = nodeTaints(b);
  if (left === right) return true;
  if (left.length !== right.length) return false;
  return left.every((taint, i) => taint.key === right[i]?.key && taint.value === right[i]?.value && taint.effect === right[i]?.effect);
}

export class NodeTable {
  /** Rises when slots change their meaning. */
  generation = 0;
  /** Slots in use are 0..size-1; those of removed nodes have `infos[slot]` undefined. */
  size = 0;
  infos: (NodeInfo | undefined)[] = [];
  /** Rises with every change of a slot. */
  version = new Int32Array(FIRST_CAPACITY);
  /** Rises when labels, taints or the cordon of a slot change, or the node comes or goes. */
  placeVersion = new Int32Array(FIRST_CAPACITY);
  /** Rises when the start time of a pod there changes. */
  starts = new Int32Array(FIRST_CAPACITY);
  /** The sum of all placeVersions: unchanged means no node changed its place. */
  places = 0;
  cpu = new Float64Array(FIRST_CAPACITY);
  memory = new Float64Array(FIRST_CAPACITY);
  ephemeral = new Float64Array(FIRST_CAPACITY);
  allowedPods = new Int32Array(FIRST_CAPACITY);
  usedCpu = new Float64Array(FIRST_CAPACITY);
  usedMemory = new Float64Array(FIRST_CAPACITY);
  usedEphemeral = new Float64Array(FIRST_CAPACITY);
  nonZeroCpu = new Float64Array(FIRST_CAPACITY);
  nonZeroMemory = new Float64Array(FIRST_CAPACITY);
  pods = new Int32Array(FIRST_CAPACITY);
  /** Nodes present: what ImageLocality scales by. */
  nodeCount = 0;
  /** Every change of a slot, in order: who keeps sums over all nodes replays it from where it stopped. */
  log: number[] = [];
  /** How many entries were dropped from the front of `log`. */
  logStart = 0;
  #names: string[] = [];
  readonly #slots = new Map<string, number>();
  readonly #late: NodeInfo[] = [];

  slotOf(name: string): number {
    return this.#slots.get(name) ?? -1;
  }

  /** Takes in a new node. It gets its slot at once when its name comes last (or had a slot before), else at the next settle(). */
  add(info: NodeInfo): void {
    this.nodeCount++;
    const known = this.#slots.get(info.name);
    if (known !== undefined) {
      this.infos[known] = info;
      this.#movePlace(known);
      this.refresh(known);
    } else if (this.size === 0 || (this.#names[this.size - 1] as string) < info.name) this.#append(info);
    else this.#late.push(info);
  }

  remove(name: string): void {
    this.nodeCount--;
    const slot = this.#slots.get(name);
    if (slot === undefined) {
      const at = this.#late.findIndex((info) => info.name === name);
      if (at >= 0) this.#late.splice(at, 1);
      return;
    }
    this.infos[slot] = undefined;
    this.#movePlace(slot);
    this.#changed(slot);
  }

  /** Gives every node its slot; call before a cycle. */
  settle(): void {
    if (this.#late.length === 0) return;
    const all = [...this.infos.filter((info) => info !== undefined), ...this.#late].sort((a, b) => (a.name < b.name ? -1 : 1));
    this.#late.length = 0;
    this.generation++;
    this.size = 0;
    this.infos = [];
    this.#names = [];
    this.#slots.clear();
    this.logStart += this.log.length;
    this.log = [];
    for (const info of all) this.#append(info);
  }

  #append(info: NodeInfo): void {
    const slot = this.size++;
    if (slot >= this.version.length) this.#grow();
    this.#slots.set(info.name, slot);
    this.#names.push(info.name);
    this.infos.push(info);
    this.#movePlace(slot);
    this.refresh(slot);
  }

  /** Labels, taints or the cordon changed. */
  placeChanged(slot: number): void {
    this.#movePlace(slot);
    this.refresh(slot);
  }

  /** A pod there has started. */
  started(slot: number): void {
    (this.starts[slot] as number)++;
  }

  #movePlace(slot: number): void {
    (this.placeVersion[slot] as number)++;
    this.places++;
  }

  /** Reads the numbers of one node again. */
  refresh(slot: number): void {
    const info = this.infos[slot];
    if (info === undefined) return;
    this.cpu[slot] = info.allocatable.milliCpu;
    this.memory[slot] = info.allocatable.memory;
    this.ephemeral[slot] = info.allocatable.ephemeralStorage;
    this.allowedPods[slot] = info.allowedPods;
    this.usedCpu[slot] = info.requested.milliCpu;
    this.usedMemory[slot] = info.requested.memory;
    this.usedEphemeral[slot] = info.requested.ephemeralStorage;
    this.nonZeroCpu[slot] = info.nonZeroCpu;
    this.nonZeroMemory[slot] = info.nonZeroMemory;
    this.pods[slot] = info.pods.length;
    this.#changed(slot);
  }

  #changed(slot: number): void {
    (this.version[slot] as number)++;
    this.log.push(slot);
    if (this.log.length > 4 * this.size + 4096) {
      const drop = this.log.length >> 1;
      this.log = this.log.slice(drop);
      this.logStart += drop;
    }
  }

  #grow(): void {
    const capacity = this.version.length * 2;
    const grow32 = (old: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
      const wider = new Int32Array(capacity);
      wider.set(old);
      return wider;
    };
    const grow64 = (old: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> => {
      const wider = new Float64Array(capacity);
      wider.set(old);
      return wider;
    };
    this.version = grow32(this.version);
    this.placeVersion = grow32(this.placeVersion);
    this.starts = grow32(this.starts);
    this.allowedPods = grow32(this.allowedPods);
    this.pods = grow32(this.pods);
    this.cpu = grow64(this.cpu);
    this.memory = grow64(this.memory);
    this.ephemeral = grow64(this.ephemeral);
    this.usedCpu = grow64(this.usedCpu);
    this.usedMemory = grow64(this.usedMemory);
    this.usedEphemeral = grow64(this.usedEphemeral);
    this.nonZeroCpu = grow64(this.nonZeroCpu);
    this.nonZeroMemory = grow64(this.nonZeroMemory);
  }
}
