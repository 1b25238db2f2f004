/** The scheduler: decides as kube-scheduler does. */
export type { GpuNode, GpuPod } from './gpu-sharing/cards.ts';
export { availableGpuPolicies, drawArrivals, type GpuStudy, gpuPolicy, runGpuStudy } from './gpu-sharing/study.ts';
export { judgeSchedulerVector } from './conformance/judge.ts';
export { readSchedulerVector, SchedulerVectorError } from './conformance/read-vector.ts';
export { Scheduler } from './scheduler.ts';
export type { SchedulerConfig } from './scheduler-config.ts';
