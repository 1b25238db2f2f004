/** life.json: what a run is made of and where it stood at whole simulated seconds. While a run lasts it is its checkpoint, written every few seconds of wall
 *  time; afterwards it is the record by which the same life can be lived again up to any instant (`--resume`, `wavetank branch`). It holds no state: the
 *  same scenario, seed and build live the same life, and the digests tell whether they did. */

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { decodeText, printable, readBytes, UserError } from '#scenario';
import type { Position } from '#sim';

export const LIFE_FILE = 'life.json';
const LIFE_FORMAT = 'wavetank-life/1';
/** Positions that a finished life keeps, and that a checkpoint does. */
const KEPT = { finished: 256, checkpoint: 4096 };

/** What makes a run the run it is. */
export interface Identity {
  readonly scenario: string;
  /** As it ran, after --set. */
  readonly source: unknown;
  readonly seed: number;
  readonly shards: number;
  /** Flags that change what a run records or does. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** Files of the user's own code, by their hash. */
  readonly files: Readonly<Record<string, string>>;
  readonly build: string;
  readonly node: string;
}

export interface Life {
  readonly format: typeof LIFE_FORMAT;
  readonly run: Identity;
  /** The scenario's file. */
  readonly from?: string;
  /** True: the run is done, and result.json beside it is its result. */
  readonly finished: boolean;
  /** The result's digest, of a finished life. */
  readonly digest?: string;
  readonly positions: readonly Position[];
  /** Spent so far, all attempts together. */
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
}

export const lifeText = (life: Omit<Life, 'format'>): string => {
  const { positions, ...head } = life;
  const rows = thinned(positions, head.finished ? KEPT.finished : KEPT.checkpoint)
    .map((position) => `  ${JSON.stringify(position)}`)
    .join(',\n');
  return `${JSON.stringify({ format: LIFE_FORMAT, ...head }).slice(0, -1)},"positions":[\n${rows}\n]}\n`;
};

/** Evenly spaced ones, the last among them. */
function thinned(positions: readonly Position[], most: number): readonly Position[] {
  const step = Math.ceil(positions.length / most);
  return step <= 1 ? positions : positions.filter((_, index) => (positions.length - 1 - index) % step === 0);
}

export function readLife(directory: string): Life | undefined {
  const file = join(directory, LIFE_FILE);
  if (!existsSync(file)) return undefined;
  let life: Partial<Life> | null;
  try {
    life = JSON.parse(decodeText(readBytes(file), file)) as Partial<Life> | null;
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw UserError.at({ file }, `is not JSON: ${printable((error as Error).message, 200)}`);
  }
  const isWhole =
    life?.format === LIFE_FORMAT &&
    typeof life.run?.scenario === 'string' &&
    Number.isSafeInteger(life.run.seed) &&
    Number.isSafeInteger(life.run.shards) &&
    typeof life.run.build === 'string' &&
    Array.isArray(life.positions) &&
    life.positions.every((one) => Number.isSafeInteger(one?.at) && Number.isSafeInteger(one.events) && typeof one.digest === 'string');
  if (!isWhole) throw UserError.at({ file }, `is no checkpoint of a run ('format' is not ${LIFE_FORMAT}, or a part of it is missing)`);
  return life as Life;
}

export const hashOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

const WORDS: Readonly<Record<keyof Identity, string>> = {
  scenario: "the scenario's name",
  source: 'the scenario (or its --set)',
  seed: '--seed',
  shards: '--shards',
  flags: 'a flag',
  files: 'a file of your own code',
  build: 'the build of Wavetank',
  node: "Node's version",
};

/** What differs, in words; undefined when the two are one run. */
export function differenceOf(then: Identity, now: Identity): string | undefined {
  const own = JSON.parse(JSON.stringify(now)) as Identity;
  for (const part of Object.keys(WORDS) as (keyof Identity)[]) {
    if (isDeepStrictEqual(then[part], own[part])) continue;
    const [before, after] = [then[part], own[part]];
    if (typeof before === 'object' && typeof after === 'object' && part !== 'source') {
      const keys = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
      const [old, young] = [before, after] as Record<string, unknown>[];
      const key = keys.find((name) => !isDeepStrictEqual(old?.[name], young?.[name])) ?? '';
      return `${WORDS[part]} differs: ${key}${part === 'files' ? '' : ` was ${JSON.stringify(old?.[key]) ?? 'not given'}, is ${JSON.stringify(young?.[key]) ?? 'not given'}`}`;
    }
    if (part === 'source') return `${WORDS[part]} differs: ${pathOfDifference(before, after, '') ?? '?'}`;
    return `${WORDS[part]} differs: was ${printable(String(before))}, is ${printable(String(after))}`;
  }
  return undefined;
}

/** The first place where two plain values part: 'cluster.nodes[0].count'. */
function pathOfDifference(a: unknown, b: unknown, path: string): string | undefined {
  if (isDeepStrictEqual(a, b)) return undefined;
  const maps = [a, b].every((value) => typeof value === 'object' && value !== null);
  if (!maps || Array.isArray(a) !== Array.isArray(b)) return path === '' ? 'all of it' : path;
  const [left, right] = [a, b] as Record<string, unknown>[];
  for (const key of new Set([...Object.keys(left ?? {}), ...Object.keys(right ?? {})])) {
    const step = Array.isArray(a) ? `[${key}]` : path === '' ? key : `.${key}`;
    const found = pathOfDifference(left?.[key], right?.[key], `${path}${step}`);
    if (found !== undefined) return found;
  }
  return path;
}

/** The life lived again is not the one that was recorded. */
export function goneAnotherWay(expected: Position, found: Position | undefined): UserError {
  const at = `${expected.at / 1e6} s`;
  const now = found === undefined ? 'did not get there' : `has digest ${found.digest} after ${found.events} events`;
  return UserError.at(
    {},
    `the run went another way than the recorded one: at ${at} it ${now}, the record says ${expected.digest} after ${expected.events}: the build, Node or a file that the scenario names has changed`,
  );
}
