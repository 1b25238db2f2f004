/** Queues of one priority level: a flow is dealt a hand of them and joins the shortest; seats go to the queue that had the least work done so far.
 *  Mirrors apiserver v1.34 pkg/util/flowcontrol/fairqueuing/queueset with start-time fair queueing for its virtual clock. */

import { type Duration, hashText, type Instant, MILLISECOND } from '#sim';

/** What a request is thought to take until it has (upstream: 3 ms). */
const EXPECTED: Duration = 3 * MILLISECOND;

/** One who waits for seats. */
export interface Waiting {
  readonly seats: number;
  readonly since: Instant;
}

class Queue<W extends Waiting> {
  readonly waiting: W[] = [];
  /** Seat-time handed out so far, on the level's virtual clock. */
  virtualStart = 0;
  executing = 0;
}

export class FairQueues<W extends Waiting> {
  private readonly queues: readonly Queue<W>[];
  private readonly handSize: number;
  private readonly lengthLimit: number;
  private virtualNow = 0;
  length = 0;
  /** Seats that those in the queues ask for. */
  seatsAsked = 0;

  constructor(queues: number, handSize: number, lengthLimit: number) {
    this.queues = Array.from({ length: queues }, () => new Queue<W>());
    this.handSize = handSize;
    this.lengthLimit = lengthLimit;
  }

  /** shufflesharding.Dealer: the flow's hash picks `handSize` different queues. */
  private hand(flow: string): number[] {
    const picked: number[] = [];
    let hash = hashText(flow) >>> 0;
    for (let i = 0; i < this.handSize; i++) {
      const left = this.queues.length - i;
      let card = hash % left;
      hash = Math.imul(hash ^ (hash >>> 13), 0x85ebca6b) >>> 0;
      for (const taken of [...picked].sort((a, b) => a - b)) if (card >= taken) card++;
      picked.push(card);
    }
    return picked;
  }

  /** Joins the shortest queue of the flow's hand; false when that is full. */
  join(flow: string, one: W): boolean {
    let best: Queue<W> | undefined;
    for (const card of this.hand(flow)) {
      const queue = this.queues[card] as Queue<W>;
      if (best === undefined || queue.waiting.length + queue.executing < best.waiting.length + best.executing) best = queue;
    }
    if (best === undefined || best.waiting.length >= this.lengthLimit) return false;
    if (best.waiting.length === 0 && best.executing === 0) best.virtualStart = Math.max(best.virtualStart, this.virtualNow);
    best.waiting.push(one);
    this.length++;
    this.seatsAsked += one.seats;
    return true;
  }

  /** The next in turn, if `fits` says that there are seats for it. */
  next(fits: (one: W) => boolean): { readonly one: W; readonly queue: number } | undefined {
    let best = -1;
    for (let i = 0; i < this.queues.length; i++) {
      const queue = this.queues[i] as Queue<W>;
      if (queue.waiting.length > 0 && (best < 0 || queue.virtualStart < (this.queues[best] as Queue<W>).virtualStart)) best = i;
    }
    if (best < 0) return undefined;
    const queue = this.queues[best] as Queue<W>;
    const one = queue.waiting[0] as W;
    if (!fits(one)) return undefined;
    queue.waiting.shift();
    this.length--;
    this.seatsAsked -= one.seats;
    this.virtualNow = queue.virtualStart;
    queue.virtualStart += one.seats * EXPECTED;
    queue.executing++;
    return { one, queue: best };
  }

  /** A request of `queue` is done: what it took replaces what was expected. */
  done(queue: number, seats: number, took: Duration): void {
    const of = this.queues[queue];
    if (of === undefined) return;
    of.executing--;
    of.virtualStart += seats * (took - EXPECTED);
  }

  /** Takes out those who have waited since before `since`. */
  expire(since: Instant): W[] {
    const late: W[] = [];
    for (const { waiting } of this.queues) {
      while (waiting.length > 0 && (waiting[0] as W).since < since) {
        const one = waiting.shift() as W;
        this.length--;
        this.seatsAsked -= one.seats;
        late.push(one);
      }
    }
    return late;
  }
}
