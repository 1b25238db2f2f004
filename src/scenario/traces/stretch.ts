/** Which part of a trace is played, and when: `--from`, `--to` and `--time-scale`. Seconds. */

import type { ImportOptions } from './import-options.ts';
import type { Spool } from './spool.ts';

export interface Times {
  readonly at: number;
  readonly until: number;
  readonly runs: number;
}

/** Where a row falls in the stretch that is played; a text says why it does not. `origin`: the trace's first instant. */
export function timesOf(
  spool: Spool,
  index: number,
  origin: number,
  { from = 0, to = Number.POSITIVE_INFINITY, timeScale }: ImportOptions,
): Times | string {
  const at = spool.get(index, 'at') - origin;
  if (at > to) return 'after --to';
  const [until, runs] = [spool.get(index, 'until') - origin, spool.get(index, 'runs')];
  const early = Math.max(0, from - at);
  if (spool.isPod(index) && early > 0 && (until <= from || runs <= early)) return 'gone before --from';
  return { at: Math.max(0, at - from) / timeScale, until: (until - from) / timeScale, runs: (runs - early) / timeScale };
}
