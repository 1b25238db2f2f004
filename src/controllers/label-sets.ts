/** Finds pods by selector without walking all pods: pods of one template share their labels, so there are few distinct sets of labels. Upstream lists the
 *  namespace and matches each pod; the answer is the same. */

import type { KubeObject, Pod, Selector } from '#api';
import { matchesSelector } from '#api';
import type { Lister } from '#client';

/** Name of the index below. */
export const BY_LABEL_SET = 'labelSet';

type Labels = Readonly<Record<string, string>>;

const NO_LABELS: Labels = {};
const texts = new WeakMap<Labels, string>();
// What each text of labels says; bounded by the number of distinct sets that ever were.
const labelsOf = new Map<string, Labels>();

function textOf(labels: Labels): string {
  let text = texts.get(labels);
  if (text === undefined) {
    text = Object.keys(labels)
      .sort()
      .map((key) => `${key}=${labels[key]}`)
      .join(',');
    texts.set(labels, text);
    if (!labelsOf.has(text)) labelsOf.set(text, labels);
  }
  return text;
}

// The index values of one set of labels in the namespace where it was last met: pods of a template share both.
const indexValues = new WeakMap<Labels, { namespace: string; values: readonly [string] }>();

export function byLabelSet({ metadata }: KubeObject): readonly [string] {
  const labels = metadata?.labels ?? NO_LABELS;
  const namespace = metadata?.namespace ?? '';
  const known = indexValues.get(labels);
  if (known !== undefined && known.namespace === namespace) return known.values;
  const values = [`${namespace}|${textOf(labels)}`] as const;
  indexValues.set(labels, { namespace, values });
  return values;
}

/** `namespace|labels`: the set of labels an object has. */
export const labelSetOf = (object: KubeObject): string => byLabelSet(object)[0];

/** Pods of a namespace that match. */
export function* podsMatching(pods: Lister<Pod>, namespace: string, selector: Selector): Iterable<Pod> {
  const prefix = `${namespace}|`;
  for (const value of pods.indexValues(BY_LABEL_SET)) {
    if (!value.startsWith(prefix)) continue;
    if (matchesSelector(selector, labelsOf.get(value.slice(prefix.length)))) yield* pods.byIndex(BY_LABEL_SET, value);
  }
}

/** Remembers, for each set of labels, which keys select it, until the selectors change. */
export class Memberships {
  readonly #byLabelSet = new Map<string, readonly string[]>();

  /** Some selector came, changed or went. */
  forget(): void {
    this.#byLabelSet.clear();
  }

  keysOf(object: KubeObject, selecting: (labels: Labels, namespace: string) => readonly string[]): readonly string[] {
    const set = labelSetOf(object);
    let keys = this.#byLabelSet.get(set);
    if (keys === undefined) {
      keys = selecting(object.metadata?.labels ?? NO_LABELS, object.metadata?.namespace ?? '');
      this.#byLabelSet.set(set, keys);
    }
    return keys;
  }
}
