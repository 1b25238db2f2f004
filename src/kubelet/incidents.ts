/** What befalls a machine from outside: it is told to power off, its registry is gone or back, its containers die. Faults of a scenario come this way. */

import type { Context, Incident } from '#sim';
import { purpose } from '#sim';
import type { NodeAgent } from './agent.ts';
import type { NodeShutdown } from './node-shutdown.ts';
import { containerEnded } from './pod-termination.ts';

const DIES = purpose('kubelet/container-dies');
/** SIGKILL. */
const KILLED = 137;

export function befall(agent: NodeAgent, shutdown: NodeShutdown, { what, share }: Incident, ctx: Context): void {
  if (what === 'power-off') return shutdown.begin(ctx);
  if (what === 'disk-lost') agent.diskLost = true;
  else if (what === 'registry-down') agent.images.registryDown = true;
  else if (what === 'registry-up') agent.images.registryDown = false;
  else if (what === 'containers-die') killContainers(agent, share, ctx);
}

/** Main containers that run, each by itself; pods that end already are left alone. */
function killContainers(agent: NodeAgent, share: number, ctx: Context): void {
  for (const worker of [...agent.workers.values()]) {
    if (worker.stage === 'terminating') continue;
    let died = false;
    for (const [index, record] of worker.containers.entries()) {
      if (record.state !== 'running' || record.role === 'init' || record.stop !== undefined) continue;
      if (ctx.chance.uniform(DIES, worker.luck, worker.ordinal * 64 + index, ctx.now) >= share) continue;
      containerEnded(agent, record, KILLED, 'Error', ctx);
      died = true;
    }
    if (died) agent.markPleg(worker, ctx);
  }
}
