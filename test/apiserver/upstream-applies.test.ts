import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { KubeObject, StatusObject } from '../../src/api/index.ts';
import { type Applied, applied, ownersOfNew, refusedIntent } from '../../src/apiserver/apply/apply.ts';

/** Random applies by three managers on one object, and what Kubernetes v1.34.3 itself made of each (test/interop/validation/apply): the object, its
 *  owners, or who else owns what. */
interface Step {
  readonly manager: string;
  readonly force: boolean;
  readonly object: KubeObject;
  readonly result?: KubeObject;
  readonly message?: string;
  readonly causes?: readonly { readonly field: string; readonly message: string }[];
}
interface Sequence {
  readonly kind: string;
  readonly apiVersion: string;
  readonly steps: readonly Step[];
}
const sequences = gunzipSync(readFileSync(new URL('./fixtures/upstream-applies.jsonl.gz', import.meta.url)))
  .toString()
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Sequence);

/** Go keeps a map that lost its members as null until the object has its type again: neither says anything. */
function full(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(full);
  if (typeof value !== 'object' || value === null) return value ?? undefined;
  const members = Object.entries(value).flatMap(([name, member]) => {
    const kept = full(member);
    return kept === undefined ? [] : [[name, kept] as const];
  });
  return members.length === 0 ? undefined : Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1)));
}
function shown(object: KubeObject): object {
  const { managedFields = [], resourceVersion: _, ...metadata } = object.metadata ?? {};
  return {
    object: full({ ...object, metadata }),
    owners: [...managedFields].sort((a, b) => (String(a.manager) < String(b.manager) ? -1 : 1)),
  };
}
const byField = (causes: Step['causes']): readonly string[] => (causes ?? []).map(({ field, message }) => `${field} ${message}`).sort();

function outcomes({ kind, apiVersion, steps }: Sequence): readonly object[] {
  let live: KubeObject | undefined;
  return steps.map(({ manager, force, object }) => {
    const operation = {
      resource: { info: { kind, apiVersion, resource: kind }, descriptor: {} },
      request: { name: 'm', namespace: '', options: { fieldManager: manager, force } },
    } as never;
    const refused = refusedIntent(operation, object);
    if (refused !== undefined) return { message: refused.message, causes: [] };
    if (live === undefined) {
      live = { ...object, metadata: { ...object.metadata, managedFields: ownersOfNew(operation, object, 'T') } } as KubeObject;
      return shown(live);
    }
    const answer: Applied | StatusObject = applied(operation, live, object, 'T');
    if (!('object' in answer)) return { message: answer.message, causes: byField(answer.details?.causes as Step['causes']) };
    const { managedFields } = answer;
    live = JSON.parse(JSON.stringify({ ...answer.object, metadata: { ...answer.object.metadata, managedFields } })) as KubeObject;
    return shown(live);
  });
}

describe.each([...new Set(sequences.map(({ kind }) => kind))])('applies on one %s', (kind) => {
  it('make of it what Kubernetes makes', () => {
    const own = sequences.filter((sequence) => sequence.kind === kind);
    expect(own.length).toBeGreaterThan(20);
    for (const sequence of own)
      expect(outcomes(sequence)).toEqual(
        sequence.steps.map(({ result, message, causes }) => (result === undefined ? { message, causes: byField(causes) } : shown(result))),
      );
  });
});
