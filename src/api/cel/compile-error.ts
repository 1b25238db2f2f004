/** A refused expression in the words and layout of cel-go (common/error.go, checker/errors.go): what Kubernetes shows after "compilation failed: ". */

interface Cause {
  readonly code?: string;
  readonly summary?: string;
  readonly message: string;
  readonly range?: { readonly start: number; readonly end: number };
}

const OPERATOR_NAMES: Readonly<Record<string, string>> = { in: '@in', '!': '!_' };
const END_OF_INPUT =
  "mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

function inWordsOfCelGo({ code, summary, message }: Cause, expression: string, at: number): string {
  const text = summary ?? message;
  switch (code) {
    case 'unknown_variable':
      return `undeclared reference to '${text.slice(text.indexOf(':') + 2)}' (in container '')`;
    case 'no_such_key':
      return `undefined field '${text.slice(text.indexOf(':') + 2)}'`;
    case 'cannot_index_type':
      return text.replace(/^Cannot index type ('.*')$/, 'type $1 does not support field selection');
    case 'no_such_overload': {
      const binary = /^no such overload: (.+) (\S+) (.+)$/.exec(text);
      if (binary !== null) {
        const [, left, operator = '', right] = binary;
        return `found no matching overload for '${OPERATOR_NAMES[operator] ?? `_${operator}_`}' applied to '(${left}, ${right})'`;
      }
      const unary = /^no such overload: ([!-])(.+)$/.exec(text);
      return unary === null ? text : `found no matching overload for '${unary[1]}_' applied to '(${unary[2]})'`;
    }
    case 'no_matching_overload': {
      const call = /^found no matching overload for '(?:(.+)\.)?([A-Za-z_]\w*)\((.*)\)'$/.exec(text);
      if (call === null) return text;
      const [, receiver, name, args] = call;
      return receiver === undefined
        ? `found no matching overload for '${name}' applied to '(${args})'`
        : `found no matching overload for '${name}' applied to '${receiver}.(${args})'`;
    }
    case 'invalid_logical_operand':
      return `expected type 'bool' but found ${/'([^']*)'$/.exec(text)?.[1] === undefined ? 'another type' : `'${/'([^']*)'$/.exec(text)?.[1]}'`}`;
    default:
      break;
  }
  if (at >= expression.length) return `Syntax error: ${END_OF_INPUT}`;
  return code === 'unterminated_string' || code === 'unexpected_token' || code === 'expected_token' ? `Syntax error: ${text}` : text;
}

/** Where cel-go points: the operator of a binary, the dot of a selection, the parenthesis of a call. */
function positionOf({ code, range, summary }: Cause, expression: string): number {
  const start = range?.start ?? 0;
  const end = range?.end ?? start;
  const inside = expression.slice(start, end);
  if (code === 'no_such_key' || code === 'cannot_index_type') {
    const dot = expression.lastIndexOf('.', start);
    return dot < 0 ? start : dot;
  }
  if (code === 'no_matching_overload') {
    const name = /([A-Za-z_]\w*)\(/.exec(summary ?? '')?.[1] ?? '';
    const at = inside.lastIndexOf(`${name}(`);
    return at < 0 ? start : start + at + name.length;
  }
  if (code === 'no_such_overload') {
    const operator = / (\S+) \S+$/.exec(summary ?? '')?.[1] ?? '';
    const at = inside.indexOf(operator);
    return operator === '' || at < 0 ? start : start + at;
  }
  return start;
}

/** ERROR: <input>:1:8: what is wrong, the line, and a mark below the place. */
export function celGoError(cause: Cause, expression: string): string {
  const at = positionOf(cause, expression);
  const before = expression.slice(0, at).split('\n');
  const line = before.length;
  const column = (before[line - 1] as string).length;
  const source = expression.split('\n')[line - 1] ?? '';
  const text = inWordsOfCelGo(cause, expression, at);
  return `ERROR: <input>:${line}:${column + 1}: ${text}\n | ${source}\n | ${'.'.repeat(column)}^`;
}
