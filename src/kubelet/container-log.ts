/** What a container has written by an instant. No program runs in it: its lines follow from its life (start, SIGTERM, exit), from the HTTP probes and the
 *  requests that it answered, and from the `log` of its behaviour. Nothing is stored but the last requests; a log is worked out when somebody reads it.
 *  Bounded as upstream bounds it: every containerLogMonitorInterval a file that has reached containerLogMaxSize is set aside, and readers see the
 *  newest file alone. Mirrors v1.34 pkg/kubelet/logs/container_log_manager.go and the CRI's log format (time, stream, tag, line). */

import { type Instant, SECOND } from '#sim';
import type { LogBehaviour } from './behaviour.ts';
import type { ContainerRecord, Termination } from './pod-worker.ts';
import type { ProbeTimeline } from './probe-schedule.ts';

/** containerLogMonitorInterval. */
const MONITOR = 10 * SECOND;
/** '2026-01-01T00:00:00.000000000Z stdout F ' and the line's end: what a line takes in its file beside itself. */
const FRAME = 41;
/** Batches of requests that a container remembers. */
const REQUESTS_MOST = 64;
const STARTUP_TICKS_MOST = 10_000;

export interface LogLine {
  readonly at: Instant;
  readonly text: string;
}

/** The HTTP probes of one life: every tick from `since` on. */
export interface ProbeTrace {
  readonly path: string;
  readonly type: 'startup' | 'readiness' | 'liveness';
  readonly since: Instant;
  readonly period: number;
  readonly timeline: ProbeTimeline;
}

/** What the log of one life is made of. */
export interface LifeTrace {
  readonly probes: readonly ProbeTrace[];
  readonly requests: readonly LogLine[];
  /** When SIGTERM came. */
  readonly signalAt: Instant | undefined;
}

const NO_TRACE: LifeTrace = { probes: [], requests: [], signalAt: undefined };

/** Of the life that goes on, or ends now; nothing is made for a container of which nothing but its start and end is told. */
export function traceOf(record: ContainerRecord): LifeTrace {
  const probes: ProbeTrace[] = [];
  for (const { plan, timeline, since } of record.probes) {
    const http = record.spec[`${plan.type}Probe`]?.httpGet;
    if (http === undefined || timeline === undefined || since === undefined) continue;
    probes.push({ path: http.path ?? '/', type: plan.type, since, period: plan.period, timeline });
  }
  const { requests = [], stop } = record;
  if (probes.length === 0 && requests.length === 0 && stop === undefined) return NO_TRACE;
  return { probes, requests, signalAt: stop?.signalAt };
}

/** A batch of requests was answered. */
export const tellRequests = (record: ContainerRecord, count: number, at: Instant): void =>
  tell(record, at, count === 1 ? 'answered a request' : `answered ${count} requests`);

/** A line of its own; the last ones are remembered. */
export function tell(record: ContainerRecord, at: Instant, text: string): void {
  const requests = record.requests ?? [];
  if (requests.length >= REQUESTS_MOST) requests.shift();
  requests.push({ at, text });
  record.requests = requests;
}

/** Lines of one origin, in order. Counting costs no walk along them. */
interface Source {
  /** How many lines there are before an instant. */
  count(before: Instant): number;
  line(index: number): LogLine;
  /** What the first lines take in the file. */
  bytes(count: number): number;
}

function listed(lines: readonly LogLine[]): Source {
  return {
    count: (before) => lines.filter(({ at }) => at < before).length,
    line: (index) => lines[index] as LogLine,
    bytes: (count) => lines.slice(0, count).reduce((sum, { text }) => sum + text.length + FRAME, 0),
  };
}

/** `until`: the end of the life, or Infinity. */
function spoken({ linesPerSecond, lines }: LogBehaviour, container: string, startedAt: Instant, until: Instant): Source {
  const texts = lines !== undefined && lines.length > 0 ? lines : [`${container} is at work`];
  const upTo = texts.map((_, index) => texts.slice(0, index).reduce((sum, text) => sum + text.length + FRAME, 0));
  const turn = texts.reduce((sum, text) => sum + text.length + FRAME, 0);
  const at = (index: number): Instant => startedAt + Math.ceil(((index + 1) * SECOND) / linesPerSecond);
  return {
    count(before) {
      const span = Math.min(before, until) - startedAt;
      if (span <= 0 || linesPerSecond <= 0) return 0;
      // Rounding may be off by one either way.
      let count = Math.max(0, Math.floor((span * linesPerSecond) / SECOND) - 1);
      while (at(count) < startedAt + span) count++;
      return count;
    },
    line: (index) => ({ at: at(index), text: texts[index % texts.length] as string }),
    bytes: (count) => Math.floor(count / texts.length) * turn + (upTo[count % texts.length] as number),
  };
}

function probed({ path, type, since, period, timeline }: ProbeTrace, until: Instant): Source {
  let last = until;
  if (type === 'startup') {
    // It stops with the first success.
    let tick = since;
    for (let ticks = 0; tick < until && !timeline.ok(tick) && ticks < STARTUP_TICKS_MOST; ticks++) tick += period;
    last = Math.min(until, tick + 1);
  }
  const text = (code: number): string => `"GET ${path}" ${code} "kube-probe/1.34"`;
  const length = text(200).length + FRAME;
  return {
    count: (before) => Math.max(0, Math.ceil((Math.min(before, last) - since) / period)),
    line(index) {
      const at = since + index * period;
      return { at, text: text(timeline.ok(at) ? 200 : 503) };
    },
    bytes: (count) => count * length,
  };
}

/** The log of one life of a container: of the one that runs, or of one that has ended. */
export class ContainerLog {
  private readonly sources: readonly Source[];
  private readonly startedAt: Instant;

  constructor(record: ContainerRecord, end: Termination | undefined) {
    const { spec, behaviour } = record;
    const startedAt = end?.startedAt ?? record.startedAt;
    const { probes, requests, signalAt } = end === undefined ? traceOf(record) : (end.trace ?? NO_TRACE);
    const until = end?.finishedAt ?? Number.POSITIVE_INFINITY;
    const life: LogLine[] = [{ at: startedAt, text: `${spec.name} started (${spec.image ?? ''})` }];
    if (signalAt !== undefined && signalAt < until) life.push({ at: signalAt, text: 'received SIGTERM' });
    // What is killed says nothing any more.
    if (end !== undefined && end.exitCode !== 137) life.push({ at: end.finishedAt, text: `exits with code ${end.exitCode}` });
    const quiet = Math.min(until, signalAt ?? until);
    this.startedAt = startedAt;
    this.sources = [
      listed(life.slice(0, 1)),
      ...(behaviour.log === undefined ? [] : [spoken(behaviour.log, spec.name, startedAt, until)]),
      ...probes.map((probe) => probed(probe, probe.type === 'readiness' ? until : quiet)),
      ...(requests.length === 0 ? [] : [listed(requests)]),
      listed(life.slice(1)),
    ];
  }

  private size(before: Instant): number {
    return this.sources.reduce((sum, source) => sum + source.bytes(source.count(before)), 0);
  }

  /** When the newest file began: the log manager looks at `phase` and every 10 s after it. */
  fileSince(now: Instant, maxBytes: number, phase: Instant): Instant {
    const tickAt = (tick: number): Instant => phase + tick * MONITOR;
    const newest = Math.floor((now - phase) / MONITOR);
    let since = this.startedAt;
    let before = 0;
    let from = Math.max(0, Math.ceil((since - phase) / MONITOR));
    while (from <= newest && this.size(tickAt(newest)) - before >= maxBytes) {
      let [low, high] = [from, newest];
      while (low < high) {
        const middle = Math.floor((low + high) / 2);
        if (this.size(tickAt(middle)) - before >= maxBytes) high = middle;
        else low = middle + 1;
      }
      since = tickAt(low);
      before = this.size(since);
      from = low + 1;
    }
    return since;
  }

  /** Lines from one instant (included) to another (not included), the last `most` of them. */
  lines(from: Instant, to: Instant, most = Number.POSITIVE_INFINITY): readonly LogLine[] {
    const found: LogLine[] = [];
    for (const source of this.sources) {
      const end = source.count(to);
      for (let index = Math.max(source.count(from), end - most); index < end; index++) found.push(source.line(index));
    }
    // Stable: at the same instant the start comes first, the end last.
    found.sort((a, b) => a.at - b.at);
    return found.length > most ? found.slice(found.length - most) : found;
  }
}

/** What its log takes on the node's disk by now: containerLogMaxFiles files at most. */
export function logBytes(record: ContainerRecord, now: Instant, maxBytes: number, maxFiles: number): number {
  const { log } = record.behaviour;
  if (log === undefined || record.state !== 'running') return 0;
  const source = spoken(log, record.spec.name, record.startedAt, Number.POSITIVE_INFINITY);
  return Math.min(maxBytes * maxFiles, source.bytes(source.count(now)));
}
