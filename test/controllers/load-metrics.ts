/** Stands for a metrics server in the lab: CPU that a load asks for, shared by the pods that run, as of the last full 15 s; and metrics by name. */

import { type ApiRequest, type ApiResponse, matchesSelector, type Pod, parseLabelSelector, rfc3339 } from '#api';
import { type Context, type Host, type Message, SECOND } from '#sim';

export interface LoadOptions {
  /** Milli-cores of all pods together, by second. */
  readonly cpu?: (second: number) => number;
  /** External metrics and those of objects, by name. */
  readonly values?: Readonly<Record<string, (second: number) => number>>;
  /** From second to second nothing answers. */
  readonly away?: readonly [number, number];
}

const WINDOW = 15;

export class LoadMetrics implements Host {
  readonly #options: LoadOptions;
  readonly #pods: () => readonly Pod[];

  constructor(options: LoadOptions, pods: () => readonly Pod[]) {
    this.#options = options;
    this.#pods = pods;
  }

  start(): void {}

  receive(message: Message, ctx: Context): void {
    if (message.kind !== 'ApiRequest') return;
    const request = message as ApiRequest;
    const [from, to] = this.#options.away ?? [Number.POSITIVE_INFINITY, 0];
    const now = ctx.now / SECOND;
    const items = now >= from && now < to ? [] : this.#items(request, now, ctx);
    const object = { kind: 'List', apiVersion: 'v1', metadata: {}, items };
    ctx.send(ctx.source, { kind: 'ApiResponse', id: request.id, code: 200, object } as ApiResponse);
  }

  #items({ resource, namespace, subresource, options }: ApiRequest, now: number, ctx: Context): readonly object[] {
    const at = Math.floor(now / WINDOW) * WINDOW;
    const timestamp = rfc3339(ctx.clock() - (now - at) * SECOND);
    if (resource !== 'pods.metrics.k8s.io') {
      const value = this.#options.values?.[subresource ?? resource.split('.')[0] ?? ''];
      return value === undefined ? [] : [{ value: String(value(at)), timestamp, describedObject: { name: 'x' } }];
    }
    const selector = parseLabelSelector(options?.labelSelector ?? '');
    const ready = (pod: Pod): boolean => pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
    const running = this.#pods().filter(
      (pod) =>
        pod.metadata?.namespace === namespace &&
        pod.status?.phase === 'Running' &&
        ready(pod) &&
        matchesSelector(selector, pod.metadata?.labels),
    );
    let load = 0;
    for (let second = at - WINDOW; second < at; second++) load += (this.#options.cpu?.(second) ?? 0) / WINDOW;
    const cpu = `${Math.round(load / Math.max(1, running.length))}m`;
    return running.map(({ metadata }) => ({
      metadata,
      timestamp,
      window: `${WINDOW}s`,
      containers: [{ name: 'main', usage: { cpu, memory: '10Mi' } }],
    }));
  }
}
