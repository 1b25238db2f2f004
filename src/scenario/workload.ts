/** What a kind of workload is: a pure generator of timed API requests. One file a kind under workloads/, one line in its registry. */

import type { PatchType, RequestOptions, Resource, Verb } from '#api';
import type { Duration, Instant, Stream } from '#sim';
import type { JsonSchema } from './schema-pieces.ts';

/** One request of a user, due at an instant. The fields are those of a request of the client room. */
export interface TimedRequest {
  readonly at: Instant;
  readonly verb: Verb;
  readonly resource: Resource;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly body?: unknown;
  readonly patchType?: PatchType;
  readonly options?: RequestOptions;
  /** Pods that will come of it when all goes well: what 'scheduled > 99 %' is measured against. Negative when it takes pods away. */
  readonly pods?: number;
}

/** A named stretch of simulated time, so that `expect` can ask for what happened in it. */
export interface Phase {
  readonly name: string;
  readonly from: Instant;
  readonly to: Instant;
}

/** One entry of the scenario's `workload` list. Plain data: it crosses to the thread that runs it. */
export interface WorkloadEntry {
  readonly kind: string;
  readonly spec: unknown;
}

export interface WorkloadScope {
  /** Position in the list: names and luck are keyed by it. */
  readonly ordinal: number;
  readonly entries: readonly WorkloadEntry[];
  readonly until: Instant;
  /** A scenario-level stream of luck. */
  stream(name: string): Stream;
}

export interface WorkloadKind<Spec = never> {
  /** The key under which a scenario mixes it in. */
  readonly name: string;
  readonly schema: JsonSchema;
  /** In order of time. The same entry and luck give the same requests. */
  requests(spec: Spec, scope: WorkloadScope): Iterable<TimedRequest>;
  phases?(spec: Spec): readonly Phase[];
  /** What a schema cannot say: a mistake in words, or undefined. */
  mistake?(spec: Spec, entries: readonly WorkloadEntry[]): string | undefined;
  /** The pods that one entry asks for in all; for progress bars and sizes. */
  pods?(spec: Spec): number;
}

/** When the entry is over. */
export const lastPhaseEnd = (phases: readonly Phase[]): Duration => phases.reduce((end, phase) => Math.max(end, phase.to), 0);
