/** API versions that are served beside the one in which their objects are stored. */

import type { Resource, ResourceInfo } from '#api';
import { autoscalers } from '../registry/autoscalers.ts';
import type { ResourceDescriptor } from '../registry/descriptor.ts';
import { autoscalingV1View } from './autoscaling-v1.ts';
import { eventsView, groupEvents } from './events.ts';
import type { ResourceView } from './resource-view.ts';

export interface ServedView {
  /** How requests name it: '<plural>.<version>.<group>' when '<plural>.<group>' is the stored version's name. */
  readonly name: Resource;
  readonly info: ResourceInfo;
  readonly descriptor: ResourceDescriptor;
  readonly view: ResourceView;
}

const inVersion = (view: ResourceView, group: string, version: string): ResourceInfo => ({
  ...view.stored,
  resource: group === '' ? view.stored.plural : `${view.stored.plural}.${group}`,
  group,
  version,
  apiVersion: `${group}/${version}`,
});

export const VIEWS: readonly ServedView[] = [
  {
    name: 'events.events.k8s.io',
    info: inVersion(eventsView, 'events.k8s.io', 'v1'),
    descriptor: groupEvents as ResourceDescriptor,
    view: eventsView,
  },
  {
    name: 'horizontalpodautoscalers.v1.autoscaling',
    info: inVersion(autoscalingV1View, 'autoscaling', 'v1'),
    descriptor: autoscalers as ResourceDescriptor,
    view: autoscalingV1View,
  },
];
