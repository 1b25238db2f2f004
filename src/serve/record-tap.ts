/** What hosts record of single pods, kept for whoever asks while the cluster lives: the steps of pods' ways (as `wavetank trace` prints them) and the schedulers'
 *  journals (as `wavetank explain` reads them). A run that ends keeps all steps; a cluster that lives keeps those of the pods met last. */

import type { Context, HostId, Instant, Recorder } from '#sim';

export interface Step {
  readonly name: string;
  readonly host: HostId;
  readonly start: Instant;
  readonly duration: number;
  readonly detail?: string;
}

interface Kept {
  readonly host: HostId;
  readonly name: string;
  readonly read: () => unknown;
}

/** Beyond so many subjects, those met first are forgotten. */
const MOST_SUBJECTS = 200_000;
/** Of a pod that is tried again and again, the last ones. */
const MOST_STEPS = 200;

export class RecordTap {
  private readonly subjects = new Map<string, Step[]>();
  private readonly records: Kept[] = [];

  /** Stands between the hosts of a context and its recorder. */
  attach(ctx: Context): void {
    const record = ctx.record as { -readonly [K in keyof Recorder]: Recorder[K] };
    record.span = (subject, name, start, duration, detail) =>
      this.step(subject, { name, host: ctx.self, start, duration, ...(detail === undefined ? {} : { detail }) });
    record.keep = (name, read) => {
      this.records.push({ host: ctx.self, name, read });
    };
  }

  /** In the order of their beginnings. */
  stepsOf(subject: string): readonly Step[] {
    return [...(this.subjects.get(subject) ?? [])].sort((a, b) => a.start - b.start);
  }

  /** A host that was started again has one for each of its lives. */
  recordsOf(name: string): readonly Kept[] {
    return this.records.filter((one) => one.name === name);
  }

  private step(subject: string, step: Step): void {
    const steps = this.subjects.get(subject);
    if (steps === undefined) {
      this.subjects.set(subject, [step]);
      if (this.subjects.size > MOST_SUBJECTS) this.subjects.delete(this.subjects.keys().next().value as string);
      return;
    }
    steps.push(step);
    if (steps.length > MOST_STEPS) steps.shift();
  }
}
