/** From scenario and seed to result: builds the cluster, runs it, judges it. */

export type {
  AttemptStory,
  DecisionStory,
  NodeClass,
  NodeVerdict,
  PendingStory,
  PluginScore,
  PodStory,
  QueueStep,
} from '#scheduler';
export { JOURNAL, judgeSchedulerVector, PluginError, readSchedulerVector, SchedulerVectorError } from '#scheduler';
export { AUDIT_FILE, auditBytes } from './audit-file.ts';
export { type Audit, auditOf } from './auditor.ts';
export {
  type Branches,
  type BranchOutcome,
  type BranchWish,
  branchOutcome,
  chiefBranchMetrics,
  planBranches,
  scenarioOfLife,
} from './branch.ts';
export { type BuiltWorld, buildWorld, USERS } from './build-world.ts';
export { Checkpoints } from './checkpoints.ts';
export { type ChronicleOptions, chronicleOf } from './chronicle.ts';
export { type ControllerFiles, loadControllers } from './controller-files.ts';
export * from './etcd-calibration.ts';
export * from './etcd-judges.ts';
export * from './explain-file.ts';
export * from './explain-pods.ts';
export { configuredUrls, extenderFiles, type LoadedExtender, loadExtenders } from './extender-files.ts';
export * from './fuzz/index.ts';
export { type GpuStudyFiles, type GpuStudyInput, gpuPolicies, gpuStudy, type MeasuredGpuStudy, readGpuStudy } from './gpu-study.ts';
export { HISTORY_FILE, historyLines } from './history-file.ts';
export { HOST_BUILDER } from './host-builder.ts';
export { createHost, type OwnFiles } from './hosts.ts';
export { injectedChanges } from './injected-fault.ts';
export * from './invariants/index.ts';
export { differenceOf, goneAnotherWay, hashOf, type Identity, LIFE_FILE, type Life, readLife } from './life.ts';
export type { RunOutcome } from './outcome.ts';
export { OutputError } from './output-error.ts';
export { dataItems } from './perf/data-items.ts';
export { checkPerfWorkloads, type PerfResult, runPerfWorkload } from './perf/perf-bench.ts';
export { perfWeight } from './perf/perf-progress.ts';
export {
  drawPerfTable,
  measuredRate,
  measuredRow,
  type PerfRow,
  passesThreshold,
  rowName,
  skippedRow,
} from './perf/perf-table.ts';
export { loadPlugins, type PluginFiles } from './plugin-files.ts';
export * from './replay.ts';
export type * from './result.ts';
export { resultText } from './result-text.ts';
export { runInThisProcess } from './run-in-process.ts';
export { checkInputs, type RunInputs } from './run-inputs.ts';
export * from './run-scenario.ts';
export { checkSchedulers } from './scheduler-hosts.ts';
export * from './spans-file.ts';
export * from './studies/index.ts';
export { writeWhole } from './whole-file.ts';
export { type OutDirectory, openOutDirectory } from './write-result.ts';
