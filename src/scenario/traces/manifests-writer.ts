/** The objects that stand at the end of a recording as manifests for `kubectl apply -f`: what people made, without what controllers and servers wrote. */

import { stringify } from 'yaml';
import type { KubeObject } from '#api';
import { createsOf } from './cluster-dump.ts';
import { identityOf, type ObjectChange } from './object-change.ts';
import { Tally } from './tally.ts';

/** What is there when all changes have happened. */
export function standing(changes: Iterable<ObjectChange>): KubeObject[] {
  const there = new Map<string, KubeObject>();
  for (const { type, object } of changes) {
    const key = identityOf(object);
    if (type === 'DELETED') there.delete(key);
    else there.set(key, object);
  }
  return [...there.values()];
}

export function manifestsOf(changes: Iterable<ObjectChange>): { readonly text: string; readonly objects: number } {
  const objects = createsOf(standing(changes), new Tally(false));
  return {
    text: objects.map((object) => `---\n${stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })}`).join(''),
    objects: objects.length,
  };
}
