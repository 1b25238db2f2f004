/** A Raft group of etcd servers without hosts: messages arrive at once, disks are instantaneous. Calls go round the members, each write through the
 *  group's log, each read after its index is confirmed; a watch stream lives on one member. For conformance runs. */

import type { Subject } from './conformance.ts';
import { DurableLog } from './raft/log.ts';
import { NONE, type RaftMessage } from './raft/message.ts';
import { Raft, type Ready } from './raft/raft.ts';
import { type EtcdCall, EtcdServer, isWatch, isWrite, type Write } from './server.ts';
import type { StreamMessage } from './watch-service.ts';
import type { Outcome, Wire } from './wire.ts';

interface LoggedWrite {
  readonly number: number;
  readonly call: Write;
  readonly request: Wire;
}

interface GroupMember {
  readonly id: number;
  readonly durable: DurableLog;
  raft: Raft;
  server: EtcdServer;
  /** Reads whose index is confirmed and applied. */
  readonly confirmed: Set<string>;
}

export class ServerGroup implements Subject {
  private readonly members: GroupMember[];
  private readonly ids: readonly number[];
  private readonly firstTerm: number;
  /** What each member answered to the writes that are applied. */
  private readonly outcomes = new Map<string, Outcome>();
  private queue: RaftMessage[] = [];
  private calls = 0;

  constructor(members: number) {
    this.ids = Array.from({ length: members }, (_, id) => id);
    this.members = this.ids.map((id): GroupMember => {
      const durable = new DurableLog(this.ids);
      return { id, durable, raft: this.raft(id, durable), server: new EtcdServer(), confirmed: new Set() };
    });
    this.elect();
    this.firstTerm = this.leader.raft.term;
  }

  get term(): number {
    return 2 + this.leader.raft.term - this.firstTerm;
  }

  execute(call: EtcdCall, request: Wire): Outcome {
    this.calls += 1;
    if (isWatch(call)) return this.member(request['stream'] as number).server.watch(call, request);
    const member = this.member(this.calls);
    const err = member.server.check(call, request);
    if (err !== undefined) return { err };
    if (isWrite(call)) return this.write(member, call, request);
    const context = `read-${this.calls}`;
    member.raft.readIndex(context);
    this.settle();
    if (!member.confirmed.delete(context)) throw new Error(`member ${member.id} got no index for its read`);
    return member.server.read(call, request);
  }

  expireLease(id: number): Outcome {
    return this.write(this.leader, 'lease_revoke', { ID: id });
  }

  /** Each member keeps its log alone, and replays it. */
  killRestart(): void {
    this.queue = [];
    for (const member of this.members) {
      member.server = new EtcdServer();
      member.raft = this.raft(member.id, member.durable);
    }
    this.elect();
    this.takeWatchMessages();
  }

  takeWatchMessages(): StreamMessage[] {
    const messages = this.members.flatMap(({ server }) => server.takeWatchMessages());
    return messages.sort((a, b) => a.stream - b.stream);
  }

  private member(number: number): GroupMember {
    return this.members[number % this.members.length] as GroupMember;
  }

  private get leader(): GroupMember {
    const leaders = this.members.filter(({ raft }) => raft.isLeader);
    if (leaders.length !== 1) throw new Error(`${leaders.length} of ${this.members.length} members lead`);
    return leaders[0] as GroupMember;
  }

  private write(member: GroupMember, call: Write, request: Wire): Outcome {
    const write: LoggedWrite = { number: this.calls, call, request };
    if (!member.raft.propose(write, 0)) throw new Error(`member ${member.id} knows no leader`);
    this.settle();
    const outcome = this.outcomes.get(`${member.id}/${write.number}`);
    this.outcomes.clear();
    if (outcome === undefined) throw new Error(`member ${member.id} did not apply its write`);
    return outcome;
  }

  /** Time passes until one leads and all follow it. */
  private elect(): void {
    for (let ticks = 0; ticks < 100; ticks += 1) {
      for (const { raft } of this.members) raft.tick();
      this.settle();
      const { leader } = (this.members[0] as GroupMember).raft;
      if (leader !== NONE && this.members.every(({ raft }) => raft.leader === leader && raft.log.applied === raft.log.lastIndex)) return;
    }
    throw new Error('no leader after 100 ticks');
  }

  private raft(id: number, durable: DurableLog): Raft {
    // Members run out of patience one after another, so that the first election succeeds and raises the term by one.
    return new Raft({ id, electionTicks: 10, heartbeatTicks: 1, jitter: () => id }, durable);
  }

  private settle(): void {
    for (let busy = true; busy; ) {
      busy = false;
      for (const member of this.members) {
        for (let ready = member.raft.ready(); ready !== undefined; ready = member.raft.ready()) {
          busy = true;
          this.work(member, ready);
        }
      }
      const messages = this.queue;
      this.queue = [];
      for (const message of messages) this.member(message.to).raft.step(message);
      // What followers learn with the next heartbeat they may as well learn now.
      if (!busy && this.members.some(({ raft }) => raft.log.applied < this.furthest())) {
        for (const { raft } of this.members) if (raft.isLeader) raft.tick();
        busy = true;
      }
    }
  }

  private furthest(): number {
    return Math.max(...this.members.map(({ raft }) => raft.log.applied));
  }

  private work(member: GroupMember, ready: Ready): void {
    member.durable.save(ready);
    for (const { data } of ready.committed) {
      if (data === undefined) continue;
      const { number, call, request } = data as LoggedWrite;
      this.outcomes.set(`${member.id}/${number}`, member.server.apply(call, request));
    }
    for (const { context } of ready.reads) member.confirmed.add(context);
    this.queue.push(...ready.messages);
    member.raft.advance(ready);
  }
}
