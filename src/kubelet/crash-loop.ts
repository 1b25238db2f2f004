/** CrashLoopBackOff: how long a container that has ended waits for its next start. Mirrors v1.34 pkg/kubelet/kuberuntime/kuberuntime_manager.go (doBackOff). */

import { type Context, SECOND } from '#sim';
import type { NodeAgent } from './agent.ts';
import { inBackOff, raiseBackOff } from './back-off.ts';
import { podEvent } from './pod-events.ts';
import { type ContainerRecord, type PodWorker, troubleOf } from './pod-worker.ts';

/** Whether the container must wait after its last end; if not, the next pause is raised. */
export function crashLooping(agent: NodeAgent, worker: PodWorker, record: ContainerRecord, ctx: Context): boolean {
  const { termination } = record;
  if (termination === undefined) return false;
  const trouble = troubleOf(record);
  const at = trouble.killed ? trouble.lastCrashAt : termination.finishedAt;
  trouble.killed = false;
  if (at < 0) return false;
  const max = agent.settings.crashLoopBackOffMaxSeconds * SECOND;
  if (!inBackOff(trouble.crash, at, ctx.now, max)) {
    raiseBackOff(trouble.crash, at, ctx.now, agent.settings.crashLoopBackOffSeconds * SECOND, max);
    return false;
  }
  const { name } = record.spec;
  const pod = `${worker.name}_${worker.namespace}(${worker.uid})`;
  podEvent(agent, worker, record, 'Warning', 'BackOff', `Back-off restarting failed container ${name} in pod ${pod}`, ctx);
  record.state = 'waiting';
  record.reason = 'CrashLoopBackOff';
  record.message = `back-off ${backOffText(trouble.crash.delay)} restarting failed container=${name} pod=${pod}`;
  return true;
}

/** As Go prints it: '10s', '2m40s', '5m0s'. */
function backOffText(delay: number): string {
  const whole = Math.round(delay / SECOND);
  return whole < 60 ? `${whole}s` : `${Math.floor(whole / 60)}m${whole % 60}s`;
}
