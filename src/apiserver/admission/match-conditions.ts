/** matchConditions of webhooks and policies: CEL expressions that must all be true; a false one leaves the request alone, whatever others say; an error
 *  counts as the failurePolicy says. Mirrors apiserver v1.34 pkg/admission/plugin/webhook/matchconditions/matcher.go. */

import { type AdmissionExpression, type AdmissionVariables, compileAdmissionExpression, internalError, type StatusObject } from '#api';
import type { MatchCondition } from './webhooks/configuration.ts';

const compiled = new WeakMap<readonly MatchCondition[], readonly AdmissionExpression[]>();

export function conditionsHold(
  conditions: readonly MatchCondition[] | undefined,
  variables: () => AdmissionVariables,
  failurePolicy: 'Fail' | 'Ignore' | undefined,
  subject: string,
): boolean | StatusObject {
  if (conditions === undefined || conditions.length === 0) return true;
  let programs = compiled.get(conditions);
  if (programs === undefined) {
    programs = conditions.map(({ expression }) => compileAdmissionExpression(expression, 'bool'));
    compiled.set(conditions, programs);
  }
  const given = variables();
  const errors: string[] = [];
  programs.forEach((program, i) => {
    try {
      if (program.evaluate(given) !== true) errors.push('');
    } catch (error) {
      errors.push(`${conditions[i]?.name}: ${(error as Error).message}`);
    }
  });
  if (errors.includes('')) return false;
  if (errors.length === 0) return true;
  if (failurePolicy === 'Ignore') return false;
  return internalError(`${subject}: ${errors.length === 1 ? errors[0] : `[${errors.join(', ')}]`}`);
}
