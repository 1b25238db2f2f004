/** A view over given objects, for a controller's decisions without a cluster. */

import { type KubeObject, keyOf } from '#api';
import { type Controller, Store, type View } from '#client';

export interface PureView extends View {
  readonly events: string[];
  readonly counted: string[];
  readonly enqueued: (readonly [key: string, after: number | undefined])[];
}

export function pureView(
  controller: Controller,
  objects: Readonly<Record<string, readonly KubeObject[]>>,
  clock = 1_767_225_600_000_000,
): PureView {
  const stores = new Map<string, Store<KubeObject>>();
  for (const { resource, indexes } of controller.watches) {
    const store = stores.get(resource) ?? new Store<KubeObject>();
    stores.set(resource, store);
    for (const [name, valuesOf] of Object.entries(indexes ?? {})) store.addIndex(name, valuesOf);
    for (const object of objects[resource] ?? []) store.set(keyOf(object), object);
  }
  const events: string[] = [];
  const counted: string[] = [];
  const enqueued: (readonly [string, number | undefined])[] = [];
  return {
    now: 0,
    clock,
    satisfied: true,
    events,
    counted,
    enqueued,
    enqueue: (key, after) => void enqueued.push([key, after]),
    lister: (resource) => stores.get(resource) as never,
    uniform: () => 0.5,
    count: (metric, labels, by = 1) => void counted.push(`${metric} ${Object.values(labels ?? {}).join(' ')} ${by}`),
    observe: (metric, value, labels) => void counted.push(`${metric} ${Object.values(labels ?? {}).join(' ')} ${value}`),
    gauge: (metric, value, labels) => void counted.push(`${metric} ${Object.values(labels ?? {}).join(' ')} ${value}`),
    event: (_object, type, reason, message) => void events.push(`${type} ${reason} ${message}`),
  };
}
