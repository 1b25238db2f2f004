/** Label, field and node selectors. Mirrors apimachinery v1.34 pkg/labels, pkg/fields, meta/v1 helpers.go and component-helpers nodeaffinity. */

import type { LabelSelector, Node, NodeSelector, NodeSelectorTerm } from './objects.ts';

export type Labels = Readonly<Record<string, string>> | undefined;

export type SelectorOperator = 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';

/** One condition on one key; all conditions of a selector must hold. */
export interface Requirement {
  readonly key: string;
  readonly operator: SelectorOperator;
  readonly values: readonly string[];
}

const INTEGER = /^[+-]?\d+$/;

function compareIntegers(value: string, bound: string | undefined): number | undefined {
  if (bound === undefined || !INTEGER.test(value) || !INTEGER.test(bound)) return undefined;
  const left = BigInt(value);
  const right = BigInt(bound);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Requirement.Matches: NotIn and DoesNotExist hold for an absent key; Gt and Lt compare whole numbers. */
export function matchesRequirement({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && compareIntegers(value, values[0]) === 1;
    case 'Lt':
      return value !== undefined && compareIntegers(value, values[0]) === -1;
    default:
      return false;
  }
}

/** A parsed selector: every requirement must hold; none matches everything. */
export type Selector = readonly Requirement[];

export function matchesSelector(selector: Selector, labels: Labels): boolean {
  for (const requirement of selector) if (!matchesRequirement(requirement, labels)) return false;
  return true;
}

const compiled = new WeakMap<LabelSelector, Selector>();

/** metav1.LabelSelectorAsSelector, remembered per selector object. */
export function compileLabelSelector(selector: LabelSelector): Selector {
  const known = compiled.get(selector);
  if (known !== undefined) return known;
  const requirements: Requirement[] = [];
  for (const key in selector.matchLabels) requirements.push({ key, operator: 'In', values: [selector.matchLabels[key] ?? ''] });
  for (const { key, operator, values } of selector.matchExpressions ?? [])
    requirements.push({ key, operator: operator as SelectorOperator, values: values ?? [] });
  compiled.set(selector, requirements);
  return requirements;
}

/** A missing selector matches nothing, an empty one everything. */
export function matchesLabelSelector(selector: LabelSelector | undefined, labels: Labels): boolean {
  return selector !== undefined && matchesSelector(compileLabelSelector(selector), labels);
}

/** The text form (labelSelector=...): what failed, in words. */
export class SelectorError extends Error {}

const KEY = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?$/;
const VALUE = /^(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?)?$/;

function checkedKey(key: string): string {
  if (!KEY.test(key))
    throw new SelectorError(
      `unable to parse requirement: <nil>: Invalid value: "${key}": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character`,
    );
  return key;
}

function checkedValue(value: string): string {
  if (!VALUE.test(value))
    throw new SelectorError(
      `unable to parse requirement: values[0][0]: Invalid value: "${value}": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character`,
    );
  return value;
}

const SET = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/;
const BINARY = /^([^=!<>\s]+)\s*(==|=|!=|>|<)\s*(\S*)$/;

function parseRequirement(text: string): Requirement {
  const set = SET.exec(text);
  if (set !== null) {
    const values = (set[3] ?? '').split(',').map((value) => checkedValue(value.trim()));
    return { key: checkedKey(set[1] ?? ''), operator: set[2] === 'in' ? 'In' : 'NotIn', values };
  }
  const binary = BINARY.exec(text);
  if (binary !== null) {
    const [, key = '', sign = '', value = ''] = binary;
    const operator = sign === '!=' ? 'NotIn' : sign === '>' ? 'Gt' : sign === '<' ? 'Lt' : 'In';
    return { key: checkedKey(key), operator, values: [checkedValue(value)] };
  }
  if (text.startsWith('!')) return { key: checkedKey(text.slice(1).trim()), operator: 'DoesNotExist', values: [] };
  return { key: checkedKey(text), operator: 'Exists', values: [] };
}

/** Splits at commas outside parentheses. */
function splitRequirements(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === '(') depth++;
    else if (char === ')') depth--;
    else if (char === ',' && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

/** Parses `a=b,c!=d,e in (x,y),!f,g>1`; an empty text selects everything. Throws SelectorError. */
export function parseLabelSelector(text: string): Selector {
  if (text.trim() === '') return [];
  return splitRequirements(text).map((part) => parseRequirement(part.trim()));
}

/** One term of a field selector. */
export interface FieldRequirement {
  readonly field: string;
  readonly equal: boolean;
  readonly value: string;
}

/** Parses `spec.nodeName=n1,status.phase!=Failed`. Throws SelectorError. */
export function parseFieldSelector(text: string): readonly FieldRequirement[] {
  if (text.trim() === '') return [];
  return text.split(',').map((part) => {
    const match = /^([^=!]+)(==|=|!=)(.*)$/.exec(part.trim());
    if (match === null) throw new SelectorError(`invalid selector: '${text}'; can't understand '${part}'`);
    return { field: (match[1] ?? '').trim(), equal: match[2] !== '!=', value: (match[3] ?? '').trim() };
  });
}

/** The value at a dotted path, as text; absent reads as ''. */
export function fieldText(object: unknown, path: string): string {
  let at = object;
  for (const step of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return '';
    at = (at as Record<string, unknown>)[step];
  }
  return at === undefined || at === null ? '' : String(at);
}

export function matchesFields(requirements: readonly FieldRequirement[], object: unknown): boolean {
  for (const { field, equal, value } of requirements) if ((fieldText(object, field) === value) !== equal) return false;
  return true;
}

const wellFormed = new WeakMap<NodeSelectorTerm, boolean>();

/** What labels.NewRequirement and nodeSelectorRequirementsAsFieldSelector accept: validation lets more through. */
function isWellFormed({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm): boolean {
  const areValid = matchExpressions.every(({ key, operator, values = [] }) => {
    if (!KEY.test(key) || !values.every((value) => value.length <= 63 && VALUE.test(value))) return false;
    if (operator === 'In' || operator === 'NotIn') return values.length > 0;
    if (operator === 'Gt' || operator === 'Lt') return values.length === 1 && INTEGER.test(values[0] as string);
    return (operator === 'Exists' || operator === 'DoesNotExist') && values.length === 0;
  });
  return areValid && matchFields.every(({ operator, values }) => (operator === 'In' || operator === 'NotIn') && values?.length === 1);
}

/** One node selector term: a term without requirements, or with one that cannot be parsed, matches nothing; matchFields knows metadata.name alone. */
export function matchesNodeSelectorTerm(term: NodeSelectorTerm, node: Node): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (expressions.length === 0 && fields.length === 0) return false;
  let isValid = wellFormed.get(term);
  if (isValid === undefined) {
    isValid = isWellFormed(term);
    wellFormed.set(term, isValid);
  }
  if (!isValid) return false;
  for (const { key, operator, values } of expressions) {
    if (!matchesRequirement({ key, operator: operator as SelectorOperator, values: values ?? [] }, node.metadata?.labels)) return false;
  }
  for (const { key, operator, values } of fields) {
    const isEqual = values?.[0] === (key === 'metadata.name' ? (node.metadata?.name ?? '') : '');
    if (isEqual !== (operator === 'In')) return false;
  }
  return true;
}

/** Terms are alternatives. */
export function matchesNodeSelector(selector: NodeSelector, node: Node): boolean {
  for (const term of selector.nodeSelectorTerms) if (matchesNodeSelectorTerm(term, node)) return true;
  return false;
}
