/** Scenarios: their schema, workloads and faults. */
export * from './cluster.ts';
export * from './condition.ts';
export * from './fault.ts';
export { faultKind } from './faults/registry.ts';
export { readIntegerLines } from './integer-lines.ts';
export * from './metrics.ts';
export { nearest } from './nearest.ts';
export * from './scenario.ts';
export { PerfFile } from './scheduler-perf/file.ts';
export type * from './scheduler-perf/operation.ts';
export { render, type Template } from './scheduler-perf/template.ts';
export { scenarioSchema } from './schema.ts';
export { decodeText, parseSource, readBytes, readSource, type Source } from './source.ts';
export * from './units.ts';
export * from './user-error.ts';
export * from './workload.ts';
export * from './workloads/openb.ts';
export { workloadKind } from './workloads/registry.ts';
