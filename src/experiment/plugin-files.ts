/** A scheduler plugin of one's own is a file whose default export makes it. This loads such files, on every thread, and says in one line what is wrong
 *  with one that cannot be used. */

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { nearest, printable, readBytes, UserError } from '#scenario';
import { type AnyPlugin, type PluginFactory, type PluginOrigin, POINT_METHODS, pointsOf, registerPlugin } from '#scheduler';
import { offerOwnImports } from './own-imports.ts';

/** What a thread needs to load the same files: survives structured clone. */
export type PluginFiles = readonly PluginOrigin[];

const KNOWN: readonly string[] = [
  ...POINT_METHODS.map(([, method]) => method),
  'addPod',
  'removePod',
  'normalizeScore',
  'unreserve',
  'eventsToRegister',
  'waitsFor',
  'attach',
  'observe',
];
/** Of upstream, but taken by the scheduler itself here. */
const NOT_OFFERED = ['bind', 'postBind'].filter((name) => !KNOWN.includes(name));
const EXAMPLE = "export default () => ({ name: 'MyPlugin', score: (state, pod, node) => 0 })";

/** Loads files as the user named them and registers their plugins; the names come back in the same order. Throws UserError. */
export async function loadPlugins(files: readonly string[]): Promise<{ readonly files: PluginFiles; readonly names: readonly string[] }> {
  const origins = files.map((file) => ({ file, href: pathToFileURL(resolve(file)).href }));
  // Unreadable files first: the words for them are better than the loader's.
  for (const file of files) readBytes(file);
  return { files: origins, names: await registerPlugins(origins) };
}

export async function registerPlugins(origins: PluginFiles): Promise<readonly string[]> {
  const names: string[] = [];
  for (const origin of origins) {
    const factory = factoryOf(await importQuietly(origin), origin);
    const { name } = sample(factory, origin);
    try {
      registerPlugin(name, factory, origin);
    } catch (error) {
      throw UserError.at({ file: origin.file }, (error as Error).message);
    }
    names.push(name);
  }
  return names;
}

/** Node remarks on stderr when it has to look into a file to see that it is a module: no concern of a plugin's author. */
export async function importQuietly(origin: PluginOrigin): Promise<Record<string, unknown>> {
  offerOwnImports();
  const { emitWarning } = process;
  process.emitWarning = ((warning: string, ...rest: never[]): void => {
    const [options] = rest as unknown[];
    const code = typeof options === 'object' && options !== null ? (options as { code?: string }).code : undefined;
    if (code !== 'MODULE_TYPELESS_PACKAGE_JSON') Reflect.apply(emitWarning, process, [warning, ...rest]);
  }) as typeof process.emitWarning;
  try {
    return (await import(origin.href)) as Record<string, unknown>;
  } catch (error) {
    throw UserError.at({ file: origin.file, ...lineOf(error, origin) }, `cannot be loaded: ${reasonOf(error)}`);
  } finally {
    process.emitWarning = emitWarning;
  }
}

function lineOf(error: unknown, { href }: PluginOrigin): { line?: number } {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const path = decodeURIComponent(href.replace('file://', ''));
  for (const name of [href, path]) {
    const at = stack.indexOf(`${name}:`);
    const found = at < 0 ? null : /^\d+/.exec(stack.slice(at + name.length + 1));
    if (found !== null) return { line: Number(found[0]) };
  }
  return {};
}

function reasonOf(error: unknown): string {
  const { code, message = String(error) } = (error ?? {}) as { code?: string; message?: string };
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION') return 'expected a TypeScript or JavaScript file (.ts, .mts, .js, .mjs)';
  if (code === 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING') return 'Node reads no TypeScript under node_modules; copy the file elsewhere';
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') return `${oneLine(message)} (Node strips types and compiles nothing)`;
  return oneLine(message);
}

const oneLine = (text: string): string => printable(text.trim().split('\n')[0] ?? '', 300);

function factoryOf(module: Record<string, unknown>, { file }: PluginOrigin): PluginFactory {
  const made = module['default'];
  if (typeof made === 'function') return isClass(made) ? (args) => Reflect.construct(made, [args]) as AnyPlugin : (made as PluginFactory);
  const found = made === undefined ? 'has no default export' : `exports ${describe(made)} by default`;
  throw UserError.at({ file }, `${found}: expected a function that makes a plugin, such as \`${EXAMPLE}\``);
}

const isClass = (value: object): boolean => /^class\b/.test(Function.prototype.toString.call(value));

/** One plugin, made without arguments to see what it is. */
function sample(factory: PluginFactory, origin: PluginOrigin): AnyPlugin {
  const refuse = (message: string, error?: unknown): never => {
    throw UserError.at({ file: origin.file, ...lineOf(error, origin) }, message);
  };
  let made: unknown;
  try {
    made = factory({});
  } catch (error) {
    refuse(
      `its function threw when it was called with {} as arguments: ${oneLine(error instanceof Error ? error.message : String(error))}`,
      error,
    );
  }
  if (typeof made !== 'object' || made === null || typeof (made as { then?: unknown }).then === 'function')
    return refuse(`its function made ${describe(made)}: expected a plugin, an object with a name and methods such as score`);
  const plugin = made as AnyPlugin;
  if (typeof plugin.name !== 'string' || plugin.name === '')
    refuse("the plugin has no 'name': expected the text by which a configuration names it");
  refuseMisnamed(plugin, refuse);
  if (pointsOf(plugin).length === 0)
    refuse(
      `plugin ${plugin.name} takes part in no extension point: expected one or more of ${POINT_METHODS.map(([, method]) => method).join(', ')}`,
    );
  return plugin;
}

/** Methods that look like an extension point and are none; and extension points that are no methods. */
function refuseMisnamed(plugin: AnyPlugin, refuse: (message: string) => never): void {
  const members = plugin as unknown as Record<string, unknown>;
  for (const name of KNOWN)
    if (members[name] !== undefined && typeof members[name] !== 'function')
      refuse(`plugin ${plugin.name}: '${name}' is ${describe(members[name])}, expected a function`);
  for (const name of methodsOf(plugin)) {
    if (KNOWN.includes(name)) continue;
    if (NOT_OFFERED.includes(name))
      refuse(`plugin ${plugin.name}: '${name}' is left to the scheduler here; a plugin cannot take part in it`);
    const meant = nearest(name, KNOWN);
    if (meant !== undefined) refuse(`plugin ${plugin.name}: '${name}' is no extension point; did you mean '${meant}'?`);
  }
}

function methodsOf(plugin: object): readonly string[] {
  const names = new Set<string>();
  for (let at: object = plugin; at !== Object.prototype && at !== null; at = Object.getPrototypeOf(at) as object)
    for (const name of Object.getOwnPropertyNames(at))
      if (name !== 'constructor' && typeof (plugin as unknown as Record<string, unknown>)[name] === 'function') names.add(name);
  return [...names];
}

function describe(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return typeof (value as { then?: unknown }).then === 'function' ? 'a promise' : 'an object';
  return typeof value === 'string' ? `'${printable(value)}'` : typeof value === 'function' ? 'a function' : String(value);
}
