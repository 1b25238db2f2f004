/** What the kubelet's `/metrics/resource` tells of running containers: CPU used since their start, and the working set. Mirrors kubernetes v1.34
 *  pkg/kubelet/metrics/collectors/resource_metrics.go. Departures: read when asked, not by cAdvisor's housekeeping every 10 s; containers that do not say what
 *  CPU they use are told with none. */

import type { ContainerUse, Scraped } from '#api';
import { type Context, MICROSECOND } from '#sim';
import type { NodeAgent } from './agent.ts';
import { workingSet } from './node-memory.ts';

/** Reading one container's cgroup. assumed. */
const CONTAINER_COST = 50 * MICROSECOND;

export function tellUse(agent: NodeAgent, ctx: Context): void {
  const clock = ctx.clock();
  const use: ContainerUse[] = [];
  for (const worker of agent.workers.values()) {
    for (const record of worker.containers) {
      if (record.state !== 'running') continue;
      use.push({
        pod: `${worker.namespace}/${worker.name}`,
        container: record.spec.name,
        startedAt: clock - (ctx.now - record.startedAt),
        cpu: agent.cpu.usedSoFar(record, ctx.now) ?? 0,
        memory: Math.round(workingSet(agent, record, ctx.now).now),
      });
    }
  }
  const scraped: Scraped = { kind: 'Scraped', at: clock, use };
  ctx.send(ctx.source, scraped, ctx.charge(use.length * CONTAINER_COST));
}
