/** The digest of a request's body, whose content no version names yet: one number, a function of the content alone, so that either thread may work it out. */

import { hashText } from '#sim';
import type { KubeObject } from '../objects.ts';

const P = 0x85ebca6b | 0;

function int(state: number, value: number): number {
  const mixed = Math.imul(state ^ value, P);
  return mixed ^ (mixed >>> 15);
}

const text = (state: number, value: string): number => int(int(state, hashText(value)), value.length);

function number(state: number, value: number): number {
  const low = value | 0;
  if (low === value) return int(state, low);
  const whole = Math.floor(value);
  return int(int(int(state, low), Math.floor(value / 4_294_967_296) | 0), Math.floor((value - whole) * 4_294_967_296) | 0);
}

function json(state: number, value: unknown): number {
  switch (typeof value) {
    case 'string':
      return text(state, value);
    case 'number':
      return number(state, value);
    case 'boolean':
      return int(state, value ? 1 : 2);
    case 'object':
      if (value === null) return int(state, 0);
      return Array.isArray(value) ? list(state, value) : members(state, value as Readonly<Record<string, unknown>>);
    default:
      return int(state, 0);
  }
}

function list(state: number, values: readonly unknown[]): number {
  let folded = int(state, values.length);
  for (let i = 0; i < values.length; i++) folded = json(folded, values[i]);
  return folded;
}

// Keys are few and come again and again.
const keys = new Map<string, number>();
function keyHash(key: string): number {
  let hash = keys.get(key);
  if (hash === undefined) {
    hash = hashText(key);
    if (keys.size < 10_000) keys.set(key, hash);
  }
  return hash;
}

function members(state: number, object: Readonly<Record<string, unknown>>): number {
  let folded = state;
  for (const key in object) {
    const member = object[key];
    if (member !== undefined) folded = json(int(folded, keyHash(key)), member);
  }
  return folded;
}

// Pod specs come from templates: a replica's is the very object of all its siblings.
const specs = new WeakMap<object, number>();
const SEED = 0x243f6a88 | 0;

function specDigest(spec: object): number {
  let known = specs.get(spec);
  if (known === undefined) specs.set(spec, (known = json(SEED, spec)));
  return known;
}

/** 32 bits over any JSON value. Metadata that came from a server is told by its name and version, and by what clients change in it. */
export function bodyDigest(body: unknown): number {
  const object = body as (KubeObject & { readonly spec?: { readonly containers?: unknown } }) | undefined;
  const metadata = object?.metadata;
  if (object === undefined || metadata === undefined || metadata === null || typeof metadata !== 'object') return json(SEED, body);
  let state = SEED;
  for (const key in object) {
    const member = (object as Record<string, unknown>)[key];
    if (member === undefined || key === 'metadata') continue;
    const isSpec = key === 'spec' && typeof member === 'object' && (member as { containers?: unknown } | null)?.containers !== undefined;
    state = isSpec ? int(state, specDigest(member as object)) : json(state, member);
  }
  if (metadata.uid === undefined || metadata.resourceVersion === undefined) return json(state, metadata);
  state = text(text(state, metadata.name ?? metadata.generateName ?? ''), metadata.resourceVersion);
  const { labels, annotations, finalizers, ownerReferences } = metadata;
  if (labels !== undefined) state = json(state, labels);
  if (annotations !== undefined) state = json(state, annotations);
  if (finalizers !== undefined) state = json(state, finalizers);
  return ownerReferences === undefined ? state : int(state, ownerReferences?.length ?? 0);
}
