/** What the package offers to authors of scheduler plugins, as 'wavetank/plugin': the types of every extension point, and the few functions that plugins
 *  share. docs/write-a-plugin.md is the guide. */

export type { KubeObject, Node, Pod } from '#api';
export type { ExtenderModule, ExtenderMoment } from './extender-registration.ts';
export type * from './extender-wire.ts';
export type * from './framework.ts';
export { CycleState, defaultNormalizeScore, MAX_NODE_SCORE } from './framework.ts';
export type { NodeInfo } from './node-info.ts';
export type { PluginFactory } from './plugins/registry.ts';
export type { PodInfo } from './pod-info.ts';
export type { ClusterEvent, EventRegistration, EventResource, QueueingHint } from './queueing-events.ts';
export {
  ADD,
  ALL,
  DELETE,
  UPDATE,
  UPDATE_NODE_ALLOCATABLE,
  UPDATE_NODE_LABEL,
  UPDATE_NODE_TAINT,
  UPDATE_POD_LABEL,
} from './queueing-events.ts';
export { type Code, type Status, unresolvable, unschedulable } from './status.ts';
