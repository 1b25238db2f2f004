/** Mistakes in API servers: what they write, list, watch and keep. */

import type { SeededBug } from '#experiment';
import { WatchCache } from '../../src/apiserver/cache/watch-cache.ts';
import { WatcherSet } from '../../src/apiserver/cache/watchers.ts';
import { EventWindow } from '../../src/apiserver/cache/window.ts';
import { FanOut } from '../../src/apiserver/fan-out.ts';
import { bind } from '../../src/apiserver/subresources/binding.ts';
import { deletion } from '../../src/apiserver/verbs/delete.ts';
import { List } from '../../src/apiserver/verbs/list.ts';
import { update } from '../../src/apiserver/verbs/update.ts';
import { type Loose, replace } from './patch.ts';

/** A change is worked out from another object than is there. */
const asIf = (change: object, seen: (current: Loose) => Loose): void =>
  replace(
    change,
    'transform',
    (transform) =>
      function (core, operation, current: Loose, ctx) {
        return transform.call(this, core, operation, current === undefined ? current : seen(current), ctx);
      },
  );

export const API_SERVER_BUGS: Readonly<Record<string, SeededBug>> = {
  'conflict-not-returned': {
    breaks: 'an update from an old version overwrites what came since',
    marked: true,
    inject: () =>
      replace(
        update,
        'transform',
        (transform) =>
          function (core, operation, current, ctx) {
            const { request } = operation;
            const body = request.body as Loose;
            operation.request = { ...request, body: { ...body, metadata: { ...body?.metadata, resourceVersion: undefined } } };
            const next = transform.call(this, core, operation, current, ctx);
            operation.request = request;
            return next;
          },
      ),
  },
  'list-version-too-new': {
    breaks: 'a list says that it is newer than its items',
    marked: true,
    inject: () =>
      replace(
        List.prototype,
        'finish',
        (finish) =>
          function (token, remaining, ctx) {
            this.revision += 3;
            return finish.call(this, token, remaining, ctx);
          },
      ),
  },
  'events-lost-on-an-empty-cache': {
    breaks: 'a watch that begins while nothing is left of a resource is not told how it went (kubernetes#49956)',
    marked: true,
    inject: () =>
      replace(
        WatchCache.prototype,
        'isQuietSince',
        (isQuietSince) =>
          function (filter, revision) {
            return this.objects.size === 0 || isQuietSince.call(this, filter, revision);
          },
      ),
  },
  'watch-outlives-its-cache': {
    breaks: 'watches go on when their cache is listed anew, and miss what was between (kubernetes#73845)',
    marked: true,
    inject: () => replace(FanOut.prototype, 'endAll', () => () => {}),
  },
  'told-again-by-a-server-behind': {
    breaks: 'a server that lags tells a watch again what it has heard elsewhere (kubernetes#73845)',
    marked: true,
    inject: () =>
      replace(
        WatcherSet.prototype,
        'add',
        (add) =>
          function (watcher) {
            watcher.since = 0;
            return add.call(this, watcher);
          },
      ),
  },
  'bookmark-too-new': {
    breaks: 'bookmarks are two revisions ahead of what was sent',
    marked: false,
    inject: () =>
      replace(
        FanOut.prototype,
        'send',
        (send) =>
          function (watcher, events: Loose[], delay, ctx, isState) {
            const ahead = events.map((event) => {
              if (event.type !== 'BOOKMARK') return event;
              const metadata = { ...event.object.metadata, resourceVersion: String(Number(event.object.metadata.resourceVersion) + 2) };
              return { ...event, object: { ...event.object, metadata } };
            });
            return send.call(this, watcher, ahead, delay, ctx, isState);
          },
      ),
  },
  'expiry-swallowed': {
    breaks: 'a watch from a forgotten version is opened all the same',
    marked: false,
    inject: () =>
      replace(
        EventWindow.prototype,
        'since',
        (since) =>
          function (revision, visit) {
            since.call(this, Math.max(revision, this.oldest), visit);
            return true;
          },
      ),
  },
  'stale-list-taken-for-fresh': {
    breaks: 'a list that must not be older than a version is answered from a cache that is (kubernetes#59848)',
    marked: true,
    inject: () =>
      replace(
        List.prototype,
        'await',
        () =>
          function (_revision, ctx) {
            this.fromCache(ctx);
          },
      ),
  },
  'consistent-list-from-the-cache': {
    breaks: 'a list without a version does not ask etcd how far it is',
    marked: false,
    inject: () =>
      replace(
        List.prototype,
        'askRevision',
        () =>
          function (ctx) {
            this.fromCache(ctx);
          },
      ),
  },
  'deletion-not-told': {
    breaks: 'watchers are not told of every seventh revision that is a deletion',
    marked: false,
    inject: () =>
      replace(
        WatcherSet.prototype,
        'dispatch',
        (dispatch) =>
          function (event, dirty) {
            return event.type === 'DELETE' && event.kv.modRevision % 7 === 0 ? 0 : dispatch.call(this, event, dirty);
          },
      ),
  },
  'pods-told-late-as-gone': {
    breaks: 'an update whose revision ends in 9 is told as a deletion',
    marked: false,
    inject: () =>
      replace(
        WatcherSet.prototype,
        'dispatch',
        (dispatch) =>
          function (event, dirty) {
            const isStruck = event.type === 'PUT' && event.previous !== undefined && event.kv.modRevision % 100 === 9;
            return dispatch.call(this, isStruck ? { ...event, type: 'DELETE', name: undefined } : event, dirty);
          },
      ),
  },
  'finalizers-ignored': {
    breaks: 'a deletion removes what still has finalizers',
    marked: false,
    inject: () => asIf(deletion, (current) => ({ ...current, metadata: { ...current.metadata, finalizers: [] } })),
  },
  'pods-bound-anew': {
    breaks: 'a pod that has a node can be bound to another',
    marked: false,
    inject: () => asIf(bind, (current) => ({ ...current, spec: { ...current.spec, nodeName: undefined } })),
  },
};
