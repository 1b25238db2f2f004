/** Has the trials of a study done: in order, so many at a time, each written down as it ends. Who does them is somebody else's business. */

import { UserError } from '#scenario';
import type { TrialRecord, TrialSpec } from './trial.ts';

export interface TrialExecutor {
  /** How many trials it does at a time. */
  readonly width: number;
  /** Undefined: stopped on the way. Rejects with UserError for what the user did wrong, with TrialCrash when whoever did it died.
   *  `stopped` ends this one alone. */
  run(spec: TrialSpec, onShare: (share: number) => void, stopped?: () => boolean): Promise<TrialRecord | undefined>;
  /** Ends what is under way. */
  stop(): void;
  close(): Promise<void>;
}

/** The thread or process that did a trial is gone; the trial is not to blame until it happened several times. */
export class TrialCrash extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TrialCrash';
  }
}

export interface StudyProgress {
  readonly done: number;
  readonly total: number;
  readonly running: number;
  /** Trials done, those under way by their share. */
  readonly share: number;
}

export interface TrialsRequest {
  readonly specs: readonly TrialSpec[];
  /** Done before, by key. */
  readonly known?: readonly TrialRecord[];
  readonly executor: TrialExecutor;
  readonly onRecord?: (record: TrialRecord) => void;
  readonly onProgress?: (progress: StudyProgress) => void;
  readonly interrupted?: () => boolean;
  /** Asked after each trial: whether those not begun yet are needed. */
  readonly enough?: (records: readonly TrialRecord[]) => boolean;
}

export interface TrialsOutcome {
  /** By index. */
  readonly records: readonly TrialRecord[];
  readonly partial: boolean;
  /** Trials that were run again because whoever ran them died. */
  readonly runAgain: number;
}

const MOST_ATTEMPTS = 3;
const POLL_MS = 100;

export async function runTrials(request: TrialsRequest): Promise<TrialsOutcome> {
  const { specs, executor } = request;
  const run = new TrialsUnderWay(request);
  const timer = setInterval(() => run.poll(), POLL_MS);
  try {
    await Promise.all(Array.from({ length: Math.min(executor.width, specs.length) }, () => run.lane()));
  } finally {
    clearInterval(timer);
  }
  return run.outcome();
}

class TrialsUnderWay {
  readonly #request: TrialsRequest;
  readonly #todo: TrialSpec[];
  readonly #records: TrialRecord[];
  readonly #shares = new Map<number, number>();
  #runAgain = 0;
  #stopped = false;
  #sufficed = false;

  constructor(request: TrialsRequest) {
    const { specs, known = [] } = request;
    this.#request = request;
    const byKey = new Map(known.map((record) => [record.key, record]));
    this.#records = specs.flatMap((spec) => {
      const record = byKey.get(spec.key);
      return record === undefined ? [] : [{ ...record, index: spec.index }];
    });
    this.#todo = specs.filter(({ key }) => !byKey.has(key));
  }

  poll(): void {
    const { interrupted, executor, onProgress, specs } = this.#request;
    if (!this.#stopped && interrupted?.() === true) {
      this.#stopped = true;
      executor.stop();
    }
    const under = [...this.#shares.values()].reduce((sum, share) => sum + share, 0);
    onProgress?.({
      done: this.#records.length,
      total: specs.length,
      running: this.#shares.size,
      share: specs.length === 0 ? 1 : (this.#records.length + under) / specs.length,
    });
  }

  /** Takes one trial after the other. */
  async lane(): Promise<void> {
    for (;;) {
      this.#sufficed ||= this.#request.enough?.(this.#records) === true;
      const spec = this.#stopped || this.#sufficed ? undefined : this.#todo.shift();
      if (spec === undefined) return;
      try {
        const record = await this.#attempt(spec);
        if (record === undefined) continue;
        this.#records.push(record);
        this.#request.onRecord?.(record);
      } catch (error) {
        // What one lane met, the others would meet too.
        this.#stopped = true;
        this.#request.executor.stop();
        throw error;
      } finally {
        this.#shares.delete(spec.index);
      }
    }
  }

  async #attempt(spec: TrialSpec): Promise<TrialRecord | undefined> {
    for (let attempt = 1; ; attempt++) {
      this.#shares.set(spec.index, 0);
      try {
        return await this.#request.executor.run(spec, (share) => this.#shares.set(spec.index, share));
      } catch (error) {
        if (!(error instanceof TrialCrash)) throw error;
        if (this.#stopped) return undefined;
        if (attempt === MOST_ATTEMPTS)
          throw UserError.at(
            { file: spec.arm.file },
            `the trial of ${spec.arm.name} with seed ${spec.seed} killed whoever ran it ${MOST_ATTEMPTS} times: ${error.message}`,
          );
        this.#runAgain++;
      }
    }
  }

  outcome(): TrialsOutcome {
    return {
      records: this.#records.toSorted((a, b) => a.index - b.index),
      partial: !this.#sufficed && this.#records.length < this.#request.specs.length,
      runAgain: this.#runAgain,
    };
  }
}
