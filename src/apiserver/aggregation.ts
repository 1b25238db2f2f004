/** What other programs answer behind this server: API groups (metrics.k8s.io and its kin), and a node's kubelet for the logs of its pods. Requests go there
 *  as they are, and the answers go back. A group's program that is away answers 503, a kubelet 500 after as long as a connection is tried. Mirrors
 *  kube-aggregator v1.34 pkg/apiserver/handler_proxy.go, without APIService objects (the groups are configured), and pkg/kubelet/client. */

import type { ApiRequest, ApiResponse, KubeObject, Pod, Resource, StatusObject } from '#api';
import { type Context, type HostId, type Instant, SECOND } from '#sim';
import { objectOf, type ResourceState } from './core.ts';
import type { Costs } from './costs.ts';
import type { EtcdClient, EtcdWaiter } from './etcd-client.ts';
import { storageFailure, unknownFailure } from './failures.ts';
import type { Ticket } from './flow-control/flow-control.ts';
import type { EarlyAnswer } from './request-path.ts';
import { type KubeletRange, kubeletOf, podLogRequest } from './subresources/pod-log.ts';

/** net.Dialer's time-out of the transport to kubelets (apimachinery pkg/util/net). */
const DIAL_TIMEOUT = 30 * SECOND;

interface Asked {
  readonly request: ApiRequest;
  readonly source: HostId;
  readonly at: Instant;
}

interface Forwarded extends Asked {
  readonly backend: HostId;
  readonly ticket: Ticket | undefined;
  /** Of a kubelet: its node. */
  readonly node?: string;
}

/** The server's part. */
interface Front {
  readonly costs: Costs;
  readonly etcd: EtcdClient;
  charge(ctx: Context, cost: number): number;
  resource(resource: Resource): ResourceState | undefined;
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
  private readonly kubelets: readonly KubeletRange[] | undefined;
  private nextId = 0;

  /** Hosts by API group; where kubelets are. */
  constructor(front: Front, backends: Readonly<Record<string, HostId>> = {}, kubelets?: readonly KubeletRange[]) {
    this.front = front;
    this.backends = backends;
    this.kubelets = kubelets;
  }

  /** Served elsewhere, as discovery has to know. */
  get groups(): readonly string[] {
    return Object.keys(this.backends);
  }

  /** Whether the request was for one of them and is under way. */
  forward(request: ApiRequest, source: HostId, at: Instant, ctx: Context, ticket: Ticket | undefined): boolean {
    if (request.subresource === 'log' && request.resource === 'pods') return this.forwardLog(request, source, at, ctx, ticket);
    const backend = this.backends[request.resource.slice(request.resource.indexOf('.') + 1)];
    if (backend === undefined) return false;
    this.pass(request, { request, source, at, backend, ticket }, ctx);
    return true;
  }

  private pass(sent: ApiRequest, asked: Forwarded, ctx: Context): void {
    const id = ++this.nextId;
    this.waiting.set(id, asked);
    const forwarded: ApiRequest = { ...sent, id };
    ctx.send(asked.backend, forwarded, this.front.charge(ctx, this.front.costs.request));
  }

  private forwardLog(request: ApiRequest, source: HostId, at: Instant, ctx: Context, ticket: Ticket | undefined): boolean {
    const pods = this.front.resource('pods');
    if (this.kubelets === undefined || request.verb !== 'get' || pods === undefined) return false;
    const asked = { request, source, at, ticket };
    const { namespace, name } = request;
    const waiter: EtcdWaiter = {
      answered: (response, later) => {
        const failure = storageFailure(response);
        if (failure === undefined) this.podFound(asked, objectOf(response?.kvs?.[0]) as Pod | undefined, later);
        else this.front.answerEarly(asked, { code: failure.code, object: failure }, later, ticket);
      },
    };
    const cost = this.front.charge(ctx, this.front.costs.get);
    this.front.etcd.send(pods.cluster, { op: 'range', key: `${pods.prefix}${namespace}/${name}` }, waiter, ctx, cost);
    return true;
  }

  private podFound(asked: Asked & { readonly ticket: Ticket | undefined }, pod: Pod | undefined, ctx: Context): void {
    const sent = podLogRequest(asked.request, pod);
    const answer = (code: number, object: unknown): void =>
      this.front.answerEarly(asked, { code, object: object as KubeObject }, ctx, asked.ticket);
    if (sent === '') return answer(200, sent);
    if (sent.kind === 'Status') return answer(sent.code, sent);
    const node = pod?.spec?.nodeName ?? '';
    const backend = kubeletOf(node, this.kubelets ?? []);
    if (backend === undefined) return answer(500, unknownFailure(`no kubelet runs on node "${node}"`));
    this.pass(sent, { ...asked, backend, node }, ctx);
  }

  /** Nobody waits for ever for a kubelet that is away. */
  tick(ctx: Context): void {
    for (const [id, asked] of this.waiting) {
      if (asked.node === undefined || ctx.now - asked.at < DIAL_TIMEOUT) continue;
      this.waiting.delete(id);
      this.unreachable(asked, 'i/o timeout', ctx);
    }
  }

  private unreachable(asked: Forwarded, why: string, ctx: Context): void {
    const { namespace, name, parameters } = asked.request;
    const url = `https://${asked.node}:10250/containerLogs/${namespace}/${name}/${parameters?.['container'] ?? ''}`;
    const object = unknownFailure(`Get "${url}": dial tcp ${asked.node}:10250: ${why}`);
    this.front.answerEarly(asked, { code: 500, object }, ctx, asked.ticket);
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
      if (asked.node !== undefined) this.unreachable(asked, 'connect: connection refused', ctx);
      else this.front.answerEarly(asked, { code: UNAVAILABLE.code, object: UNAVAILABLE }, ctx, asked.ticket);
    }
  }
}
