/** What comes of a compiled expression, in cel-go's words, within the limit of one call. */

import type { EvaluationCost } from './evaluation-cost.ts';

/** What came of an expression, and what that cost. */
export interface Evaluation {
  readonly cost: number;
  readonly value?: unknown;
  /** What went wrong at run time, in CEL's words. */
  readonly error?: string;
}

export function evaluateWithin(meter: EvaluationCost, program: (context: object) => unknown, context: object): Evaluation {
  const { cost, value, error } = meter.measure(() => program(context));
  if (error === undefined) return { cost, value };
  const { summary, message } = error as { readonly summary?: string; readonly message: string };
  const text = (summary ?? message).replace(/^No such key: /, 'no such key: ').replace(/^no such overload: .*/, 'no such overload');
  return { cost, error: text };
}
