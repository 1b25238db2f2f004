/** `pod_lifecycles` of a SimKube trace: by owner (kind, namespace/name), by a hash of the pod's template, a list of Empty, Running(start) and
 *  Finished(start, end). In MessagePack the owner is a list of two texts; in JSON one text. */

import { printable, UserError } from '../user-error.ts';

type Fields = Readonly<Record<string, unknown>>;

export class SimkubeLifetimes {
  readonly #finished = new Map<string, number[]>();

  constructor(file: string, written: unknown) {
    if (written === undefined || written === null) return;
    if (typeof written !== 'object' || Array.isArray(written))
      throw UserError.at({ file }, `'pod_lifecycles' must be a map, found ${printable(JSON.stringify(written) ?? 'nothing')}`);
    for (const [owner, byHash] of Object.entries(written as Fields)) {
      const seconds: number[] = [];
      for (const lifetimes of Object.values((byHash ?? {}) as Fields)) {
        for (const lifetime of (Array.isArray(lifetimes) ? lifetimes : []) as readonly Fields[]) {
          const finished = lifetime?.['Finished'] as readonly unknown[] | undefined;
          if (finished === undefined) continue;
          const [start, end] = finished.map(Number);
          if (start === undefined || end === undefined || !Number.isFinite(start) || !Number.isFinite(end) || end < start)
            throw UserError.at(
              { file },
              `'pod_lifecycles' of ${printable(owner)}: a finished pod needs start and end in seconds, found ${printable(JSON.stringify(finished))}`,
            );
          seconds.push(end - start);
        }
      }
      this.#finished.set(ownerOf(owner), seconds);
    }
  }

  /** Seconds that pods of this owner ran, of those that ended. */
  finished(kind: string, name: string): readonly number[] {
    return this.#finished.get(`${kind} ${name}`) ?? [];
  }
}

/** '["v1.Pod","a/b"]', 'v1.Pod:a/b' and 'v1.Pod a/b' say the same. */
function ownerOf(key: string): string {
  if (key.startsWith('[')) {
    const [kind, name] = JSON.parse(key) as readonly unknown[];
    return `${String(kind)} ${String(name)}`;
  }
  return key.replace(/[:,| ]+/, ' ');
}

export function medianSeconds(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
