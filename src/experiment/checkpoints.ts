/** Keeps life.json while a run lasts: reads the positions that shards note, holds them against those of an earlier attempt, and writes them down now and then. */

import { performance } from 'node:perf_hooks';
import type { Instant, Position, PositionTable } from '#sim';
import { positionsFrom, positionTable } from '#sim';
import { goneAnotherWay, type Identity, LIFE_FILE, type Life, lifeText } from './life.ts';
import type { OutDirectory } from './write-result.ts';

export interface CheckpointOptions {
  readonly out: Pick<OutDirectory, 'write'>;
  readonly identity: Identity;
  /** The scenario's file. */
  readonly from?: string;
  /** Milliseconds of wall time between two checkpoints. */
  readonly everyMs: number;
  /** An earlier attempt at the same run. */
  readonly earlier?: Life;
  /** A checkpoint could not be written; the run goes on. */
  readonly onFailure: (error: Error) => void;
}

export class Checkpoints {
  readonly #options: CheckpointOptions;
  readonly #expected: ReadonlyMap<Instant, Position>;
  #table: PositionTable | undefined;
  #positions: Position[] = [];
  #written = performance.now();
  #began = performance.now();
  #failed = false;
  /** Why the run must end: it is not the one that was recorded. */
  mismatch: Error | undefined;

  constructor(options: CheckpointOptions) {
    this.#options = options;
    this.#expected = new Map((options.earlier?.positions ?? []).map((position) => [position.at, position]));
  }

  /** The table that the shards fill. */
  begin(until: Instant, shards: number): PositionTable {
    this.#table = positionTable(until, Math.max(1, shards), [...this.#expected.keys()]);
    this.#began = performance.now();
    this.#written = this.#began;
    return this.#table;
  }

  /** Called often: looks at what is new, writes when it is time. */
  look(): void {
    this.#take();
    const { everyMs } = this.#options;
    if (this.mismatch !== undefined || performance.now() - this.#written < everyMs) return;
    this.#written = performance.now();
    this.save();
  }

  /** Wall and CPU seconds of earlier attempts. */
  get spent(): { readonly wallSeconds: number; readonly cpuSeconds: number } {
    const { wallSeconds = 0, cpuSeconds = 0 } = this.#options.earlier ?? {};
    return { wallSeconds, cpuSeconds };
  }

  #take(): void {
    if (this.#table === undefined) return;
    for (const position of positionsFrom(this.#table, this.#positions.length)) {
      this.#positions.push(position);
      const expected = this.#expected.get(position.at);
      if (expected === undefined || (expected.digest === position.digest && expected.events === position.events)) continue;
      this.mismatch ??= goneAnotherWay(expected, position);
    }
  }

  /** As a checkpoint: the furthest of this attempt and the earlier ones. A disk that refuses it does not end the run. */
  save(): void {
    this.#take();
    if (this.mismatch !== undefined) return;
    const { earlier, onFailure, out } = this.#options;
    const before = earlier?.positions ?? [];
    const reached = this.#positions.at(-1)?.at ?? 0;
    const positions = [...this.#positions, ...before.filter(({ at }) => at > reached)];
    if (positions.length === 0) return;
    try {
      out.write(LIFE_FILE, lifeText({ ...this.#head(), finished: false, positions, ...this.#cost() }));
    } catch (error) {
      if (!this.#failed) onFailure(error as Error);
      this.#failed = true;
    }
  }

  /** The record of a whole run, to be written with its result. */
  finish(digest: string, costs: { readonly wallSeconds: number; readonly cpuSeconds: number }): readonly [string, string] {
    this.#take();
    const { wallSeconds, cpuSeconds } = costs;
    const life = { ...this.#head(), finished: true, digest, wallSeconds, cpuSeconds };
    return [LIFE_FILE, lifeText({ ...life, positions: this.#positions })];
  }

  #head(): Pick<Life, 'run' | 'from'> {
    const { identity, from } = this.#options;
    return { run: identity, ...(from === undefined ? {} : { from }) };
  }

  #cost(): { wallSeconds: number; cpuSeconds: number } {
    const { user, system } = process.cpuUsage();
    const { wallSeconds, cpuSeconds } = this.spent;
    const round = (seconds: number): number => Math.round(seconds * 1e3) / 1e3;
    return {
      wallSeconds: round(wallSeconds + (performance.now() - this.#began) / 1e3),
      cpuSeconds: round(cpuSeconds + (user + system) / 1e6),
    };
  }
}
