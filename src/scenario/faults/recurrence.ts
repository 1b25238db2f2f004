/** When a fault strikes, the same for every kind: once (`at`), at a rate (`every`, a constant or a distribution of the time between two strikes), or at the
 *  instants of a trace (`times`); `for` is a length or a distribution of lengths. Luck is the entry's own, so that other entries strike as they did. */

import { sampleDistribution, type WorldChange } from '#sim';
import type { FaultKind, FaultScope } from '../fault.ts';
import { count, duration, durationDistribution, type JsonSchema, list } from '../schema-pieces.ts';
import { parseDuration, parseDurationDistribution } from '../units.ts';

export interface Recurrence {
  readonly at?: string;
  readonly every?: unknown;
  readonly from?: string;
  readonly until?: string;
  readonly most?: number;
  readonly times?: readonly string[];
  readonly for?: unknown;
}

/** Written once in the schema, and meant by every kind. */
export const DRAWN_DURATION = { drawnDuration: durationDistribution('how long') };
const drawn = (description: string): JsonSchema => ({ $ref: '#/$defs/drawnDuration', description });

const RECURRENCE: Readonly<Record<string, JsonSchema>> = {
  at: duration('when it strikes; or `every`, or `times`'),
  every: drawn('it strikes again and again: the time from one strike to the next'),
  from: duration('with `every`: not before (default 0s)'),
  until: duration('with `every`: not after (default: to the end)'),
  most: count('with `every`: so many strikes at most', 1, 100_000),
  times: list(duration('an instant'), 'it strikes at each of these instants: a trace of failures', 1),
};

/** More strikes than that are a mistake. */
const MOST = 100_000;
const ONLY_WITH_EVERY = ['from', 'until', 'most'] as const;

/** The same kind, able to come again. An entry with `at` and a constant `for` strikes exactly as the kind itself says. */
export function recurring<Spec extends object>(kind: FaultKind<Spec>): FaultKind<Spec & Recurrence> {
  const properties = kind.schema['properties'] as Readonly<Record<string, JsonSchema>>;
  const length = properties['for'];
  const schema: JsonSchema = {
    ...kind.schema,
    properties: {
      ...properties,
      ...RECURRENCE,
      ...(length === undefined ? {} : { for: drawn(String(length['description'])) }),
    },
    required: ((kind.schema['required'] as readonly string[] | undefined) ?? []).filter((name) => name !== 'at'),
  };
  return {
    name: kind.name,
    schema,
    mistake: (spec, topology) => whenMistake(spec) ?? kind.mistake?.(spec, topology),
    changes(spec, scope): readonly WorldChange[] {
      if (spec.at !== undefined && !isDrawn(spec.for)) return kind.changes(spec, scope);
      const { every: _every, from: _from, until: _until, most: _most, times: _times, ...rest } = spec;
      return strikes(spec, scope).flatMap(({ at, length: lasts }, strike) => {
        const one = { ...rest, at: `${at}us`, ...(lasts === undefined ? {} : { for: `${lasts}us` }) };
        return kind.changes(one as unknown as Spec, {
          ...scope,
          ordinal: strike === 0 ? scope.ordinal : (scope.ordinal + 1) * MOST + strike,
        });
      });
    },
  };
}

const isDrawn = (length: unknown): boolean => typeof length === 'object' && length !== null;

function whenMistake(spec: Recurrence): string | undefined {
  const said = (['at', 'every', 'times'] as const).filter((field) => spec[field] !== undefined);
  if (said.length === 0) return "lacks 'at' (or 'every', or 'times')";
  if (said.length > 1) return `says both '${said[0]}' and '${said[1]}'`;
  const stray = spec.every === undefined ? ONLY_WITH_EVERY.find((field) => spec[field] !== undefined) : undefined;
  if (stray !== undefined) return `says '${stray}', which goes with 'every'`;
  if (spec.every !== undefined && parseDurationDistribution(spec.every) === 0) return "'every' is 0: it would strike without end";
  return undefined;
}

interface Strike {
  readonly at: number;
  readonly length: number | undefined;
}

function strikes(spec: Recurrence, { ordinal, stream, until: end }: FaultScope): readonly Strike[] {
  const lengths = spec.for === undefined ? undefined : parseDurationDistribution(spec.for);
  const luck = stream(`fault/${ordinal}/length`);
  const length = (): number | undefined => (lengths === undefined ? undefined : Math.max(1, Math.round(sampleDistribution(lengths, luck))));
  if (spec.every === undefined) {
    const instants = spec.times ?? [spec.at ?? '0s'];
    return instants.map((at) => ({ at: parseDuration(at) ?? 0, length: length() }));
  }
  const gap = parseDurationDistribution(spec.every) ?? 0;
  const gaps = stream(`fault/${ordinal}/gap`);
  const last = Math.min(end ?? Number.POSITIVE_INFINITY, parseDuration(spec.until) ?? Number.POSITIVE_INFINITY);
  const most = Math.min(spec.most ?? MOST, MOST);
  const found: Strike[] = [];
  let at = parseDuration(spec.from) ?? 0;
  while (found.length < most) {
    at += Math.max(1, Math.round(sampleDistribution(gap, gaps)));
    if (at > last) break;
    found.push({ at, length: length() });
    if (last === Number.POSITIVE_INFINITY && spec.most === undefined && found.length >= 1000) break;
  }
  return found;
}
