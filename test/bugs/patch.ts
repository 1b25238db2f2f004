/** How a seeded bug gets into a class: one of its methods is replaced for the rest of the process. A method that is no longer there is an error, so that
 *  bugs do not fade when the code moves on. */

// biome-ignore lint/suspicious/noExplicitAny: what is replaced is private, and of all shapes.
export type Loose = any;

type Method = (this: Loose, ...args: Loose[]) => Loose;

export function replace(prototype: object, name: string, made: (original: Method) => Method): void {
  const original = (prototype as Loose)[name] as Method | undefined;
  if (typeof original !== 'function')
    throw new Error(`${prototype.constructor?.name} has no method '${name}' any more: this seeded bug needs another place`);
  Object.defineProperty(prototype, name, { value: made(original), writable: true, configurable: true });
}

/** Of so many calls one, by count: the same in each run of a process only until the next, so bugs keep to what they see where they can. */
export function oneIn(most: number): () => boolean {
  let calls = 0;
  return () => ++calls % most === 0;
}
