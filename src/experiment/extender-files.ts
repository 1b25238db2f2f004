/** Files of a user's own that answer for HTTP extenders: found by `cluster.extenders` and --extender, loaded on every thread, and refused in one line
 *  when they cannot be used. */

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  DEFAULT_EXTENDER_LATENCY,
  type ExtenderPlan,
  NO_EXTENDER_FAILURES,
  nearest,
  printable,
  readBytes,
  type Scenario,
  UserError,
} from '#scenario';
import { type ExtenderModule, registerExtenderModule } from '#scheduler';
import { importQuietly } from './plugin-files.ts';

/** What a thread needs to load the same files: survives structured clone. */
export interface ExtenderFile {
  readonly file: string;
  readonly href: string;
}

export interface LoadedExtender {
  readonly plan: ExtenderPlan;
  readonly href: string;
  /** The verbs that the file has a function for. */
  readonly functions: readonly ExtenderFunction[];
}

const FUNCTIONS = ['filter', 'prioritize', 'preempt', 'bind'] as const;
export type ExtenderFunction = (typeof FUNCTIONS)[number];

const EXAMPLE = 'export const filter = (args) => ({ NodeNames: args.NodeNames })';

/** `flags` are --extender NAME=FILE, NAME a URL or the host in one. Throws UserError. */
export async function loadExtenders(scenario: Scenario, flags: readonly string[] = []): Promise<readonly LoadedExtender[]> {
  const plans = withFlags(scenario, flags);
  const loaded: LoadedExtender[] = [];
  for (const plan of plans) {
    const origin = { file: plan.module, href: pathToFileURL(resolve(plan.module)).href };
    readBytes(plan.module);
    loaded.push({ plan, href: origin.href, functions: await register(origin) });
  }
  return loaded;
}

export async function registerExtenders(files: readonly ExtenderFile[]): Promise<void> {
  for (const file of files) await register(file);
}

export const extenderFiles = (loaded: readonly LoadedExtender[]): readonly ExtenderFile[] =>
  loaded.map(({ plan, href }) => ({ file: plan.module, href }));

async function register(origin: ExtenderFile): Promise<readonly ExtenderFunction[]> {
  const module = await importQuietly(origin);
  const exported = typeof module['default'] === 'object' && module['default'] !== null ? (module['default'] as typeof module) : module;
  const functions = FUNCTIONS.filter((name) => exported[name] !== undefined);
  const { file } = origin;
  for (const name of functions) {
    if (typeof exported[name] !== 'function') throw UserError.at({ file }, `exports a '${name}' that is no function`);
  }
  if (functions.length === 0) {
    const names = Object.keys(exported).filter((name) => name !== 'default');
    const meant = names.map((name) => [name, nearest(name, FUNCTIONS)] as const).find(([, near]) => near !== undefined);
    const hint = meant === undefined ? `such as \`${EXAMPLE}\`` : `; did you mean '${meant[1]}' by '${printable(meant[0])}'?`;
    throw UserError.at(
      { file },
      `exports none of ${FUNCTIONS.join(', ')}: expected functions that answer for an extender${meant === undefined ? ', ' : ''}${hint}`,
    );
  }
  registerExtenderModule(origin.href, exported as ExtenderModule);
  return functions;
}

/** URLs that the schedulers' configurations name, as far as they can be read. */
export function configuredUrls(scenario: Scenario): string[] {
  return scenario.cluster.schedulers.flatMap(({ configuration }) => {
    const written = (configuration?.value as { extenders?: unknown } | null | undefined)?.extenders;
    if (!Array.isArray(written)) return [];
    return written.flatMap((entry) => {
      const url = (entry as { urlPrefix?: unknown } | null)?.urlPrefix;
      return typeof url === 'string' ? [url] : [];
    });
  });
}

/** The host in a URL, with and without its port. */
function namesOf(url: string): readonly string[] {
  const found = /^[a-z]+:\/\/([^/]+)/i.exec(url);
  const host = found?.[1] ?? '';
  return [url, url.replace(/\/+$/, ''), host, host.replace(/:\d+$/, '')];
}

function withFlags(scenario: Scenario, flags: readonly string[]): readonly ExtenderPlan[] {
  const plans = [...scenario.cluster.extenders];
  const known = [...new Set([...plans.map(({ urlPrefix }) => urlPrefix), ...configuredUrls(scenario)])];
  for (const flag of flags) {
    const at = flag.indexOf('=');
    const place = { file: `--extender ${printable(flag)}` };
    if (at <= 0 || at === flag.length - 1) throw UserError.at(place, 'expected NAME=FILE, NAME a URL or the host in one');
    const name = flag.slice(0, at);
    const module = flag.slice(at + 1);
    const url = known.find((each) => namesOf(each).includes(name)) ?? (/^https?:\/\//.test(name) ? name : undefined);
    if (url === undefined && known.length > 0)
      throw UserError.at(
        place,
        `no extender is called '${printable(name)}' (there are: ${known.map((each) => printable(each)).join(', ')})`,
      );
    const urlPrefix = url ?? `http://${name}`;
    const index = plans.findIndex((plan) => namesOf(plan.urlPrefix)[1] === namesOf(urlPrefix)[1]);
    const plan = plans[index] ?? { urlPrefix, latency: DEFAULT_EXTENDER_LATENCY, failures: NO_EXTENDER_FAILURES, settings: {}, place };
    plans.splice(index < 0 ? plans.length : index, index < 0 ? 0 : 1, { ...plan, module });
  }
  return plans;
}
