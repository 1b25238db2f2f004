/** The scheduler: decides as kube-scheduler does. */

export { Cache } from './cache.ts';
export type { PluginOrigin } from './checked-plugin.ts';
export type { ConfigurationError } from './configuration/field-path.ts';
export {
  type ExtenderConfiguration,
  type KubeSchedulerConfiguration,
  readKubeSchedulerConfiguration,
} from './configuration/kube-scheduler-configuration.ts';
export { checkLeaderElection, DEFAULT_LEADER_ELECTION, type LeaderElectionSettings } from './configuration/leader-election.ts';
export type { ExtensionPoint } from './configuration/plugin-sets.ts';
export { PluginSetError } from './configuration/plugin-sets.ts';
export { judgeSchedulerVector } from './conformance/judge.ts';
export { readSchedulerVector, SchedulerVectorError } from './conformance/read-vector.ts';
export type { CostMode, CpuClock } from './cost-meter.ts';
export { evaluateAll } from './evaluate-all.ts';
export {
  type ExplainedDecision,
  explainDecision,
  type NodeClass,
  type NodeVerdict,
  nodeClasses,
  type PluginScore,
} from './explain-decision.ts';
export { type PendingStory, pendingStory, type Waking } from './explain-pending.ts';
export { type ExplainMode, JOURNAL, type Journal, type QueueName } from './explain-records.ts';
export { type JournalPod, JournalReplay } from './explain-replay.ts';
export type { AttemptStory, DecisionStory, PodStory, QueueStep } from './explain-story.ts';
export type { ExtenderPlacement } from './extender-client.ts';
export { type ExtenderFailures, ExtenderHost, type ExtenderHostConfig } from './extender-host.ts';
export { type ExtenderModule, type ExtenderMoment, registerExtenderModule } from './extender-registration.ts';
export type * from './extender-wire.ts';
export type * from './framework.ts';
export { CycleState, defaultNormalizeScore, MAX_NODE_SCORE } from './framework.ts';
export type { GpuNode, GpuPod } from './gpu-sharing/cards.ts';
export type { GpuPolicy } from './gpu-sharing/policy.ts';
export { availableGpuPolicies, drawArrivals, type GpuStudy, gpuPolicy, gpuStudySteps } from './gpu-sharing/study.ts';
export { LiveHandle } from './live-handle.ts';
export { type MetricDefinition, SCHEDULER_METRICS } from './metric-definitions.ts';
export { NodeInfo } from './node-info.ts';
export { Nominator } from './nominator.ts';
export { MapLister, ObjectHandle, ObjectSnapshot } from './object-handle.ts';
export { PluginError } from './plugin-error.ts';
export { POINT_METHODS, pointsOf } from './plugin-points.ts';
export { pluginPoints, registeredPlugins, registerPlugin } from './plugin-registration.ts';
export { preallocate } from './plugins/dynamic-resources/preallocation.ts';
export { IN_TREE, type PluginFactory, type Registry } from './plugins/registry.ts';
export { newPodInfo, type PodInfo } from './pod-info.ts';
export { Profile } from './profile.ts';
export { type ProfileSpec, standardProfile } from './profile-spec.ts';
export { type Decision, PodScheduler } from './schedule-pod.ts';
export { Scheduler } from './scheduler.ts';
export type { SchedulerConfig } from './scheduler-config.ts';
export { profilesOf } from './scheduler-config.ts';
export { schedulerHost } from './scheduler-host.ts';
export { type Status, unresolvable, unschedulable } from './status.ts';
