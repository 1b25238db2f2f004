/** Listens on every wire of a run in this thread: whoever judges sees each message before its host has it, and the host after. The run does not notice. */

import type { Context, CreateHost, Host, HostId, HostSpec, Message } from '#sim';
import type { Violation } from '../invariants/index.ts';
import { CommitLog } from './commit-log.ts';
import { EtcdWatchJudge } from './etcd-watches.ts';
import { ExpiredWatches } from './expired-watches.ts';
import { FinalizerJudge } from './finalizers.ts';
import { LeaseJudge } from './leases.ts';
import { ListJudge } from './lists.ts';
import { RaftJudge } from './raft.ts';
import { RaftLogJudge } from './raft-logs.ts';
import { ReadJudge } from './reads.ts';
import { ReplayJudge } from './replay.ts';
import { UpdateJudge } from './updates.ts';
import { WatchJudge } from './watches.ts';
import { WriteJudge } from './writes.ts';

/** How a judge says what it found. */
export type Tell = (id: string, at: number, message: string) => void;

/** Sees each message as it arrives. `host`: whose it is; after `receive` it has worked on it. */
export interface Judge {
  before?(message: Message, ctx: Context): void;
  after?(message: Message, host: Host, ctx: Context): void;
  started?(host: Host, ctx: Context): void;
}

/** What is judged on the wires, by id. */
export const WIRE_INVARIANTS: Readonly<Record<string, string>> = {
  R1: 'a term has one leader',
  R2: 'a leader only appends to its log',
  R3: 'logs that have an entry in common agree in all before it',
  R4: 'a leader commits entries of earlier terms only with one of its own',
  R5: 'members that have applied as much have the same store',
  R6: 'what a member acknowledges is on its disk, and stays there over a crash',
  R7: 'votes, terms and what is applied are on disk before anybody hears of them, and never go back',
  R8: 'revisions only grow',
  R9: "a lease of etcd ends by its leader's clock",
  L1: 'a read sees what was acknowledged before it was asked',
  L2: 'what is read of etcd at a revision is what was committed up to it',
  W2: 'a watch of etcd tells of nothing twice',
  W4: 'a watch of etcd leaves nothing out',
  W6: 'progress is told behind the events before it',
  A1: 'what a server says that it has stored is stored',
  A2: 'of the updates that begin from one version one succeeds',
  A3: 'a watch never goes back and leaves nothing out',
  A4: 'a bookmark says no more than was sent, and no more than there is',
  A6: 'a list is as new as was asked for, and not newer than what there is',
  A9: 'a deletion takes no finalizer off',
};

/** As many of one kind as say what it is about. */
const MOST_OF_ONE = 5;

export class Tap {
  readonly violations: Violation[] = [];
  readonly expired = new ExpiredWatches();
  readonly #counts = new Map<string, number>();
  readonly #judges: readonly Judge[];

  constructor() {
    const tell: Tell = (id, at, message) => {
      const count = (this.#counts.get(id) ?? 0) + 1;
      this.#counts.set(id, count);
      if (count <= MOST_OF_ONE) this.violations.push({ id, at, message });
    };
    const log = new CommitLog();
    // The log first: others compare with it.
    this.#judges = [
      new RaftJudge(tell),
      new RaftLogJudge(tell),
      log,
      new ReadJudge(tell),
      new ReplayJudge(log, tell),
      new EtcdWatchJudge(log, tell),
      new WatchJudge(log, tell),
      new UpdateJudge(tell),
      new ListJudge(log, tell),
      new LeaseJudge(tell),
      new WriteJudge(log, tell),
      new FinalizerJudge(log, tell),
      this.expired,
    ];
  }

  /** Hosts that are listened to. */
  over(createHost: CreateHost): CreateHost {
    return (spec: HostSpec, id: HostId, previous?: Host) =>
      new TappedHost(createHost(spec, id, previous instanceof TappedHost ? previous.host : previous), this.#judges);
  }
}

class TappedHost implements Host {
  readonly host: Host;
  readonly #judges: readonly Judge[];

  constructor(host: Host, judges: readonly Judge[]) {
    this.host = host;
    this.#judges = judges;
  }

  start(ctx: Context): void {
    this.host.start?.(ctx);
    for (const judge of this.#judges) judge.started?.(this.host, ctx);
  }

  receive(message: Message, ctx: Context): void {
    for (const judge of this.#judges) judge.before?.(message, ctx);
    this.host.receive(message, ctx);
    for (const judge of this.#judges) judge.after?.(message, this.host, ctx);
  }

  holds(role: string): boolean {
    return this.host.holds?.(role) === true;
  }
}
