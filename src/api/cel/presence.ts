/** CEL's has(): the library's own takes only chains of names, and Kubernetes' expressions ask has(device.attributes["driver"].name).
 *  So has( is read as a macro of ours of the same length, which keeps every position in an error where it was. */

import type { Environment } from '@marcbachmann/cel-js';

const OWN_NAME = 'Has';
// Text in quotes (raw, triple or plain), comments, names, and anything else, one piece at a time.
const PIECE =
  /[rR]?(?:"""[\s\S]*?"""|'''[\s\S]*?''')|[rR](?:"[^"\n]*"|'[^'\n]*')|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\/\/[^\n]*|\.\s*[A-Za-z_]\w*|[A-Za-z_]\w*(?=(\s*\()?)|[\s\S]/g;

export const withOwnPresence = (expression: string): string =>
  expression.replace(PIECE, (piece, call: string | undefined) => (piece === 'has' && call !== undefined ? OWN_NAME : piece));

interface Node {
  readonly op: string;
  readonly args: readonly [Node, string];
}
interface Macro {
  readonly field: Node;
}
interface Checker {
  check(node: Node, context: unknown): unknown;
  getType(name: string): unknown;
  createError(code: string, text: string, node: Node): Error;
}
interface Evaluator {
  run(node: Node, context: unknown): unknown;
}

const INVALID = 'invalid argument to has() macro';

export function registerPresence(environment: Environment): void {
  environment.registerFunction(`${OWN_NAME}(ast): bool`, (({ args }: { readonly args: readonly Node[] }) => ({
    field: args[0] as Node,
    typeCheck(checker: Checker, { field }: Macro, context: unknown): unknown {
      if (field.op !== '.' && field.op !== '.?') throw checker.createError('invalid_macro_argument', INVALID, field);
      checker.check(field, context);
      return checker.getType('bool');
    },
    evaluate(evaluator: Evaluator, { field }: Macro, context: unknown): boolean {
      return isPresent(evaluator.run(field.args[0], context), field.args[1]);
    },
    async: false,
  })) as never);
}

function isPresent(object: unknown, name: string): boolean {
  // Objects of a declared type are maps that fill themselves when asked.
  if (object instanceof Map) return object.has(name) || (object.constructor !== Map && object.get(name) !== undefined);
  return typeof object === 'object' && object !== null && (object as Readonly<Record<string, unknown>>)[name] !== undefined;
}
