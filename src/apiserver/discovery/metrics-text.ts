/** /metrics: what was recorded so far, in Prometheus' text format under Kubernetes' names. Histograms get the buckets that upstream's have. */

import type { Labels, RecorderSnapshot } from '#sim';
import { slotValue } from '#sim';

/** apiserver_request_duration_seconds' boundaries, which etcd_request_duration_seconds shares in coarser steps. */
const BUCKETS = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];

const HELP: Readonly<Record<string, string>> = {
  apiserver_request_duration_seconds: 'Response latency distribution in seconds for each verb, resource and subresource.',
  apiserver_request_total: 'Counter of apiserver requests broken out for each HTTP response code.',
  apiserver_current_inflight_requests: 'Requests that this server works on at the moment.',
  apiserver_longrunning_requests: 'Watches that are open at the moment.',
  apiserver_storage_objects: 'Number of stored objects by resource.',
  apiserver_watch_events_total: 'Number of events sent to watchers.',
  etcd_request_duration_seconds: 'Latency of requests to etcd in seconds by operation.',
};

const escaped = (text: string): string => text.replace(/[\\"\n]/g, (sign) => (sign === '\n' ? '\\n' : `\\${sign}`));

function labelText(labels: Labels, more?: readonly [string, string]): string {
  const pairs = [...Object.entries(labels), ...(more === undefined ? [] : [more])].map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

const bound = (value: number): string => String(value);

/** Cumulative counts at the boundaries; pairs are of slot and count, ascending. */
function histogramLines(name: string, labels: Labels, pairs: Uint32Array, count: number, sum: number): string[] {
  const lines: string[] = [];
  let at = 0;
  let seen = 0;
  for (const limit of BUCKETS) {
    while (at < pairs.length && slotValue(pairs[at] as number) <= limit) {
      seen += pairs[at + 1] as number;
      at += 2;
    }
    lines.push(`${name}_bucket${labelText(labels, ['le', bound(limit)])} ${seen}`);
  }
  lines.push(`${name}_bucket${labelText(labels, ['le', '+Inf'])} ${count}`);
  lines.push(`${name}_sum${labelText(labels)} ${sum}`, `${name}_count${labelText(labels)} ${count}`);
  return lines;
}

/** The families of a snapshot whose names begin with one of `prefixes` (all of them by default), by name. */
export function metricsText(
  snapshot: Pick<RecorderSnapshot, 'counters' | 'gauges' | 'histograms'>,
  prefixes: readonly string[] = [''],
): string {
  const families = new Map<string, { readonly type: string; readonly lines: string[] }>();
  const family = (name: string, type: string): string[] => {
    let known = families.get(name);
    if (known === undefined) families.set(name, (known = { type, lines: [] }));
    return known.lines;
  };
  const isWanted = ({ name }: { readonly name: string }): boolean => prefixes.some((prefix) => name.startsWith(prefix));
  for (const { name, labels, total } of snapshot.counters.filter(isWanted))
    family(name, 'counter').push(`${name}${labelText(labels)} ${total}`);
  for (const { name, labels, values } of snapshot.gauges.filter(isWanted))
    family(name, 'gauge').push(`${name}${labelText(labels)} ${values.length === 0 ? 0 : values[values.length - 1]}`);
  for (const { name, labels, overall } of snapshot.histograms.filter(isWanted))
    family(name, 'histogram').push(...histogramLines(name, labels, overall.pairs, overall.count, overall.sum));
  return [...families]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { type, lines }]) => {
      const help = HELP[name];
      return `${help === undefined ? '' : `# HELP ${name} ${help}\n`}# TYPE ${name} ${type}\n${lines.join('\n')}\n`;
    })
    .join('');
}
