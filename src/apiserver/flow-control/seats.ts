/** How many seats a request takes: lists take more, the more objects they look at. Mirrors apiserver v1.34
 *  pkg/util/flowcontrol/request/list_work_estimator.go; the extra seats that writes hold while their watchers are told are left out. */

import type { ApiRequest } from '#api';
import type { ResourceState } from '../core.ts';

const OBJECTS_PER_SEAT = 100;
const SEATS_MAX = 10;

export function seatsOf({ verb, name, options }: ApiRequest, resource: ResourceState | undefined): number {
  if (verb !== 'list' || resource === undefined || name !== undefined) return 1;
  // An index finds these without looking at the rest.
  const index = resource.descriptor.watchIndex;
  if (index !== undefined && options?.fieldSelector?.includes(`${index}=`)) return 1;
  const stored = resource.cache.objects.size;
  // A page costs its objects; with a selector it may have to look at all.
  const isPaged = options?.limit !== undefined && options.limit > 0 && options.resourceVersion !== '0';
  const looked = isPaged && !options?.labelSelector && !options?.fieldSelector ? Math.min(options?.limit ?? 0, stored) : stored;
  return Math.max(1, Math.min(SEATS_MAX, Math.ceil(looked / OBJECTS_PER_SEAT)));
}
