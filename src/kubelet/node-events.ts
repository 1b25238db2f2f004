/** Events about the Node itself: what the kubelet's status setters and the eviction manager write. They go the way of pods' Events and are counted up like
 *  them. Mirrors v1.34 pkg/kubelet/nodestatus/setters.go (recordNodeStatusEvent) and client-go tools/record. */

import { type Event, rfc3339 } from '#api';
import { TokenBucket } from '#client';
import type { Context } from '#sim';
import type { NodeAgent } from './agent.ts';
import type { WrittenEvent } from './pod-worker.ts';

const SPAM_BURST = 25;
const SPAM_QPS = 1 / 300;
const NAMESPACE = 'default';
const EVENT = { of: 'event' } as const;

export class NodeEvents {
  private readonly agent: NodeAgent;
  private readonly written = new Map<string, WrittenEvent>();
  private readonly spam = new TokenBucket(SPAM_QPS, SPAM_BURST);

  constructor(agent: NodeAgent) {
    this.agent = agent;
  }

  write(type: 'Normal' | 'Warning', reason: string, message: string, ctx: Context): void {
    const { agent } = this;
    const { events } = agent.settings;
    if (events === 'none' || (events === 'warnings' && type === 'Normal') || !this.spam.tryTake(ctx.now)) return;
    const key = `${reason}/${message}`;
    const known = this.written.get(key);
    if (known === undefined) {
      this.written.set(key, { name: this.create(type, reason, message, ctx), count: 1 });
      return;
    }
    known.count += 1;
    const body = { count: known.count, lastTimestamp: rfc3339(ctx.clock()) };
    const spec = { verb: 'patch', resource: 'events', namespace: NAMESPACE, name: known.name, body, patchType: 'strategic' } as const;
    agent.client.request(ctx, { ...spec, discardBody: true }, EVENT, agent.egress, agent.events);
  }

  private create(type: 'Normal' | 'Warning', reason: string, message: string, ctx: Context): string {
    const { agent } = this;
    const { nodeName } = agent.config;
    const time = rfc3339(ctx.clock());
    agent.eventSequence = (agent.eventSequence + 1) % 4096;
    const name = `${nodeName}.${ctx.clock().toString(16)}${(agent.eventSequence + 4096).toString(16).slice(1)}`;
    const body: Event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace: NAMESPACE },
      // The kubelet names itself by its node's name, not by its uid.
      involvedObject: { kind: 'Node', name: nodeName, uid: nodeName },
      reason,
      message,
      source: agent.eventSource,
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
      type,
      reportingComponent: 'kubelet',
      reportingInstance: nodeName,
    };
    const spec = { verb: 'create', resource: 'events', namespace: NAMESPACE, body, discardBody: true } as const;
    agent.client.request(ctx, spec, EVENT, agent.egress, agent.events);
    return name;
  }
}
