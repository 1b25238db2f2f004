/** GET ?watch: what happened since a resourceVersion, then what happens. Mirrors apiserver v1.34 pkg/storage/cacher/cacher.go (Watch). */

import { badRequest, gone, type KubeObject, type RequestOptions, type StatusObject, type WatchEvent } from '#api';
import { type Context, type Duration, purpose, SECOND } from '#sim';
import { compileFilter, type Filter, isStatus } from '../cache/filter.ts';
import { Dispatch, newWatcher, type Watcher } from '../cache/watchers.ts';
import type { Core, Operation, ResourceState } from '../core.ts';
import { bookmark, type FanOut } from '../fan-out.ts';
import { hashUser } from '../identity.ts';
import { refuseListOptions } from './list-options.ts';

const LIFE = purpose('apiserver/watch-life');

interface Timing {
  readonly minSeconds: number;
  readonly bookmarkInterval: Duration;
}

function refuse(options: RequestOptions | undefined): StatusObject | undefined {
  const version = options?.resourceVersion ?? '';
  if (!/^\d*$/.test(version)) return badRequest(`Invalid value: "${version}": strconv.ParseUint: parsing "${version}": invalid syntax`);
  return refuseListOptions(options, true);
}

function stateNow(resource: ResourceState, filter: Filter): WatchEvent[] {
  return resource.cache.select(filter).map((kv) => ({ type: 'ADDED', object: kv.value as KubeObject }));
}

/** Events after `revision`, or undefined when some are forgotten. */
function history(resource: ResourceState, watcher: Watcher, revision: number): WatchEvent[] | undefined {
  const events: WatchEvent[] = [];
  const { cache } = resource;
  if (revision >= cache.window.oldest && cache.isQuietSince(watcher.filter, revision)) return events;
  const isWhole = cache.window.since(revision, (event) => {
    const heard = new Dispatch(event, resource.prefix.length).for(watcher.filter, watcher.isOpen);
    if (heard !== undefined) events.push(heard);
  });
  return isWhole ? events : undefined;
}

export function openWatch(core: Core, fanOut: FanOut, timing: Timing, operation: Operation, ctx: Context): void {
  const { request, resource, source } = operation;
  const { options } = request;
  const refused = refuse(options);
  if (refused !== undefined) return core.fail(operation, refused, ctx);
  const selected = request.name === undefined ? options : { ...options, fieldSelector: `metadata.name=${request.name}` };
  const filter = compileFilter(resource.descriptor, resource.info.namespaced ? request.namespace : undefined, selected);
  if (isStatus(filter)) return core.fail(operation, filter, ctx);

  // Without a time-out of its own a watch lives between one and two times the least.
  const life = options?.timeoutSeconds ?? timing.minSeconds * (1 + ctx.chance.uniform(LIFE, hashUser(request.user), request.id));
  const watcher = newWatcher(
    source,
    request.id,
    filter,
    options?.allowWatchBookmarks === true,
    ctx.now + Math.round(life * SECOND),
    ctx.now + timing.bookmarkInterval,
  );
  watcher.view = resource.view;
  const version = options?.resourceVersion ?? '';
  const wantsState = options?.sendInitialEvents === true || ((version === '' || version === '0') && options?.sendInitialEvents !== false);
  if (!wantsState) watcher.since = Number(version);
  const initial = wantsState
    ? stateNow(resource, filter)
    : version === '' || version === '0'
      ? []
      : history(resource, watcher, Number(version));
  core.answer(operation, 200, undefined, ctx, core.charge(ctx, core.costs.request + core.costs.watch));
  if (initial === undefined) {
    const error = gone(`too old resource version: ${version} (${resource.cache.window.oldest})`);
    return fanOut.end(watcher, error, ctx);
  }
  if (options?.sendInitialEvents && options.allowWatchBookmarks) initial.push(bookmark(resource, true));
  fanOut.open(resource, watcher, ctx);
  if (initial.length > 0)
    fanOut.send(watcher, initial, core.charge(ctx, initial.length * (core.costs.listPerObject + core.costs.sendPerWatcher)), ctx, true);
}
