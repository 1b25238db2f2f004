/** A job of a batch system as a batch/v1 Job: pods that run for its time and end. Jobs larger than a node's share are several pods. */

import { printable, UserError } from '../user-error.ts';
import type { ImportOptions } from './import-options.ts';
import { type PodItem, traceContainer } from './trace-item.ts';

const IMAGE = 'hpc:1';
export const BATCH_IMAGES = { [IMAGE]: '100MB' };
const DEFAULT_MOST = 64;

export interface BatchJob {
  readonly name: string;
  readonly submit: number;
  readonly seconds: number;
  readonly cpus: number;
  /** Of the whole job. */
  readonly memoryMib: number;
  readonly gpus: number;
  readonly user?: string;
  readonly line: number;
}

/** The most CPUs that one pod of a job asks for. */
export function mostCpus({ own }: ImportOptions): number {
  const text = own['cpusPerPod'];
  const value = text === undefined ? DEFAULT_MOST : Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw UserError.at({}, `--cpus-per-pod: expected a whole number above 0, found '${printable(String(text))}'`);
}

export const BATCH_OPTIONS = [
  { flags: '--cpus-per-pod <n>', description: `a job of more CPUs is several pods, all at once (default ${DEFAULT_MOST})` },
];

export function batchPod(job: BatchJob, most: number): PodItem {
  const completions = Math.max(1, Math.ceil(job.cpus / most));
  const demand = {
    cpuMilli: Math.ceil((job.cpus * 1000) / completions),
    memoryMib: Math.ceil(job.memoryMib / completions),
    gpus: Math.ceil(job.gpus / completions),
  };
  const requests = {
    cpu: `${demand.cpuMilli}m`,
    ...(demand.memoryMib === 0 ? {} : { memory: `${demand.memoryMib}Mi` }),
    ...(demand.gpus === 0 ? {} : { 'nvidia.com/gpu': String(demand.gpus) }),
  };
  const labels: Record<string, string> = job.user === undefined ? {} : { user: job.user };
  const spec = { containers: [traceContainer(IMAGE, requests)], restartPolicy: 'Never' };
  return {
    what: 'pod',
    at: job.submit,
    name: job.name,
    shape: { namespace: 'default', labels, spec },
    demand,
    runs: job.seconds,
    completions,
    line: job.line,
  };
}
