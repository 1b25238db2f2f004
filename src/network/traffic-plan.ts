/** What the clients of Services are told to do. Plain data: it crosses threads. Times in microseconds. */

import type { ClientConfig } from '#client';
import type { Distribution, Duration, HostId, Instant } from '#sim';
import type { Place } from './endpoint-choice.ts';

/** A stretch of time with one rate. */
export interface TrafficStretch {
  readonly name: string;
  readonly from: Instant;
  readonly to: Instant;
  readonly requestsPerSecond: number;
}

/** The clients of one Service. */
export interface TrafficPlan {
  readonly name: string;
  readonly namespace: string;
  readonly service: string;
  readonly stretches: readonly TrafficStretch[];
  /** On so many nodes they are, each with a proxy of its own. */
  readonly clientNodes: number;
  /** How long a proxy takes to write its rules. */
  readonly programming: Distribution;
  /** kube-proxy's minSyncPeriod: least time from the end of one write of the rules to the beginning of the next. */
  readonly minSyncPeriod: Duration;
  /** Requests of so long a span go as one message. */
  readonly every: Duration;
  readonly timeout: Duration;
  readonly slowAfter: Duration;
  /** Names of further plans, one after another: each request that this Service answers asks those, and is as good as their answers. */
  readonly calls: readonly string[];
}

/** A pool's nodes: their names are the prefix and a number, their hosts stand in a row. */
export interface NodeRange {
  readonly prefix: string;
  readonly first: HostId;
  readonly count: number;
  /** Where nodes have names of their own. */
  readonly names?: readonly string[];
}

export interface TrafficConfig {
  readonly client: ClientConfig;
  readonly plans: readonly TrafficPlan[];
  readonly nodes: readonly NodeRange[];
  /** Where the client nodes of each plan are, one after another and round again. Without: nowhere in particular. */
  readonly places?: readonly Place[];
}

/** The host of a node by its name. */
export function nodeHost(nodes: readonly NodeRange[], name: string): HostId | undefined {
  for (const { prefix, first, count, names } of nodes) {
    if (names !== undefined) {
      const own = names.indexOf(name);
      if (own >= 0) return first + own;
      continue;
    }
    if (!name.startsWith(prefix)) continue;
    const rest = name.slice(prefix.length);
    const index = Number(rest);
    if (rest !== '' && Number.isInteger(index) && index >= 0 && index < count && String(index) === rest) return first + index;
  }
  return undefined;
}
