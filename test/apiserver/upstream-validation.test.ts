/** What Kubernetes v1.34.3 itself made of objects that were changed at random: refused with which causes, or stored with which defaults
 *  (test/interop/validation). Admission is not part of it: what is asked stands between decoding and storing. */

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type KubeObject, resourceInfo, type StatusObject } from '#api';
import type { Context } from '#sim';
import type { Core, Operation } from '../../src/apiserver/core.ts';
import { DESCRIPTORS } from '../../src/apiserver/registry/table.ts';
import { newObject } from '../../src/apiserver/verbs/new-object.ts';

interface Case {
  readonly resource: string;
  readonly object: KubeObject;
  readonly causes?: readonly string[];
  readonly stored?: unknown;
}

const FILE = new URL('./fixtures/upstream-validation.jsonl.gz', import.meta.url);
const cases = gunzipSync(readFileSync(FILE))
  .toString()
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Case);

const descriptors = new Map(DESCRIPTORS.map((descriptor) => [resourceInfo(descriptor.resource)?.plural, descriptor]));
const chance = new Proxy({}, { get: () => () => 0.5 });
const ctx = { now: 0, clock: () => 1_767_225_600_000_000, chance } as unknown as Context;
const asSent = (_: unknown, object: KubeObject): KubeObject => object;
const core = {
  admission: { create: asSent },
  resource: () => undefined,
  path: { userOf: () => ({ name: 'u', groups: [] }) },
} as unknown as Core;

function create({ resource, object }: Case): KubeObject | StatusObject {
  const descriptor = descriptors.get(resource);
  const info = resourceInfo(descriptor?.resource ?? '');
  const request = { namespace: info?.namespaced ? 'default' : undefined, user: 'u', id: 1, verb: 'create' };
  const operation = { resource: { descriptor, info, prefix: '/' }, request, action: 'create', key: '', attempts: 0 };
  return newObject(core, operation as unknown as Operation, structuredClone(object), ctx);
}

const SERVERS_OWN = ['uid', 'creationTimestamp', 'resourceVersion', 'namespace'];

/** Without what is empty (decoders cannot tell) and what each server draws for itself. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .map(([key, member]) => [key, plain(member)] as const)
    .filter(([, member]) => member && (typeof member !== 'object' || Object.keys(member).length > 0))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries);
}

function shown(object: KubeObject): unknown {
  const uid = object.metadata?.uid ?? '-';
  const text = JSON.stringify({
    ...object,
    metadata: { ...object.metadata, ...Object.fromEntries(SERVERS_OWN.map((name) => [name, undefined])) },
  });
  return plain(JSON.parse(text.replaceAll(uid, 'UID')));
}

/** Upstream goes through maps in no order, and says some things twice. */
const sorted = (causes: readonly string[] | undefined): readonly string[] => [...new Set(causes)].sort();

const kinds = [...new Set(cases.map(({ resource }) => resource))];
describe.each(kinds)('%s', (kind) => {
  const own = cases.filter(({ resource }) => resource === kind);
  const refusals = own.filter(({ causes }) => causes !== undefined);
  it.runIf(refusals.length > 0)('are refused as Kubernetes refuses them', () => {
    for (const one of refusals) {
      const status = create(one) as StatusObject;
      const causes = (status.details?.causes ?? []).map(({ reason, field, message }) => `${reason} ${field}: ${message}`);
      expect(sorted(causes), JSON.stringify(one.object)).toEqual(sorted(one.causes));
    }
  });
  it('are stored as Kubernetes stores them', () => {
    for (const one of own)
      if (one.stored !== undefined) expect(shown(create(one) as KubeObject), JSON.stringify(one.object)).toEqual(one.stored);
  });
});

it('asks of every kind that users write', () => {
  expect(kinds.length).toBeGreaterThan(40);
  expect(cases.length).toBeGreaterThan(2000);
});
