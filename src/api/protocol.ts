/** What clients and API servers say to each other: requests, responses, watch events. The wire's own verbs and fields, without HTTP. */

import type { Hasher, Message } from '#sim';
import { messageKind } from '#sim';
import type { KubeObject, Resource } from './objects.ts';
import { bodyDigest } from './wire/body-digest.ts';
import {
  packApiRequest,
  packApiResponse,
  packCloseWatch,
  packWatchEvents,
  packWatchWindow,
  unpackApiRequest,
  unpackApiResponse,
  unpackCloseWatch,
  unpackWatchEvents,
  unpackWatchWindow,
} from './wire/messages.ts';

export type Verb = 'create' | 'get' | 'list' | 'watch' | 'update' | 'patch' | 'delete' | 'deletecollection';

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

/** metav1.Preconditions. */
export interface Preconditions {
  readonly uid?: string;
  readonly resourceVersion?: string;
}

/** Query parameters and DeleteOptions, under their wire names. */
export interface RequestOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan';
  readonly limit?: number;
  readonly continue?: string;
  readonly allowWatchBookmarks?: boolean;
  readonly sendInitialEvents?: boolean;
  readonly timeoutSeconds?: number;
  readonly fieldManager?: string;
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
  readonly preconditions?: Preconditions;
}

/** A request to an API server. `id` is the client host's own and returns in the answer. */
export interface ApiRequest extends Message {
  readonly kind: 'ApiRequest';
  readonly id: number;
  readonly verb: Verb;
  readonly resource: Resource;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  /** Object, patch document, Binding, Eviction, Scale. */
  readonly body?: unknown;
  readonly patchType?: PatchType;
  readonly options?: RequestOptions;
  /** The authenticated user ('system:node:node-17', 'system:kube-scheduler'). */
  readonly user: string;
  /** A bearer token: it says who the user is, whatever `user` does. '' is nobody's. */
  readonly token?: string;
  /** Groups beyond those that follow from the user's name: impersonation (kubectl --as-group). Only a door that knows its client may set them. */
  readonly groups?: readonly string[];
  /** The query of a subresource that is no object (pods/log). */
  readonly parameters?: Readonly<Record<string, string>>;
  /** The client will not read the object that comes back: the answer then carries metadata only, and nothing of an Event. A saving of this program; the modelled cost stays that of the whole object. */
  readonly discardBody?: boolean;
  /** It came in by the door: its body is whatever somebody wrote, whoever they say they are. */
  readonly foreign?: boolean;
  /** bodyDigest(body), where the sender's thread has worked it out already. */
  readonly bodyDigest?: number;
}

/** metav1.Status, as every failure answers. */
export interface StatusObject {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly status: 'Success' | 'Failure';
  readonly message?: string;
  readonly reason?: string;
  readonly details?: {
    readonly name?: string;
    readonly group?: string;
    readonly kind?: string;
    readonly uid?: string;
    readonly causes?: readonly { readonly reason?: string; readonly message?: string; readonly field?: string }[];
    readonly retryAfterSeconds?: number;
  };
  readonly code: number;
}

/** A list as the wire has it. */
export interface ListObject<T extends KubeObject = KubeObject> {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string; readonly remainingItemCount?: number };
  readonly items: readonly T[];
}

export interface ApiResponse extends Message {
  readonly kind: 'ApiResponse';
  readonly id: number;
  /** HTTP status. */
  readonly code: number;
  /** The object, list or Status. For `watch`, absent: events follow as WatchEvents with the request's id. */
  readonly object?: unknown;
}

export interface WatchEvent<T extends KubeObject = KubeObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: T;
  /** keyOf(object), where the server's thread is the reader's: no part of the wire. */
  readonly key?: string;
}

/** Events of one watch, in order. `sequence` counts the messages of the stream from 0: a gap means that the stream broke and the client must watch again. */
export interface WatchEvents extends Message {
  readonly kind: 'WatchEvents';
  /** The id of the watch request. */
  readonly id: number;
  readonly sequence: number;
  readonly events: readonly WatchEvent[];
  /** The server ended the stream (time-out, too slow, shutting down). */
  readonly closed?: boolean;
}

/** What a reader that is not always prompt allows the server to send on a watch, in events, on top of what it has allowed before: the receive window of
 *  its HTTP/2 stream. A watch about which nothing is said is read as fast as it comes. */
export interface WatchWindow extends Message {
  readonly kind: 'WatchWindow';
  readonly id: number;
  readonly events: number;
}

/** A client ends a watch (closes the stream). */
export interface CloseWatch extends Message {
  readonly kind: 'CloseWatch';
  readonly id: number;
}

/** HTTP/2's PING: is the server there, and is it still the one to which the connection was made? */
export interface Ping extends Message {
  readonly kind: 'Ping';
}

/** The answer. `since`: when the server's process began; a connection older than that went with the process before. */
export interface Pong extends Message {
  readonly kind: 'Pong';
  readonly since: number;
}

/** Folds in what tells one object from another: its version, of which there is one, or the name of what has none. */
function digestObject(object: KubeObject | undefined, hasher: Hasher): void {
  const metadata = object?.metadata;
  if (metadata === undefined) return;
  hasher.string(metadata.resourceVersion ?? metadata.name ?? metadata.generateName ?? '');
}

/** A word of a small set (verbs, resources, namespaces) is told by its length and ends: its letters need not be read. */
function digestWord(word: string | undefined, hasher: Hasher): void {
  if (word === undefined || word === '') return hasher.int(0);
  const { length } = word;
  hasher.int(length | (word.charCodeAt(0) << 8) | (word.charCodeAt(length - 1) << 16) | (word.charCodeAt(length >> 1) << 24));
}

messageKind<ApiRequest>({
  kind: 'ApiRequest',
  pack: packApiRequest,
  unpack: unpackApiRequest,
  digest(m, hasher) {
    hasher.int(m.id);
    digestWord(m.verb, hasher);
    digestWord(m.resource, hasher);
    digestWord(m.subresource, hasher);
    digestWord(m.namespace, hasher);
    hasher.string(m.name ?? '');
    hasher.int(m.bodyDigest ?? bodyDigest(m.body));
  },
});
messageKind<ApiResponse>({
  kind: 'ApiResponse',
  pack: packApiResponse,
  unpack: unpackApiResponse,
  digest(m, hasher) {
    hasher.int(m.id);
    hasher.int(m.code);
    digestObject(m.object as KubeObject | undefined, hasher);
  },
});
messageKind<WatchEvents>({
  kind: 'WatchEvents',
  pack: packWatchEvents,
  unpack: unpackWatchEvents,
  digest(m, hasher) {
    hasher.int(m.id);
    hasher.int(m.sequence);
    for (const event of m.events) {
      digestWord(event.type, hasher);
      digestObject(event.object, hasher);
    }
  },
});
messageKind<WatchWindow>({
  kind: 'WatchWindow',
  pack: packWatchWindow,
  unpack: unpackWatchWindow,
  digest(m, hasher) {
    hasher.int(m.id);
    hasher.int(m.events);
  },
});
messageKind<CloseWatch>({
  kind: 'CloseWatch',
  pack: packCloseWatch,
  unpack: unpackCloseWatch,
  digest(m, hasher) {
    hasher.int(m.id);
  },
});
messageKind<Ping>({ kind: 'Ping', digest() {}, pack() {}, unpack: () => ({ kind: 'Ping' }) });
messageKind<Pong>({
  kind: 'Pong',
  digest(m, hasher) {
    hasher.number(m.since);
  },
  pack(m, out) {
    out.number(m.since);
  },
  unpack: (from) => ({ kind: 'Pong', since: from.number() }),
});
