/** Expressions of admission: over `object`, `oldObject`, `request`, `namespaceObject`, `params`, `authorizer` and `variables`, none of them typed.
 *  Mirrors apiserver v1.34 pkg/admission/plugin/cel/compile.go. */

import type { Environment } from '@marcbachmann/cel-js';
import { celGoError } from './compile-error.ts';
import { kubernetesCel } from './environment.ts';
import { type Evaluation, evaluateWithin } from './evaluation.ts';
import { EvaluationCost } from './evaluation-cost.ts';
import { withOwnPresence } from './presence.ts';
import { allowMixedArguments } from './text-formatting.ts';

/** What an expression is given; null is null to it. */
export interface AdmissionVariables {
  readonly object?: unknown;
  readonly oldObject?: unknown;
  readonly request?: unknown;
  readonly params?: unknown;
  readonly namespaceObject?: unknown;
  readonly variables?: unknown;
}
export interface AdmissionExpression {
  /** Why it cannot be used, in cel-go's words. */
  readonly error?: string;
  evaluate(variables: AdmissionVariables): Evaluation;
}

const NAMES = ['object', 'oldObject', 'request', 'params', 'namespaceObject', 'variables'] as const;
let environment: Environment | undefined;

function admissionCel(): Environment {
  if (environment !== undefined) return environment;
  environment = kubernetesCel();
  for (const name of NAMES) environment.registerVariable(name, 'dyn');
  return environment;
}

// Stored objects do not change.
const values = new WeakMap<object, unknown>();

/** Whole numbers are integers to CEL. */
function celValue(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (typeof value !== 'object' || value === null) return value ?? null;
  const known = values.get(value);
  if (known !== undefined) return known;
  let result: unknown;
  if (Array.isArray(value)) result = value.map(celValue);
  else if (value instanceof Map) result = value;
  else {
    const members: Record<string, unknown> = {};
    for (const name in value) {
      const member = (value as Readonly<Record<string, unknown>>)[name];
      if (member !== undefined) members[name] = celValue(member);
    }
    result = members;
  }
  values.set(value, result);
  return result;
}

const refused = (error: string): AdmissionExpression => ({
  error,
  evaluate: () => ({ cost: 0, error: `compilation error: compilation failed: ${error}` }),
});

export function compileAdmissionExpression(expression: string, wanted: 'bool' | 'string' | 'any'): AdmissionExpression {
  try {
    const program = admissionCel().parse(withOwnPresence(expression));
    allowMixedArguments(program.ast);
    const { valid, type, error } = program.check();
    if (!valid) return refused(celGoError(error as never, expression));
    if (wanted !== 'any' && type !== wanted && type !== 'dyn') return refused(`must evaluate to ${wanted}`);
    const cost = new EvaluationCost(program.ast);
    return {
      evaluate(given) {
        const context: Record<string, unknown> = {};
        for (const name of NAMES) context[name] = name === 'variables' ? (given.variables ?? {}) : celValue(given[name] ?? null);
        return evaluateWithin(cost, program, context);
      },
    };
  } catch (error) {
    return refused(celGoError(error as Error, expression));
  }
}
