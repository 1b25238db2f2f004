/** The server's instruments, under Kubernetes' names. Durations are in microseconds. */

import type { Counter, Gauge, Histogram, Recorder } from '#sim';
import { SECOND } from '#sim';
import type { Action, Operation, ResourceState } from './core.ts';

/** The verb label of apiserver_request_duration_seconds. */
const VERBS: Readonly<Record<Action, string>> = {
  create: 'POST',
  get: 'GET',
  list: 'LIST',
  watch: 'WATCH',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETECOLLECTION',
  bind: 'POST',
  evict: 'POST',
};

export class ApiServerMetrics {
  private readonly record: Recorder;
  readonly inflight: Gauge;
  readonly watchers: Gauge;
  readonly watchEvents: Counter;
  readonly watchersTerminated: Counter;
  readonly writes: Counter;
  readonly reads: Counter;
  private readonly codes = new Map<number, Counter>();
  private readonly etcd = new Map<string, Histogram>();
  private readonly objects = new Map<ResourceState, Gauge>();

  constructor(record: Recorder) {
    this.record = record;
    this.inflight = record.gauge('apiserver_current_inflight_requests');
    this.watchers = record.gauge('apiserver_longrunning_requests');
    this.watchEvents = record.counter('apiserver_watch_events_total');
    this.watchersTerminated = record.counter('apiserver_terminated_watchers_total');
    this.writes = record.counter('apiserver_writes_total');
    this.reads = record.counter('apiserver_reads_total');
  }

  answered({ resource, action, request }: Operation, code: number, duration: number): void {
    const key = request.subresource === undefined ? action : `${action}/${request.subresource}`;
    let histogram = resource.durations.get(key);
    if (histogram === undefined) {
      const labels = {
        verb: VERBS[action],
        resource: resource.info.plural,
        ...(request.subresource ? { subresource: request.subresource } : {}),
      };
      histogram = this.record.histogram('apiserver_request_duration_seconds', labels);
      resource.durations.set(key, histogram);
    }
    histogram.observe(duration / SECOND);
    this.countCode(code);
    if (action === 'get' || action === 'list' || action === 'watch') this.reads.add();
    else this.writes.add();
  }

  /** Counts an answer that never became an operation. */
  countCode(code: number): void {
    let counter = this.codes.get(code);
    if (counter === undefined) {
      counter = this.record.counter('apiserver_request_total', { code: String(code) });
      this.codes.set(code, counter);
    }
    counter.add();
  }

  etcdAnswered(operation: string, took: number): void {
    let histogram = this.etcd.get(operation);
    if (histogram === undefined) {
      histogram = this.record.histogram('etcd_request_duration_seconds', { operation });
      this.etcd.set(operation, histogram);
    }
    histogram.observe(took / SECOND);
  }

  stored(resource: ResourceState, count: number): void {
    let gauge = this.objects.get(resource);
    if (gauge === undefined) {
      if (count === 0) return;
      gauge = this.record.gauge('apiserver_storage_objects', { resource: resource.info.resource });
      this.objects.set(resource, gauge);
    }
    gauge.set(count);
  }
}
