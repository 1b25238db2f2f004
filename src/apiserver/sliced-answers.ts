/** Answers that take long to make take turns with everybody else's work: a core is given up after each slice, as Go's scheduler does. */

import { type Context, MILLISECOND } from '#sim';
import type { Core, Operation } from './core.ts';
import type { Slice } from './server-timers.ts';

/** runtime.forcePreemptNS. */
const SLICE = 10 * MILLISECOND;

export interface Answer {
  readonly operation: Operation;
  readonly code: number;
  readonly object: unknown;
}

export class SlicedAnswers {
  private readonly core: Core;
  private readonly work = new Map<number, { readonly answer: Answer; readonly cost: number }>();
  private nextId = 0;

  constructor(core: Core) {
    this.core = core;
  }

  answer(answer: Answer, cost: number, ctx: Context): void {
    const { core } = this;
    if (cost <= SLICE) return core.answer(answer.operation, answer.code, answer.object, ctx, core.charge(ctx, cost));
    const id = this.nextId++;
    this.work.set(id, { answer, cost: cost - SLICE });
    ctx.after(ctx.charge(SLICE), { kind: 'ApiServerSlice', id } as Slice);
  }

  next({ id }: Slice, ctx: Context): void {
    const work = this.work.get(id);
    if (work === undefined) return;
    this.work.delete(id);
    this.answer(work.answer, work.cost, ctx);
  }
}
