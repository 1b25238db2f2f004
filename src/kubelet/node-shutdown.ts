/** Graceful node shutdown: the machine is told to power off, the kubelet holds it back while pods end, critical ones last. Mirrors v1.34
 *  pkg/kubelet/nodeshutdown (KEP-2000). It begins when the Node is annotated `wavetank.dev/shutdown` (the simulation's `systemctl poweroff`); with
 *  shutdownGracePeriodSeconds 0, Kubernetes' default, the machine just goes. */

import { type Context, type Instant, SECOND } from '#sim';
import type { NodeAgent } from './agent.ts';
import type { Heartbeats } from './heartbeats.ts';
import { isCritical } from './node-memory.ts';
import { endPod } from './pod-termination.ts';
import type { PodWorker } from './pod-worker.ts';

export const SHUTDOWN_ANNOTATION = 'wavetank.dev/shutdown';
const MESSAGE = 'Pod was terminated in response to imminent node shutdown.';
/** How often it looks whether its pods have ended. */
const LOOK = SECOND;

export class NodeShutdown {
  private readonly agent: NodeAgent;
  private readonly heartbeats: Heartbeats;
  private group: 'none' | 'regular' | 'critical' = 'none';
  private until: Instant = 0;
  /** The machine is off: the kubelet hears and does nothing. */
  off = false;

  constructor(agent: NodeAgent, heartbeats: Heartbeats) {
    this.agent = agent;
    this.heartbeats = heartbeats;
  }

  begin(ctx: Context): void {
    if (this.group !== 'none' || this.off) return;
    const { shutdownGracePeriodSeconds: total, shutdownGracePeriodCriticalPodsSeconds: critical } = this.agent.settings;
    ctx.record.mark('node shutdown', this.agent.config.nodeName);
    if (total <= 0) {
      this.off = true;
      return;
    }
    this.agent.shuttingDown = true;
    this.heartbeats.shuttingDown(ctx);
    this.end('regular', total - critical, ctx);
  }

  private end(group: 'regular' | 'critical', seconds: number, ctx: Context): void {
    this.group = group;
    this.until = ctx.now + seconds * SECOND;
    for (const worker of [...this.agent.workers.values()]) {
      if (!this.belongs(worker) || worker.stage === 'terminated') continue;
      worker.disrupted = true;
      const grace = Math.min(worker.spec.terminationGracePeriodSeconds ?? seconds, seconds);
      endPod(this.agent, worker, grace, { phase: 'Failed', reason: 'Terminated', message: MESSAGE }, ctx);
    }
    this.look(ctx);
  }

  private belongs(worker: PodWorker): boolean {
    return isCritical(worker) === (this.group === 'critical');
  }

  /** The next group begins when this one has ended, or its time is up. */
  look(ctx: Context): void {
    let busy = false;
    for (const worker of this.agent.workers.values()) {
      if (this.belongs(worker) && (worker.stage !== 'terminated' || worker.statusInFlight)) busy = true;
    }
    if (busy && ctx.now < this.until) this.agent.after(ctx, LOOK, 'shutdown');
    else if (this.group === 'regular') this.end('critical', this.agent.settings.shutdownGracePeriodCriticalPodsSeconds, ctx);
    else this.off = true;
  }
}
