/** Raft members on a network of the test's making: messages wait in a queue until the test delivers, drops or isolates. */
import { DurableLog, type Entry, Raft, type RaftMessage } from '#etcd';

export interface Member {
  readonly id: number;
  raft: Raft;
  readonly durable: DurableLog;
  /** What its state machine has applied, in order. */
  applied: string[];
  reads: string[];
  down: boolean;
}

export class RaftCluster {
  readonly members = new Map<number, Member>();
  readonly isolated = new Set<number>();
  queue: RaftMessage[] = [];
  private readonly jitter: (id: number) => number;

  constructor(ids: readonly number[], jitter: (id: number) => number = () => 0) {
    this.jitter = jitter;
    for (const id of ids) this.add(id, ids);
  }

  add(id: number, voters: readonly number[]): void {
    const durable = new DurableLog(voters);
    this.members.set(id, { id, durable, raft: this.raft(id, durable), applied: [], reads: [], down: false });
  }

  get(id: number): Member {
    const member = this.members.get(id);
    if (member === undefined) throw new Error(`no member ${id}`);
    return member;
  }

  crash(id: number): void {
    this.get(id).down = true;
  }

  restart(id: number): void {
    const member = this.get(id);
    member.down = false;
    const { snapshot } = member.durable;
    member.applied = [...((snapshot.data as string[] | undefined) ?? [])];
    member.raft = this.raft(id, member.durable);
  }

  /** Does what each member's ready asks for, until none asks; messages join the queue. */
  settle(id?: number): void {
    for (const member of this.members.values()) {
      if (member.down || (id !== undefined && id !== member.id)) continue;
      for (let ready = member.raft.ready(); ready !== undefined; ready = member.raft.ready()) {
        member.durable.save(ready);
        if (ready.snapshot !== undefined) member.applied = [...(ready.snapshot.data as string[])];
        for (const entry of ready.committed) this.apply(member, entry);
        for (const read of ready.reads) member.reads.push(`${read.context}@${read.index}`);
        this.queue.push(...ready.messages);
        member.raft.advance(ready);
      }
    }
  }

  /** Delivers the message at a position of the queue, or loses it when an end is isolated or down. */
  deliver(at = 0): RaftMessage | undefined {
    const message = this.queue.splice(at, 1)[0];
    if (message === undefined) return undefined;
    const to = this.members.get(message.to);
    if (to === undefined || to.down || this.isolated.has(message.to) || this.isolated.has(message.from)) return message;
    to.raft.step(message);
    this.settle(message.to);
    return message;
  }

  /** Takes a snapshot of what a member has applied, and forgets its log up to there. */
  compact(id: number): void {
    const { durable, raft, applied } = this.get(id);
    const index = raft.log.applied;
    durable.compact({ index, term: raft.log.term(index) as number, voters: [...raft.voters], data: [...applied], bytes: 0 }, index);
  }

  private apply(member: Member, entry: Entry): void {
    if (entry.change !== undefined) member.raft.applyChange(entry.change);
    else if (entry.data !== undefined) member.applied.push(entry.data as string);
  }

  private raft(id: number, durable: DurableLog): Raft {
    return new Raft({ id, electionTicks: 10, heartbeatTicks: 1, jitter: () => this.jitter(id) }, durable);
  }
}
