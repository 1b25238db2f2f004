/** What requests to pods find on the network: each pod's own limits (annotations kubernetes.io/ingress-bandwidth and egress-bandwidth, which the bandwidth plugin
 *  of CNI makes into token bucket filters) and the node's link, shared by all. Bytes beyond what fits gather in front of it, and later ones wait for them.
 *  Pods whose requests have no size keep nothing here. Departure: image pulls have a link of their own; the plugin's bursts are left out. */

import { quantityValue } from '#api';
import { type Duration, type Instant, SECOND } from '#sim';
import type { NodeAgent } from './agent.ts';
import type { PodWorker } from './pod-worker.ts';

const INGRESS = 'kubernetes.io/ingress-bandwidth';
const EGRESS = 'kubernetes.io/egress-bandwidth';

/** A pipe of so many bytes a second, as an exact little queue. */
class Pipe {
  private readonly rate: number;
  private freeAt: Instant = 0;
  constructor(rate: number) {
    this.rate = rate;
  }
  /** How long until `bytes` that come now are through. */
  pass(bytes: number, now: Instant): Duration {
    this.freeAt = Math.max(now, this.freeAt) + (bytes / this.rate) * SECOND;
    return this.freeAt - now;
  }
}

interface Pipes {
  readonly ingress: Pipe | undefined;
  readonly egress: Pipe | undefined;
}

export class NodeNetwork {
  private readonly agent: NodeAgent;
  private readonly pods = new Map<PodWorker, Pipes>();
  private ingress: Pipe | undefined;
  private egress: Pipe | undefined;

  constructor(agent: NodeAgent) {
    this.agent = agent;
  }

  /** How long `count` requests and their answers take through the pod's limits and the node's link, together. */
  transfer(worker: PodWorker, count: number, requestBytes: number, responseBytes: number, now: Instant): Duration {
    let pipes = this.pods.get(worker);
    if (pipes === undefined) this.pods.set(worker, (pipes = { ingress: limitOf(worker, INGRESS), egress: limitOf(worker, EGRESS) }));
    this.ingress ??= new Pipe(this.agent.settings.networkBytesPerSecond);
    this.egress ??= new Pipe(this.agent.settings.networkBytesPerSecond);
    const [asked, answered] = [count * requestBytes, count * responseBytes];
    const inward = Math.max(pipes.ingress?.pass(asked, now) ?? 0, this.ingress.pass(asked, now));
    const outward = Math.max(pipes.egress?.pass(answered, now) ?? 0, this.egress.pass(answered, now));
    return inward + outward;
  }

  forget(worker: PodWorker): void {
    if (this.pods.size > 0) this.pods.delete(worker);
  }
}

/** '10M': bits a second. */
function limitOf(worker: PodWorker, annotation: string): Pipe | undefined {
  const written = worker.metadata?.annotations?.[annotation];
  const bits = written === undefined ? 0 : quantityValue(written);
  return bits > 0 ? new Pipe(bits / 8) : undefined;
}
