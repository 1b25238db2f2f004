/** What a collector of metrics asks of those that have them, and what they tell: use by container from kubelets (`/metrics/resource`), requests by
 *  endpoint from the clients of Services. Counters only grow; rates are the collector's business. */

import type { Message } from '#sim';
import { messageKind } from '#sim';

export interface Scrape extends Message {
  readonly kind: 'Scrape';
}

/** One running container. */
export interface ContainerUse {
  /** namespace/name of its pod. */
  readonly pod: string;
  readonly container: string;
  /** Microseconds since the Unix epoch. */
  readonly startedAt: number;
  /** Core-microseconds since its start. */
  readonly cpu: number;
  /** Working set, bytes. */
  readonly memory: number;
}

/** Requests of one Service to one endpoint so far. */
export interface EndpointRequests {
  readonly namespace: string;
  readonly service: string;
  /** The pod's address; '' for requests that found no endpoint. */
  readonly address: string;
  readonly sent: number;
  readonly failed: number;
  /** Seconds that the answered ones took together. */
  readonly seconds: number;
}

export interface Scraped extends Message {
  readonly kind: 'Scraped';
  /** Microseconds since the Unix epoch, by the teller's clock. */
  readonly at: number;
  readonly use?: readonly ContainerUse[];
  readonly requests?: readonly EndpointRequests[];
}

messageKind<Scrape>({ kind: 'Scrape', digest() {} });

messageKind<Scraped>({
  kind: 'Scraped',
  digest({ at, use = [], requests = [] }, hasher) {
    hasher.number(at);
    for (const { pod, container, cpu, memory } of use) {
      hasher.string(pod);
      hasher.string(container);
      hasher.number(cpu);
      hasher.number(memory);
    }
    for (const { address, sent, failed, seconds } of requests) {
      hasher.string(address);
      hasher.number(sent);
      hasher.number(failed);
      hasher.number(seconds);
    }
  },
});
