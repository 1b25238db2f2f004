/** From what is asked and what a node has to a score 0..100, by strategy. Mirrors kube-scheduler v1.34 plugins/noderesources
 *  (least_allocated.go, most_allocated.go, requested_to_capacity_ratio.go, balanced_allocation.go) and plugins/helper/shape_score.go.
 *  All divisions truncate. */

import { MAX_NODE_SCORE } from './framework.ts';

export interface ResourceWeight {
  readonly name: string;
  readonly weight: number;
}

/** A point of a RequestedToCapacityRatio shape: utilization 0..100, score 0..100 (the configuration's 0..10 times ten). */
export interface ShapePoint {
  readonly utilization: number;
  readonly score: number;
}

/** The score of one resource. */
export type ResourceScore = (requested: number, capacity: number) => number;

export const leastRequestedScore: ResourceScore = (requested, capacity) =>
  capacity === 0 || requested > capacity ? 0 : Math.trunc(((capacity - requested) * MAX_NODE_SCORE) / capacity);

export const mostRequestedScore: ResourceScore = (requested, capacity) =>
  capacity === 0 ? 0 : Math.trunc((Math.min(requested, capacity) * MAX_NODE_SCORE) / capacity);

/** BuildBrokenLinearFunction: flat outside the points, linear between them. */
export function brokenLinear(shape: readonly ShapePoint[], p: number): number {
  for (let i = 0; i < shape.length; i++) {
    const point = shape[i] as ShapePoint;
    if (p > point.utilization) continue;
    if (i === 0) return (shape[0] as ShapePoint).score;
    const before = shape[i - 1] as ShapePoint;
    return before.score + Math.trunc(((point.score - before.score) * (p - before.utilization)) / (point.utilization - before.utilization));
  }
  return (shape[shape.length - 1] as ShapePoint).score;
}

export const requestedToCapacityScore =
  (shape: readonly ShapePoint[]): ResourceScore =>
  (requested, capacity) =>
    capacity === 0 || requested > capacity
      ? brokenLinear(shape, MAX_NODE_SCORE)
      : brokenLinear(shape, Math.trunc((requested * MAX_NODE_SCORE) / capacity));

/** Weighted mean over the resources that the node has. `skipsZero`: RequestedToCapacityRatio leaves out resources that score 0, and rounds. */
export function weightedScore(
  weights: readonly ResourceWeight[],
  requested: readonly number[],
  capacity: readonly number[],
  score: ResourceScore,
  skipsZero: boolean,
): number {
  let sum = 0;
  let weightSum = 0;
  for (let i = 0; i < weights.length; i++) {
    const has = capacity[i] as number;
    if (has === 0) continue;
    const value = score(requested[i] as number, has);
    if (skipsZero && value <= 0) continue;
    const weight = (weights[i] as ResourceWeight).weight;
    sum += value * weight;
    weightSum += weight;
  }
  if (weightSum === 0) return 0;
  return skipsZero ? Math.round(sum / weightSum) : Math.trunc(sum / weightSum);
}

/** 100 minus the standard deviation of the fractions in use, truncated; fractions above 1 count as 1. */
export function balancedScore(requested: readonly number[], capacity: readonly number[]): number {
  const fractions: number[] = [];
  let total = 0;
  for (let i = 0; i < capacity.length; i++) {
    const has = capacity[i] as number;
    if (has === 0) continue;
    const fraction = Math.min((requested[i] as number) / has, 1);
    fractions.push(fraction);
    total += fraction;
  }
  let deviation = 0;
  if (fractions.length === 2) deviation = Math.abs(((fractions[0] as number) - (fractions[1] as number)) / 2);
  else if (fractions.length > 2) {
    const mean = total / fractions.length;
    let sum = 0;
    for (const fraction of fractions) sum += (fraction - mean) * (fraction - mean);
    deviation = Math.sqrt(sum / fractions.length);
  }
  return Math.trunc((1 - deviation) * MAX_NODE_SCORE);
}
