/** Node selector terms in plugin arguments: what kube-scheduler refuses when it parses them.
 *  Mirrors component-helpers v1.34 scheduling/corev1/nodeaffinity/nodeaffinity.go and apimachinery pkg/labels/selector.go (NewRequirement). */

import { labelValue, type NodeSelector, qualifiedName } from '#api';
import { type ConfigurationError, type Path, pathText } from './field-path.ts';

type Term = NodeSelector['nodeSelectorTerms'][number];
type Expression = { readonly key?: string; readonly operator?: string; readonly values?: readonly string[] };

const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'];
const FIELD_OPERATORS = ['In', 'NotIn'];

const goStrings = (values: readonly string[] | undefined): string =>
  values === undefined ? '[]string(nil)' : `[]string{${values.map((value) => JSON.stringify(value)).join(', ')}}`;

/** One term. `shown` is where upstream says that it stands; `path` where the file has it. */
export function checkTerm(term: Term, path: Path, shown: Path, errors: ConfigurationError[]): void {
  const fault = (steps: Path, what: string, suffix = ''): void => {
    errors.push({ path: [...path, ...steps], text: `${pathText([...shown, ...steps])}${suffix}: ${what}` });
  };
  const unsupported = (steps: Path, operator: string, supported: readonly string[]): void =>
    fault(
      [...steps, 'operator'],
      `Unsupported value: ${JSON.stringify(operator)}: supported values: ${supported.map((name) => JSON.stringify(name)).join(', ')}`,
    );
  (term.matchExpressions as readonly Expression[] | undefined)?.forEach((expression, i) => {
    const { operator = '' } = expression;
    if (OPERATORS.includes(operator)) checkExpression(expression, ['matchExpressions', i], fault);
    else unsupported(['matchExpressions', i], operator, OPERATORS);
  });
  (term.matchFields as readonly Expression[] | undefined)?.forEach(({ operator = '', values }, i) => {
    if (!FIELD_OPERATORS.includes(operator)) unsupported(['matchFields', i], operator, FIELD_OPERATORS);
    else if (values?.length !== 1) fault(['matchFields', i, 'values'], `Invalid value: ${goStrings(values)}: must have one element`);
  });
}

function checkExpression(
  { key = '', operator, values }: Expression,
  at: Path,
  fault: (steps: Path, what: string, suffix?: string) => void,
): void {
  const ofKey = qualifiedName(key);
  if (ofKey.length > 0) fault([...at, 'key'], `Invalid value: ${JSON.stringify(key)}: ${ofKey.join('; ')}`);
  const ofValues = (detail: string): void => fault([...at, 'values'], `Invalid value: ${goStrings(values)}: ${detail}`);
  const count = values?.length ?? 0;
  if ((operator === 'In' || operator === 'NotIn') && count === 0) ofValues("for 'in', 'notin' operators, values set can't be empty");
  if ((operator === 'Exists' || operator === 'DoesNotExist') && count !== 0)
    ofValues('values set must be empty for exists and does not exist');
  if (operator === 'Gt' || operator === 'Lt') {
    if (count !== 1) ofValues("for 'Gt', 'Lt' operators, exactly one value is required");
    values?.forEach((value, i) => {
      if (!/^[+-]?\d+$/.test(value))
        fault([...at, 'values', i], `Invalid value: ${JSON.stringify(value)}: for 'Gt', 'Lt' operators, the value must be an integer`);
    });
  }
  values?.forEach((value, i) => {
    const wrong = labelValue(value);
    if (wrong.length > 0) fault([...at, 'values', i], `Invalid value: ${JSON.stringify(value)}: ${wrong.join('; ')}`, `[${key}]`);
  });
}
