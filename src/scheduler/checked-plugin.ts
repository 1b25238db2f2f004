/** A plugin that somebody else wrote, held to the contract of framework.ts: what it throws and what it answers is looked at before it reaches the
 *  scheduler, and comes out as one sentence that names the plugin, its file and line, the pod and the node. Upstream's plugins are trusted. */

import type { Pod } from '#api';
import type { AnyPlugin, NodeScore, ScorePlugin } from './framework.ts';
import { MAX_NODE_SCORE } from './framework.ts';
import { PluginError } from './plugin-error.ts';
import { podName, podNamespace } from './pod-fields.ts';
import type { EventRegistration } from './queueing-events.ts';

/** Where a plugin came from. */
export interface PluginOrigin {
  /** As its user wrote it. */
  readonly file: string;
  /** As it stands in stack traces. */
  readonly href: string;
}

const CODES: ReadonlySet<unknown> = new Set(['Error', 'Unschedulable', 'UnschedulableAndUnresolvable', 'Wait', 'Skip', 'Pending']);
const STATUS = "a status such as { code: 'Unschedulable', reasons: ['why'] }, or undefined for success";

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;
const isStatus = (value: unknown): boolean =>
  value === undefined ||
  (isObject(value) && CODES.has(value.code) && Array.isArray(value.reasons) && value.reasons.every((reason) => typeof reason === 'string'));

function shown(value: unknown): string {
  if (isObject(value) && typeof value.then === 'function') return 'a promise (plugins answer at once)';
  if (typeof value === 'function') return 'a function';
  if (!isObject(value)) return typeof value === 'string' ? `'${value}'` : String(value);
  const keys = Object.keys(value);
  return Array.isArray(value) ? 'a list' : keys.length === 0 ? 'an empty object' : `an object with ${keys.join(', ')}`;
}

/** 'my-plugin.ts:12: ' for an error thrown there, 'my-plugin.ts: ' otherwise. */
export function placeIn(origin: PluginOrigin | undefined, error?: unknown): string {
  if (origin === undefined) return '';
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const at = stack.indexOf(`${origin.href}:`);
  const line = at < 0 ? null : /^\d+/.exec(stack.slice(at + origin.href.length + 1));
  return `${origin.file}${line === null ? '' : `:${line[0]}`}: `;
}

/** The same plugin, checked at every call. */
export function checkedPlugin(plugin: AnyPlugin, origin?: PluginOrigin): AnyPlugin {
  const { name } = plugin;
  const about = (point: string, pod?: Pod, node = ''): string =>
    `in ${point}${pod === undefined ? '' : ` for pod ${podNamespace(pod)}/${podName(pod)}`}${node === '' ? '' : ` and node ${node}`}`;
  const call = <T>(where: string, run: () => T): T => {
    try {
      return run();
    } catch (error) {
      if (error instanceof PluginError) throw error;
      const text = error instanceof Error ? error.message : String(error);
      throw new PluginError(`${placeIn(origin, error)}plugin ${name} threw ${where}: ${text}`);
    }
  };
  const wrong = (where: string, answer: unknown, expected: string): PluginError =>
    new PluginError(`${placeIn(origin)}plugin ${name} answered ${shown(answer)} ${where}: expected ${expected}`);
  const status = <T>(where: string, run: () => T): T => {
    const answer = call(where, run);
    if (!isStatus(answer)) throw wrong(where, answer, STATUS);
    return answer;
  };
  const scored = (where: string, score: number, isFinal: boolean): number => {
    const fits = typeof score === 'number' && Number.isInteger(score) && (!isFinal || (score >= 0 && score <= MAX_NODE_SCORE));
    if (fits) return score;
    throw wrong(where, score, isFinal ? `a whole number from 0 to ${MAX_NODE_SCORE}` : 'a whole number');
  };

  const checked: { -readonly [K in keyof AnyPlugin]: AnyPlugin[K] } =
    plugin.watches === undefined ? { name } : { name, watches: plugin.watches };
  if (plugin.preEnqueue !== undefined) checked.preEnqueue = (pod) => status(about('PreEnqueue', pod), () => plugin.preEnqueue?.(pod));
  if (plugin.less !== undefined) {
    checked.less = (a, b) => {
      const answer: unknown = call(about('Less', a.pod), () => plugin.less?.(a, b));
      if (typeof answer !== 'boolean') throw wrong(about('Less', a.pod), answer, 'true or false');
      return answer;
    };
  }
  if (plugin.preFilter !== undefined) {
    checked.preFilter = (state, pod, handle) => {
      const where = about('PreFilter', pod);
      const answer = call(where, () => plugin.preFilter?.(state, pod, handle));
      const fits =
        answer === undefined || (isObject(answer) && !('code' in answer) && isStatus(answer.status) && isNames(answer.nodeNames));
      if (!fits) throw wrong(where, answer, 'undefined, { status } or { nodeNames: a Set of names }');
      return answer;
    };
  }
  if (plugin.addPod !== undefined)
    checked.addPod = (state, pod, added, node) => call(about('AddPod', pod, node.name), () => plugin.addPod?.(state, pod, added, node));
  if (plugin.removePod !== undefined)
    checked.removePod = (state, pod, removed, node) =>
      call(about('RemovePod', pod, node.name), () => plugin.removePod?.(state, pod, removed, node));
  if (plugin.filter !== undefined)
    checked.filter = (state, pod, node, handle) => status(about('Filter', pod, node.name), () => plugin.filter?.(state, pod, node, handle));
  if (plugin.postFilter !== undefined) {
    checked.postFilter = (state, pod, statuses, handle) => {
      const where = about('PostFilter', pod);
      const answer: unknown = call(where, () => plugin.postFilter?.(state, pod, statuses, handle));
      if (!isObject(answer) || 'code' in answer || !isStatus(answer.status))
        throw wrong(where, answer, 'an object with nominatedNodeName, victims or status');
      return answer;
    };
  }
  if (plugin.preScore !== undefined)
    checked.preScore = (state, pod, nodes, handle) => status(about('PreScore', pod), () => plugin.preScore?.(state, pod, nodes, handle));
  if (plugin.score !== undefined) {
    const isFinal = plugin.normalizeScore === undefined;
    checked.score = (state, pod, node, handle) => {
      const where = about('Score', pod, node.name);
      return scored(
        where,
        call(where, () => (plugin as ScorePlugin).score(state, pod, node, handle)),
        isFinal,
      );
    };
  }
  if (plugin.normalizeScore !== undefined) {
    checked.normalizeScore = (state, pod, scores: NodeScore[], handle) => {
      call(about('NormalizeScore', pod), () => plugin.normalizeScore?.(state, pod, scores, handle));
      for (const { name: node, score } of scores) scored(about('NormalizeScore', pod, node), score, true);
    };
  }
  return checkedBinding(plugin, checked, { about, call, status, wrong });
}

const isNames = (value: unknown): boolean => value === undefined || value instanceof Set;

interface Checks {
  about(point: string, pod?: Pod, node?: string): string;
  call<T>(where: string, run: () => T): T;
  status<T>(where: string, run: () => T): T;
  wrong(where: string, answer: unknown, expected: string): PluginError;
}

/** What follows the choice of a node, and what wakes pods up. */
function checkedBinding(plugin: AnyPlugin, checked: { -readonly [K in keyof AnyPlugin]: AnyPlugin[K] }, checks: Checks): AnyPlugin {
  const { about, call, status, wrong } = checks;
  if (plugin.reserve !== undefined) {
    checked.reserve = (state, pod, node, handle) => status(about('Reserve', pod, node), () => plugin.reserve?.(state, pod, node, handle));
    checked.unreserve = (state, pod, node, handle) =>
      call(about('Unreserve', pod, node), () => plugin.unreserve?.(state, pod, node, handle));
  }
  if (plugin.permit !== undefined) {
    checked.permit = (state, pod, node, handle) => {
      const where = about('Permit', pod, node);
      const answer: unknown = call(where, () => plugin.permit?.(state, pod, node, handle));
      const fits = isObject(answer) && isStatus(answer.status) && ['undefined', 'number'].includes(typeof answer.timeout);
      if (!fits)
        throw wrong(where, answer, "an object: {} to go on, { status: { code: 'Wait', reasons: [] }, timeout: microseconds } to wait");
      return answer as { timeout?: number };
    };
  }
  if (plugin.preBind !== undefined) {
    checked.preBind = (state, pod, node, handle) => {
      const where = about('PreBind', pod, node);
      const answer: unknown = call(where, () => plugin.preBind?.(state, pod, node, handle));
      if (!Array.isArray(answer)) throw wrong(where, answer, 'a list of requests');
      return answer;
    };
  }
  const { waitsFor, attach, observe } = plugin;
  if (waitsFor !== undefined)
    checked.waitsFor = (state, pod, node, handle) =>
      call(about('PreBind', pod, node), () => waitsFor.call(plugin, state, pod, node, handle));
  if (observe !== undefined)
    checked.observe = (resource, before, after) =>
      call(about(`Observe of ${resource}`), () => observe.call(plugin, resource, before, after));
  if (attach !== undefined) checked.attach = (handle) => call(about('Attach'), () => attach.call(plugin, handle));
  if (plugin.eventsToRegister !== undefined) {
    checked.eventsToRegister = () => {
      const where = about('EventsToRegister');
      const answer: unknown = call(where, () => plugin.eventsToRegister?.());
      const fits =
        Array.isArray(answer) &&
        answer.every((each: unknown) => isObject(each) && typeof each.resource === 'string' && typeof each.action === 'number');
      if (!fits) throw wrong(where, answer, 'a list of { resource, action, hint? }');
      return (answer as EventRegistration[]).map((registration) => checkedHint(registration, checks));
    };
  }
  return checked;
}

function checkedHint(registration: EventRegistration, { about, call, wrong }: Checks): EventRegistration {
  const { hint } = registration;
  if (hint === undefined) return registration;
  return {
    ...registration,
    hint(pod, before, after) {
      const where = about(`the hint for ${registration.resource}`, pod);
      const answer = call(where, () => hint(pod, before, after));
      if (answer !== 'Queue' && answer !== 'QueueSkip') throw wrong(where, answer, "'Queue' or 'QueueSkip'");
      return answer;
    },
  };
}
