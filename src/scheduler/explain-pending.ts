/** Why a pod still waits when the run ends: what holds it, what its last attempt said, what would wake it, and when time alone does.
 *  Mirrors pkg/scheduler/backend/queue/scheduling_queue.go v1.34 (where a pod waits, and for which plugins' events). */

import type { AttemptStory, PodStory, QueueStep } from './explain-story.ts';
import type { Profile } from './profile.ts';
import * as events from './queueing-events.ts';

/** What one plugin waits for. */
export interface Waking {
  readonly plugin: string;
  /** Resource and what must happen to it: 'Node: add, allocatable'. */
  readonly events: readonly string[];
}

export interface PendingStory {
  readonly pod: string;
  readonly state: 'gated' | 'unschedulable' | 'backoff' | 'active' | 'in an attempt' | 'placed' | 'gone';
  readonly since?: number;
  /** The plugin that keeps it out of the active queue, and its words. */
  readonly gate?: { readonly plugin: string; readonly reason: string };
  readonly wakes: readonly Waking[];
  readonly backoffUntil?: number;
  /** Tried again then, whatever happened. */
  readonly flushAt?: number;
  readonly node?: string;
  /** The last attempt that found no node. */
  readonly last?: AttemptStory;
}

const ACTIONS: readonly (readonly [bit: number, text: string])[] = [
  [events.ADD, 'add'],
  [events.DELETE, 'delete'],
  [events.UPDATE_NODE_ALLOCATABLE, 'allocatable'],
  [events.UPDATE_NODE_LABEL, 'labels'],
  [events.UPDATE_NODE_TAINT, 'taints'],
  [events.UPDATE_NODE_CONDITION, 'conditions'],
  [events.UPDATE_NODE_ANNOTATION, 'annotations'],
  [events.UPDATE_POD_LABEL, 'labels'],
  [events.UPDATE_POD_SCALE_DOWN, 'requests scaled down'],
  [events.UPDATE_POD_TOLERATION, 'tolerations'],
  [events.UPDATE_POD_SCHEDULING_GATES, 'gates removed'],
  [events.UPDATE_POD_CLAIMS, 'resource claims'],
];

const isAll = (action: number, of: number): boolean => (action & of) === of;

function actionTexts(action: number): string[] {
  if (isAll(action, events.UPDATE))
    return [...(isAll(action, events.ADD) ? ['add'] : []), 'update', ...(isAll(action, events.DELETE) ? ['delete'] : [])];
  return [...new Set(ACTIONS.flatMap(([bit, text]) => ((action & bit) === 0 ? [] : [text])))];
}

/** The events for which a plugin is registered; whether one of them helps is the plugin's hint to say. */
export function wakingEvents(plugin: events.Registering | undefined): string[] {
  const actions = new Map<string, number>();
  for (const { resource, action } of plugin === undefined ? [] : events.registrationsOf(plugin))
    actions.set(resource, (actions.get(resource) ?? 0) | action);
  return [...actions].map(([resource, action]) => `${resource}: ${actionTexts(action).join(', ')}`);
}

/** `endsAt`: when the run ended; what lies before it is no prospect. */
export function pendingStory(story: PodStory, profile: Profile | undefined, maxUnschedulable: number, endsAt: number): PendingStory {
  const { pod, queue, attempts, node, placedAt, goneAt } = story;
  const last = attempts.findLast((attempt) => attempt.result !== 'scheduled' || attempt.undone !== undefined);
  const more = last === undefined ? {} : { last };
  if (goneAt !== undefined) return { pod, state: 'gone', since: goneAt, wakes: [], ...more };
  if (node !== undefined) return { pod, state: 'placed', node, ...(placedAt === undefined ? {} : { since: placedAt }), wakes: [], ...more };
  const step = queue.at(-1);
  if (step === undefined || step.until !== undefined) return { pod, state: 'in an attempt', wakes: [], ...more };
  const wakes = wakesOf(step, profile);
  const { backoffUntil } = step;
  return {
    pod,
    state: step.queue,
    since: step.at,
    ...(step.queue === 'gated' ? { gate: gateOf(step) } : {}),
    wakes,
    ...(backoffUntil === undefined || backoffUntil <= endsAt ? {} : { backoffUntil }),
    ...(step.queue === 'unschedulable' ? { flushAt: step.at + maxUnschedulable } : {}),
    ...more,
  };
}

function gateOf({ waitsFor = '' }: QueueStep): { readonly plugin: string; readonly reason: string } {
  const colon = waitsFor.indexOf(': ');
  return { plugin: waitsFor.slice(0, colon), reason: waitsFor.slice(colon + 2) };
}

function wakesOf(step: QueueStep, profile: Profile | undefined): Waking[] {
  if (step.queue !== 'gated' && step.queue !== 'unschedulable') return [];
  const plugins = step.queue === 'gated' ? [gateOf(step).plugin] : (step.waitsFor ?? '').split(' ');
  return plugins.filter((plugin) => plugin !== '').map((plugin) => ({ plugin, events: wakingEvents(profile?.plugins.get(plugin)) }));
}
