/** Prefers nodes that have the pod's images, less so when few nodes do. Mirrors kube-scheduler v1.34 plugins/imagelocality. */

import type { Pod } from '#api';
import { type CycleState, type Handle, MAX_NODE_SCORE, type ScorePlugin } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';

const MIB = 1024 * 1024;
export const MIN_THRESHOLD = 23 * MIB;
export const MAX_CONTAINER_THRESHOLD = 1000 * MIB;

/** A name without tag or digest means ':latest'. */
export const normalizedImageName = (name: string): string => (name.lastIndexOf(':') <= name.lastIndexOf('/') ? `${name}:latest` : name);

/** One entry a container, init containers first; the same image twice counts twice. */
export function podImages(pod: Pod): string[] {
  const images: string[] = [];
  for (const { image } of pod.spec?.initContainers ?? []) images.push(normalizedImageName(image ?? ''));
  for (const { image } of pod.spec?.containers ?? []) images.push(normalizedImageName(image ?? ''));
  return images;
}

export function imageScore(images: readonly string[], node: NodeInfo, nodeCount: number): number {
  let sum = 0;
  for (const image of images) {
    const state = node.images.get(image);
    if (state !== undefined) sum += Math.trunc(state.size * (state.nodes / nodeCount));
  }
  const max = MAX_CONTAINER_THRESHOLD * images.length;
  const bounded = Math.min(Math.max(sum, MIN_THRESHOLD), max);
  return Math.trunc((MAX_NODE_SCORE * (bounded - MIN_THRESHOLD)) / (max - MIN_THRESHOLD));
}

export class ImageLocality implements ScorePlugin {
  readonly name = 'ImageLocality';

  score(_state: CycleState, pod: Pod, node: NodeInfo, handle: Handle): number {
    return imageScore(podImages(pod), node, handle.snapshot.nodes.length);
  }
}
