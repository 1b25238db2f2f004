/** Merges streams that are each in order of time; among equals the earlier source comes first. */
export function* mergeByTime<T extends { readonly at: number }>(sources: readonly Iterable<T>[]): Generator<T, undefined> {
  const heads = sources.map((source) => {
    const iterator = source[Symbol.iterator]();
    return { iterator, head: iterator.next() };
  });
  for (;;) {
    let best: (typeof heads)[number] | undefined;
    for (const candidate of heads) {
      if (candidate.head.done === true) continue;
      if (best === undefined || best.head.done === true || candidate.head.value.at < best.head.value.at) best = candidate;
    }
    if (best === undefined || best.head.done === true) return undefined;
    yield best.head.value;
    best.head = best.iterator.next();
  }
}
