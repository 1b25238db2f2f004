/** When things arrive: a rate that may change from phase to phase, evenly spaced or as a Poisson process. */

import type { Instant, Stream } from '#sim';
import { count, duration, fields, type JsonSchema, list, number, oneOf, text } from './schema-pieces.ts';
import { parseDuration } from './units.ts';
import type { Phase } from './workload.ts';

/** As written under an entry that brings pods. */
export interface ArrivalSpec {
  readonly start?: string;
  readonly podsPerSecond?: number;
  readonly for?: string;
  readonly arrivals?: 'even' | 'poisson';
  readonly phases?: readonly PhaseSpec[];
}
interface PhaseSpec {
  readonly name?: string;
  readonly for: string;
  readonly podsPerSecond: number | { readonly from: number; readonly to: number };
}

const rate = number('pods that arrive each second', 0);

export const arrivalFields: Readonly<Record<string, JsonSchema>> = {
  start: duration('when the first one comes (default 0s)'),
  podsPerSecond: { ...rate, exclusiveMinimum: 0 },
  for: duration('how long they come; without it until all have come'),
  arrivals: oneOf(['even', 'poisson'], 'how they are spaced (default even)'),
  phases: list(
    fields(
      'a stretch of time with one rate, or a ramp from one to another',
      {
        name: text('lets `expect` ask for this stretch'),
        for: duration('how long'),
        podsPerSecond: { anyOf: [rate, fields('a ramp', { from: rate, to: rate }, ['from', 'to'])], description: 'a rate, or {from, to}' },
      },
      ['for', 'podsPerSecond'],
    ),
    'rates one after another',
    1,
  ),
};

export const countField = (what: string): JsonSchema => count(what, 1);

interface Stretch extends Phase {
  readonly first: number;
  readonly last: number;
}

function stretches(spec: ArrivalSpec): readonly Stretch[] {
  let at = parseDuration(spec.start ?? '0s') ?? 0;
  if (spec.phases !== undefined) {
    return spec.phases.map((phase, index) => {
      const from = at;
      at += parseDuration(phase.for) ?? 0;
      const { from: first, to: last } =
        typeof phase.podsPerSecond === 'number' ? { from: phase.podsPerSecond, to: phase.podsPerSecond } : phase.podsPerSecond;
      return { name: phase.name ?? `phase-${index + 1}`, from, to: at, first, last };
    });
  }
  const steady = spec.podsPerSecond ?? 0;
  const end = spec.for === undefined ? Number.MAX_SAFE_INTEGER : at + (parseDuration(spec.for) ?? 0);
  return [{ name: 'arrivals', from: at, to: end, first: steady, last: steady }];
}

/** The named phases of an entry, for `expect ... during`. */
export function arrivalPhases(spec: ArrivalSpec): readonly Phase[] {
  return spec.phases === undefined ? [] : stretches(spec).map(({ name, from, to }) => ({ name, from, to }));
}

/** The instants at which units come. Without any rate all come at `start`. `weight` is how many pods one unit brings. */
export function* arrivalTimes(spec: ArrivalSpec, weight: number, stream: Stream): Iterable<Instant> {
  const parts = stretches(spec);
  if (spec.phases === undefined && spec.podsPerSecond === undefined) {
    for (;;) yield parts[0]?.from ?? 0;
  }
  const gap = spec.arrivals === 'poisson' ? (): number => -Math.log(1 - stream.next()) : (): number => 1;
  // `due` is the place of the next arrival on the axis of expected arrivals, `done` what earlier stretches hold of it.
  let due = spec.arrivals === 'poisson' ? gap() : 0;
  let done = 0;
  for (const part of parts) {
    const length = (part.to - part.from) / 1e6;
    const first = part.first / weight;
    const slope = (part.last - part.first) / weight / length;
    const held = ((part.first + part.last) / 2 / weight) * length;
    while (due - done < held - 1e-9) {
      yield Math.round(part.from + timeOf(due - done, first, slope) * 1e6);
      due += gap();
    }
    done += held;
  }
}

/** Seconds after which `n` have come at rate `first + slope * t`. */
function timeOf(n: number, first: number, slope: number): number {
  if (Math.abs(slope) < 1e-12) return n / first;
  return (Math.sqrt(Math.max(0, first * first + 2 * slope * n)) - first) / slope;
}
