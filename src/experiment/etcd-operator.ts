/** An operator with etcdctl: sends a scenario's maintenance calls to etcd members when they are due, and notes on the time axis what became of them. */

import type { EtcdOperation, EtcdRequest, EtcdResponse, RestoreSnapshot } from '#etcd';
import type { EtcdctlPlan, TopologyEtcdMember } from '#scenario';
import { type Context, type Host, type HostId, type Instant, type Message, messageKind } from '#sim';

export interface EtcdOperatorConfig {
  readonly commands: readonly EtcdctlPlan[];
  readonly members: readonly TopologyEtcdMember[];
}

interface OperatorDue extends Message {
  readonly kind: 'EtcdOperatorDue';
  readonly command: number;
}
messageKind<OperatorDue>({
  kind: 'EtcdOperatorDue',
  digest(m, hasher) {
    hasher.int(m.command);
  },
});

interface Asked {
  readonly plan: EtcdctlPlan;
  readonly member: TopologyEtcdMember;
  /** Only found out where things stand; what was meant comes next. */
  readonly isQuestion: boolean;
  readonly at: Instant;
}

export class EtcdOperator implements Host {
  readonly #config: EtcdOperatorConfig;
  readonly #asked = new Map<number, Asked>();
  /** The last snapshot of each cluster, kept apart from its machines. */
  readonly #saved = new Map<string, RestoreSnapshot>();
  #requests = 0;

  constructor(config: EtcdOperatorConfig) {
    this.#config = config;
  }

  start(ctx: Context): void {
    this.#config.commands.forEach(({ at }, command) => {
      ctx.after(Math.max(0, at - ctx.now), { kind: 'EtcdOperatorDue', command } as OperatorDue);
    });
  }

  receive(message: Message, ctx: Context): void {
    if (message.kind === 'EtcdOperatorDue') {
      const plan = this.#config.commands[(message as OperatorDue).command] as EtcdctlPlan;
      if (plan.every !== undefined) ctx.after(plan.every, message);
      this.#begin(plan, ctx);
    } else if (message.kind === 'EtcdResponse') this.#answered(message as EtcdResponse, ctx);
  }

  #begin(plan: EtcdctlPlan, ctx: Context): void {
    const members = this.#members(plan);
    const one = members[plan.member ?? 0] as TopologyEtcdMember;
    switch (plan.command) {
      case 'defragment':
        // One after the other would be kinder; etcdctl defrag --cluster does so too, but waits: here all are asked at once.
        for (const member of plan.member === undefined ? members : [one]) this.#ask(plan, member, { op: 'defragment' }, false, ctx);
        return;
      case 'restore':
        return this.#restore(plan, plan.member === undefined ? members : [one], ctx);
      case 'disarm':
        return this.#ask(plan, one, { op: 'alarm', action: 'deactivate' }, false, ctx);
      case 'snapshot':
        return this.#ask(plan, one, { op: 'snapshot' }, false, ctx);
      case 'status':
        return this.#ask(plan, one, { op: 'status' }, false, ctx);
      case 'compact':
      case 'moveLeader':
        // The present revision, or the present leader, is asked for first.
        return this.#ask(plan, one, { op: 'status' }, true, ctx);
    }
  }

  #answered(response: EtcdResponse, ctx: Context): void {
    const asked = this.#asked.get(response.id);
    if (asked === undefined) return;
    this.#asked.delete(response.id);
    const { plan, member, isQuestion } = asked;
    if (isQuestion && response.error === undefined) return this.#follow(plan, member, response, ctx);
    const { snapshot, revision } = response;
    if (snapshot !== undefined)
      this.#saved.set(plan.cluster, { kind: 'EtcdRestoreSnapshot', ...snapshot, revision, savedAt: asked.at } as RestoreSnapshot);
    // Backups come again and again: only what goes wrong is worth a mark.
    if (plan.every !== undefined && response.error === undefined) return;
    const name = `etcdctl ${plan.command}`;
    ctx.record.mark(name, `member ${member.index}: ${response.error?.message ?? told(response)}`);
  }

  #follow(plan: EtcdctlPlan, member: TopologyEtcdMember, { revision, status }: EtcdResponse, ctx: Context): void {
    if (plan.command === 'compact') return this.#ask(plan, member, { op: 'compact', revision }, false, ctx);
    const members = this.#members(plan);
    const leader = members.findIndex(({ id }) => id === status?.leader);
    const to = members[plan.member ?? (leader + 1) % members.length];
    const from = members[leader];
    if (from !== undefined && to !== undefined) this.#ask(plan, from, { op: 'moveLeader', to: to.id }, false, ctx);
    else ctx.record.mark('etcdctl moveLeader', 'nobody leads');
  }

  #restore({ cluster }: EtcdctlPlan, members: readonly TopologyEtcdMember[], ctx: Context): void {
    const saved = this.#saved.get(cluster);
    if (saved === undefined) return ctx.record.mark('etcdctl restore', 'no snapshot was saved');
    ctx.record.mark('etcdctl restore', `${Math.round(saved.bytes / 1024)} KiB at revision ${saved.revision}`);
    for (const member of members) ctx.send(member.id, saved);
  }

  #ask(plan: EtcdctlPlan, member: TopologyEtcdMember, operation: EtcdOperation, isQuestion: boolean, ctx: Context): void {
    this.#requests += 1;
    this.#asked.set(this.#requests, { plan, member, isQuestion, at: ctx.now });
    const to: HostId = member.id;
    ctx.send(to, { kind: 'EtcdRequest', id: this.#requests, operation } as EtcdRequest);
  }

  #members({ cluster }: EtcdctlPlan): readonly TopologyEtcdMember[] {
    return this.#config.members.filter((member) => member.cluster === cluster);
  }
}

function told({ revision, status, snapshot, alarms }: EtcdResponse): string {
  if (snapshot !== undefined) return `${Math.round(snapshot.bytes / 1024)} KiB at revision ${revision}`;
  if (status !== undefined)
    return `${Math.round(status.dbSize / 1024)} KiB, ${Math.round(status.dbSizeInUse / 1024)} in use, term ${status.raftTerm}`;
  if (alarms !== undefined) return alarms.length === 0 ? 'no alarm was raised' : `disarmed ${alarms.map(({ alarm }) => alarm).join(', ')}`;
  return `done at revision ${revision}`;
}
