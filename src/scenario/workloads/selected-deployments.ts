/** What rollingUpdate, scale and delete have in common: they strike some of the Deployments that another entry made. */

import { duration, type JsonSchema, percent, text } from '../schema-pieces.ts';
import { parseDuration, parsePercent } from '../units.ts';
import type { WorkloadEntry } from '../workload.ts';
import { type DeploymentsSpec, deploymentNames } from './deployments.ts';

export interface SelectionSpec {
  readonly at: string;
  readonly of: string;
  readonly share?: string;
  /** One after another over this long. */
  readonly over?: string;
}

export const selectionFields: Readonly<Record<string, JsonSchema>> = {
  at: duration('when'),
  of: text("the `name` of a deployments entry (default name: 'web')"),
  share: percent('of its Deployments, the first ones (default 100 %)'),
  over: duration('spread evenly over this long (default 0s)'),
};

export function ownerOf(of: string, entries: readonly WorkloadEntry[]): DeploymentsSpec | undefined {
  return entries
    .filter((entry) => entry.kind === 'deployments')
    .map((entry) => entry.spec as DeploymentsSpec)
    .find((spec) => (spec.name ?? 'web') === of);
}

export function selectionMistake(spec: SelectionSpec, entries: readonly WorkloadEntry[]): string | undefined {
  if (ownerOf(spec.of, entries) !== undefined) return undefined;
  const names = entries.filter((entry) => entry.kind === 'deployments').map((entry) => (entry.spec as DeploymentsSpec).name ?? 'web');
  return `no deployments entry is named '${spec.of}' (there ${names.length === 1 ? 'is' : 'are'}: ${names.join(', ') || 'none'})`;
}

export interface Selected {
  readonly name: string;
  readonly namespace: string;
  readonly at: number;
  /** Its place in the entry. */
  readonly ordinal: number;
  readonly owner: DeploymentsSpec;
}

export function* selected(spec: SelectionSpec, entries: readonly WorkloadEntry[]): Iterable<Selected> {
  const owner = ownerOf(spec.of, entries);
  if (owner === undefined) return;
  const names = deploymentNames(owner);
  const struck = names.slice(0, Math.ceil(names.length * (spec.share === undefined ? 1 : (parsePercent(spec.share) ?? 0))));
  const first = parseDuration(spec.at) ?? 0;
  const over = spec.over === undefined ? 0 : (parseDuration(spec.over) ?? 0);
  for (const [index, name] of struck.entries()) {
    yield { name, namespace: owner.namespace ?? 'default', at: Math.round(first + (over * index) / struck.length), ordinal: index, owner };
  }
}
