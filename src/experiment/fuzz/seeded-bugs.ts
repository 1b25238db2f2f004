/** Mistakes that are put into a run on purpose, by name, to see whether it notices: they stand in test/bugs of the source tree and are in no package.
 *  Each replaces a method of a class in this process before the run; without one nothing is looked up and nothing costs anything. */

import { existsSync } from 'node:fs';
import { UserError } from '#scenario';

/** What test/bugs/index.ts exports as `BUGS`. */
export interface SeededBug {
  /** What is wrong, in one sentence. */
  readonly breaks: string;
  /** One that must be found soon. */
  readonly marked: boolean;
  readonly inject: () => void;
}

const WHERE = new URL('../../../test/bugs/index.ts', import.meta.url);

let injected: string | undefined;

export async function seededBugs(): Promise<Readonly<Record<string, SeededBug>>> {
  if (!existsSync(WHERE)) throw UserError.at({}, '--inject-bug: seeded bugs are in the source tree (test/bugs), not in the package');
  return ((await import(WHERE.href)) as { readonly BUGS: Readonly<Record<string, SeededBug>> }).BUGS;
}

export async function knownBug(name: string): Promise<SeededBug> {
  const bugs = await seededBugs();
  const bug = Object.hasOwn(bugs, name) ? bugs[name] : undefined;
  if (bug === undefined) throw UserError.at({}, `--inject-bug: there is no '${name}'; there are ${Object.keys(bugs).join(', ')}`);
  return bug;
}

/** For the rest of this process. */
export async function injectBug(name: string): Promise<void> {
  if (injected === name) return;
  if (injected !== undefined) throw new Error(`this process has the seeded bug ${injected}, it cannot have ${name} too`);
  const bug = await knownBug(name);
  injected = name;
  bug.inject();
}
