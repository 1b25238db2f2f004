/** node-problem-detector on this node, where the Node's annotation `wavetank.dev/problems` says that it runs: the conditions KernelDeadlock and
 *  ReadonlyFilesystem, and any other that the annotation names. The annotation lists what is wrong ('KernelDeadlock,NTPProblem'; empty: nothing); a condition
 *  changes at the detector's next second, with a Warning Event about the Node. Mirrors node-problem-detector v0.8 config/kernel-monitor.json,
 *  pkg/exporters/k8sexporter and condition/manager.go (updatePeriod 1 s). Left out: its heartbeat every 5 minutes, temporary problems. */

import { type Event, type Node, rfc3339 } from '#api';
import { type Context, SECOND } from '#sim';
import type { NodeAgent } from './agent.ts';

export const PROBLEMS_ANNOTATION = 'wavetank.dev/problems';

interface Wording {
  readonly fine: readonly [reason: string, message: string];
  readonly wrong: readonly [reason: string, message: string];
}

const KERNEL_MONITOR: Readonly<Record<string, Wording>> = {
  KernelDeadlock: {
    fine: ['KernelHasNoDeadlock', 'kernel has no deadlock'],
    wrong: ['DockerHung', 'INFO: task docker:1234 blocked for more than 120 seconds.'],
  },
  ReadonlyFilesystem: {
    fine: ['FilesystemIsNotReadOnly', 'Filesystem is not read-only'],
    wrong: ['FilesystemIsReadOnly', 'EXT4-fs error: Remounting filesystem read-only'],
  },
};

const wordingOf = (type: string): Wording =>
  KERNEL_MONITOR[type] ?? { fine: [`No${type}`, `${type} is not seen`], wrong: [type, `${type} is seen`] };

const CONDITION_TYPE = /^[A-Za-z][A-Za-z0-9.\-_]{0,314}$/;

export class NodeProblems {
  private readonly agent: NodeAgent;
  private told = '';
  private wanted: string | undefined;
  private armed = false;
  /** Conditions that are set, and whether something is wrong, since when. */
  private readonly known = new Map<string, { readonly wrong: boolean; readonly since: string }>();
  private events = 0;

  constructor(agent: NodeAgent) {
    this.agent = agent;
  }

  /** The Node as the watch shows it. */
  seen({ metadata }: Node, ctx: Context): void {
    const written = metadata?.annotations?.[PROBLEMS_ANNOTATION];
    if (written === undefined && this.wanted === undefined) return;
    this.wanted = written ?? '';
    if (this.armed || (this.known.size > 0 && this.wanted === this.told)) return;
    this.armed = true;
    this.agent.after(ctx, SECOND, 'problems');
  }

  look(ctx: Context): void {
    this.armed = false;
    this.told = this.wanted ?? '';
    const wrong = new Set(this.told.split(',').flatMap((name) => (CONDITION_TYPE.test(name.trim()) ? [name.trim()] : [])));
    const now = rfc3339(ctx.clock());
    const conditions: object[] = [];
    for (const type of new Set([...Object.keys(KERNEL_MONITOR), ...this.known.keys(), ...wrong])) {
      const before = this.known.get(type);
      const is = wrong.has(type);
      if (before?.wrong === is) continue;
      this.known.set(type, { wrong: is, since: now });
      const [reason, message] = wordingOf(type)[is ? 'wrong' : 'fine'];
      conditions.push({ type, status: is ? 'True' : 'False', reason, message, lastHeartbeatTime: now, lastTransitionTime: now });
      if (is || before !== undefined) this.event(is ? 'Warning' : 'Normal', type, is, reason, message, ctx);
    }
    if (conditions.length > 0) this.patch(conditions, ctx);
  }

  private patch(conditions: readonly object[], ctx: Context): void {
    const { client, config, egress } = this.agent;
    const spec = { verb: 'patch', resource: 'nodes', subresource: 'status', name: config.nodeName, patchType: 'strategic' } as const;
    client.request(ctx, { ...spec, body: { status: { conditions } }, discardBody: true }, EVENT, egress);
  }

  private event(type: 'Normal' | 'Warning', condition: string, is: boolean, reason: string, message: string, ctx: Context): void {
    const { client, config, egress, events } = this.agent;
    const now = rfc3339(ctx.clock());
    const text = `Node condition ${condition} is now: ${is ? 'True' : 'False'}, reason: ${reason}, message: ${JSON.stringify(message)}`;
    const body: Event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${config.nodeName}.${ctx.clock().toString(16)}${++this.events % 16}`, namespace: 'default' },
      involvedObject: { kind: 'Node', name: config.nodeName, uid: config.nodeName },
      reason,
      message: text,
      type,
      source: { component: 'kernel-monitor', host: config.nodeName },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
    } as Event;
    client.request(ctx, { verb: 'create', resource: 'events', namespace: 'default', body, discardBody: true }, EVENT, egress, events);
  }
}

const EVENT = { of: 'event' } as const;
