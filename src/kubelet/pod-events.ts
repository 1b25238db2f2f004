/** Events about pods: best effort, on their own rate limit (eventRecordQPS 50, eventBurst 100). Repeated ones are counted up by patch and limited to 25 at
 *  once and one per 5 min for each pod, as client-go v1.34 tools/record does. Departure: what is written of a pod before its first trouble is not
 *  remembered, so its first repetition writes a second Event; aggregation of similar texts is left out. 150,000 healthy pods then keep no such memory. */

import { type Event, rfc3339 } from '#api';
import { TokenBucket } from '#client';
import type { Context } from '#sim';
import type { NodeAgent } from './agent.ts';
import type { ContainerRecord, PodWorker } from './pod-worker.ts';

const SPAM_BURST = 25;
const SPAM_QPS = 1 / 300;

/** `record`: the container it is about. Returns whether an Event was written. */
export function podEvent(
  agent: NodeAgent,
  worker: PodWorker,
  record: ContainerRecord | undefined,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
  ctx: Context,
): boolean {
  const { events } = agent.settings;
  if (events === 'none' || (events === 'warnings' && type === 'Normal')) return false;
  if (type === 'Normal' && worker.repeats === undefined) {
    create(agent, worker, record, type, reason, message, ctx);
    return true;
  }
  worker.spam ??= new TokenBucket(SPAM_QPS, SPAM_BURST);
  if (!worker.spam.tryTake(ctx.now)) return false;
  worker.repeats ??= new Map();
  const key = `${reason}/${record?.spec.name ?? ''}/${message}`;
  const known = worker.repeats.get(key);
  if (known === undefined) {
    worker.repeats.set(key, { name: create(agent, worker, record, type, reason, message, ctx), count: 1 });
    return true;
  }
  known.count += 1;
  const body = { count: known.count, lastTimestamp: rfc3339(ctx.clock()) };
  const spec = {
    verb: 'patch',
    resource: 'events',
    namespace: worker.namespace,
    name: known.name,
    body,
    patchType: 'strategic',
    discardBody: true,
  } as const;
  agent.client.request(ctx, spec, EVENT, agent.egress, agent.events);
  return true;
}

const EVENT = { of: 'event' } as const;

function create(
  agent: NodeAgent,
  worker: PodWorker,
  record: ContainerRecord | undefined,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
  ctx: Context,
): string {
  const clock = ctx.clock();
  const time = rfc3339(clock);
  const nodeName = agent.config.nodeName;
  // Upstream takes the clock in nanoseconds; here the last three digits tell events of one microsecond apart.
  agent.eventSequence = (agent.eventSequence + 1) % 4096;
  const name = `${worker.name}.${clock.toString(16)}${(agent.eventSequence + 4096).toString(16).slice(1)}`;
  const body: Event = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace: worker.namespace },
    involvedObject: {
      kind: 'Pod',
      namespace: worker.namespace,
      name: worker.name,
      uid: worker.uid,
      apiVersion: 'v1',
      resourceVersion: worker.metadata?.resourceVersion,
      fieldPath: record === undefined ? undefined : fieldPath(record),
    },
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
  const spec = { verb: 'create', resource: 'events', namespace: worker.namespace, body, discardBody: true } as const;
  agent.client.request(ctx, spec, EVENT, agent.egress, agent.events);
  return name;
}

const paths = new Map<string, string>();
/** 'spec.containers{web}': one string a name. */
function fieldPath(record: ContainerRecord): string {
  const list = record.role === 'main' ? 'containers' : 'initContainers';
  const key = `${list}{${record.spec.name}}`;
  let path = paths.get(key);
  if (path === undefined) paths.set(key, (path = `spec.${key}`));
  return path;
}
