/** A controller of one's own is a file whose default export is it, or makes it. This loads such files, on every thread, and says in one line what is wrong
 *  with one that cannot be used. */

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { RESOURCES, resourceInfo } from '#api';
import { type ControllerFactory, type ControllerOrigin, type OwnController, registerOwnController } from '#client';
import { printable, readBytes, UserError } from '#scenario';
import { importQuietly } from './plugin-files.ts';

/** What a thread needs to load the same files: survives structured clone. */
export type ControllerFiles = readonly ControllerOrigin[];

const EXAMPLE =
  "export default { name: 'my-operator', workers: 1, watches: [{ resource: 'pods', keys: ({ key }) => [key] }], reconcile: () => ({}) }";

/** Loads files as the user named them and registers their controllers; the names come back in the same order. Throws UserError. */
export async function loadControllers(
  files: readonly string[],
): Promise<{ readonly files: ControllerFiles; readonly names: readonly string[] }> {
  const origins = files.map((file) => ({ file, href: pathToFileURL(resolve(file)).href }));
  for (const file of files) readBytes(file);
  const names = await registerControllers(origins);
  names.forEach((name, at) => {
    if (names.indexOf(name) !== at) throw UserError.at({ file: files[at] as string }, `a controller named ${name} was given already`);
  });
  return { files: origins, names };
}

export async function registerControllers(origins: ControllerFiles): Promise<readonly string[]> {
  const names: string[] = [];
  for (const origin of origins) {
    const make = factoryOf(await importQuietly(origin), origin);
    const { name } = sample(make, origin);
    try {
      registerOwnController(name, make, origin);
    } catch (error) {
      throw UserError.at({ file: origin.file }, (error as Error).message);
    }
    names.push(name);
  }
  return names;
}

const isClass = (value: object): boolean => /^class\b/.test(Function.prototype.toString.call(value));

function factoryOf(module: Record<string, unknown>, { file }: ControllerOrigin): ControllerFactory {
  const made = module['default'];
  if (typeof made === 'function') return isClass(made) ? () => Reflect.construct(made, []) as OwnController : (made as ControllerFactory);
  if (typeof made === 'object' && made !== null) return () => made as OwnController;
  const found = made === undefined ? 'has no default export' : `exports ${typeof made} by default`;
  throw UserError.at({ file }, `${found}: expected a controller, or a function that makes one, such as \`${EXAMPLE}\``);
}

/** Why nobody serves it, as far as its name tells: custom resources always have a group. */
function unknownResource(resource: string): string | undefined {
  if (resource.includes('.') || resourceInfo(resource) !== undefined) return undefined;
  const meant = RESOURCES.find(
    ({ resource: known, kind }) => known.startsWith(`${resource}.`) || kind.toLowerCase() === resource.toLowerCase(),
  );
  return meant === undefined
    ? "no such resource; expected a plural such as 'pods', with its group where it has one, such as 'jobs.batch'"
    : `no such resource; did you mean '${meant.resource}'?`;
}

/** One controller, made to see what it is. */
function sample(make: ControllerFactory, { file, href }: ControllerOrigin): OwnController {
  const refuse = (message: string): never => {
    throw UserError.at({ file }, message);
  };
  let made: Partial<OwnController> | undefined;
  try {
    made = make();
  } catch (error) {
    const stack = error instanceof Error ? (error.stack ?? '') : '';
    const line = /^\d+/.exec(stack.slice(stack.indexOf(`${href}:`) + href.length + 1));
    const text = printable(error instanceof Error ? error.message : String(error), 300);
    throw UserError.at({ file, ...(line === null ? {} : { line: Number(line[0]) }) }, `its function threw: ${text}`);
  }
  if (typeof made !== 'object' || made === null)
    return refuse('its function made nothing: expected a controller, an object with name, watches and reconcile');
  const { name, watches, reconcile, tick, period, workers, crds } = made;
  if (typeof name !== 'string' || !/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name))
    refuse(
      `the controller's 'name' is ${name === undefined ? 'missing' : `'${printable(String(name))}'`}: expected small letters, digits and dashes`,
    );
  if (typeof reconcile !== 'function') refuse(`controller ${name} has no 'reconcile': expected a function (key, view, stage) => plan`);
  if (!Array.isArray(watches) || watches.length === 0)
    refuse(`controller ${name} has no 'watches': expected a list such as [{ resource: 'pods', keys: ({ key }) => [key] }]`);
  for (const watch of watches as readonly { resource?: unknown; keys?: unknown }[]) {
    if (typeof watch?.resource !== 'string') return refuse(`controller ${name}: a watch has no 'resource', such as 'pods' or 'jobs.batch'`);
    const unknown = unknownResource(watch.resource);
    if (unknown !== undefined) refuse(`controller ${name} watches '${printable(watch.resource)}': ${unknown}`);
    if (typeof watch.keys !== 'function')
      refuse(`controller ${name}: the watch of ${String(watch.resource)} has no 'keys': expected a function (event) => keys`);
  }
  if (workers !== undefined && !(Number.isInteger(workers) && workers > 0))
    refuse(`controller ${name}: 'workers' is ${String(workers)}: expected a whole number above 0`);
  if (tick !== undefined && typeof tick !== 'function')
    refuse(`controller ${name}: 'tick' is ${typeof tick}: expected a function (view) => plan`);
  if (period !== undefined && !(typeof period === 'number' && period > 0))
    refuse(
      `controller ${name}: 'period' is '${printable(String(period))}': expected microseconds, such as 5 * SECOND of wavetank/controller`,
    );
  if (crds !== undefined && !Array.isArray(crds)) refuse(`controller ${name}: 'crds' is no list: expected CustomResourceDefinitions`);
  for (const [at, crd] of (crds ?? []).entries())
    if ((crd as { kind?: unknown } | null)?.kind !== 'CustomResourceDefinition')
      refuse(`controller ${name}: crds[${at}] is no object of kind CustomResourceDefinition`);
  if ((tick === undefined) !== (period === undefined)) refuse(`controller ${name}: 'tick' and 'period' come together`);
  return made as OwnController;
}
