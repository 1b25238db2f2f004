/** What an importer is, and the way of most: rows become items, items a file in order of time, and that file the workload of a scenario. */

import { renameSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { UserError } from '../user-error.ts';
import { Anonymiser } from './anonymise.ts';
import { arrange } from './arrange.ts';
import { clusterFor, type WrittenPool } from './fit-cluster.ts';
import type { ImportOptions, OwnOption } from './import-options.ts';
import { ObjectDemand } from './object-demand.ts';
import { Spool } from './spool.ts';
import { Tally } from './tally.ts';
import type { PodItem, TraceItem } from './trace-item.ts';
import { shareOf } from './trace-luck.ts';

/** A scenario as it is written to YAML. */
export interface ScenarioDocument {
  readonly name: string;
  readonly seed: number;
  readonly duration: string;
  readonly cluster: Readonly<Record<string, unknown>>;
  readonly images?: Readonly<Record<string, string>>;
  readonly workload: readonly Readonly<Record<string, unknown>>[];
  readonly notes: readonly string[];
}

export interface Imported {
  readonly document: ScenarioDocument;
  readonly tally: Tally;
  /** What is to know at a glance. */
  readonly summary: string;
}

export interface Importer {
  readonly kind: string;
  readonly description: string;
  /** What a row of it is called. */
  readonly unit: string;
  readonly options?: readonly OwnOption[];
  /** Flags that every import has and that mean nothing here. */
  readonly without?: readonly string[];
  readonly example: string;
  /** `tracePath` is where the file that the scenario plays will lie. */
  import(files: readonly string[], options: ImportOptions, tracePath: string): Promise<Imported>;
}

/** What an importer learns of the cluster on its way through the rows. */
export interface Found {
  /** What each node of a cluster made to fit has besides. */
  readonly everyNode: Record<string, string>;
  /** The trace's own machines. */
  pools?: readonly WrittenPool[];
  /** What nodes must be called for pods to find them, where the trace names no machines. */
  labels?: Readonly<Record<string, string>>;
}

/** An importer of rows. */
export interface RowImporter extends Omit<Importer, 'import'> {
  items(files: readonly string[], options: ImportOptions, tally: Tally, found: Found): AsyncIterable<TraceItem>;
  /** Images that pods of this trace run, with their sizes. */
  readonly images?: Readonly<Record<string, string>>;
}

/** Nodes register meanwhile. */
const HEAD_START = 30;
/** After the last event of the trace. */
const TAIL = 60;

const keyOf = (item: TraceItem): string =>
  item.what === 'pod' ? item.name : `${item.object.kind}/${item.object.metadata?.namespace ?? ''}/${item.object.metadata?.name ?? ''}`;

/** No two pods of one name: the API server would refuse the second. */
function distinct(pod: PodItem, names: Set<string>, tally: Tally): PodItem {
  const of = (name: string): string => `${pod.shape.namespace}/${name}`;
  let name = pod.name;
  for (let again = 2; names.has(of(name)); again++) name = `${pod.name}-${again}`;
  names.add(of(name));
  if (name === pod.name) return pod;
  tally.change('a name stood twice: a number was added');
  return { ...pod, name };
}

async function fill(
  spool: Spool,
  asked: ObjectDemand,
  items: AsyncIterable<TraceItem>,
  options: ImportOptions,
  tally: Tally,
): Promise<void> {
  const names = new Set<string>();
  const anonymiser = options.anonymise ? new Anonymiser(options.seed) : undefined;
  for await (const item of items) {
    if (options.sample < 1 && shareOf(options.seed, 'sample', keyOf(item)) >= options.sample) {
      tally.drop('not in the sample', item.line);
      continue;
    }
    asked.add(item);
    const own = item.what === 'pod' ? distinct(item, names, tally) : item;
    spool.add(anonymiser === undefined ? own : anonymiser.item(own));
  }
}

export async function importRows(
  importer: RowImporter,
  files: readonly string[],
  options: ImportOptions,
  tracePath: string,
): Promise<Imported> {
  const tally = new Tally(options.strict);
  const spool = new Spool(`${tracePath}.${process.pid}.rows.tmp`);
  const temporary = `${tracePath}.${process.pid}.tmp`;
  try {
    const found: Found = { everyNode: {} };
    const asked = new ObjectDemand();
    await fill(spool, asked, importer.items(files, options, tally, found), options, tally);
    tally.refuseMostlyBad(importer.unit);
    if (spool.count === 0)
      throw UserError.at({ file: files[0] as string }, `nothing is left of it:\n${tally.text(importer.unit).trimEnd()}`);
    const anonymiser = options.anonymise ? new Anonymiser(options.seed) : undefined;
    const known = anonymiser === undefined ? found : { ...found, pools: found.pools?.map((pool) => anonymiser.pool(pool)) };
    const pools = await clusterFor(spool, asked, options, tally, known);
    const { pods, objects, seconds } = arrange(spool, asked, pools, options, tally, temporary);
    if (pods + objects === 0)
      throw UserError.at({ file: files[0] as string }, `nothing is left of it:\n${tally.text(importer.unit).trimEnd()}`);
    renameSync(temporary, tracePath);
    const what = [pods > 0 ? `${Math.round(pods)} pods` : '', objects > 0 ? `${objects} changes to objects` : '']
      .filter((text) => text !== '')
      .join(', ');
    const nodes = pools.reduce((sum, { count }) => sum + count, 0);
    return {
      tally,
      summary: `${what} in ${Math.ceil(seconds)} s on ${nodes} ${nodes === 1 ? 'node' : 'nodes'}`,
      document: {
        name: options.name,
        seed: options.seed,
        duration: `${Math.ceil(seconds) + HEAD_START + TAIL}s`,
        cluster: { nodes: pools },
        ...(importer.images === undefined || options.anonymise ? {} : { images: importer.images }),
        workload: [{ trace: { file: basename(tracePath), start: `${HEAD_START}s` } }],
        notes: [
          `made by wavetank import ${importer.kind} from ${options.anonymise ? 'a trace' : files.map((file) => basename(file)).join(', ')}${transforms(options)}`,
        ],
      },
    };
  } finally {
    spool.close();
    rmSync(temporary, { force: true });
  }
}

/** What was done to it, so that the scenario says what it is. */
export function transforms({ timeScale, sample, inflate, anonymise, from, to }: ImportOptions): string {
  const said = [
    from === undefined ? '' : `from ${from} s`,
    to === undefined ? '' : `to ${to} s`,
    timeScale === 1 ? '' : `${timeScale} times as fast`,
    sample === 1 ? '' : `a sample of ${sample * 100} %`,
    inflate === undefined ? '' : `inflated to ${inflate} times the cluster`,
    anonymise ? 'names taken out' : '',
  ].filter((text) => text !== '');
  return said.length === 0 ? '' : ` (${said.join(', ')})`;
}

export const rowImporter = (importer: RowImporter): Importer => ({
  ...importer,
  import: (files, options, tracePath) => importRows(importer, files, options, tracePath),
});
