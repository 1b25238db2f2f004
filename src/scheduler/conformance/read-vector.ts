/** Checks a line of recorded decisions before it is judged, so that a broken file is told from a wrong decision. */

import { parseQuantity } from '#api';
import type { DecisionVector, SequenceVector } from './vector.ts';

/** The line is no recorded decision: what is wrong with it. */
export class SchedulerVectorError extends Error {}

type Fields = Readonly<Record<string, unknown>>;

const LISTS = [
  'pods',
  'nominated',
  'namespaces',
  'services',
  'replicaSets',
  'replicationControllers',
  'statefulSets',
  'pvs',
  'pvcs',
  'storageClasses',
  'csiNodes',
  'csiDrivers',
  'csiStorageCapacities',
  'pdbs',
  'resourceClaims',
  'resourceSlices',
  'deviceClasses',
];

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

function object(value: unknown, at: string): Fields {
  if (!isFields(value)) throw new SchedulerVectorError(`${at}: expected an object`);
  return value;
}

function list(value: unknown, at: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new SchedulerVectorError(`${at}: expected a list`);
  return value;
}

function named(value: unknown, at: string): Fields {
  const metadata = object(object(value, at).metadata, `${at}.metadata`);
  if (typeof metadata.name !== 'string' || metadata.name === '') throw new SchedulerVectorError(`${at}.metadata.name: expected a name`);
  return value as Fields;
}

function quantities(value: unknown, at: string): void {
  if (value === undefined || value === null) return;
  for (const [name, quantity] of Object.entries(object(value, at))) {
    const isQuantity = (typeof quantity === 'string' || typeof quantity === 'number') && parseQuantity(quantity) !== undefined;
    if (!isQuantity) throw new SchedulerVectorError(`${at}.${name}: ${JSON.stringify(quantity)} is not a quantity`);
  }
}

function pod(value: unknown, at: string): void {
  const spec = object(named(value, at).spec, `${at}.spec`);
  for (const key of ['containers', 'initContainers']) {
    if (key === 'initContainers' && spec[key] === undefined) continue;
    list(spec[key], `${at}.spec.${key}`).forEach((container, i) => {
      const where = `${at}.spec.${key}[${i}]`;
      const resources = object(container, where).resources;
      if (resources !== undefined) quantities(object(resources, `${where}.resources`).requests, `${where}.resources.requests`);
    });
  }
}

/** A decision or a sequence, told apart by `mode`. Throws SchedulerVectorError. */
export function readSchedulerVector(value: unknown): DecisionVector | SequenceVector {
  const vector = object(value, 'line');
  if (typeof vector.id !== 'string') throw new SchedulerVectorError('id: expected a text');
  list(vector.nodes, 'nodes').forEach((node, i) => {
    const status = named(node, `nodes[${i}]`).status;
    if (status !== undefined) quantities(object(status, `nodes[${i}].status`).allocatable, `nodes[${i}].status.allocatable`);
  });
  for (const key of LISTS) if (vector[key] !== undefined) list(vector[key], key).forEach((entry, i) => named(entry, `${key}[${i}]`));
  for (const key of ['pods', 'nominated']) ((vector[key] ?? []) as readonly unknown[]).forEach((entry, i) => pod(entry, `${key}[${i}]`));
  if (vector.mode === undefined) {
    pod(vector.pending, 'pending');
    object(vector.expect, 'expect');
    return value as DecisionVector;
  }
  if (vector.mode !== 'all' && vector.mode !== 'preempt' && vector.mode !== 'adaptive') {
    throw new SchedulerVectorError(`mode: ${JSON.stringify(vector.mode)} is none of all, preempt, adaptive`);
  }
  const pending = list(vector.pending, 'pending');
  pending.forEach((entry, i) => pod(entry, `pending[${i}]`));
  const expect = list(vector.expect, 'expect');
  if (expect.length !== pending.length) throw new SchedulerVectorError(`expect: ${expect.length} steps for ${pending.length} pods`);
  return value as SequenceVector;
}
