/** What a call of a function or an operator costs when an expression is evaluated, from the values that it was given. Mirrors cel-go v0.26
 *  interpreter/runtimecost.go (costCall), ext/sets.go, and apiserver v1.34 pkg/cel/library/cost.go (CallCost). */

const TRAVERSAL = 0.1;
const REGEX = 0.25;
const CONVERSIONS: ReadonlySet<string> = new Set([
  'bool',
  'bytes',
  'double',
  'duration',
  'dyn',
  'int',
  'string',
  'timestamp',
  'uint',
  'type',
]);

interface Holder {
  hasValue(): boolean;
  value(): unknown;
}
const isHolder = (value: object): value is Holder => 'hasValue' in value && 'orValue' in value;

/** Values of Kubernetes' own that say how large they are. */
const isSized = (value: object): value is { readonly celSize: number } => 'celSize' in value;

const encodedBytes = (text: string): number => {
  let bytes = 0;
  for (const char of text) {
    const point = char.codePointAt(0) as number;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
};

/** Characters, elements or members; one for everything else. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string') {
    let points = 0;
    for (const _ of value) points++;
    return points;
  }
  if (typeof value !== 'object' || value === null) return 1;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length;
  if (value instanceof Map || value instanceof Set) return value.size;
  if (isSized(value)) return value.celSize;
  if (isHolder(value)) return value.hasValue() ? sizeOf(value.value()) : 1;
  return Object.getPrototypeOf(value) === Object.prototype ? Object.keys(value).length : 1;
}

const traversed = (size: number): number => Math.ceil(size * TRAVERSAL);
const searched = (text: unknown, pattern: unknown): number => traversed(1 + sizeOf(text)) * Math.ceil(sizeOf(pattern) * REGEX);

/** One pass over everything that a value holds. */
function passed(value: unknown): number {
  if (typeof value === 'string') return Math.floor(encodedBytes(value) * TRAVERSAL);
  if (Array.isArray(value)) return value.reduce((sum: number, element) => sum + passed(element), 0);
  if (value instanceof Map) {
    let sum = 0;
    for (const [key, member] of value) sum += passed(key) + passed(member);
    return sum;
  }
  return 1;
}

/** Of a network, and what is looked for in it: a text is read first. */
function containedIn(network: unknown, other: unknown): number {
  return traversed(2 * sizeOf(network)) + (typeof other === 'string' ? traversed(sizeOf(other)) : 0);
}

/** `args`: the receiver first, where there is one. */
export function callCost(name: string, args: readonly unknown[], result: unknown): number {
  const [first, second] = args;
  switch (name) {
    case 'startsWith':
    case 'endsWith':
    case 'lowerAscii':
    case 'upperAscii':
    case 'substring':
    case 'trim':
    case 'quantity':
    case 'isQuantity':
    case 'semver':
    case 'isSemver':
    case 'format':
    case 'url':
    case 'cidr':
    case 'isIP':
    case 'isCIDR':
      return traversed(sizeOf(first));
    case 'ip':
      return typeof first === 'string' ? traversed(sizeOf(first)) : 1;
    case 'isCanonical':
      return Math.ceil(sizeOf(second) * 2 * TRAVERSAL);
    case 'containsIP':
      return containedIn(first, second);
    case 'containsCIDR':
      return containedIn(first, second) + traversed(sizeOf(first)) + 1;
    case 'validate':
      return traversed(1 + sizeOf(second)) * Math.ceil((first as { readonly regexSize: number }).regexSize * REGEX);
    case 'quote':
      return traversed(sizeOf(second));
    case 'bytes':
      return traversed(sizeOf(first));
    case 'string':
      return first instanceof Uint8Array ? traversed(first.length) : 1;
    case 'replace':
    case 'split':
      return Math.ceil(sizeOf(first) * 2 * TRAVERSAL);
    case 'join':
      return Math.ceil(sizeOf(result) * 2 * TRAVERSAL);
    case 'matches':
    case 'find':
    case 'findAll':
      return searched(first, second);
    case 'contains':
      if (typeof first === 'string') return traversed(sizeOf(first)) * traversed(sizeOf(second));
      return 1 + sizeOf(second) * sizeOf(args[2]);
    case 'intersects':
      return 1 + sizeOf(second) * sizeOf(args[2]);
    case 'equivalent':
      return 1 + 2 * sizeOf(second) * sizeOf(args[2]);
    case 'isSorted':
    case 'sum':
    case 'max':
    case 'min':
    case 'indexOf':
    case 'lastIndexOf':
      return passed(first);
    case 'orValue':
    case 'or':
      return 0;
    default:
      return 1;
  }
}

/** Conversions of constants are made once, when the expression is planned. */
export const isConversion = (name: string): boolean => CONVERSIONS.has(name);

/** What is known of an operand before it has a value. */
export interface StaticType {
  readonly kind: string;
  readonly name?: string;
  readonly type?: string;
}
const isText = (type: StaticType | undefined): boolean => type?.name === 'string' || type?.type === 'string' || type?.name === 'bytes';

/** An operator on operands of unknown type is chosen when it runs, and costs one. */
export function operatorCost(op: string, types: readonly (StaticType | undefined)[]): (left: unknown, right: unknown) => number {
  switch (op) {
    case '==':
    case '!=':
      return (left, right) => traversed(Math.min(sizeOf(left), sizeOf(right)));
    case '<':
    case '<=':
    case '>':
    case '>=':
      return types.some(isText) ? (left, right) => traversed(Math.min(sizeOf(left), sizeOf(right))) : () => 1;
    case '+':
      return types.some(isText) ? (left, right) => traversed(sizeOf(left) + sizeOf(right)) : () => 1;
    case 'in':
      return types[1]?.kind === 'list' ? (_, list) => sizeOf(list) : () => 1;
    default:
      return () => 1;
  }
}
