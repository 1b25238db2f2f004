/** What clients of a Service and the nodes of its endpoints say to each other: the requests of a short span of time to one node as one message, and what
 *  became of them as another. A message a request would cost a hundred times as much and tell nothing more. */

import type { Duration, Message } from '#sim';
import { messageKind } from '#sim';

/** Requests to one pod. */
export interface TrafficCall {
  /** The pod's address. */
  readonly address: string;
  readonly count: number;
}

/** Requests to the pods of one node, come evenly over `span`. */
export interface TrafficBatch extends Message {
  readonly kind: 'TrafficBatch';
  /** The sender's own; it returns in the answer. */
  readonly id: number;
  readonly span: Duration;
  readonly calls: readonly TrafficCall[];
}

export const isTrafficBatch = (message: Message): message is TrafficBatch => message.kind === 'TrafficBatch';

/** So many requests took so long. */
export type Latency = readonly [duration: Duration, count: number];

/** What became of a call. */
export interface TrafficOutcome {
  /** Nobody listened. */
  readonly refused: number;
  readonly answered: readonly Latency[];
}

/** `outcomes[i]` is of the batch's `calls[i]`. */
export interface TrafficAnswer extends Message {
  readonly kind: 'TrafficAnswer';
  readonly id: number;
  readonly outcomes: readonly TrafficOutcome[];
}

messageKind<TrafficBatch>({
  kind: 'TrafficBatch',
  digest({ id, calls }, hasher) {
    hasher.int(id);
    for (const { address, count } of calls) {
      hasher.string(address);
      hasher.int(count);
    }
  },
});

messageKind<TrafficAnswer>({
  kind: 'TrafficAnswer',
  digest({ id, outcomes }, hasher) {
    hasher.int(id);
    for (const { refused, answered } of outcomes) {
      hasher.int(refused);
      for (const [duration, count] of answered) hasher.number(duration * 4096 + count);
    }
  },
});
