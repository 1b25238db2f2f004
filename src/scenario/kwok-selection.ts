/** Which pods a Stage of KWOK means. What its selector asks of states (phases, deletion, readiness) follows from the lives of pods here; labels and annotations
 *  decide; being owned by a Job is told apart; what else is asked for is refused by its key. */

import { printable } from './user-error.ts';

type Written = Readonly<Record<string, unknown>>;

interface Selection {
  readonly select: readonly object[];
  readonly forJobs: boolean;
}

/** Keys of states. */
const STATE = /^\.status\b|^\.metadata\.(deletionTimestamp|finalizers)\b|^\.spec\.(nodeName|initContainers)\b/;
const METADATA = /^\.metadata\.(labels|annotations)(?:\["([^"]+)"\]|\.([\w-]+))$/;
const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

export function selectionOf(written: unknown, refuse: (what: string) => never): Selection {
  const selector = (written ?? {}) as Written;
  const select: object[] = [];
  let forJobs = false;
  for (const [name, of] of [
    ['matchLabels', 'labels'],
    ['matchAnnotations', 'annotations'],
  ] as const)
    for (const [key, value] of Object.entries((selector[name] ?? {}) as Written))
      select.push({ of, key, operator: 'In', values: [String(value)] });
  for (const { key, operator, values } of (selector['matchExpressions'] ?? []) as readonly Written[]) {
    const path = String(key);
    if (!OPERATORS.includes(String(operator)))
      refuse(`'spec.selector': operator '${printable(String(operator))}' (known: ${OPERATORS.join(', ')})`);
    const list = Array.isArray(values) ? values.map(String) : [];
    const found = METADATA.exec(path);
    if (found !== null) select.push({ of: found[1] as string, key: (found[2] ?? found[3]) as string, operator, values: list });
    else if (/^\.metadata\.ownerReferences\b/.test(path)) forJobs ||= operator === 'In' && list.includes('Job');
    else if (!STATE.test(path)) refuse(`'spec.selector' asks for '${printable(path)}', which is not supported`);
  }
  return { select, forJobs };
}
