/** Reads Kubernetes' scheduler_perf files (performance-config.yaml) unchanged: a list of test cases, each a template of operations and workloads with parameters.
 *  Mirrors v1.36 test/integration/scheduler_perf/scheduler_perf.go: unknown fields, unknown and unused parameters are errors; field names match whatever their case. */

import { dirname, resolve } from 'node:path';
import { nearest } from '../nearest.ts';
import { decodeText, readBytes, readSource, type Source } from '../source.ts';
import { parseDuration } from '../units.ts';
import { UserError } from '../user-error.ts';
import type { PerfOperation, PerfWorkload } from './operation.ts';
import { planOperations } from './plan.ts';
import { type Template, templateOf } from './template.ts';

export type Raw = Readonly<Record<string, unknown>>;

const CASE_FIELDS = [
  'name',
  'featureGates',
  'metricsCollectorConfig',
  'workloadTemplate',
  'workloads',
  'schedulerConfigPath',
  'defaultPodTemplatePath',
  'labels',
  'defaultThresholdMetricSelector',
];
const WORKLOAD_FIELDS = ['name', 'params', 'labels', 'threshold', 'thresholdMetricSelector', 'featureGates'];

export class PerfFile {
  readonly #source: Source;
  readonly #directory: string;
  readonly #templates = new Map<string, Template>();

  constructor(file: string) {
    this.#source = readSource(file);
    this.#directory = dirname(resolve(file));
  }

  workloads(): PerfWorkload[] {
    const cases = this.#source.value;
    if (!Array.isArray(cases))
      throw UserError.at({ file: this.#source.file, line: 1 }, 'expected a list of test cases, as in scheduler_perf');
    const names = new Set<string>();
    return cases.flatMap((one: unknown, index) => {
      const testCase = this.fields(one, CASE_FIELDS, [index]);
      const name = this.#text(testCase['name'], [index], 'name');
      if (names.has(name)) this.refuse([index, 'name'], `two test cases are named '${name}'`);
      names.add(name);
      return this.#workloadsOf(testCase, name, index);
    });
  }

  #workloadsOf(testCase: Raw, caseName: string, index: number): PerfWorkload[] {
    const workloads = testCase['workloads'];
    if (!Array.isArray(workloads) || workloads.length === 0) this.refuse([index], `test case '${caseName}' has no workloads`);
    const names = new Set<string>();
    return (workloads as readonly unknown[]).map((one, at) => {
      const path = [index, 'workloads', at];
      const workload = this.fields(one, WORKLOAD_FIELDS, path);
      const name = this.#text(workload['name'], path, 'name');
      if (names.has(name)) this.refuse([...path, 'name'], `two workloads of '${caseName}' are named '${name}'`);
      names.add(name);
      const params = new Params((workload['params'] ?? {}) as Readonly<Record<string, number | string | boolean>>, (key) =>
        this.refuse([...path, 'params'], key),
      );
      const featureGates = {
        ...(testCase['featureGates'] as Record<string, boolean> | undefined),
        ...(workload['featureGates'] as Record<string, boolean> | undefined),
      };
      const selector = (workload['thresholdMetricSelector'] ?? testCase['defaultThresholdMetricSelector']) as
        | { name?: string; dataBucket?: string }
        | undefined;
      const config = testCase['schedulerConfigPath'] as string | undefined;
      const { operations, skipped } = this.#operations(testCase, index, params);
      if (skipped === undefined) params.refuseUnused();
      return {
        testCase: caseName,
        name,
        labels: [
          ...((testCase['labels'] as readonly string[] | undefined) ?? []),
          ...((workload['labels'] as readonly string[] | undefined) ?? []),
        ],
        threshold: thresholdOf(workload['threshold']),
        thresholdMetric: selector?.name ?? 'SchedulingThroughput',
        thresholdBucket: selector?.dataBucket ?? 'Average',
        params: params.values,
        featureGates,
        ...(config === undefined ? {} : { schedulerConfig: resolve(this.#directory, config) }),
        operations,
        ...(skipped === undefined ? {} : { skipped }),
      };
    });
  }

  #operations(testCase: Raw, index: number, params: Params): { readonly operations: readonly PerfOperation[]; readonly skipped?: string } {
    const template = testCase['workloadTemplate'];
    if (!Array.isArray(template) || template.length === 0) return this.refuse([index], "'workloadTemplate' is missing or empty");
    const defaultPod = testCase['defaultPodTemplatePath'] as string | undefined;
    return planOperations(
      this,
      template as readonly unknown[],
      [index, 'workloadTemplate'],
      params,
      defaultPod === undefined ? undefined : this.template(defaultPod),
    );
  }

  /** A template file, relative to this file. */
  template(path: string): Template {
    const file = resolve(this.#directory, path);
    let found = this.#templates.get(file);
    if (found === undefined) {
      found = templateOf(file, decodeText(readBytes(file), file));
      this.#templates.set(file, found);
    }
    return found;
  }

  /** A map whose keys are known, under their canonical spelling. */
  fields(value: unknown, known: readonly string[], path: readonly (string | number)[]): Raw {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return this.refuse(path, 'expected a map');
    const out: Record<string, unknown> = {};
    for (const [key, member] of Object.entries(value)) {
      const canonical = known.find((name) => name.toLowerCase() === key.toLowerCase());
      if (canonical === undefined) {
        const near = nearest(key, known);
        return this.refuse(
          [...path, key],
          `unknown field '${key}'${near === undefined ? `; known: ${known.join(', ')}` : `; did you mean '${near}'?`}`,
        );
      }
      out[canonical] = member;
    }
    return out;
  }

  #text(value: unknown, path: readonly (string | number)[], what: string): string {
    return typeof value === 'string' && value !== '' ? value : this.refuse(path, `has no '${what}'`);
  }

  refuse(path: readonly (string | number)[], message: string): never {
    throw UserError.at(this.#source.placeOf(path, true), message);
  }
}

/** A number, or numbers by topic: the largest is the strictest. */
function thresholdOf(written: unknown): number {
  if (typeof written === 'number') return written;
  if (typeof written === 'object' && written !== null) return Math.max(0, ...Object.values(written as Record<string, number>));
  return 0;
}

/** The parameters of a workload: '$name' in operations. */
export class Params {
  readonly values: Readonly<Record<string, number | string | boolean>>;
  readonly #used = new Set<string>();
  readonly #refuse: (message: string) => never;

  constructor(values: Readonly<Record<string, number | string | boolean>>, refuse: (message: string) => never) {
    this.values = values;
    this.#refuse = refuse;
  }

  /** The value of '$name', or a literal as it is. */
  resolve(written: unknown): unknown {
    if (typeof written !== 'string' || !written.startsWith('$')) return written;
    const name = written.slice(1);
    this.#used.add(name);
    if (!(name in this.values)) this.#refuse(`the parameter '$${name}' is used but not given`);
    return this.values[name];
  }

  count(written: unknown): number {
    const value = this.resolve(written);
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0)
      return this.#refuse(`'${String(written)}': expected a count, found ${String(value)}`);
    return value;
  }

  flag(written: unknown): boolean {
    return this.resolve(written) === true;
  }

  /** Go durations read as ours. */
  duration(written: unknown): number {
    const value = this.resolve(written);
    return parseDuration(value) ?? this.#refuse(`'${String(value)}' is no duration`);
  }

  refuseUnused(): void {
    const unused = Object.keys(this.values).filter((name) => !this.#used.has(name));
    if (unused.length > 0) this.#refuse(`unused parameter '${unused.join("', '")}'`);
  }
}
