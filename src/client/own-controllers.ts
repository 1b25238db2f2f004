/** Controllers that users bring along: kept by name, held to the contract at every call, and run by a host of their own. What one throws, or answers that is
 *  no answer, stops the run with one sentence that names file, line, controller and key. */

import type { KubeObject } from '#api';
import type { Context, Message } from '#sim';
import { MINUTE } from '#sim';
import type { ClientConfig, Controller, Plan, View } from './contract.ts';
import type { ControllerFactory, OwnController } from './controller-authors.ts';
import { ControllerHost } from './controller-host.ts';

/** The run cannot go on; the text says whose fault that is. */
export class ControllerError extends Error {}

export interface ControllerOrigin {
  /** As its user wrote it. */
  readonly file: string;
  /** As it stands in stack traces. */
  readonly href: string;
}

interface Registered {
  readonly make: ControllerFactory;
  readonly origin: ControllerOrigin;
}
const registered = new Map<string, Registered>();

/** The same file may register again. Throws ControllerError when the name is taken by another. */
export function registerOwnController(name: string, make: ControllerFactory, origin: ControllerOrigin): void {
  const before = registered.get(name);
  if (before !== undefined && before.origin.href !== origin.href)
    throw new ControllerError(`a controller named ${name} already exists: that of ${before.origin.file}`);
  registered.set(name, { make, origin });
}

interface Definition extends KubeObject {
  readonly spec?: {
    readonly group?: string;
    readonly scope?: string;
    readonly names?: { readonly plural?: string; readonly kind?: string };
    readonly versions?: readonly { readonly name?: string }[];
  };
}

/** The kinds that registered controllers bring, for those who must know them from the start. */
export function kindsOfOwnControllers(names: readonly string[]) {
  const crds = names.flatMap((name) => registered.get(name)?.make().crds ?? []) as readonly Definition[];
  return crds.flatMap(({ spec }) =>
    (spec?.versions ?? []).map(({ name }) => ({
      apiVersion: `${spec?.group}/${name}`,
      kind: spec?.names?.kind ?? '',
      resource: `${spec?.names?.plural}.${spec?.group}`,
      namespaced: spec?.scope !== 'Cluster',
    })),
  );
}

const VERBS = ['get', 'list', 'create', 'update', 'patch', 'delete', 'deletecollection'];
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;

/** Why an answer is no plan, or undefined. */
function wrongPlan(plan: unknown): string | undefined {
  if (!isObject(plan))
    return `answered ${plan === undefined ? 'nothing' : String(plan)}: expected a plan, such as {} or { requests: [...] }`;
  if (typeof plan['then'] === 'function')
    return 'answered a promise: a reconcile answers at once, and sees what came of its requests in a further stage';
  const requests = plan['requests'] ?? [];
  if (!Array.isArray(requests)) return "answered 'requests' that is no list";
  for (const request of requests as readonly unknown[]) {
    if (!isObject(request)) return 'answered a request that is no object: expected { verb, resource, ... }';
    if (!VERBS.includes(String(request['verb']))) return `asks for verb '${String(request['verb'])}': expected one of ${VERBS.join(', ')}`;
    if (typeof request['resource'] !== 'string') return `asks to ${String(request['verb'])} without a resource, such as 'pods'`;
  }
  const next = plan['next'];
  if (next !== undefined && typeof (next as { name?: unknown } | null)?.name !== 'string')
    return "answered 'next' without a name: expected { name, data }";
  const after = plan['requeueAfter'];
  if (after !== undefined && !(typeof after === 'number' && after >= 0)) return "answered 'requeueAfter' that is no number of microseconds";
  return undefined;
}

/** 'my-operator.ts:12: ' for what was thrown there. */
function placeIn({ file, href }: ControllerOrigin, error?: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const at = stack.indexOf(`${href}:`);
  const line = at < 0 ? null : /^\d+/.exec(stack.slice(at + href.length + 1));
  return `${file}${line === null ? '' : `:${line[0]}`}: `;
}

/** The same controller, checked at every call. */
function checked(controller: OwnController, origin: ControllerOrigin): Controller {
  const call = <T>(where: string, run: () => T): T => {
    try {
      return run();
    } catch (error) {
      if (error instanceof ControllerError) throw error;
      throw new ControllerError(
        `${placeIn(origin, error)}controller ${controller.name} threw ${where}: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  };
  const plan = (where: string, run: () => Plan): Plan => {
    const answer = call(where, run);
    const wrong = wrongPlan(answer);
    if (wrong !== undefined) throw new ControllerError(`${placeIn(origin)}controller ${controller.name} ${wrong} (${where})`);
    return answer;
  };
  const { tick } = controller;
  return {
    name: controller.name,
    workers: controller.workers ?? 1,
    ...(controller.component === undefined ? {} : { component: controller.component }),
    ...(controller.retries === undefined ? {} : { retries: controller.retries }),
    ...(controller.period === undefined ? {} : { period: controller.period }),
    watches: controller.watches.map((watch) => ({
      ...watch,
      keys: (event, view) => {
        const found: unknown = call(`in keys of ${watch.resource} for ${event.key}`, () => watch.keys(event, view)) ?? [];
        if (Array.isArray(found)) return found as readonly string[];
        const answer = typeof found === 'string' ? `'${found}'` : typeof found;
        throw new ControllerError(
          `${placeIn(origin)}controller ${controller.name} answered ${answer} in keys of ${watch.resource} for ${event.key}: expected a list of keys, such as [key]`,
        );
      },
    })),
    reconcile: (key, view, stage) =>
      plan(`in reconcile for ${key}${stage === undefined ? '' : `, stage ${stage.name}`}`, () => controller.reconcile(key, view, stage)),
    ...(tick === undefined ? {} : { tick: (view: View) => plan('in tick', () => tick.call(controller, view)) }),
  };
}

/** Survives structured clone. */
export interface OwnControllerConfig {
  readonly client: ClientConfig;
  /** A registered name. */
  readonly controller: string;
}

export class OwnControllerHost extends ControllerHost {
  // Whatever the controller has left half done, nobody goes on from it.
  #isOver = false;

  constructor({ client, controller: name }: OwnControllerConfig) {
    super({
      client,
      controllers: () => {
        const found = registered.get(name);
        if (found === undefined) throw new ControllerError(`no controller named ${name} was loaded`);
        const made = found.make();
        const own = checked(made, found.origin);
        return made.crds === undefined || made.crds.length === 0 ? [own] : [new Definitions(made.crds), own];
      },
    });
  }

  override start(ctx: Context): void {
    this.#guard(ctx, () => super.start(ctx));
  }

  override receive(message: Message, ctx: Context): void {
    this.#guard(ctx, () => super.receive(message, ctx));
  }

  #guard(ctx: Context, run: () => void): void {
    if (this.#isOver) return;
    try {
      run();
    } catch (error) {
      if (!(error instanceof ControllerError)) throw error;
      this.#isOver = true;
      ctx.stop(error.message);
    }
  }
}

const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';

/** Creates what is missing of a controller's CustomResourceDefinitions. */
class Definitions implements Controller {
  readonly name = 'definitions';
  readonly workers = 1;
  readonly period = 10 * MINUTE;
  readonly watches = [{ resource: DEFINITIONS, keys: (): readonly string[] => [] }];
  readonly #crds: readonly KubeObject[];

  constructor(crds: readonly KubeObject[]) {
    this.#crds = crds;
  }

  tick(view: View): Plan {
    const missing = this.#crds.filter(({ metadata }) => view.lister(DEFINITIONS).get(metadata?.name ?? '') === undefined);
    return { requests: missing.map((body) => ({ verb: 'create' as const, resource: DEFINITIONS, body, discardBody: true })) };
  }

  reconcile(): Plan {
    return {};
  }
}
