/** Counts what an expression costs while it is evaluated, and stops it at a limit: each node of a checked expression charges for itself. The library
 *  has no such count, so the nodes' own functions are wrapped. Mirrors cel-go v0.26 interpreter/runtimecost.go as Kubernetes configures it (has()
 *  is free, constants are folded); macros cost what their expansion in cel-go does (parser/macro.go). */

import { callCost, isConversion, operatorCost, type StaticType } from './call-cost.ts';

/** PerCallLimit of apiserver v1.34 pkg/apis/cel/config.go. */
export const EVALUATION_LIMIT = 1_000_000;
const LIST = 10;
const MAP = 30;

type Handle = (...given: unknown[]) => unknown;
type Evaluate = (evaluator: unknown, node: Node, context: unknown) => unknown;
interface Node {
  readonly op: string;
  readonly args: unknown;
  readonly meta: { readonly alternate?: Node; readonly macro?: Record<string, unknown>; readonly evaluate?: Evaluate };
  readonly checkedType?: StaticType;
  handle?: Handle;
  setMeta(key: string, value: unknown): Node;
}
interface Comprehension {
  readonly kind?: string;
  readonly errorsAreFatal: boolean;
  readonly iterable: Node;
  readonly init: Node;
  readonly step: Node;
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'op' in value && 'setMeta' in value;
const isChain = ({ op }: Node): boolean => op === '.' || op === '[]' || op === '.?' || op === '[?]';
const isConstant = ({ op, args }: Node): boolean =>
  op === 'value' ||
  (op === 'call' && isConversion((args as readonly [string])[0]) && (args as readonly [string, readonly Node[]])[1].every(isConstant)) ||
  (op === 'list' && (args as readonly Node[]).every(isConstant)) ||
  (op === 'map' && (args as readonly (readonly Node[])[]).every((entry) => entry.every(isConstant)));

/** What a chain of selections begins with. */
function rootOf(node: Node): Node {
  let root = node;
  while (isChain(root)) root = (root.args as readonly Node[])[0] as Node;
  return root;
}

const EXCEEDED = new Error('operation cancelled: actual cost limit exceeded');

export class EvaluationCost {
  private spent = 0;
  private readonly limit = EVALUATION_LIMIT;
  /** Chains that are part of another attribute: a branch of a choice, an index. Their beginning is free. */
  private readonly inner = new Set<Node>();

  /** `root`: a checked expression that was not evaluated yet. */
  constructor(root: unknown) {
    this.visit(root, new Set());
  }

  /** Evaluates, and says what it cost; `error`: why there is no value. */
  measure(evaluate: () => unknown): { readonly cost: number; readonly value?: unknown; readonly error?: unknown } {
    this.spent = 0;
    try {
      const value = evaluate();
      // && and || and the like pass over errors of one side, but not over this one.
      return this.spent > this.limit ? { cost: this.spent, error: EXCEEDED } : { cost: this.spent, value };
    } catch (error) {
      return { cost: this.spent, error: this.spent > this.limit ? EXCEEDED : error };
    }
  }

  private charge(cost: number): void {
    this.spent += cost;
    if (this.spent > this.limit) throw EXCEEDED;
  }

  private visit(value: unknown, seen: Set<unknown>): void {
    if (Array.isArray(value)) for (const one of value) this.visit(one, seen);
    if (!isNode(value) || seen.has(value)) return;
    seen.add(value);
    const { alternate, macro } = value.meta;
    if (alternate !== undefined) this.visit(alternate, seen);
    else if (macro !== undefined) {
      if ('charge' in macro) macro['charge'] = (cost: number): void => this.charge(cost);
      for (const name in macro) this.visit(macro[name], seen);
    } else {
      this.wrap(value);
      if (value.op === 'comprehension') {
        const { iterable, init, step } = value.args as Comprehension;
        this.visit([iterable, init, step], seen);
      } else this.visit(value.args, seen);
    }
  }

  private wrap(node: Node): void {
    const { op, args } = node;
    if (isConstant(node)) return;
    if (op === 'id') this.after(node, 1, () => this.inner.has(node));
    else if (op === 'list') this.after(node, LIST);
    else if (op === 'map') this.after(node, MAP);
    // accu + [element], accu + 1
    else if (op === 'accuPush') this.after(node, 1 + LIST + 1);
    else if (op === 'accuInc') this.after(node, 2);
    else if (op === '?:') for (const branch of (args as readonly Node[]).slice(1)) this.inner.add(rootOf(branch));
    // net.IP is a name.
    else if (isChain(node) && rootOf(node).meta.alternate !== undefined) return;
    else if (isChain(node)) this.wrapSelection(node);
    else if (op === 'comprehension') this.wrapComprehension(node);
    else if (op === 'call' || op === 'rcall') this.wrapCall(node);
    else if (op === '!_' || op === '-_') {
      if (!isConstant(args as Node)) this.handled(node, () => 1);
    } else if (op !== 'accuValue' && op !== '&&' && op !== '||') this.wrapOperator(node);
  }

  private after(node: Node, cost: number, isFree: () => boolean = () => false): void {
    const evaluate = node.meta.evaluate as Evaluate;
    node.setMeta('evaluate', (evaluator: unknown, self: Node, context: unknown) => {
      const value = evaluate(evaluator, self, context);
      if (!isFree()) this.charge(cost);
      return value;
    });
  }

  private handled(node: Node, costOf: (given: readonly unknown[], result: unknown) => number): void {
    const handle = node.handle as Handle;
    node.handle = (...given) => {
      const result = handle(...given);
      this.charge(costOf(given, result));
      return result;
    };
  }

  private wrapSelection(node: Node): void {
    const [of, index] = node.args as readonly [Node, unknown];
    if (isNode(index)) this.inner.add(rootOf(index));
    const isOptional = node.op === '.?' || node.op === '[?]';
    // What is selected from a call's result is an attribute of its own.
    const begins = !isChain(of) && of.op !== 'id' && of.op !== '?:';
    this.handled(node, (_, result) => {
      const isAbsent = isOptional && (result as { hasValue(): boolean }).hasValue() === false;
      return (isAbsent ? 0 : 1) + (begins && !this.inner.has(of) ? 1 : 0);
    });
  }

  private wrapCall(node: Node): void {
    const [name, ...rest] = node.args as readonly unknown[];
    const given = rest.flat() as readonly Node[];
    if (node.op === 'call' && isConversion(name as string) && given.every(isConstant)) return;
    this.handled(node, ([args], result) => callCost(name as string, args as readonly unknown[], result));
  }

  private wrapOperator(node: Node): void {
    const operands = node.args as readonly Node[];
    if (!Array.isArray(operands)) return;
    // A set of constants is looked up.
    if (node.op === 'in' && isConstant(operands[1] as Node)) return;
    const costOf = operatorCost(
      node.op,
      operands.map(({ checkedType }) => checkedType),
    );
    this.handled(node, ([left, right]) => costOf(left, right));
  }

  private wrapComprehension(node: Node): void {
    const { kind, errorsAreFatal, init, step } = node.args as Comprehension;
    const isQuantifier = kind === 'quantifier' && !errorsAreFatal;
    const isAll = isQuantifier && init.args === true;
    // all: accu, @not_strictly_false(accu) and accu again in the step; exists: !accu besides.
    const [goOn, each] = isQuantifier ? (isAll ? [2, 3] : [3, 4]) : [0, 0];
    const end = kind === 'quantifier' && errorsAreFatal ? 2 : 1;
    let rounds = 0;
    const turn = step.meta.evaluate as Evaluate;
    if (each > 0)
      step.setMeta('evaluate', (evaluator: unknown, self: Node, context: unknown) => {
        rounds++;
        this.charge(each);
        return turn(evaluator, self, context);
      });
    const handle = node.handle as Handle;
    node.handle = (items, ...given) => {
      const outer = rounds;
      rounds = 0;
      const result = handle(items, ...given);
      const all = Array.isArray(items) ? items.length : items instanceof Map ? items.size : Object.keys(items as object).length;
      this.charge(end + (rounds < all ? goOn : 0));
      rounds = outer;
      return result;
    };
  }
}
