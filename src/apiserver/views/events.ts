/** events.k8s.io/v1: core events under newer names. Mirrors Kubernetes v1.34 pkg/apis/events/v1/conversion.go and zz_generated.conversion.go. */

import { type Event, type KubeObject, resourceInfo } from '#api';
import type { ResourceDescriptor } from '../registry/descriptor.ts';
import { events } from '../registry/events.ts';
import { type ResourceView, remembered } from './resource-view.ts';

/** Each name in the stored form, and here. */
const NAMES: readonly (readonly [string, string])[] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['reportingComponent', 'reportingController'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
];
const HERE = new Map(NAMES);
const THERE = new Map(NAMES.map(([stored, shown]) => [shown, stored]));

function renamed(object: KubeObject, names: ReadonlyMap<string, string>, apiVersion: string): KubeObject {
  const result: Record<string, unknown> = {};
  const members = object as unknown as Readonly<Record<string, unknown>>;
  for (const name in members) if (members[name] !== undefined) result[names.get(name) ?? name] = members[name];
  result.apiVersion = apiVersion;
  return result as KubeObject;
}

const stored = resourceInfo('events');
if (stored === undefined) throw new Error('core events are not in the table of resources');

export const eventsView: ResourceView = {
  stored,
  present: remembered((object) => renamed(object, HERE, 'events.k8s.io/v1')),
  absorb: (object) => renamed(object, THERE, 'v1'),
};

const regarding = (name: 'kind' | 'namespace' | 'name' | 'uid' | 'apiVersion' | 'resourceVersion' | 'fieldPath') => (event: Event) =>
  event.involvedObject?.[name] ?? '';

/** Selectable by the names of this version; everything else as core events. */
export const groupEvents: ResourceDescriptor<Event> = {
  ...events,
  fields: {
    'regarding.kind': regarding('kind'),
    'regarding.namespace': regarding('namespace'),
    'regarding.name': regarding('name'),
    'regarding.uid': regarding('uid'),
    'regarding.apiVersion': regarding('apiVersion'),
    'regarding.resourceVersion': regarding('resourceVersion'),
    'regarding.fieldPath': regarding('fieldPath'),
    reason: (event) => event.reason ?? '',
    reportingController: (event) => event.reportingComponent ?? '',
    type: (event) => event.type ?? '',
  },
};
