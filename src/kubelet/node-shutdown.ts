/** Graceful node shutdown: the machine is told to power off, the kubelet holds it back while pods end, group by group, the lowest priorities first. Mirrors
 *  v1.34 pkg/kubelet/nodeshutdown (KEP-2000, KEP-2712): without shutdownGracePeriodByPodPriority there are two groups, critical pods last. It begins when the
 *  Node is annotated `wavetank.dev/shutdown` (the simulation's `systemctl poweroff`); without any grace period, Kubernetes' default, the machine just goes. */

import { type Context, type Instant, SECOND } from '#sim';
import type { NodeAgent } from './agent.ts';
import type { KubeletSettings, ShutdownGroup } from './config.ts';
import type { Heartbeats } from './heartbeats.ts';
import { isCritical } from './node-memory.ts';
import { endPod } from './pod-termination.ts';
import type { PodWorker } from './pod-worker.ts';

export const SHUTDOWN_ANNOTATION = 'wavetank.dev/shutdown';
const MESSAGE = 'Pod was terminated in response to imminent node shutdown.';
/** How often it looks whether its pods have ended. */
const LOOK = SECOND;
/** scheduling.SystemCriticalPriority; static pods count as critical. */
const CRITICAL = 2_000_000_000;
const DEFAULT_PRIORITY = 0;

/** In ascending order of priority (migrateConfig). */
function groupsOf(settings: KubeletSettings): readonly ShutdownGroup[] {
  const {
    shutdownGracePeriodSeconds: total,
    shutdownGracePeriodCriticalPodsSeconds: critical,
    shutdownGracePeriodByPodPriority,
  } = settings;
  if (shutdownGracePeriodByPodPriority.length > 0) return [...shutdownGracePeriodByPodPriority].sort((a, b) => a.priority - b.priority);
  if (total <= 0) return [];
  return [
    { priority: DEFAULT_PRIORITY, seconds: total - critical },
    { priority: CRITICAL, seconds: critical },
  ];
}

export class NodeShutdown {
  private readonly agent: NodeAgent;
  private readonly heartbeats: Heartbeats;
  private readonly groups: readonly ShutdownGroup[];
  private group = -1;
  private until: Instant = 0;
  /** The machine is off: the kubelet hears and does nothing. */
  off = false;

  constructor(agent: NodeAgent, heartbeats: Heartbeats) {
    this.agent = agent;
    this.heartbeats = heartbeats;
    this.groups = groupsOf(agent.settings);
  }

  begin(ctx: Context): void {
    if (this.group >= 0 || this.off) return;
    ctx.record.mark('node shutdown', this.agent.config.nodeName);
    if (this.groups.length === 0) {
      this.off = true;
      return;
    }
    this.agent.shuttingDown = true;
    this.heartbeats.shuttingDown(ctx);
    this.end(0, ctx);
  }

  private end(group: number, ctx: Context): void {
    this.group = group;
    const { seconds } = this.groups[group] as ShutdownGroup;
    this.until = ctx.now + seconds * SECOND;
    for (const worker of [...this.agent.workers.values()]) {
      if (this.groupOf(worker) !== group || worker.stage === 'terminated') continue;
      worker.disrupted = true;
      const grace = Math.min(worker.spec.terminationGracePeriodSeconds ?? seconds, seconds);
      endPod(this.agent, worker, grace, { phase: 'Failed', reason: 'Terminated', message: MESSAGE }, ctx);
    }
    this.look(ctx);
  }

  /** groupByPriority: the last group whose priority is not above the pod's; the lowest takes those below all. */
  private groupOf(worker: PodWorker): number {
    const priority = isCritical(worker) ? Math.max(CRITICAL, worker.spec.priority ?? 0) : (worker.spec.priority ?? DEFAULT_PRIORITY);
    let found = 0;
    for (let at = 1; at < this.groups.length; at++) if ((this.groups[at] as ShutdownGroup).priority <= priority) found = at;
    return found;
  }

  /** The next group begins when this one has ended, or its time is up. */
  look(ctx: Context): void {
    let busy = false;
    for (const worker of this.agent.workers.values()) {
      if (this.groupOf(worker) === this.group && (worker.stage !== 'terminated' || worker.statusInFlight)) busy = true;
    }
    if (busy && ctx.now < this.until) this.agent.after(ctx, LOOK, 'shutdown');
    else if (this.group + 1 < this.groups.length) this.end(this.group + 1, ctx);
    else this.off = true;
  }
}
