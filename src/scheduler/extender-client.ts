/** The scheduler's side of its HTTP extenders: who is asked about which pod, with which time-out, and what Go's HTTP client says when it goes wrong.
 *  Mirrors kube-scheduler v1.34 pkg/scheduler/extender.go (HTTPExtender) and scheduler.go (buildExtenders: those that may be ignored come last). */

import type { Container, Pod } from '#api';
import type { Context, Duration, HostId, Message, Timer } from '#sim';
import { messageKind, SECOND } from '#sim';
import type { ExtenderConfiguration } from './configuration/kube-scheduler-configuration.ts';
import { podUid } from './pod-fields.ts';

/** DefaultExtenderTimeout. */
const DEFAULT_TIMEOUT: Duration = 5 * SECOND;

export type ExtenderVerb = 'filter' | 'prioritize' | 'preempt' | 'bind';

/** What an answer is for. */
export type ExtenderStep =
  | { readonly for: 'filter' | 'prioritize' | 'preempt'; readonly index: number }
  | { readonly for: 'bind'; readonly uid: string };

/** A POST. Arguments and answers travel as objects: what JSON would carry, not its text. */
export interface ExtenderRequest extends Message {
  readonly kind: 'ExtenderRequest';
  readonly id: number;
  readonly verb: ExtenderVerb;
  readonly url: string;
  readonly args: unknown;
  /** Luck's keys: the pod's uid and attempt. */
  readonly uid: string;
  readonly attempt: number;
}
export interface ExtenderResponse extends Message {
  readonly kind: 'ExtenderResponse';
  readonly id: number;
  /** HTTP. */
  readonly code: number;
  readonly body: unknown;
  /** The body is no JSON at all, and begins so. */
  readonly garbage?: string;
  /** There was no answer: what the connection came to (over real HTTP only). */
  readonly failure?: string;
}
interface ExtenderTimeout extends Message {
  readonly kind: 'ExtenderTimeout';
  readonly id: number;
}
messageKind<ExtenderRequest>({
  kind: 'ExtenderRequest',
  digest(m, hasher) {
    hasher.int(m.id);
    hasher.string(m.url);
    hasher.string(m.uid);
    hasher.int(m.attempt);
  },
});
messageKind<ExtenderResponse>({
  kind: 'ExtenderResponse',
  digest(m, hasher) {
    hasher.int(m.id);
    hasher.int(m.code);
    hasher.string(m.garbage ?? JSON.stringify(m.body) ?? '');
  },
});
messageKind<ExtenderTimeout>({
  kind: 'ExtenderTimeout',
  digest(m, hasher) {
    hasher.int(m.id);
  },
});

/** An extender of the configuration, and the host that answers for it. */
export interface ExtenderPlacement {
  readonly configuration: ExtenderConfiguration;
  readonly host: HostId;
}

export class Extender {
  /** Place in the order in which extenders are asked. */
  readonly index: number;
  /** Upstream knows an extender by its URL. */
  readonly name: string;
  readonly host: HostId;
  readonly weight: number;
  readonly isIgnorable: boolean;
  readonly hasNodeCache: boolean;
  readonly timeout: Duration;
  readonly verbs: Readonly<Record<ExtenderVerb, string>>;
  readonly #managed: ReadonlySet<string>;

  constructor({ configuration, host }: ExtenderPlacement, index: number) {
    this.index = index;
    this.name = configuration.urlPrefix;
    this.host = host;
    this.weight = configuration.weight ?? 0;
    this.isIgnorable = configuration.ignorable ?? false;
    this.hasNodeCache = configuration.nodeCacheCapable ?? false;
    this.timeout = goMicroseconds(configuration.httpTimeout ?? '') || DEFAULT_TIMEOUT;
    this.verbs = {
      filter: configuration.filterVerb ?? '',
      prioritize: configuration.prioritizeVerb ?? '',
      preempt: configuration.preemptVerb ?? '',
      bind: configuration.bindVerb ?? '',
    };
    this.#managed = new Set((configuration.managedResources ?? []).map(({ name }) => name));
  }

  url(verb: ExtenderVerb): string {
    return `${this.name.replace(/\/+$/, '')}/${this.verbs[verb]}`;
  }

  /** IsInterested: a resource that it manages is asked for, or it manages none in particular. */
  isInterestedIn(pod: Pod): boolean {
    if (this.#managed.size === 0) return true;
    return this.#asksFor(pod.spec?.containers) || this.#asksFor(pod.spec?.initContainers);
  }

  #asksFor(containers: readonly Container[] | undefined): boolean {
    for (const { resources } of containers ?? []) {
      for (const amounts of [resources?.requests, resources?.limits])
        for (const name in amounts ?? {}) if (this.#managed.has(name)) return true;
    }
    return false;
  }
}

interface Pending {
  readonly extender: Extender;
  readonly verb: ExtenderVerb;
  readonly step: ExtenderStep;
  readonly timer: Timer;
}

export interface ExtenderOutcome {
  readonly step: ExtenderStep;
  readonly body: unknown;
  /** The error that upstream's client would return. */
  readonly error?: string;
}

export class ExtenderClient {
  readonly all: readonly Extender[];
  readonly #pending = new Map<number, Pending>();
  #ids = 0;

  constructor(placements: readonly ExtenderPlacement[]) {
    const firm = placements.filter(({ configuration }) => configuration.ignorable !== true);
    const ignorable = placements.filter(({ configuration }) => configuration.ignorable === true);
    this.all = [...firm, ...ignorable].map((placement, index) => new Extender(placement, index));
  }

  /** Whether any has a say in where this pod goes. */
  hasSayIn(pod: Pod): boolean {
    return this.all.some(
      (extender) =>
        (extender.verbs.filter !== '' || extender.verbs.prioritize !== '' || extender.verbs.preempt !== '') && extender.isInterestedIn(pod),
    );
  }

  preempts(pod: Pod): boolean {
    return this.all.some((extender) => extender.verbs.preempt !== '' && extender.isInterestedIn(pod));
  }

  /** The first extender from `from` on that binds this pod. */
  binderFor(pod: Pod, from: number): Extender | undefined {
    return this.all.find((extender) => extender.index >= from && extender.verbs.bind !== '' && extender.isInterestedIn(pod));
  }

  /** Sends after `processing`; the answer, or its want after the time-out, comes out of `receive`. */
  call(
    extender: Extender,
    verb: ExtenderVerb,
    args: unknown,
    pod: Pod,
    attempt: number,
    step: ExtenderStep,
    ctx: Context,
    processing: Duration,
  ): void {
    const id = ++this.#ids;
    const request: ExtenderRequest = {
      kind: 'ExtenderRequest',
      id,
      verb,
      url: extender.url(verb),
      args,
      uid: podUid(pod),
      attempt,
    };
    ctx.send(extender.host, request, processing);
    const timer = ctx.after(processing + extender.timeout, { kind: 'ExtenderTimeout', id } as ExtenderTimeout);
    this.#pending.set(id, { extender, verb, step, timer });
  }

  /** Undefined when the message is not for extenders; `{}` when nobody waits for it any more. */
  receive(message: Message, ctx: Context): { readonly outcome?: ExtenderOutcome } | undefined {
    if (message.kind !== 'ExtenderResponse' && message.kind !== 'ExtenderTimeout') return undefined;
    const { id } = message as ExtenderResponse | ExtenderTimeout;
    const pending = this.#pending.get(id);
    if (pending === undefined) return {};
    this.#pending.delete(id);
    const { extender, verb, step, timer } = pending;
    const url = extender.url(verb);
    if (message.kind === 'ExtenderTimeout') {
      const error = `Post "${url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`;
      return { outcome: { step, body: undefined, error } };
    }
    ctx.cancel(timer);
    const { code, body, garbage, failure } = message as ExtenderResponse;
    if (failure !== undefined) return { outcome: { step, body: undefined, error: `Post "${url}": ${failure}` } };
    if (code !== 200) {
      const error = `failed ${extender.verbs[verb]} with extender at URL ${url}, code ${code}`;
      return { outcome: { step, body, error } };
    }
    return { outcome: garbage === undefined ? { step, body } : { step, body: undefined, error: notJson(garbage) } };
  }
}

/** encoding/json's first complaint about a body that is no JSON. */
function notJson(body: string): string {
  const first = body.trimStart()[0];
  if (first === undefined) return 'EOF';
  return `invalid character '${first}' looking for beginning of value`;
}

const GO_UNITS: Readonly<Record<string, number>> = { ns: 0.001, us: 1, µs: 1, ms: 1_000, s: 1_000_000, m: 60_000_000, h: 3_600_000_000 };

/** time.ParseDuration of a text whose form was checked when the configuration was read. */
function goMicroseconds(text: string): Duration {
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)/g))
    total += Number(amount) * (GO_UNITS[unit as string] ?? 0);
  return Math.round(total);
}
