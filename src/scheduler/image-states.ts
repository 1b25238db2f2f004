/** Which images lie on how many nodes. Mirrors pkg/scheduler/backend/cache/cache.go and framework/types.go v1.34 (imageStates, ImageStateSummary.Snapshot):
 *  the size first seen stands for all nodes, and a node's view of the counts is as old as its last change, for only changed nodes are copied into a snapshot. */

import type { ImageState, NodeInfo } from './node-info.ts';

interface LiveState {
  readonly size: number;
  nodes: number;
}

const NONE: ReadonlyMap<string, ImageState> = new Map();

export class ImageStates {
  readonly #states = new Map<string, LiveState>();
  readonly #onNode = new Map<string, readonly string[]>();

  /** Takes in what a node reports; what it reported earlier must have been removed. */
  add(info: NodeInfo): void {
    const names = new Set<string>();
    for (const image of info.node.status?.images ?? []) {
      for (const name of image.names ?? []) {
        if (names.has(name)) continue;
        names.add(name);
        const state = this.#states.get(name);
        if (state === undefined) this.#states.set(name, { size: image.sizeBytes ?? 0, nodes: 1 });
        else state.nodes++;
      }
    }
    if (names.size > 0) this.#onNode.set(info.name, [...names]);
  }

  remove(info: NodeInfo): void {
    for (const name of this.#onNode.get(info.name) ?? []) {
      const state = this.#states.get(name) as LiveState;
      state.nodes--;
      if (state.nodes === 0) this.#states.delete(name);
    }
    this.#onNode.delete(info.name);
  }

  /** Copies the counts as they are now into the node's own view. */
  freeze(info: NodeInfo): void {
    const names = this.#onNode.get(info.name);
    if (names === undefined) {
      info.images = NONE;
      return;
    }
    const images = new Map<string, ImageState>();
    for (const name of names) {
      const { size, nodes } = this.#states.get(name) as LiveState;
      images.set(name, { size, nodes });
    }
    info.images = images;
  }
}
