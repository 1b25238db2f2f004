/** What a namespace that is being deleted says about it. Mirrors kubernetes v1.34 pkg/controller/namespace/deletion/status_condition_utils.go. */

import type { Namespace } from '#api';
import { rfc3339 } from '#api';
import { findCondition } from './conditions.ts';
import type { Remains } from './namespace.ts';

type Condition = NonNullable<NonNullable<Namespace['status']>['conditions']>[number];

/** Reason and message of each, in upstream's order, when nothing is wrong. */
const FINE: readonly (readonly [type: string, reason: string, message: string])[] = [
  ['NamespaceDeletionDiscoveryFailure', 'ResourcesDiscovered', 'All resources successfully discovered'],
  ['NamespaceDeletionGroupVersionParsingFailure', 'ParsedGroupVersions', 'All legacy kube types successfully parsed'],
  ['NamespaceDeletionContentFailure', 'ContentDeleted', 'All content successfully deleted, may be waiting on finalization'],
  ['NamespaceContentRemaining', 'ContentRemoved', 'All content successfully removed'],
  ['NamespaceFinalizersRemaining', 'ContentHasNoFinalizers', 'All content-preserving finalizers finished'],
];

/** The conditions as they are now; undefined when nothing about them has changed. */
export function namespaceConditions(
  { status }: Namespace,
  remains: readonly Remains[],
  failures: readonly string[],
  clock: number,
): Condition[] | undefined {
  const wrong = new Map<string, readonly [reason: string, message: string]>();
  if (failures.length > 0) {
    const text = `Failed to delete all resource types, ${failures.length} remaining: ${[...failures].sort().join(', ')}`;
    wrong.set('NamespaceDeletionContentFailure', ['ContentDeletionFailed', text]);
  }
  if (remains.length > 0) {
    const parts = remains.map(
      ({ content, items }) => `${content.resource.split('.')[0]}.${content.group} has ${items.length} resource instances`,
    );
    wrong.set('NamespaceContentRemaining', ['SomeResourcesRemain', `Some resources are remaining: ${parts.sort().join(', ')}`]);
  }
  const byFinalizer = new Map<string, number>();
  for (const { items } of remains)
    for (const { metadata } of items)
      for (const finalizer of metadata?.finalizers ?? []) byFinalizer.set(finalizer, (byFinalizer.get(finalizer) ?? 0) + 1);
  if (byFinalizer.size > 0) {
    const parts = [...byFinalizer].map(([finalizer, count]) => `${finalizer} in ${count} resource instances`).sort();
    const text = `Some content in the namespace has finalizers remaining: ${parts.join(', ')}`;
    wrong.set('NamespaceFinalizersRemaining', ['SomeFinalizersRemain', text]);
  }
  return merged((status?.conditions ?? []) as readonly Condition[], wrong, rfc3339(clock));
}

function merged(
  present: readonly Condition[],
  wrong: ReadonlyMap<string, readonly [reason: string, message: string]>,
  now: string,
): Condition[] | undefined {
  const conditions = [...present];
  let hasChanged = false;
  for (const [type, okReason, okMessage] of FINE) {
    const [reason, message] = wrong.get(type) ?? [okReason, okMessage];
    const status = wrong.has(type) ? 'True' : 'False';
    const old = findCondition(conditions, type);
    if (old !== undefined && old.status === status && old.reason === reason && old.message === message) continue;
    hasChanged = true;
    const lastTransitionTime = old !== undefined && old.status === status ? old.lastTransitionTime : now;
    const condition = { type, status, lastTransitionTime, reason, message } as Condition;
    if (old === undefined) conditions.push(condition);
    else conditions[conditions.indexOf(old)] = condition;
  }
  return hasChanged ? conditions : undefined;
}
