/** One served cluster: the world of a scenario with a door, what drives it, and how it is saved and loaded again. */

import { buildWorld, type ExplainChoice, type LoadedExtender, USERS, withJournals } from '#experiment';
import type { Scenario } from '#scenario';
import type { Instant } from '#sim';
import { Driver, type Speed } from './driver.ts';
import { asker } from './extender-client.ts';
import { Gate } from './gate.ts';
import { type Input, LiveRun, type Outside } from './live-run.ts';
import { readSnapshot, type Snapshot, SnapshotError } from './snapshot.ts';
import { type StruckFault, StruckFaults } from './struck-faults.ts';

export interface SessionOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly speed: Speed;
  readonly paused: boolean;
  readonly plugins?: readonly string[];
  readonly extenders?: readonly LoadedExtender[];
  /** Lines for whoever started this: mistakes of the program's own. */
  readonly complain: (text: string) => void;
  /** Microseconds since the Unix epoch: the cluster's clocks begin here. */
  readonly epoch: number;
  /** Which attempts of the schedulers can be explained; default all. */
  readonly explain?: ExplainChoice;
}

export class Session {
  readonly options: SessionOptions;
  readonly gate = new Gate();
  readonly driver: Driver;
  run: LiveRun;
  private readonly ending = new AbortController();
  private epoch: number;
  readonly struck = new StruckFaults();
  private faults = 0;
  private failures = 0;
  /** Loading: what goes by was answered long ago. */
  private isReplaying = false;

  constructor(options: SessionOptions) {
    this.options = options;
    this.epoch = options.epoch;
    this.run = this.newRun();
    this.driver = new Driver(this.run, options.speed, options.paused);
    this.gate.lead(this.run, this.driver);
  }

  private newRun(): LiveRun {
    const { scenario, seed, plugins, extenders } = this.options;
    const served: Scenario = { ...scenario, epoch: this.epoch };
    const built = buildWorld(served, {
      seed,
      plugins: plugins ?? [],
      extenders: extenders ?? [],
      guests: (servers) => [{ name: 'door', program: 'door', config: { servers }, ...USERS }],
    });
    const outside: Outside = {
      answered: (id, code, object) => this.gate.answered(id, code, object),
      events: (id, events, closed) => this.gate.events(id, events, closed),
      askExtender: asker({
        send: (host, message) => this.run.send(host, message, this.driver.due),
        begin: () => {
          this.driver.questions++;
        },
        end: () => {
          this.driver.questions--;
          this.driver.wake();
        },
        isDeaf: () => this.isReplaying,
        signal: this.ending.signal,
      }),
      failed: (error) => this.failed(error),
    };
    return new LiveRun({ ...built, world: withJournals(built.world, this.options.explain ?? 'all') }, outside);
  }

  stop(): void {
    this.ending.abort();
    this.driver.stop();
  }

  get isLoading(): boolean {
    return this.isReplaying;
  }

  /** The program's own mistakes, each once; the cluster goes on. */
  private failed(error: Error): void {
    if (++this.failures > 20) return;
    const { stack, message } = (error.cause as Error | undefined) ?? error;
    this.options.complain(`a mistake of the simulator's own (the cluster goes on): ${message}\n${stack ?? ''}`);
  }

  /** Throws UserError. `written`: one entry of a scenario's `faults`. */
  inject(written: unknown): StruckFault {
    const { run } = this;
    const { seed, scenario } = this.options;
    const moment = { now: this.driver.due, seed, ordinal: scenario.faults.length + this.faults };
    const { fault, changes } = this.struck.strike(written, run.built.topology, moment);
    this.faults++;
    for (const change of changes) run.change(change);
    this.driver.wake();
    return fault;
  }

  /** Takes back what has no end of its own. Throws UserError. */
  undo(id: number): StruckFault {
    const { run } = this;
    const { fault, changes } = this.struck.undo(id, run.built.topology, this.driver.due);
    for (const change of changes) run.change(change);
    this.driver.wake();
    return fault;
  }

  save(): Snapshot {
    const { inputs, now } = this.run;
    if (inputs === undefined) throw new SnapshotError('too much has come in since the start: this cluster can be saved no longer');
    const { scenario, seed } = this.options;
    const past = inputs.filter((input) => ('change' in input ? true : input.at < now));
    return {
      version: 1,
      scenario: scenario.name,
      source: scenario.source,
      seed,
      epoch: this.epoch,
      at: now,
      faults: this.faults,
      inputs: past,
    };
  }

  /** Lives the saved cluster's life again, as fast as that goes, up to the moment at which it was saved. */
  async load(text: unknown): Promise<Instant> {
    const snapshot = readSnapshot(text, this.options);
    const wasPaused = this.driver.isPaused;
    this.driver.halt();
    this.gate.isShut = true;
    this.gate.dismiss();
    this.isReplaying = true;
    this.epoch = snapshot.epoch;
    this.faults = snapshot.faults;
    this.struck.forget();
    try {
      const run = this.newRun();
      run.replay(snapshot.inputs);
      this.run = run;
      this.gate.lead(run, this.driver);
      this.gate.continueFrom(lastId(snapshot.inputs));
      await this.driver.catchUp(run, snapshot.at);
    } finally {
      this.isReplaying = false;
      this.gate.isShut = false;
    }
    if (!wasPaused) this.driver.resume();
    return snapshot.at;
  }
}

const lastId = (inputs: readonly Input[]): number =>
  inputs.reduce((most, input) => Math.max(most, 'message' in input ? ((input.message as { readonly id?: number }).id ?? 0) : 0), 0);
