/** API groups that another program serves behind this server (metrics.k8s.io and its kin): their requests go there as they are, and its answers go back. One
 *  that is away answers 503. Mirrors kube-aggregator v1.34 pkg/apiserver/handler_proxy.go, without APIService objects: the groups are configured. */

import type { ApiRequest, ApiResponse, KubeObject, StatusObject } from '#api';
import type { Context, HostId, Instant } from '#sim';
import type { Costs } from './costs.ts';
import type { Ticket } from './flow-control/flow-control.ts';
import type { EarlyAnswer } from './request-path.ts';

interface Asked {
  readonly request: ApiRequest;
  readonly source: HostId;
  readonly at: Instant;
}

interface Forwarded extends Asked {
  readonly backend: HostId;
  readonly ticket: Ticket | undefined;
}

/** The server's part. */
interface Front {
  readonly costs: Costs;
  charge(ctx: Context, cost: number): number;
  answerEarly(asked: Asked, answer: EarlyAnswer, ctx: Context, ticket?: Ticket): void;
}

const UNAVAILABLE: StatusObject = {
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  message: 'service unavailable',
  reason: 'ServiceUnavailable',
  code: 503,
};

export class Aggregation {
  private readonly front: Front;
  private readonly backends: Readonly<Record<string, HostId>>;
  private readonly waiting = new Map<number, Forwarded>();
  private nextId = 0;

  /** Hosts by API group. */
  constructor(front: Front, backends: Readonly<Record<string, HostId>> = {}) {
    this.front = front;
    this.backends = backends;
  }

  /** Served elsewhere, as discovery has to know. */
  get groups(): readonly string[] {
    return Object.keys(this.backends);
  }

  /** Whether the request was for one of them and is under way. */
  forward(request: ApiRequest, source: HostId, at: Instant, ctx: Context, ticket: Ticket | undefined): boolean {
    const backend = this.backends[request.resource.slice(request.resource.indexOf('.') + 1)];
    if (backend === undefined) return false;
    const id = ++this.nextId;
    this.waiting.set(id, { request, source, at, backend, ticket });
    const forwarded: ApiRequest = { ...request, id };
    ctx.send(backend, forwarded, this.front.charge(ctx, this.front.costs.request));
    return true;
  }

  answered({ id, code, object }: ApiResponse, ctx: Context): void {
    const asked = this.waiting.get(id);
    if (asked === undefined || asked.backend !== ctx.source) return;
    this.waiting.delete(id);
    this.front.answerEarly(asked, { code, object: object as KubeObject }, ctx, asked.ticket);
  }

  /** The program behind a group died. */
  lost(backend: HostId, ctx: Context): void {
    for (const [id, asked] of this.waiting) {
      if (asked.backend !== backend) continue;
      this.waiting.delete(id);
      this.front.answerEarly(asked, { code: UNAVAILABLE.code, object: UNAVAILABLE }, ctx, asked.ticket);
    }
  }
}
