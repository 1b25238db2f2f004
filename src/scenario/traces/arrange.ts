/** A spooled trace as the file that a scenario plays (trace-file.ts): in order of time, cut to a stretch, faster, and as heavy as asked. */

import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { UserError } from '../user-error.ts';
import { clusterTotal, type WrittenPool } from './fit-cluster.ts';
import type { ImportOptions } from './import-options.ts';
import type { ObjectDemand } from './object-demand.ts';
import { peakOf } from './peak-demand.ts';
import type { Spool } from './spool.ts';
import { timesOf } from './stretch.ts';
import type { Tally } from './tally.ts';
import { TRACE_VERSION } from './trace-file.ts';
import { shareOf } from './trace-luck.ts';

export interface Arranged {
  readonly pods: number;
  readonly objects: number;
  /** From the first line to the last event, as it will be played. */
  readonly seconds: number;
}

const BLOCK = 1 << 20;
const MOST_COPIES = 1000;
/** Seconds: about what a pod takes to get a node and begin. */
const BRIEF = 1;

/** How often each pod stands in the trace so that the scarcest resource of the cluster is asked for `load` times over at the peak. */
export function copiesFor(
  spool: Spool,
  objects: ObjectDemand,
  pools: readonly WrittenPool[],
  options: ImportOptions,
  load: number,
): number {
  const peak = peakOf(spool, objects, options);
  const has = clusterTotal(pools);
  const share = Math.max(
    peak.cpuMilli / (has.cpuMilli || Number.POSITIVE_INFINITY),
    peak.memoryMib / (has.memoryMib || Number.POSITIVE_INFINITY),
    peak.gpus / (has.gpus || Number.POSITIVE_INFINITY),
  );
  if (share === 0) throw UserError.at({}, '--inflate: the pods of this trace ask for nothing');
  const copies = load / share;
  if (copies > MOST_COPIES)
    throw UserError.at(
      {},
      `--inflate ${load} would repeat each pod ${Math.round(copies)} times, at most ${MOST_COPIES}: take a smaller cluster (--nodes)`,
    );
  return copies;
}

const REPEATED = ['replicas', 'completions', 'parallelism'] as const;

/** An object with so many times the replicas. */
function inflated(content: Record<string, unknown>, copies: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(content).map(([what, object]) => {
      const spec = (object as { spec?: Record<string, unknown> }).spec;
      if (what === 'delete' || spec === undefined) return [what, object];
      const more = REPEATED.flatMap((field) => (typeof spec[field] === 'number' ? [[field, Math.ceil(spec[field] * copies)]] : []));
      return [what, { ...(object as object), spec: { ...spec, ...Object.fromEntries(more) } }];
    }),
  );
}

const round = (seconds: number): number => Math.round(seconds * 1e6) / 1e6;

/** Writes the file whole; the caller gives it its name when all went well. */
export function arrange(
  spool: Spool,
  objects: ObjectDemand,
  pools: readonly WrittenPool[],
  options: ImportOptions,
  tally: Tally,
  file: string,
): Arranged {
  const order = spool.inOrder();
  const origin = spool.origin();
  const copies = options.inflate === undefined ? 1 : copiesFor(spool, objects, pools, options, options.inflate);
  const out = new Lines(file);
  const shown = new Uint8Array(spool.shapes);
  const total = { pods: 0, objects: 0, seconds: 0 };
  let brief = 0;
  try {
    out.add({ trace: 'wavetank', version: TRACE_VERSION });
    for (const index of order) {
      const times = timesOf(spool, index, origin, options);
      if (typeof times === 'string') {
        tally.drop(times, spool.get(index, 'line') || undefined);
        continue;
      }
      tally.keep();
      const at = round(times.at);
      total.seconds = Math.max(total.seconds, at);
      const content = JSON.parse(spool.text(index)) as Record<string, unknown>;
      if (!spool.isPod(index)) {
        total.objects++;
        total.pods += spool.get(index, 'brings') * (copies === 1 ? 1 : copies);
        out.add({ at, ...(copies === 1 ? content : inflated(content, copies)) });
        continue;
      }
      if (times.until - at < BRIEF) brief++;
      const shape = spool.get(index, 'shape');
      if (shape >= 0 && shown[shape] === 0) {
        shown[shape] = 1;
        out.add({ shape, ...(JSON.parse(spool.shapeText(shape)) as object) });
      }
      const { name, own, completions } = content as { name: string; own?: object; completions?: number };
      const ends = {
        ...(times.until < Number.POSITIVE_INFINITY ? { until: round(times.until) } : {}),
        ...(times.runs < Number.POSITIVE_INFINITY ? { runs: round(times.runs) } : {}),
        ...(completions === undefined ? {} : { completions }),
      };
      for (const [end, extra] of [
        [times.until, 0],
        [at, times.runs],
      ] as const)
        if (end + extra < Number.POSITIVE_INFINITY) total.seconds = Math.max(total.seconds, end + extra);
      const whole = Math.floor(copies);
      const times2 = whole + (shareOf(options.seed, 'inflate', name) < copies - whole ? 1 : 0);
      if (times2 === 0) tally.drop('taken out by --inflate', spool.get(index, 'line') || undefined);
      for (let copy = 0; copy < times2; copy++) {
        total.pods += spool.get(index, 'pods');
        out.add({ at, pod: copy === 0 ? name : `${name}-x${copy}`, ...(shape >= 0 ? { shape } : { own }), ...ends });
      }
    }
    out.finish();
    if (brief > 0)
      tally.note(
        `${brief} ${brief === 1 ? 'pod is' : 'pods are'} deleted less than ${BRIEF} s after coming, perhaps before having a node${options.timeScale > 1 ? ' (a smaller --time-scale leaves them longer)' : ''}`,
      );
  } finally {
    out.close();
  }
  return total;
}

/** JSON lines, a block at a time. */
class Lines {
  readonly #file: number;
  #text: string[] = [];
  #length = 0;
  constructor(path: string) {
    this.#file = openSync(path, 'w');
  }
  add(value: object): void {
    const text = `${JSON.stringify(value)}\n`;
    this.#text.push(text);
    this.#length += text.length;
    if (this.#length >= BLOCK) this.#flush();
  }
  finish(): void {
    this.#flush();
    fsyncSync(this.#file);
  }
  close(): void {
    closeSync(this.#file);
  }
  #flush(): void {
    const bytes = Buffer.from(this.#text.join(''));
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
    this.#text = [];
    this.#length = 0;
  }
}
