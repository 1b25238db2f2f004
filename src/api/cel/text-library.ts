/** Functions on text and lists that Kubernetes' CEL has and the library does not: cel-go's strings and sets extensions, find() and findAll().
 *  Mirrors cel-go ext/strings.go, ext/sets.go and apiserver v1.34 pkg/cel/library/{regex,lists}.go. */

import type { Environment } from '@marcbachmann/cel-js';

const INT64_MAX = Number.MAX_SAFE_INTEGER;

function replaced(text: string, from: string, to: string, limit: number): string {
  if (limit === 0) return text;
  // Around each character.
  const parts = from === '' ? ['', ...text, ''] : text.split(from);
  const cut = limit < 0 ? parts.length - 1 : Math.min(limit, parts.length - 1);
  return parts.slice(0, cut + 1).join(to) + parts.slice(cut + 1).reduce((rest, part) => rest + from + part, '');
}

function same(a: unknown, b: unknown): boolean {
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((one, i) => same(one, b[i]));
  return a === b || (typeof a === 'bigint' && typeof b === 'number' && Number(a) === b);
}
const contains = (list: readonly unknown[], part: readonly unknown[]): boolean => part.every((item) => list.some((one) => same(one, item)));

export function registerTexts(environment: Environment): void {
  environment
    .registerFunction('string.charAt(int): string', (text: string, at: bigint) => {
      const chars = [...text];
      if (at < 0n || at > BigInt(chars.length)) throw new Error(`index out of range: ${at}`);
      return chars[Number(at)] ?? '';
    })
    .registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) => replaced(text, from, to, -1))
    .registerFunction('string.replace(string, string, int): string', (text: string, from: string, to: string, limit: bigint) =>
      replaced(text, from, to, Number(limit)),
    )
    .registerFunction('string.find(string): string', (text: string, pattern: string) => new RegExp(pattern, 'u').exec(text)?.[0] ?? '')
    .registerFunction('string.findAll(string): list<string>', (text: string, pattern: string) => allMatches(text, pattern, INT64_MAX))
    .registerFunction('string.findAll(string, int): list<string>', (text: string, pattern: string, limit: bigint) =>
      allMatches(text, pattern, limit < 0n ? INT64_MAX : Number(limit)),
    );
  registerSets(environment);
}

/** `sets.contains(...)`: a namespace in cel-go, a variable with methods here. */
class Sets {}

function registerSets(environment: Environment): void {
  environment
    .registerType('kubernetes.Sets', { ctor: Sets as never, fields: {} })
    .registerConstant('sets', 'kubernetes.Sets', new Sets())
    .registerFunction('kubernetes.Sets.contains(list, list): bool', (_: Sets, a: unknown[], b: unknown[]) => contains(a, b))
    .registerFunction(
      'kubernetes.Sets.equivalent(list, list): bool',
      (_: Sets, a: unknown[], b: unknown[]) => contains(a, b) && contains(b, a),
    )
    .registerFunction('kubernetes.Sets.intersects(list, list): bool', (_: Sets, a: unknown[], b: unknown[]) =>
      a.some((item) => contains(b, [item])),
    );
}

function allMatches(text: string, pattern: string, limit: number): string[] {
  const found: string[] = [];
  const regex = new RegExp(pattern, 'gu');
  for (let match = regex.exec(text); match !== null && found.length < limit; match = regex.exec(text)) {
    found.push(match[0]);
    if (match[0] === '') regex.lastIndex++;
  }
  return found;
}
