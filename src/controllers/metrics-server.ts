/** The cluster's metrics as controllers and `kubectl top` read them: asks every kubelet for its containers' use each period and answers for metrics.k8s.io behind
 *  the API servers (kubernetes-sigs/metrics-server v0.8); what clients of Services measured it offers as custom and external metrics, as an adapter for
 *  Prometheus would (kubernetes-sigs/prometheus-adapter): `requests_per_second`, `error_rate` and `request_seconds` of pods and Services.
 *  Departures: kubelets tell what was used until they are asked (cAdvisor's own values are up to 10 s old); one program for both jobs. */

import type { ApiRequest, ApiResponse, KubeObject, Node, Pod, Scraped, StatusObject } from '#api';
import { formatQuantity, keyOf, matchesSelector, notFound, parseLabelSelector, rfc3339, SelectorError } from '#api';
import type { ApiClient, ClientConfig, Informer, InformerFactory } from '#client';
import { createApiClient, createInformerFactory } from '#client';
import type { Context, Duration, Host, HostId, Message } from '#sim';
import { hashName, MICROSECOND, MILLISECOND, messageKind, purpose, SECOND } from '#sim';
import type { PodRates, RequestRates } from './metrics-storage.ts';
import { MetricsStorage } from './metrics-storage.ts';
import { isPodReady } from './pod-state.ts';

/** Survives structured clone. */
export interface MetricsServerConfig {
  readonly client: ClientConfig;
  /** Hosts of kubelets by node name, in ranges: `prefix` and a number. */
  readonly nodes: readonly { readonly prefix: string; readonly first: HostId; readonly count: number }[];
  /** Clients of Services. */
  readonly traffic: readonly HostId[];
  /** --metric-resolution. */
  readonly resolution: Duration;
}

interface MetricsTimer extends Message {
  readonly kind: 'MetricsTimer';
  /** '' begins a round; else the node to ask. */
  readonly node: string;
}
messageKind<MetricsTimer>({
  kind: 'MetricsTimer',
  digest({ node }, hasher) {
    hasher.string(node);
  },
});

/** The scraper spreads its questions over 8 ms a node, 4 s at most. */
const SPREAD_EACH: Duration = 8 * MILLISECOND;
const SPREAD_MOST: Duration = 4 * SECOND;
const SPREAD = purpose('metrics-server/spread');
/** Parsing one container's line, and one object of an answer. assumed. */
const LINE_COST: Duration = 3 * MICROSECOND;
const OBJECT_COST: Duration = 5 * MICROSECOND;
const ANSWER_COST: Duration = 200 * MICROSECOND;

const REQUEST_METRICS: Readonly<Record<string, (rates: RequestRates) => number>> = {
  requests_per_second: ({ perSecond }) => perSecond,
  failed_requests_per_second: ({ failedPerSecond }) => failedPerSecond,
  error_rate: ({ perSecond, failedPerSecond }) => (perSecond === 0 ? 0 : failedPerSecond / perSecond),
  success_rate: ({ perSecond, failedPerSecond }) => (perSecond === 0 ? 1 : 1 - failedPerSecond / perSecond),
  request_seconds: ({ seconds }) => seconds,
};

export class MetricsServer implements Host {
  readonly #config: MetricsServerConfig;
  readonly #client: ApiClient<never>;
  readonly #informers: InformerFactory;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<Node>;
  readonly #storage: MetricsStorage;
  readonly #nameOf = new Map<HostId, string>();

  constructor(config: MetricsServerConfig) {
    this.#config = config;
    this.#client = createApiClient<never>(config.client);
    this.#informers = createInformerFactory(this.#client, { eventCost: OBJECT_COST });
    this.#pods = this.#informers.informer<Pod>('pods');
    this.#nodes = this.#informers.informer<Node>('nodes');
    this.#storage = new MetricsStorage(config.resolution);
    this.#nodes.onEvent(({ type, object }) => {
      if (type === 'delete') this.#storage.forgetNode(object.metadata?.name ?? '');
    });
  }

  start(ctx: Context): void {
    this.#informers.start(ctx);
    ctx.after(this.#config.resolution, { kind: 'MetricsTimer', node: '' } as MetricsTimer);
  }

  receive(message: Message, ctx: Context): void {
    switch (message.kind) {
      case 'MetricsTimer':
        return this.#timer((message as MetricsTimer).node, ctx);
      case 'Scraped':
        return this.#scraped(message as Scraped, ctx);
      case 'ApiRequest':
        return this.#request(message as ApiRequest, ctx);
      default:
        this.#client.receive(message, ctx);
    }
  }

  #timer(node: string, ctx: Context): void {
    if (node !== '') {
      const host = hostOf(this.#config.nodes, node);
      if (host === undefined) return;
      this.#nameOf.set(host, node);
      ctx.send(host, { kind: 'Scrape' }, ctx.charge(LINE_COST));
      return;
    }
    ctx.after(this.#config.resolution, { kind: 'MetricsTimer', node: '' } as MetricsTimer);
    for (const host of this.#config.traffic) ctx.send(host, { kind: 'Scrape' }, ctx.charge(LINE_COST));
    const spread = Math.min(SPREAD_MOST, this.#nodes.size * SPREAD_EACH);
    for (const { metadata } of this.#nodes.list()) {
      const name = metadata?.name ?? '';
      const after = Math.floor(ctx.chance.uniform(SPREAD, hashName(name), ctx.now) * spread);
      ctx.after(Math.max(1, after), { kind: 'MetricsTimer', node: name } as MetricsTimer);
    }
  }

  #scraped({ at, use, requests }: Scraped, ctx: Context): void {
    ctx.charge(((use?.length ?? 0) + (requests?.length ?? 0)) * LINE_COST);
    const node = this.#nameOf.get(ctx.source);
    if (use !== undefined && node !== undefined) this.#storage.storeUse(node, at, use);
    if (requests !== undefined) this.#storage.storeRequests(at, requests);
  }

  #request(request: ApiRequest, ctx: Context): void {
    let answer: { readonly code: number; readonly object: unknown };
    try {
      answer = this.#answer(request, ctx);
    } catch (error) {
      if (!(error instanceof SelectorError)) throw error;
      answer = { code: 400, object: badSelector(error.message) };
    }
    const items = (answer.object as { readonly items?: readonly unknown[] }).items?.length ?? 1;
    const response: ApiResponse = { kind: 'ApiResponse', id: request.id, code: answer.code, object: answer.object };
    ctx.send(ctx.source, response, ctx.charge(ANSWER_COST + items * OBJECT_COST));
  }

  #answer(request: ApiRequest, ctx: Context): { readonly code: number; readonly object: unknown } {
    const { resource } = request;
    if (request.verb !== 'get' && request.verb !== 'list') return failure(request, 405, 'MethodNotAllowed', 'metrics are read only');
    if (resource === 'pods.metrics.k8s.io') return this.#podMetrics(request);
    if (resource === 'nodes.metrics.k8s.io') return this.#nodeMetrics(request);
    if (resource.endsWith('.custom.metrics.k8s.io')) return this.#customMetrics(request, ctx);
    if (resource.endsWith('.external.metrics.k8s.io')) return this.#externalMetrics(request);
    return { code: 404, object: notFound(resource, request.name ?? '') };
  }

  #selected<T extends KubeObject>(objects: Iterable<T>, { namespace, name, options }: ApiRequest): readonly T[] {
    const selector = parseLabelSelector(options?.labelSelector ?? '');
    const found: T[] = [];
    for (const object of objects) {
      const { metadata } = object;
      if (namespace !== undefined && namespace !== '' && metadata?.namespace !== namespace) continue;
      if (name !== undefined && metadata?.name !== name) continue;
      if (matchesSelector(selector, metadata?.labels)) found.push(object);
    }
    return found;
  }

  #podMetrics(request: ApiRequest): { readonly code: number; readonly object: unknown } {
    const items = this.#selected(this.#pods.list(), request).flatMap((pod) => {
      const rates = pod.status?.phase === 'Running' ? this.#storage.pod(keyOf(pod)) : undefined;
      return rates === undefined ? [] : [metricsOf('PodMetrics', pod, rates, true)];
    });
    return listed('PodMetrics', items, request);
  }

  #nodeMetrics(request: ApiRequest): { readonly code: number; readonly object: unknown } {
    const items = this.#selected(this.#nodes.list(), { ...request, namespace: undefined }).flatMap((node) => {
      const rates = this.#storage.node(node.metadata?.name ?? '');
      return rates === undefined ? [] : [metricsOf('NodeMetrics', node, rates, false)];
    });
    return listed('NodeMetrics', items, request);
  }

  /** Pods and Services have what their clients measured. */
  #customMetrics(request: ApiRequest, ctx: Context): { readonly code: number; readonly object: unknown } {
    const { resource, namespace = '', name, subresource = '' } = request;
    const kind = resource.slice(0, resource.indexOf('.'));
    const measure = REQUEST_METRICS[subresource];
    if (measure === undefined || (kind !== 'pods' && kind !== 'services'))
      return failure(request, 404, 'NotFound', `the server could not find the metric ${subresource} for ${kind} ${name ?? ''}`.trimEnd());
    const values: object[] = [];
    const say = (apiVersion: string, of: string, called: string, rates: RequestRates | undefined): void => {
      if (rates === undefined) return;
      const value = quantityOf(measure(rates));
      const describedObject = { kind: of, namespace, name: called, apiVersion };
      const windowSeconds = Math.max(1, Math.round(rates.window / SECOND));
      values.push({ describedObject, metric: { name: subresource }, timestamp: rfc3339(rates.at), windowSeconds, value });
    };
    if (kind === 'services') {
      say('v1', 'Service', name ?? '', this.#storage.requests(namespace, name, this.#addressesOf(request)));
    } else {
      for (const pod of this.#selected(this.#pods.list(), request)) {
        const address = pod.status?.podIP;
        // A pod that serves and was asked nothing had no requests.
        const rates = address === undefined ? undefined : this.#storage.requests(namespace, undefined, new Set([address]));
        say('v1', 'Pod', pod.metadata?.name ?? '', rates ?? (isPodReady(pod) ? { ...IDLE, at: ctx.clock() } : undefined));
      }
    }
    if (values.length === 0)
      return failure(request, 404, 'NotFound', `the server could not find the metric ${subresource} for ${kind} ${name ?? ''}`.trimEnd());
    return { code: 200, object: { kind: 'MetricValueList', apiVersion: 'custom.metrics.k8s.io/v1beta2', metadata: {}, items: values } };
  }

  /** With a selector: the pods of a Service that match it, so that two versions behind one Service can be told apart. */
  #addressesOf({ namespace = '', options }: ApiRequest): ReadonlySet<string> | undefined {
    if (options?.labelSelector === undefined || options.labelSelector === '') return undefined;
    const selector = parseLabelSelector(options.labelSelector);
    const addresses = new Set<string>();
    for (const { metadata, status } of this.#pods.list())
      if (metadata?.namespace === namespace && status?.podIP !== undefined && matchesSelector(selector, metadata.labels))
        addresses.add(status.podIP);
    return addresses;
  }

  /** `requests_per_second` of a whole namespace: the only external metric there is without a system outside. */
  #externalMetrics(request: ApiRequest): { readonly code: number; readonly object: unknown } {
    const metricName = request.resource.slice(0, request.resource.indexOf('.'));
    const service = /(?:^|,)service=([^,]+)/.exec(request.options?.labelSelector ?? '')?.[1];
    const measure = REQUEST_METRICS[metricName];
    const rates = measure === undefined ? undefined : this.#storage.requests(request.namespace ?? '', service, undefined);
    const items =
      rates === undefined || measure === undefined
        ? []
        : [{ metricName, metricLabels: {}, timestamp: rfc3339(rates.at), value: quantityOf(measure(rates)) }];
    return { code: 200, object: { kind: 'ExternalMetricValueList', apiVersion: 'external.metrics.k8s.io/v1beta1', metadata: {}, items } };
  }
}

const IDLE: RequestRates = { perSecond: 0, failedPerSecond: 0, seconds: 0, window: 15 * SECOND, at: 0 };

/** A plain number to a thousandth. */
function quantityOf(value: number): string {
  const milli = Math.round(value * 1000);
  return milli % 1000 === 0 ? String(milli / 1000) : `${milli}m`;
}

function metricsOf(kind: string, { metadata }: KubeObject, { at, window, containers }: PodRates, isPod: boolean): object {
  const usage = ({ cpu, memory }: PodRates['containers'][number]): object => ({
    cpu: formatQuantity({ nano: BigInt(Math.round(cpu)) * 1000n, format: 'DecimalSI' }),
    memory: `${Math.round(memory / 1024)}Ki`,
  });
  const first = containers[0];
  return {
    kind,
    apiVersion: 'metrics.k8s.io/v1beta1',
    metadata: {
      name: metadata?.name,
      ...(isPod ? { namespace: metadata?.namespace } : {}),
      creationTimestamp: rfc3339(at),
      ...(metadata?.labels === undefined ? {} : { labels: metadata.labels }),
    },
    timestamp: rfc3339(at),
    window: `${Number((window / SECOND).toFixed(3))}s`,
    ...(isPod
      ? { containers: containers.map((container) => ({ name: container.name, usage: usage(container) })) }
      : { usage: first === undefined ? {} : usage(first) }),
  };
}

function listed(kind: string, items: readonly object[], request: ApiRequest): { readonly code: number; readonly object: unknown } {
  if (request.verb === 'list')
    return { code: 200, object: { kind: `${kind}List`, apiVersion: 'metrics.k8s.io/v1beta1', metadata: {}, items } };
  const [only] = items;
  return only === undefined ? { code: 404, object: notFound(request.resource, request.name ?? '') } : { code: 200, object: only };
}

function failure(
  _request: ApiRequest,
  code: number,
  reason: string,
  message: string,
): { readonly code: number; readonly object: StatusObject } {
  return { code, object: { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, reason, code } };
}

const badSelector = (message: string): StatusObject => ({
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  message: `unable to parse requirement: ${message}`,
  reason: 'BadRequest',
  code: 400,
});

function hostOf(nodes: MetricsServerConfig['nodes'], name: string): HostId | undefined {
  for (const { prefix, first, count } of nodes) {
    const index = name.startsWith(prefix) ? name.slice(prefix.length) : '';
    if (/^\d+$/.test(index) && Number(index) < count) return first + Number(index);
  }
  return undefined;
}
