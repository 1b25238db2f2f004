/** Completion indexes of Indexed Jobs, kept as text ('0,2-4,7'). Mirrors kubernetes v1.34 pkg/controller/job/indexed_job_utils.go. */

import type { Job, Pod } from '#api';

export const INDEX_KEY = 'batch.kubernetes.io/job-completion-index';

export const isIndexed = ({ spec }: Job): boolean => spec?.completionMode === 'Indexed';

/** The index of a pod, or -1. */
export function completionIndex(pod: Pod): number {
  const text = pod.metadata?.annotations?.[INDEX_KEY];
  return text === undefined || !/^\d+$/.test(text) ? -1 : Number(text);
}

export function parseIndexes(text: string | undefined, completions: number): Set<number> {
  const indexes = new Set<number>();
  if (text === undefined || text === '') return indexes;
  for (const interval of text.split(',')) {
    const [first = '', last = first] = interval.split('-');
    for (let index = Number(first); index <= Number(last) && index < completions; index++) indexes.add(index);
  }
  return indexes;
}

/** Two neighbours are listed, three and more become an interval. */
export function formatIndexes(indexes: Iterable<number>): string {
  const sorted = [...indexes].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let i = 0; i < sorted.length; ) {
    let end = i;
    while (end + 1 < sorted.length && sorted[end + 1] === (sorted[end] as number) + 1) end++;
    if (end === i) parts.push(String(sorted[i]));
    else parts.push(`${sorted[i]}${end === i + 1 ? ',' : '-'}${sorted[end]}`);
    i = end + 1;
  }
  return parts.join(',');
}

/** firstPendingIndexes: the lowest indexes that neither succeeded, failed for good, nor run. */
export function pendingIndexes(count: number, completions: number, taken: ReadonlySet<number>): readonly number[] {
  const pending: number[] = [];
  for (let index = 0; index < completions && pending.length < count; index++) if (!taken.has(index)) pending.push(index);
  return pending;
}

/** Name, annotation, label and host name of one index; the environment variable reads the annotation (downward API). */
export function indexedBody(body: Pod, name: string, index: number, annotations: Readonly<Record<string, string>> = {}): Pod {
  const text = String(index);
  const metadata = body.metadata ?? {};
  return {
    ...body,
    metadata: {
      ...metadata,
      generateName: `${name}-${text}-`,
      labels: { ...metadata.labels, [INDEX_KEY]: text },
      annotations: { ...metadata.annotations, [INDEX_KEY]: text, ...annotations },
    },
    spec: { ...body.spec, hostname: `${name}-${text}` } as Pod['spec'],
  };
}

/** appendDuplicatedIndexPodsForRemoval: all but one pod of an index, and pods with no index or one beyond the completions. */
export function misindexedPods(
  active: readonly Pod[],
  completions: number,
  worst: (pods: readonly Pod[], count: number) => readonly Pod[],
): readonly Pod[] {
  const wrong: Pod[] = [];
  const byIndex = new Map<number, Pod[]>();
  for (const pod of active) {
    const index = completionIndex(pod);
    const others = byIndex.get(index);
    if (index < 0 || index >= completions) wrong.push(pod);
    else if (others === undefined) byIndex.set(index, [pod]);
    else others.push(pod);
  }
  if (byIndex.size + wrong.length === active.length) return wrong;
  for (const pods of byIndex.values()) if (pods.length > 1) wrong.push(...worst(pods, pods.length - 1));
  return wrong;
}
