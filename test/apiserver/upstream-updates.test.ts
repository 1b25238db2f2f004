/** What Kubernetes v1.34.3 itself made of objects that were changed at random after they had been stored: refused with which causes, or stored as what
 *  (test/interop/validation). Upstream lists some causes twice; here each counts once. */

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type KubeObject, resourceInfo, type StatusObject } from '#api';
import type { Context } from '#sim';
import type { Operation } from '../../src/apiserver/core.ts';
import { DESCRIPTORS } from '../../src/apiserver/registry/table.ts';
import { updatedObject } from '../../src/apiserver/verbs/updated-object.ts';

interface Case {
  readonly resource: string;
  readonly old: KubeObject;
  readonly object: KubeObject;
  readonly causes?: readonly string[];
  readonly stored?: unknown;
}

const FILE = new URL('./fixtures/upstream-updates.jsonl.gz', import.meta.url);
const cases = gunzipSync(readFileSync(FILE))
  .toString()
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Case);

const descriptors = new Map(DESCRIPTORS.map((descriptor) => [resourceInfo(descriptor.resource)?.plural, descriptor]));
const ctx = { now: 0, clock: () => 1_767_225_600_000_000 } as unknown as Context;
const OWN = { uid: 'UID', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };

function update({ resource, old, object }: Case): unknown {
  const descriptor = descriptors.get(resource);
  const info = resourceInfo(descriptor?.resource ?? '');
  const placed = (one: KubeObject): KubeObject => {
    const metadata = { ...one.metadata, ...OWN, ...(info?.namespaced ? { namespace: 'default' } : {}) };
    return { ...structuredClone(one), metadata };
  };
  const stored = placed(old);
  const current = descriptor?.defaults === undefined ? stored : descriptor.defaults(stored);
  const request = { namespace: 'default', user: 'u', id: 1, verb: 'update', name: current.metadata?.name };
  const operation = { resource: { descriptor, info, prefix: '/' }, request, action: 'update', key: '', attempts: 0 };
  const next = updatedObject(operation as unknown as Operation, placed(object), current, ctx);
  return typeof next === 'symbol' ? current : next;
}

const SERVERS_OWN = new Set(['uid', 'creationTimestamp', 'resourceVersion', 'namespace', 'generation', 'managedFields']);

/** Without what is empty: decoders cannot tell. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .map(([key, member]) => [key, plain(member)] as const)
    .filter(([, member]) => member && (typeof member !== 'object' || Object.keys(member).length > 0));
  return Object.fromEntries(entries);
}

function shown(object: KubeObject): unknown {
  const metadata = Object.fromEntries(Object.entries(object.metadata ?? {}).filter(([name]) => !SERVERS_OWN.has(name)));
  return plain(JSON.parse(JSON.stringify({ ...object, metadata, status: undefined })));
}

const kinds = [...new Set(cases.map(({ resource }) => resource))];
describe.each(kinds)('%s', (kind) => {
  const own = cases.filter(({ resource }) => resource === kind);
  const refusals = own.filter(({ causes }) => causes !== undefined);
  it.runIf(refusals.length > 0)('may not be changed into what Kubernetes refuses, and are told why in its words', () => {
    for (const one of refusals) {
      const causes = ((update(one) as StatusObject).details?.causes ?? []).map(
        ({ reason, field, message }) => `${reason} ${field}: ${message}`,
      );
      expect([...new Set(causes)].sort(), JSON.stringify(one)).toEqual([...(one.causes ?? [])].sort());
    }
  });
  it('become what Kubernetes stores', () => {
    for (const one of own) if (one.stored !== undefined) expect(shown(update(one) as KubeObject), JSON.stringify(one)).toEqual(one.stored);
  });
});

it('asks of every kind that users change, and sees what has changed', () => {
  expect(kinds.length).toBeGreaterThan(40);
  expect(cases.length).toBeGreaterThan(800);
  expect(cases.filter(({ causes }) => causes?.some((text) => text.includes('\n@@ -'))).length).toBeGreaterThan(20);
});
