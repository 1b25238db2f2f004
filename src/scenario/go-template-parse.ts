/** The grammar of Go's text/template: text with actions between braces becomes a tree. Mirrors Go 1.25 text/template/parse (lex.go, parse.go). */

export class TemplateError extends Error {
  /** Of the template, from 1. */
  readonly line: number;
  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

export type Operand =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'dot'; readonly path: readonly string[] }
  | { readonly kind: 'variable'; readonly name: string; readonly path: readonly string[]; readonly line: number }
  | { readonly kind: 'function'; readonly name: string; readonly path: readonly string[]; readonly line: number }
  | { readonly kind: 'group'; readonly pipeline: Pipeline; readonly path: readonly string[] };

export interface Command {
  readonly operands: readonly Operand[];
  readonly line: number;
}

export interface Pipeline {
  readonly variables: readonly string[];
  readonly declares: boolean;
  readonly commands: readonly Command[];
  readonly line: number;
}

export type TemplateNode =
  | { readonly kind: 'text'; readonly text: string; readonly line: number }
  | { readonly kind: 'action'; readonly pipeline: Pipeline; readonly line: number }
  | { readonly kind: 'break' | 'continue'; readonly line: number }
  | { readonly kind: 'template'; readonly name: string; readonly pipeline: Pipeline | undefined; readonly line: number }
  | {
      readonly kind: 'if' | 'with';
      readonly pipeline: Pipeline;
      readonly body: readonly TemplateNode[];
      readonly otherwise: readonly TemplateNode[];
      readonly line: number;
    }
  | {
      readonly kind: 'range';
      readonly pipeline: Pipeline;
      readonly body: readonly TemplateNode[];
      readonly otherwise: readonly TemplateNode[];
      readonly line: number;
    };

/** Text, or the tokens of an action. */
type Piece = { readonly text: string; readonly line: number } | { readonly tokens: readonly string[]; readonly line: number };

/** Actions nest no deeper. */
const DEEPEST = 100;
const ACTION = /\{\{(- )?([\s\S]*?)( -)?\}\}/g;
const TOKEN =
  /\s+|"(?:[^"\\\n]|\\.)*"|`[^`]*`|'(?:[^'\\]|\\.)'|:=|[=|(),]|\$?[\p{L}_][\p{L}\p{N}_]*|\$|\.[\p{L}_][\p{L}\p{N}_]*|[-+]?\d[\w.]*|\./uy;

function piecesOf(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  let trims = false;
  const lineAt = (at: number): number => text.slice(0, at).split('\n').length;
  const plain = (to: number, trimsRight: boolean): void => {
    let part = text.slice(from, to);
    if (trims) part = part.trimStart();
    if (trimsRight) part = part.trimEnd();
    if (part !== '') pieces.push({ text: part, line: lineAt(from) });
  };
  for (const found of text.matchAll(ACTION)) {
    const [whole, left, inner, right] = found;
    plain(found.index, left !== undefined);
    trims = right !== undefined;
    from = found.index + whole.length;
    const body = (inner as string).trim();
    if (body.startsWith('/*') && body.endsWith('*/')) continue;
    pieces.push({ tokens: tokensOf(body, lineAt(found.index)), line: lineAt(found.index) });
  }
  const open = text.indexOf('{{', from);
  if (open >= 0) throw new TemplateError('an action is not closed', lineAt(open));
  plain(text.length, false);
  return pieces;
}

function tokensOf(body: string, line: number): readonly string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < body.length) {
    const at = TOKEN.lastIndex;
    const found = TOKEN.exec(body);
    if (found === null) throw new TemplateError(`unexpected '${body.slice(at, at + 10)}' in an action`, line);
    // What stands apart tells '.a .b' from '.a.b'.
    tokens.push(found[0].trim() === '' ? ' ' : found[0]);
  }
  return tokens;
}

class Parser {
  readonly named = new Map<string, readonly TemplateNode[]>();
  private readonly pieces: readonly Piece[];
  private readonly isFunction: (name: string) => boolean;
  private at = 0;
  private tokens: readonly string[] = [];
  private token = 0;
  private line = 1;

  constructor(text: string, isFunction: (name: string) => boolean) {
    this.pieces = piecesOf(text);
    this.isFunction = isFunction;
  }

  /** Up to an action that ends the list: 'end' or 'else'. */
  list(depth: number): { readonly nodes: readonly TemplateNode[]; readonly ended: 'end' | 'else' | '' } {
    if (depth > DEEPEST) throw new TemplateError('actions nest too deep', this.line);
    const nodes: TemplateNode[] = [];
    while (this.at < this.pieces.length) {
      const piece = this.pieces[this.at++] as Piece;
      this.line = piece.line;
      if ('text' in piece) {
        nodes.push({ kind: 'text', text: piece.text, line: piece.line });
        continue;
      }
      this.tokens = piece.tokens;
      this.token = 0;
      const word = this.peek();
      if (word === 'end' || word === 'else') {
        this.next();
        return { nodes, ended: word };
      }
      const node = this.action(word, depth);
      if (node !== undefined) nodes.push(node);
    }
    return { nodes, ended: '' };
  }

  private action(word: string | undefined, depth: number): TemplateNode | undefined {
    const { line } = this;
    if (word === undefined) throw new TemplateError('missing value for command', line);
    if (word === 'if' || word === 'with' || word === 'range') {
      this.next();
      return this.control(word, depth, line);
    }
    if (word === 'break' || word === 'continue') {
      this.next();
      return { kind: word, line };
    }
    if (word === 'define' || word === 'block' || word === 'template') {
      this.next();
      const name = this.text();
      if (word === 'template')
        return { kind: 'template', name, pipeline: this.peek() === undefined ? undefined : this.pipeline(false), line };
      const pipeline = word === 'block' ? this.pipeline(false) : undefined;
      const { nodes, ended } = this.list(depth + 1);
      if (ended !== 'end') throw new TemplateError(`'${word}' has no end`, line);
      this.named.set(name, nodes);
      return pipeline === undefined ? undefined : { kind: 'template', name, pipeline, line };
    }
    return { kind: 'action', pipeline: this.pipeline(false), line };
  }

  private control(kind: 'if' | 'with' | 'range', depth: number, line: number): TemplateNode {
    const pipeline = this.pipeline(kind === 'range');
    const { nodes: body, ended } = this.list(depth + 1);
    let otherwise: readonly TemplateNode[] = [];
    if (ended === 'else') {
      const word = this.peek();
      // 'else if' and 'else with' are a nested one that shares the end.
      if (word === 'if' || word === 'with') {
        this.next();
        otherwise = [this.control(word, depth + 1, this.line)];
      } else {
        const rest = this.list(depth + 1);
        if (rest.ended !== 'end') throw new TemplateError(`'${kind}' has no end`, line);
        otherwise = rest.nodes;
      }
    } else if (ended !== 'end') throw new TemplateError(`'${kind}' has no end`, line);
    return { kind, pipeline, body, otherwise, line };
  }

  private peek(): string | undefined {
    while (this.tokens[this.token] === ' ') this.token++;
    return this.tokens[this.token];
  }

  private next(): string {
    const found = this.peek();
    if (found === undefined) throw new TemplateError('an action ends too early', this.line);
    this.token++;
    return found;
  }

  private text(): string {
    const token = this.next();
    if (!/^["`]/.test(token)) throw new TemplateError(`expected a name in quotes, found '${token}'`, this.line);
    return String(literal(token, this.line));
  }

  private pipeline(ofRange: boolean): Pipeline {
    const { line } = this;
    const start = this.token;
    const variables: string[] = [];
    while (/^\$./.test(this.peek() ?? '') && variables.length < 2) {
      variables.push(this.next());
      if (this.peek() !== ',') break;
      this.next();
    }
    const sign = this.peek();
    const assigns = variables.length > 0 && (sign === ':=' || sign === '=');
    if (assigns) this.next();
    else {
      variables.length = 0;
      this.token = start;
    }
    if (variables.length > 1 && !ofRange) throw new TemplateError('too many variables', line);
    const commands: Command[] = [this.command()];
    while (this.peek() === '|') {
      this.next();
      commands.push(this.command());
    }
    const rest = this.peek();
    if (rest !== undefined && rest !== ')') throw new TemplateError(`unexpected '${rest}' in an action`, line);
    return { variables, declares: sign === ':=', commands, line };
  }

  private command(): Command {
    const operands: Operand[] = [];
    for (let token = this.peek(); token !== undefined && token !== '|' && token !== ')'; token = this.peek()) operands.push(this.operand());
    if (operands.length === 0) throw new TemplateError('missing value for command', this.line);
    return { operands, line: this.line };
  }

  private operand(): Operand {
    const token = this.next();
    const { line } = this;
    if (token === '(') {
      const pipeline = this.pipeline(false);
      if (this.next() !== ')') throw new TemplateError('unclosed parenthesis', line);
      return { kind: 'group', pipeline, path: this.path() };
    }
    if (token === '.') return { kind: 'dot', path: [] };
    if (token.startsWith('.')) return { kind: 'dot', path: [token.slice(1), ...this.path()] };
    if (token.startsWith('$')) return { kind: 'variable', name: token, path: this.path(), line };
    if (token === 'true' || token === 'false') return { kind: 'value', value: token === 'true' };
    if (token === 'nil') return { kind: 'value', value: undefined };
    if (/^["`'\d+-]/.test(token)) return { kind: 'value', value: literal(token, line) };
    if (!/^[\p{L}_]/u.test(token)) throw new TemplateError(`unexpected '${token}' in an action`, line);
    if (!this.isFunction(token)) throw new TemplateError(`function "${token}" is not known`, line);
    return { kind: 'function', name: token, path: this.path(), line };
  }

  /** '.a.b' right behind an operand. */
  private path(): readonly string[] {
    const names: string[] = [];
    for (let token = this.tokens[this.token]; token !== undefined && /^\../.test(token); token = this.tokens[this.token]) {
      names.push(token.slice(1));
      this.token++;
    }
    return names;
  }
}

function literal(token: string, line: number): unknown {
  if (token.startsWith('`')) return token.slice(1, -1);
  if (token.startsWith('"')) {
    try {
      return JSON.parse(token) as unknown;
    } catch {
      throw new TemplateError(`${token} is no string of Go's that is understood`, line);
    }
  }
  if (token.startsWith("'")) return token.codePointAt(token[1] === '\\' ? 2 : 1);
  const number = Number(token.replaceAll('_', ''));
  if (Number.isNaN(number)) throw new TemplateError(`bad number '${token}'`, line);
  return number;
}

export function parseTemplate(
  text: string,
  isFunction: (name: string) => boolean,
): { readonly nodes: readonly TemplateNode[]; readonly named: ReadonlyMap<string, readonly TemplateNode[]> } {
  const parser = new Parser(text, isFunction);
  const { nodes, ended } = parser.list(0);
  if (ended !== '') throw new TemplateError(`'${ended}' without an action that it ends`, 1);
  return { nodes, named: parser.named };
}
