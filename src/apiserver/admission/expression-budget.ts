/** What the expressions of one policy or webhook may cost together: each takes its cost from what is left, and nothing is asked once that is gone.
 *  Mirrors apiserver v1.34 pkg/admission/plugin/cel/activation.go (Evaluate). */

import type { AdmissionExpression, AdmissionVariables } from '#api';

const OUT_OF_BUDGET = 'validation failed due to running out of cost budget, no further validation rules will be run';

export interface Verdict {
  readonly value?: unknown;
  readonly error?: string;
}

export class Budget {
  private left: number;
  /** Why nothing more is asked. */
  exceeded: string | undefined;

  constructor(limit: number) {
    this.left = limit;
  }

  private take(cost: number): boolean {
    if (cost > this.left) this.exceeded = OUT_OF_BUDGET;
    else this.left -= cost;
    return this.exceeded === undefined;
  }

  /** `spentBeside`: what the evaluation spent on variables, told when it is over. */
  ask(program: AdmissionExpression, expression: string, given: AdmissionVariables, spentBeside: () => number = () => 0): Verdict {
    if (this.exceeded !== undefined) return {};
    const { cost, value, error } = program.evaluate(given);
    if (!this.take(spentBeside()) || !this.take(cost)) return {};
    return error === undefined ? { value } : { error: `expression '${expression}' resulted in error: ${error}` };
  }
}
