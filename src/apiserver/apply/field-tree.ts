/** Sets of fields in the form in which managedFields keeps them (FieldsV1): a tree whose steps are 'f:name', 'k:{"name":"x"}', 'v:"x"'. A node
 *  without members is a field of the set; '.' marks one that has members too. Mirrors structured-merge-diff v6 fieldpath. */

export interface FieldTree {
  readonly [step: string]: FieldTree;
}

export const LEAF: FieldTree = Object.freeze({});
const SELF = '.';

const isLeaf = (tree: FieldTree): boolean => {
  for (const _ in tree) return false;
  return true;
};
export const isEmpty = isLeaf;

/** With every named field that others stand in (EnsureNamedFieldsAreMembers). */
export function withParents(tree: FieldTree): FieldTree {
  const result: Record<string, FieldTree> = {};
  for (const step in tree) {
    const child = tree[step] as FieldTree;
    if (isLeaf(child)) result[step] = LEAF;
    else result[step] = step.startsWith('f:') ? { [SELF]: LEAF, ...withParents(child) } : withParents(child);
  }
  return result;
}

/** Fields of either. */
export function union(a: FieldTree, b: FieldTree): FieldTree {
  const result: Record<string, FieldTree> = { ...a };
  for (const step in b) {
    const [x, y] = [a[step], b[step] as FieldTree];
    if (x === undefined) result[step] = y;
    else if (isLeaf(x) && isLeaf(y)) result[step] = LEAF;
    else result[step] = union(isLeaf(x) ? { [SELF]: LEAF } : x, isLeaf(y) ? { [SELF]: LEAF } : y);
  }
  return result;
}

/** Fields of `a` that are not in `b`. */
export function without(a: FieldTree, b: FieldTree): FieldTree {
  const result: Record<string, FieldTree> = {};
  for (const step in a) {
    const x = a[step] as FieldTree;
    const y = b[step];
    if (y === undefined) result[step] = x;
    else if (isLeaf(x)) {
      if (!isLeaf(y) && y[SELF] === undefined) result[step] = x;
    } else {
      const rest = without(x, isLeaf(y) ? { [SELF]: LEAF } : y);
      if (!isLeaf(rest)) result[step] = rest;
    }
  }
  return result;
}

/** Fields of both. */
export function common(a: FieldTree, b: FieldTree): FieldTree {
  const result: Record<string, FieldTree> = {};
  for (const step in a) {
    const x = a[step] as FieldTree;
    const y = b[step];
    if (y === undefined) continue;
    if (isLeaf(x) || isLeaf(y)) {
      if ((isLeaf(x) || x[SELF] !== undefined) && (isLeaf(y) || y[SELF] !== undefined)) result[step] = LEAF;
      continue;
    }
    const both = common(x, y);
    if (!isLeaf(both)) result[step] = both;
  }
  return result;
}

export function sameTree(a: FieldTree, b: FieldTree): boolean {
  for (const step in a) if (b[step] === undefined || !sameTree(a[step] as FieldTree, b[step] as FieldTree)) return false;
  for (const step in b) if (a[step] === undefined) return false;
  return true;
}

/** Every field as upstream prints it: '.spec.containers[name="x"].image'; at each level its members, then what is inside others. */
export function pathsOf(tree: FieldTree, prefix = ''): string[] {
  const steps = Object.keys(tree)
    .filter((step) => step !== SELF)
    .sort();
  const isMember = (step: string): boolean => isLeaf(tree[step] as FieldTree) || tree[step]?.[SELF] !== undefined;
  return [
    ...steps.filter(isMember).map((step) => prefix + shownStep(step)),
    ...steps.flatMap((step) => pathsOf(tree[step] as FieldTree, prefix + shownStep(step))),
  ];
}

/** A step as upstream prints it: '[name="x"]'. */
export function shownStep(step: string): string {
  const rest = step.slice(2);
  if (step.startsWith('f:')) return `.${rest}`;
  if (step.startsWith('v:')) return `[=${rest}]`;
  const keys = JSON.parse(rest) as Record<string, unknown>;
  return `[${Object.keys(keys)
    .map((key) => `${key}=${JSON.stringify(keys[key])}`)
    .join(',')}]`;
}
