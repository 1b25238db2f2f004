/** How a member gets proposals agreed and reads confirmed: alone by its disk (lone-log.ts) or in a group by Raft (raft-group.ts). */

import type { Context, Duration, HostId, Instant, Message } from '#sim';
import { WAL_ENTRY_BYTES } from './costs.ts';
import type { EtcdError } from './errors.ts';
import type { EtcdOperation, MembershipOperation } from './protocol.ts';

/** A write on its way into the log. */
export interface Proposal {
  /** The request's id at the asker. */
  readonly id: number;
  /** Who asked; -1 when a member itself did. */
  readonly from: HostId;
  /** The member that was asked, and that will answer; and its own number for the proposal. */
  readonly member: HostId;
  readonly sequence: number;
  readonly operation: EtcdOperation;
  readonly arrived: Instant;
}

/** A read that waits until it is sure to see all that was committed before it came. */
export interface LinearizableRead {
  readonly id: number;
  readonly from: HostId;
  readonly operation: EtcdOperation & { op: 'range' };
  readonly arrived: Instant;
}

/** What the member does with what is agreed. */
export interface StateMachine {
  applyBatch(batch: readonly Proposal[], ctx: Context): void;
  serveReads(reads: readonly LinearizableRead[], ctx: Context): void;
  /** Nobody can tell any more what became of these. */
  giveUp(proposals: readonly Proposal[], reads: readonly LinearizableRead[], ctx: Context): void;
  /** The disk took so long. */
  synced(took: Duration): void;
  /** This member leads from now on. */
  promoted(ctx: Context): void;
  leaderChanged(leader: HostId, ctx: Context): void;
  /** The whole state, for a member that lags too far behind; and its taking over. */
  snapshot(): { readonly data: unknown; readonly bytes: number };
  restore(data: unknown, ctx: Context): void;
}

/** A member's group, as that member sees it. */
export interface GroupView {
  readonly leader: HostId;
  readonly term: number;
  readonly applied: number;
  readonly voters: readonly HostId[];
  readonly learners: readonly HostId[];
}

export interface Consensus {
  /** Only the leader looks for expired leases. */
  readonly isLeader: boolean;
  start(ctx: Context): void;
  propose(proposal: Proposal, ctx: Context): void;
  /** Serves the read at once or when it is confirmed. */
  read(read: LinearizableRead, ctx: Context): void;
  /** What is known of the group. */
  readonly view: GroupView;
  /** Asks the leader, which this member is, to hand over; false when that one cannot take it. */
  transferLeadership(to: HostId, ctx: Context): boolean;
  /** Why a change of membership cannot even be proposed; absent when it can. */
  refuseChange(operation: MembershipOperation): EtcdError | undefined;
  /** The disk took nothing more: what was being written is not there. */
  writeFailed(): void;
  /** Takes its own messages; false for those of others. */
  receive(message: Message, ctx: Context): boolean;
}

/** What a proposal fills in the write-ahead log. */
export function walBytes({ operation }: Proposal): number {
  return operation.op === 'guarded' ? WAL_ENTRY_BYTES + operation.key.length + (operation.put?.bytes ?? 0) : WAL_ENTRY_BYTES;
}
