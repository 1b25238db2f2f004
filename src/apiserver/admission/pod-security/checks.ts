/** What one check of the pod security standards is, and the words in which it says what is wrong.
 *  Mirrors pod-security-admission v1.34 policy/checks.go and visitor.go. */

import type { PodSpec } from '#api';

export interface Violation {
  readonly reason: string;
  readonly detail: string;
}
export interface Check {
  readonly id: string;
  /** Checks of the lower level that this one replaces. */
  readonly overrides?: readonly string[];
  check(spec: PodSpec, annotations: Readonly<Record<string, string>>): Violation | undefined;
}
export type Container = PodSpec['containers'][number];

/** Init containers first, as upstream visits them. */
export const containersOf = (spec: PodSpec): readonly Container[] => [
  ...(spec.initContainers ?? []),
  ...spec.containers,
  ...((spec.ephemeralContainers ?? []) as unknown as readonly Container[]),
];

export const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ');
export const plural = (one: string, many: string, of: { readonly length: number }): string => (of.length === 1 ? one : many);
export const containersText = (names: readonly string[]): string => `${plural('container', 'containers', names)} ${quoted(names)}`;
export const sorted = (values: Iterable<string>): string[] => [...new Set(values)].sort();
export const isWindows = (spec: PodSpec): boolean => spec.os?.name === 'windows';

/** Names of the containers that `bad` finds. */
export const named = (spec: PodSpec, bad: (container: Container) => boolean): string[] =>
  containersOf(spec)
    .filter(bad)
    .map(({ name }) => name);

/** The pod itself and its containers, those that set something bad: 'pod and container "a"'. */
export function setters(pod: boolean, containers: readonly string[]): string {
  return [...(pod ? ['pod'] : []), ...(containers.length > 0 ? [containersText(containers)] : [])].join(' and ');
}
