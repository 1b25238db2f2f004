/** What comes in from outside simulated time: requests of HTTP clients, as messages that the door's host takes like any other. */

import type { ApiRequest } from '#api';
import { type Message, messageKind } from '#sim';

/** A request without what the door adds to it. */
export type Asked = Omit<ApiRequest, 'kind' | 'id' | 'bodyDigest'>;

/** An HTTP request has arrived. */
export interface DoorRequest extends Message {
  readonly kind: 'DoorRequest';
  readonly id: number;
  readonly asked: Asked;
}
/** Whoever asked is gone, or reads too slowly. */
export interface DoorClose extends Message {
  readonly kind: 'DoorClose';
  readonly id: number;
}
export interface DoorTick extends Message {
  readonly kind: 'DoorTick';
}
export const DOOR_TICK: DoorTick = { kind: 'DoorTick' };

messageKind<DoorRequest>({
  kind: 'DoorRequest',
  digest(m, hasher) {
    hasher.int(m.id);
    hasher.string(m.asked.verb);
    hasher.string(m.asked.resource);
  },
});
messageKind<DoorClose>({
  kind: 'DoorClose',
  digest(m, hasher) {
    hasher.int(m.id);
  },
});
messageKind<DoorTick>({ kind: 'DoorTick', digest() {} });
