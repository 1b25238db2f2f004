/** Which images lie on how many nodes. Mirrors pkg/scheduler/backend/cache/cache.go v1.34 (imageStates): the size first seen stands for all nodes. */

import type { ImageState, NodeInfo } from './node-info.ts';

export class ImageStates {
  readonly #states = new Map<string, ImageState>();

  /** Takes in what a node reports; its earlier images, if any, must have been removed. */
  add(info: NodeInfo): void {
    const reported = info.node.status?.images ?? [];
    if (reported.length === 0) {
      info.images = NONE;
      return;
    }
    const images = new Map<string, ImageState>();
    for (const { names, sizeBytes } of reported) {
      for (const name of names ?? []) {
        let state = this.#states.get(name);
        if (state === undefined) {
          state = { size: sizeBytes ?? 0, nodes: 0 };
          this.#states.set(name, state);
        }
        if (!images.has(name)) state.nodes++;
        images.set(name, state);
      }
    }
    info.images = images;
  }

  remove(info: NodeInfo): void {
    for (const [name, state] of info.images) {
      state.nodes--;
      if (state.nodes === 0) this.#states.delete(name);
    }
    info.images = NONE;
  }
}

const NONE: ReadonlyMap<string, ImageState> = new Map();

export function trackImages(nodes: Iterable<NodeInfo>): void {
  const states = new ImageStates();
  for (const node of nodes) states.add(node);
}
