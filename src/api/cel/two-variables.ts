/** Comprehensions with two variables, index and element or key and value: all, exists, existsOne, transformList, transformMap, transformMapEntry.
 *  Mirrors cel-go v0.26 ext/comprehensions.go; what their turns cost is what cel-go's expansion of each makes of it. */

import { type Environment, EvaluationError } from '@marcbachmann/cel-js';

interface Node {
  readonly op: string;
  readonly args: unknown;
}
interface Type {
  readonly kind: string;
  readonly valueType?: Type;
  readonly keyType?: Type;
  isDynOrBool(): boolean;
}
interface Scope {
  forkWithVariable(name: string, type: Type): Scope;
  reuse(parent: Scope): Scope;
  setIterValue(value: unknown, evaluator: Evaluator): Scope;
}
interface Checker {
  readonly registry: { getListType(type: Type): Type; getMapType(key: Type, value: Type): Type };
  check(node: Node, scope: Scope): Type;
  getType(name: string): Type;
  createError(code: string, text: string, node: Node): Error;
}
interface Evaluator {
  run(node: Node, scope: Scope): unknown;
}
interface Given {
  readonly ast: Node;
  readonly args: readonly Node[];
  readonly receiver: Node;
}

const PUSH = 12;
const INSERT = 3;
const INSERT_ENTRY = 2;
const COUNT = 2;

type Each = (key: unknown, turn: (node: Node) => unknown) => boolean;

/** One loop over a range. `charge` is replaced by whoever counts costs. */
class TwoVariables {
  readonly ast: Node;
  readonly receiver: Node;
  readonly names: readonly [string, string];
  readonly bodies: readonly Node[];
  readonly async = false;
  charge: (cost: number) => void = () => {};
  private readonly shape: Shape;
  private inner: readonly [Scope, Scope] | undefined;

  constructor({ ast, args, receiver }: Given, shape: Shape) {
    this.ast = ast;
    this.receiver = receiver;
    this.names = args.slice(0, 2).map(({ op, args: name }) => (op === 'id' ? (name as string) : '')) as [string, string];
    this.bodies = args.slice(2);
    this.shape = shape;
  }

  typeCheck = (checker: Checker, _: unknown, scope: Scope): Type => {
    const range = checker.check(this.receiver, scope);
    if (this.names.includes('')) throw checker.createError('invalid_macro_argument', 'argument must be a simple name', this.ast);
    if (this.names[0] === this.names[1])
      throw checker.createError('invalid_macro_argument', `duplicate variable name: ${this.names[1]}`, this.ast);
    const dyn = checker.getType('dyn');
    const isList = range.kind === 'list';
    if (!isList && range.kind !== 'map' && range.kind !== 'dyn')
      throw checker.createError(
        'invalid_range',
        'expression cannot be range of a comprehension (must be list, map, or dynamic)',
        this.receiver,
      );
    const key = isList ? checker.getType('int') : (range.keyType ?? dyn);
    const outer = scope.forkWithVariable(this.names[0], key);
    const inner = outer.forkWithVariable(this.names[1], range.valueType ?? dyn);
    this.inner = [outer, inner];
    const types = this.bodies.map((body) => checker.check(body, inner));
    const conditions = types.slice(0, this.shape.isCondition ? 1 : types.length - 1);
    if (conditions.some((type) => !type.isDynOrBool()))
      throw checker.createError('invalid_predicate', 'found no matching overload for a predicate that is no bool', this.bodies[0] as Node);
    return this.shape.typeOf(checker, key, types.at(-1) as Type);
  };

  evaluate = (evaluator: Evaluator, _: unknown, scope: Scope): unknown => {
    const items = evaluator.run(this.receiver, scope);
    const [outer, inner] = this.inner as readonly [Scope, Scope];
    const { each, result } = this.shape.start(this);
    const entries = entriesOf(items);
    let turns = 0;
    for (const [key, value] of entries) {
      turns++;
      const turn = (node: Node): unknown =>
        evaluator.run(node, inner.reuse(outer.reuse(scope).setIterValue(key, evaluator)).setIterValue(value, evaluator));
      if (!each(key, turn)) break;
    }
    return result(turns < entries.length);
  };
}

function entriesOf(items: unknown): readonly (readonly [unknown, unknown])[] {
  if (Array.isArray(items)) return items.map((item, i) => [BigInt(i), item] as const);
  return items instanceof Map ? [...items] : Object.entries(items as object);
}

interface Shape {
  /** Its one body is a condition. */
  readonly isCondition: boolean;
  typeOf(checker: Checker, key: Type, body: Type): Type;
  start(loop: TwoVariables): { readonly each: Each; result(isCut: boolean): unknown };
}

const isTrue = (value: unknown): boolean => {
  if (typeof value !== 'boolean') throw new EvaluationError('no such overload');
  return value;
};

/** all() and exists(): an error counts only when nothing decides. */
const quantifier = (wanted: boolean): Shape => ({
  isCondition: true,
  typeOf: (checker) => checker.getType('bool'),
  start(loop) {
    let isDecided = false;
    let failure: unknown;
    // accu, @not_strictly_false and accu again; !accu besides.
    const [goOn, turnCost] = wanted ? [3, 4] : [2, 3];
    const each: Each = (_key, turn) => {
      loop.charge(turnCost);
      try {
        isDecided = isTrue(turn(loop.bodies[0] as Node)) === wanted;
      } catch (error) {
        failure ??= error;
      }
      return !isDecided;
    };
    const result = (isCut: boolean): boolean => {
      loop.charge(1 + (isCut ? goOn : 0));
      if (!isDecided && failure !== undefined) throw failure;
      return isDecided === wanted;
    };
    return { each, result };
  },
});

const existsOne: Shape = {
  isCondition: true,
  typeOf: (checker) => checker.getType('bool'),
  start(loop) {
    let count = 0;
    const each: Each = (_key, turn) => {
      if (isTrue(turn(loop.bodies[0] as Node))) {
        count++;
        loop.charge(COUNT);
      }
      return true;
    };
    const result = (): boolean => {
      loop.charge(2);
      return count === 1;
    };
    return { each, result };
  },
};

/** The condition of a transformation, where it has one. */
const isTaken = ({ bodies }: TwoVariables, turn: (node: Node) => unknown): boolean =>
  bodies.length === 1 || isTrue(turn(bodies[0] as Node));

const transformList: Shape = {
  isCondition: false,
  typeOf: (checker, _, body) => checker.registry.getListType(body),
  start(loop) {
    const list: unknown[] = [];
    const each: Each = (_key, turn) => {
      if (isTaken(loop, turn)) {
        list.push(turn(loop.bodies.at(-1) as Node));
        loop.charge(PUSH);
      }
      return true;
    };
    const result = (): unknown[] => {
      loop.charge(1);
      return list;
    };
    return { each, result };
  },
};

const transformMap: Shape = {
  isCondition: false,
  typeOf: (checker, key, body) => checker.registry.getMapType(key, body),
  start(loop) {
    const map = new Map<unknown, unknown>();
    const each: Each = (key, turn) => {
      if (isTaken(loop, turn)) {
        map.set(key, turn(loop.bodies.at(-1) as Node));
        loop.charge(INSERT);
      }
      return true;
    };
    const result = (): Map<unknown, unknown> => {
      loop.charge(1);
      return map;
    };
    return { each, result };
  },
};

const transformMapEntry: Shape = {
  isCondition: false,
  typeOf: (_checker, _key, body) => body,
  start(loop) {
    const map = new Map<unknown, unknown>();
    const each: Each = (_key, turn) => {
      if (!isTaken(loop, turn)) return true;
      for (const [key, value] of entriesOf(turn(loop.bodies.at(-1) as Node))) {
        if (map.has(key)) throw new EvaluationError(`insert failed: key ${key} already exists`);
        map.set(key, value);
      }
      loop.charge(INSERT_ENTRY);
      return true;
    };
    const result = (): Map<unknown, unknown> => {
      loop.charge(1);
      return map;
    };
    return { each, result };
  },
};

export function registerTwoVariables(environment: Environment): void {
  const macro = (name: string, bodies: number, shape: Shape): void => {
    const args = Array.from({ length: 2 + bodies }, () => 'ast').join(', ');
    environment.registerFunction(`list.${name}(${args}): dyn`, ((given: Given) => new TwoVariables(given, shape)) as never);
  };
  macro('all', 1, quantifier(false));
  macro('exists', 1, quantifier(true));
  macro('existsOne', 1, existsOne);
  macro('exists_one', 1, existsOne);
  for (const bodies of [1, 2]) {
    macro('transformList', bodies, transformList);
    macro('transformMap', bodies, transformMap);
    macro('transformMapEntry', bodies, transformMapEntry);
  }
}
