/** Reads Kubernetes' scheduler_perf files (performance-config.yaml) unchanged: a list of test cases, each a template of operations and workloads with parameters.
 *  Mirrors v1.36 test/integration/scheduler_perf/scheduler_perf.go: unknown fields, unknown and unused parameters are errors; field names match whatever their case. */

import { basename, dirname, resolve, sep } from 'node:path';
import { nearest } from '../nearest.ts';
import { decodeText, readBytes, readSource, type Source } from '../source.ts';
import { parseDuration } from '../units.ts';
import { UserError } from '../user-error.ts';
import { CASE, kindOf, mistakeIn, type Shapes, WORKLOAD } from './fields.ts';
import type { PerfOperation, PerfWorkload } from './operation.ts';
import { missingDevices, planOperations } from './plan.ts';
import { render, type Template, templateOf } from './template.ts';

export type Raw = Readonly<Record<string, unknown>>;
type Path = readonly (string | number)[];

/** Feature gates that came after 1.34, with the release: what they switch on is not here. */
const NEWER_GATES: Readonly<Record<string, string>> = {
  NodeDeclaredFeatures: '1.35',
  GangScheduling: '1.35',
  GenericWorkload: '1.35',
  OpportunisticBatching: '1.35',
  InPlacePodLevelResourcesVerticalScaling: '1.35',
  WorkloadAwarePreemption: '1.36',
};
/** Parameters that upstream's test code reads itself. */
const READ_BY_CODE = ['numNodeDeclaredFeatures'];

/** 'dra/extendedresource' of .../scheduler_perf/v1.36.3/dra/extendedresource. */
function topicOf(directory: string): string {
  const parts = directory.split(sep);
  const root = parts.lastIndexOf('scheduler_perf');
  const below = root < 0 ? parts.slice(-1) : parts.slice(root + 1).filter((part, i) => i > 0 || !/^v\d/.test(part));
  return below.join('/') || basename(directory);
}

function newerFeature(gates: Readonly<Record<string, boolean>>): string | undefined {
  for (const gate in gates)
    if (gates[gate] === true && NEWER_GATES[gate] !== undefined) return `needs ${gate}, which came with Kubernetes ${NEWER_GATES[gate]}`;
  return undefined;
}

export class PerfFile {
  readonly #source: Source;
  readonly #directory: string;
  readonly #topic: string;
  readonly #templates = new Map<string, Template>();

  constructor(file: string) {
    this.#source = readSource(file);
    this.#directory = dirname(resolve(file));
    this.#topic = topicOf(this.#directory);
  }

  workloads(): PerfWorkload[] {
    const cases = this.#source.value;
    if (!Array.isArray(cases))
      throw UserError.at(
        { file: this.#source.file, line: 1 },
        `expected a list of test cases, as in scheduler_perf, found ${kindOf(cases)}`,
      );
    const names = new Set<string>();
    return cases.flatMap((one: unknown, index) => {
      const testCase = this.fields(one, CASE, [index]);
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
      const workload = this.fields(one, WORKLOAD, path);
      const name = this.#text(workload['name'], path, 'name');
      if (names.has(name)) this.refuse([...path, 'name'], `two workloads of '${caseName}' are named '${name}'`);
      names.add(name);
      const params = new Params((workload['params'] ?? {}) as Readonly<Record<string, number | string | boolean>>, (message, parameter) =>
        this.refuse(parameter === undefined ? [...path, 'params'] : [...path, 'params', parameter], message, parameter === undefined),
      );
      const featureGates = {
        ...(testCase['featureGates'] as Record<string, boolean> | undefined),
        ...(workload['featureGates'] as Record<string, boolean> | undefined),
      };
      const selector = (workload['thresholdMetricSelector'] ?? testCase['defaultThresholdMetricSelector']) as
        | { name?: string; dataBucket?: string }
        | undefined;
      const config = testCase['schedulerConfigPath'] as string | undefined;
      const newer = newerFeature(featureGates) ?? missingDevices(featureGates);
      const { operations, skipped = newer } = this.#operations(testCase, index, params, featureGates);
      if (skipped === undefined) params.refuseUnused();
      return {
        topic: this.#topic,
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

  #operations(
    testCase: Raw,
    index: number,
    params: Params,
    gates: Readonly<Record<string, boolean>>,
  ): { readonly operations: readonly PerfOperation[]; readonly skipped?: string } {
    const template = testCase['workloadTemplate'];
    if (!Array.isArray(template) || template.length === 0) return this.refuse([index], "'workloadTemplate' is missing or empty");
    const defaultPod = testCase['defaultPodTemplatePath'] as string | undefined;
    return planOperations(
      this,
      template as readonly unknown[],
      [index, 'workloadTemplate'],
      params,
      defaultPod === undefined ? undefined : this.template(defaultPod, [index, 'defaultPodTemplatePath']),
      gates,
    );
  }

  /** A template file, relative to this file; `path` is where it is named. Its first object is tried at once. */
  template(name: string, path: Path): Template {
    const file = resolve(this.#directory, name);
    let found = this.#templates.get(file);
    if (found === undefined) {
      try {
        found = templateOf(file, decodeText(readBytes(file), file));
      } catch (error) {
        if (error instanceof UserError) return this.refuse(path, `expected a template file, found: ${error.message}`, false);
        throw error;
      }
      render(found, 0, 1);
      this.#templates.set(file, found);
    }
    return found;
  }

  /** A map whose keys are known and whose values are of the right type, under the keys' canonical spelling. */
  fields(value: unknown, known: Shapes, path: Path): Raw {
    if (!isMap(value)) return this.refuse(path, `expected a map, found ${kindOf(value)}`, false);
    const out: Record<string, unknown> = {};
    for (const [key, member] of Object.entries(value)) {
      const names = Object.keys(known);
      const canonical = names.find((name) => name.toLowerCase() === key.toLowerCase());
      if (canonical === undefined) {
        const near = nearest(key, names);
        return this.refuse(
          [...path, key],
          `unknown field '${key}'${near === undefined ? `; known: ${names.join(', ')}` : `; did you mean '${near}'?`}`,
        );
      }
      const mistake = mistakeIn(known[canonical] as Shapes[string], member);
      if (mistake !== undefined) return this.refuse([...path, key], `'${key}': ${mistake}`, false);
      out[canonical] = member;
    }
    return out;
  }

  #text(value: unknown, path: Path, what: string): string {
    return typeof value === 'string' && value !== '' ? value : this.refuse(path, `has no '${what}'`);
  }

  refuse(path: Path, message: string, ofKey = true): never {
    throw UserError.at(this.#source.placeOf(path, ofKey), message);
  }
}

const isMap = (value: unknown): value is Raw => typeof value === 'object' && value !== null && !Array.isArray(value);

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
  readonly #refuse: (message: string, parameter?: string) => never;

  constructor(values: Readonly<Record<string, number | string | boolean>>, refuse: (message: string, parameter?: string) => never) {
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
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
      ? value
      : this.#mistyped(written, 'a whole number, 0 or more', value);
  }

  flag(written: unknown): boolean {
    const value = this.resolve(written);
    return typeof value === 'boolean' ? value : this.#mistyped(written, 'true or false', value);
  }

  /** Go durations read as ours. */
  duration(written: unknown): number {
    const value = this.resolve(written);
    return parseDuration(value) ?? this.#mistyped(written, "a duration such as '10s'", value);
  }

  #mistyped(written: unknown, expected: string, value: unknown): never {
    return this.#refuse(`'${String(written)}': expected ${expected}, found ${JSON.stringify(value)}`, String(written).slice(1));
  }

  refuseUnused(): void {
    const unused = Object.keys(this.values).filter((name) => !this.#used.has(name) && !READ_BY_CODE.includes(name));
    if (unused.length > 0) this.#refuse(`unused parameter '${unused.join("', '")}'`, unused[0]);
  }
}
