/** Who may be served now: API Priority and Fairness, or the plain limits of requests in flight that it replaced. A request holds its seats until its
 *  answer leaves; others wait in their level's queues, and are turned away with 429 when those are full or the wait was too long.
 *  Mirrors apiserver v1.34 pkg/util/flowcontrol and pkg/server/filters/maxinflight.go. */

import { type ApiRequest, deepEqual, type Resource, type ResourceInfo, type StatusObject, tooManyRequests } from '#api';
import { type Context, type Counter, type Duration, type Gauge, type Histogram, type Instant, type Recorder, SECOND } from '#sim';
import type { UserInfo } from '../authentication/users.ts';
import { type Allocation, adjust, allocations } from './concurrency.ts';
import { FairQueues, type Waiting } from './fair-queues.ts';
import { type CompiledSchema, EXEMPT, FlowConfiguration, flowOf } from './priority-levels.ts';

export type FlowControlKind = 'none' | 'maxInFlight' | 'priorityAndFairness';

/** Seats, to be given back. */
export interface Ticket {
  readonly level: Level | undefined;
  readonly seats: number;
  readonly queue: number;
  readonly startedAt: Instant;
}

/** A request with whom it came from. */
export interface Arrival extends Waiting {
  readonly request: ApiRequest;
  readonly source: number;
}

function queuesOf({ level: { queuing } }: Allocation): FairQueues<Arrival> | undefined {
  return queuing === undefined ? undefined : new FairQueues(queuing.queues, queuing.handSize, queuing.queueLengthLimit);
}

class Level {
  allocation: Allocation;
  queues: FairQueues<Arrival> | undefined;
  executing = 0;
  dispatched: Counter | undefined;
  rejected: Counter | undefined;
  waits: Histogram | undefined;
  inQueue: Gauge | undefined;

  constructor(allocation: Allocation) {
    this.allocation = allocation;
    this.queues = queuesOf(allocation);
  }

  /** Goes on as it is told anew. Those who wait move to the new queues when these are others; what does not fit there is handed back. */
  become(allocation: Allocation, flowOfOne: (arrival: Arrival) => string): readonly Arrival[] {
    const { level: before, highest, smoothed } = this.allocation;
    this.allocation = { ...allocation, highest, smoothed };
    if (deepEqual(before.queuing, allocation.level.queuing)) return [];
    const waiting = this.queues?.expire(Number.POSITIVE_INFINITY) ?? [];
    this.queues = queuesOf(allocation);
    const late = waiting.filter((arrival) => this.queues?.join(flowOfOne(arrival), arrival) !== true);
    this.inQueue?.add(-late.length);
    return late;
  }

  measure(record: Recorder): void {
    const labels = { priority_level: this.allocation.level.name };
    this.dispatched = record.counter('apiserver_flowcontrol_dispatched_requests_total', labels);
    this.rejected = record.counter('apiserver_flowcontrol_rejected_requests_total', labels);
    this.waits = record.histogram('apiserver_flowcontrol_request_wait_duration_seconds', labels);
    this.inQueue = record.gauge('apiserver_flowcontrol_current_inqueue_requests', labels);
  }

  /** A request wider than the level may run when it has the level to itself. */
  hasSeats(seats: number): boolean {
    return this.executing + Math.min(seats, this.allocation.limit) <= this.allocation.limit;
  }

  noteDemand(): void {
    const wanted = this.executing + (this.queues?.seatsAsked ?? 0);
    if (wanted > this.allocation.highest) this.allocation.highest = wanted;
  }
}

interface Release {
  readonly at: Instant;
  readonly ticket: Ticket;
}

export interface FlowControlLimits {
  readonly kind: FlowControlKind;
  /** --max-requests-inflight and --max-mutating-requests-inflight. */
  readonly readOnly: number;
  readonly mutating: number;
  /** Longest wait in a queue: a quarter of the request time-out. */
  readonly patience: Duration;
  readonly userOf: (request: ApiRequest) => UserInfo;
  readonly infoOf: (resource: Resource) => ResourceInfo | undefined;
}

const BORROWING_PERIOD = 10 * SECOND;
const RETRY_AFTER_SECONDS = 1;
const FREE: Ticket = { level: undefined, seats: 0, queue: -1, startedAt: 0 };
const REJECTION = 'Too many requests, please try again later.';
const isReading = ({ verb }: ApiRequest): boolean => verb === 'get' || verb === 'list' || verb === 'watch';

export class FlowControl {
  private readonly limits: FlowControlLimits;
  private configuration = new FlowConfiguration();
  private readonly levels = new Map<string, Level>();
  /** Levels that are no more, until nobody waits or runs there. */
  private retired: Level[] = [];
  private record: Recorder | undefined;
  /** Answers that are on their way out: their seats are free from then on. Sorted by time. */
  private readonly releases: Release[] = [];
  private adjustedAt: Instant = 0;
  private inFlight = { readOnly: 0, mutating: 0 };

  constructor(limits: FlowControlLimits) {
    this.limits = limits;
    for (const allocation of this.allocated()) this.levels.set(allocation.level.name, new Level(allocation));
  }

  private allocated(): Allocation[] {
    return allocations(this.configuration.levels, this.limits.readOnly + this.limits.mutating);
  }

  /** Levels and schemas are others from now on. Gives back those for whom there is no place left. */
  configure(configuration: FlowConfiguration): readonly Arrival[] {
    this.configuration = configuration;
    const turnedAway: Arrival[] = [];
    const gone = new Set(this.levels.keys());
    for (const allocation of this.allocated()) {
      const { name } = allocation.level;
      const level = this.levels.get(name);
      gone.delete(name);
      if (level !== undefined) turnedAway.push(...level.become(allocation, (arrival) => this.flowOf(arrival.request)));
      else {
        const made = new Level(allocation);
        if (this.record !== undefined) made.measure(this.record);
        this.levels.set(name, made);
      }
    }
    for (const name of gone) {
      this.retired.push(this.levels.get(name) as Level);
      this.levels.delete(name);
    }
    return turnedAway;
  }

  private schemaOf(request: ApiRequest): CompiledSchema {
    return this.configuration.schemaOf(request, this.limits.userOf(request), this.limits.infoOf(request.resource));
  }

  private flowOf(request: ApiRequest): string {
    return flowOf(request, this.schemaOf(request));
  }

  get isFair(): boolean {
    return this.limits.kind === 'priorityAndFairness';
  }

  measure(record: Recorder): void {
    if (!this.isFair) return;
    this.record = record;
    for (const level of this.levels.values()) level.measure(record);
  }

  get isOn(): boolean {
    return this.limits.kind !== 'none';
  }

  get hasWaiting(): boolean {
    for (const { queues } of this.levels.values()) if (queues !== undefined && queues.length > 0) return true;
    return this.retired.some(({ queues }) => queues !== undefined && queues.length > 0);
  }

  /** When the next seats come free; undefined: none are promised. */
  get nextRelease(): Instant | undefined {
    return this.releases[0]?.at;
  }

  /** A ticket: serve it. 'queued': later. A Status: turned away. */
  admit(arrival: Arrival, ctx: Context): Ticket | StatusObject | 'queued' {
    this.settle(ctx.now);
    return this.limits.kind === 'maxInFlight' ? this.countIn(arrival.request) : this.seat(arrival, ctx);
  }

  private countIn(request: ApiRequest): Ticket | StatusObject {
    // Watches are long-running and not counted.
    if (request.verb === 'watch') return FREE;
    const side = isReading(request) ? 'readOnly' : 'mutating';
    if (this.inFlight[side] >= this.limits[side]) return tooManyRequests(REJECTION, RETRY_AFTER_SECONDS);
    this.inFlight[side]++;
    return { level: undefined, seats: 1, queue: side === 'readOnly' ? 0 : 1, startedAt: 0 };
  }

  private seat(arrival: Arrival, ctx: Context): Ticket | StatusObject | 'queued' {
    const schema = this.schemaOf(arrival.request);
    if (schema.level === EXEMPT) return FREE;
    const level = this.levels.get(schema.level) as Level;
    const { queues } = level;
    if ((queues === undefined || queues.length === 0) && level.hasSeats(arrival.seats)) {
      level.executing += arrival.seats;
      level.noteDemand();
      level.dispatched?.add();
      level.waits?.observe(0);
      return { level, seats: arrival.seats, queue: -1, startedAt: ctx.now };
    }
    if (queues?.join(flowOf(arrival.request, schema), arrival)) {
      level.inQueue?.add(1);
      level.noteDemand();
      return 'queued';
    }
    level.rejected?.add();
    return tooManyRequests(REJECTION, RETRY_AFTER_SECONDS);
  }

  /** The answer leaves at `at`. */
  release(ticket: Ticket, at: Instant): void {
    if (ticket.seats === 0) return;
    let place = this.releases.length;
    while (place > 0 && (this.releases[place - 1] as Release).at > at) place--;
    this.releases.splice(place, 0, { at, ticket });
  }

  private settle(now: Instant): void {
    let freed = 0;
    while (freed < this.releases.length && (this.releases[freed] as Release).at <= now) {
      const { ticket, at } = this.releases[freed++] as Release;
      const { level, seats, queue, startedAt } = ticket;
      if (level === undefined) {
        if (queue === 0) this.inFlight.readOnly--;
        else this.inFlight.mutating--;
        continue;
      }
      level.executing -= seats;
      if (queue >= 0) level.queues?.done(queue, seats, at - startedAt);
    }
    if (freed > 0) this.releases.splice(0, freed);
    if (this.limits.kind !== 'priorityAndFairness' || now - this.adjustedAt < BORROWING_PERIOD) return;
    this.adjustedAt = now;
    const all = [...this.levels.values()];
    adjust(
      all.map(({ allocation }) => allocation),
      this.limits.readOnly + this.limits.mutating,
    );
    for (const level of all) level.noteDemand();
  }

  /** Those whose turn has come, and those who have waited too long. */
  advance(now: Instant, turn: (arrival: Arrival, ticket: Ticket) => void, late: (arrival: Arrival) => void): void {
    this.settle(now);
    if (this.retired.length > 0) this.retired = this.retired.filter(({ queues, executing }) => executing > 0 || (queues?.length ?? 0) > 0);
    for (const level of [...this.levels.values(), ...this.retired]) {
      const { queues } = level;
      if (queues === undefined || queues.length === 0) continue;
      for (const arrival of queues.expire(now - this.limits.patience)) {
        level.inQueue?.add(-1);
        level.rejected?.add();
        late(arrival);
      }
      for (;;) {
        const found = queues.next((one) => level.hasSeats(one.seats));
        if (found === undefined) break;
        const { one, queue } = found;
        level.executing += one.seats;
        level.inQueue?.add(-1);
        level.dispatched?.add();
        level.waits?.observe((now - one.since) / SECOND);
        turn(one, { level, seats: one.seats, queue, startedAt: now });
      }
    }
  }
}

export const rejection = (): StatusObject => tooManyRequests(REJECTION, RETRY_AFTER_SECONDS);
