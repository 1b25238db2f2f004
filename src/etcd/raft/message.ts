/** What Raft members say to each other and keep: entries, messages, hard state, snapshots (raftpb of go.etcd.io/raft v3.6).
 *  A member's id is the id of its host. */

import { type HostId, type Message, messageKind } from '#sim';

/** No member. */
export const NONE: HostId = -1;

/** Adds or removes one member. */
export interface MembershipChange {
  /** A voter; a learner becomes one. */
  readonly add?: HostId;
  readonly learner?: HostId;
  readonly remove?: HostId;
}

export interface Entry {
  readonly term: number;
  readonly index: number;
  /** What the state machine applies; absent for a new leader's empty entry. */
  readonly data: unknown;
  readonly bytes: number;
  readonly change?: MembershipChange;
}

/** What must be durable before a member speaks. */
export interface HardState {
  readonly term: number;
  readonly vote: HostId;
  readonly commit: number;
}

export interface Snapshot {
  readonly index: number;
  readonly term: number;
  readonly voters: readonly HostId[];
  /** Absent: none. */
  readonly learners?: readonly HostId[];
  readonly data: unknown;
  readonly bytes: number;
}

export type RaftMessageType =
  | 'Prop'
  | 'App'
  | 'AppResp'
  | 'Vote'
  | 'VoteResp'
  | 'PreVote'
  | 'PreVoteResp'
  | 'Heartbeat'
  | 'HeartbeatResp'
  | 'Snap'
  | 'TransferLeader'
  | 'TimeoutNow'
  | 'ReadIndex'
  | 'ReadIndexResp';

export interface RaftMessage extends Message {
  readonly kind: 'RaftMessage';
  readonly type: RaftMessageType;
  readonly from: HostId;
  readonly to: HostId;
  readonly term: number;
  readonly logTerm: number;
  readonly index: number;
  readonly commit: number;
  readonly entries: readonly Entry[];
  readonly reject: boolean;
  readonly rejectHint: number;
  /** A read's number; on votes whether a transfer forces them. */
  readonly context: string;
  readonly snapshot: Snapshot | undefined;
}

messageKind<RaftMessage>({
  kind: 'RaftMessage',
  digest(m, hasher) {
    hasher.string(m.type);
    hasher.int(m.term);
    hasher.int(m.index);
    hasher.int(m.logTerm);
    hasher.int(m.commit);
    hasher.int(m.entries.length);
    hasher.int(m.reject ? m.rejectHint + 1 : 0);
    hasher.string(m.context);
  },
});

/** A linearizable read may be served once the state machine has applied `index`. */
export interface ReadState {
  readonly context: string;
  readonly index: number;
}
