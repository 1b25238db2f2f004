/** matchConditions of webhooks and policies: CEL expressions that must all be true; a false one leaves the request alone, whatever others say; an error
 *  counts as the failurePolicy says, and so does the end of their budget. Mirrors apiserver v1.34
 *  pkg/admission/plugin/webhook/matchconditions/matcher.go. */

import { type AdmissionExpression, type AdmissionVariables, compileAdmissionExpression } from '#api';
import { Budget } from './expression-budget.ts';
import type { MatchCondition } from './webhooks/configuration.ts';

/** RuntimeCELCostBudgetMatchConditions of apiserver v1.34 pkg/apis/cel/config.go. */
const CONDITIONS_BUDGET = 2_500_000;
const compiled = new WeakMap<readonly MatchCondition[], readonly AdmissionExpression[]>();

/** A text says why nobody can tell. */
export function conditionsHold(
  conditions: readonly MatchCondition[] | undefined,
  variables: () => AdmissionVariables,
  failurePolicy: 'Fail' | 'Ignore' | undefined,
): boolean | string {
  if (conditions === undefined || conditions.length === 0) return true;
  let programs = compiled.get(conditions);
  if (programs === undefined) {
    programs = conditions.map(({ expression }) => compileAdmissionExpression(expression, 'bool'));
    compiled.set(conditions, programs);
  }
  const given = variables();
  const budget = new Budget(CONDITIONS_BUDGET);
  const verdicts = programs.map((program, i) => budget.ask(program, conditions[i]?.expression ?? '', given));
  if (budget.exceeded !== undefined) return failurePolicy === 'Ignore' ? false : budget.exceeded;
  const errors = verdicts.flatMap(({ error }) => (error === undefined ? [] : [error]));
  if (verdicts.some(({ error, value }) => error === undefined && value !== true)) return false;
  if (errors.length === 0) return true;
  if (failurePolicy === 'Ignore') return false;
  return errors.length === 1 ? (errors[0] as string) : `[${errors.join(', ')}]`;
}
