/** Options that `fuzz` and `replay-seed` share. */

import { InvalidArgumentError, Option } from 'commander';
import { LEAST_MINUTES } from '#experiment';

const MOST_MINUTES = 1440;

export const minutesOption = (): Option =>
  new Option('--minutes <n>', 'simulated minutes of each seed; faults fall into the first two fifths').default(10).argParser((text) => {
    const minutes = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    if (!(minutes >= LEAST_MINUTES && minutes <= MOST_MINUTES))
      throw new InvalidArgumentError(`expected minutes from ${LEAST_MINUTES} to ${MOST_MINUTES}.`);
    return minutes;
  });

/** Places of faults: '0,3'. '' is none. */
export function placesOf(text: string): readonly number[] {
  const places = text === '' ? [] : text.split(',').map((part) => (/^\d+$/.test(part) ? Number(part) : Number.NaN));
  if (places.some(Number.isNaN) || new Set(places).size < places.length)
    throw new InvalidArgumentError("expected places of faults with commas between, such as '0,3', or '' for none.");
  return places.toSorted((a, b) => a - b);
}

/** A mistake of the source tree's test/bugs. */
export const bugOption = (): Option =>
  new Option('--inject-bug <name>', 'put a mistake in on purpose, one of test/bugs in the source tree: is it found?');

/** What a seed is run with besides its number. */
export interface SeedFlags {
  readonly minutes: number;
  readonly injectBug?: string;
}

export const replayCommandOf = (seed: number, { minutes, injectBug }: SeedFlags, only?: readonly number[]): string =>
  [
    `wavetank replay-seed ${seed}`,
    ...(minutes === 10 ? [] : [`--minutes ${minutes}`]),
    ...(injectBug === undefined ? [] : [`--inject-bug ${injectBug}`]),
    ...(only === undefined ? [] : [`--only '${only.join(',')}'`]),
  ].join(' ');
