/** What a server tells itself: its clock's ticks, compaction, seats that come free, the next slice of long work. */

import { type Message, messageKind } from '#sim';

export interface Tick extends Message {
  readonly kind: 'ApiServerTick';
}
export interface Compact extends Message {
  readonly kind: 'ApiServerCompact';
}
export interface SeatsFree extends Message {
  readonly kind: 'ApiServerSeatsFree';
}
export interface Slice extends Message {
  readonly kind: 'ApiServerSlice';
  readonly id: number;
}
messageKind<Tick>({ kind: 'ApiServerTick', digest() {} });
messageKind<Compact>({ kind: 'ApiServerCompact', digest() {} });
messageKind<SeatsFree>({ kind: 'ApiServerSeatsFree', digest() {} });
messageKind<Slice>({
  kind: 'ApiServerSlice',
  digest(message, hasher) {
    hasher.int(message.id);
  },
});

export const SEATS_FREE: SeatsFree = { kind: 'ApiServerSeatsFree' };
export const TICK: Tick = { kind: 'ApiServerTick' };
export const COMPACT: Compact = { kind: 'ApiServerCompact' };
