/** A node's quantities as numbers. */

import { type Resources, resourceAmount } from '#api';

// Quantities of a pool's nodes are parsed once.
const parsed = new WeakMap<object, Resources>();

/** Amounts of a list of quantities: cpu in milli-cores, the rest in whole units. */
export function amountsOf(list: Readonly<Record<string, string>>): Resources {
  let amounts = parsed.get(list);
  if (amounts === undefined) {
    const fresh: Record<string, number> = {};
    for (const name in list) fresh[name] = resourceAmount(name, list[name] as string);
    parsed.set(list, (amounts = fresh));
  }
  return amounts;
}
