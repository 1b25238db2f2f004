/** A folder of scenarios as a test suite: which there are, how each fared, and against what it was before. */

import { readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { decodeText, parseSource, printable, readBytes, UserError } from '#scenario';
import { STUDY_METRICS, studyMetric } from './study-metrics.ts';
import type { Arm, TrialRecord } from './trial.ts';

export const BASELINE_FORMAT = 'wavetank-baseline/1';

/** What a suite is compared with: committed beside the scenarios. */
export interface Baseline {
  readonly format: typeof BASELINE_FORMAT;
  readonly version: string;
  readonly scenarios: Readonly<Record<string, BaselineEntry>>;
}
export interface BaselineEntry {
  readonly seed: number;
  readonly digest: string;
  readonly metrics: Readonly<Record<string, number>>;
}

export interface MetricChange {
  readonly metric: string;
  readonly unit: string;
  readonly before: number;
  readonly after: number;
  /** As a share of what it was; null where that was 0. */
  readonly change: number | null;
  readonly kind: 'worse' | 'better' | 'other';
}

export interface CiScenario {
  readonly name: string;
  readonly file: string;
  readonly status: 'passed' | 'failed' | 'regressed' | 'not run';
  readonly seed: number;
  readonly digest?: string;
  readonly verdicts: TrialRecord['verdicts'];
  /** Why it must not pass, besides verdicts. */
  readonly failure?: string;
  /** Against the baseline: 'new' where it has no entry. */
  readonly baseline: 'same' | 'changed' | 'new' | 'none';
  readonly changes: readonly MetricChange[];
  readonly regressions: readonly MetricChange[];
  readonly simulatedSeconds: number;
  readonly wallSeconds: number;
}

export interface CiResult {
  readonly format: 'wavetank-ci/1';
  readonly version: string;
  readonly folder: string;
  readonly tolerance: number;
  readonly scenarios: readonly CiScenario[];
  /** In the baseline, and no longer in the folder. */
  readonly gone: readonly string[];
  readonly digest: string;
  readonly partial: boolean;
  readonly notes: readonly string[];
}

/** Every scenario under a folder, by its path there. Studies, schemas and other YAML are no scenarios; what expects nothing is left out. */
export function suiteUnder(folder: string): {
  readonly arms: readonly (Arm & { readonly seed: number })[];
  readonly without: readonly string[];
} {
  const without: string[] = [];
  const arms = yamlUnder(folder).flatMap((file) => {
    const text = decodeText(readBytes(file), file);
    const value = parseSource(text, file).value as { cluster?: unknown; expect?: object | null; seed?: unknown; kind?: unknown } | null;
    const name = relative(folder, file)
      .replaceAll('\\', '/')
      .replace(/\.ya?ml$/, '');
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (!isObject || value.kind !== undefined || 'axes' in value || 'scenario' in value) return [];
    if (value.expect === undefined || value.expect === null || Object.keys(value.expect).length === 0) {
      without.push(name);
      return [];
    }
    return [{ name, file, text, set: [], plugins: [], extenders: [], seed: typeof value.seed === 'number' ? value.seed : 1 }];
  });
  if (arms.length === 0)
    throw UserError.at(
      { file: folder },
      `holds no scenario with 'expect'${without.length === 0 ? '' : ` (${without.length} without)`}: there is nothing to test`,
    );
  return { arms, without };
}

function yamlUnder(folder: string): readonly string[] {
  try {
    if (!statSync(folder).isDirectory()) throw UserError.at({ file: folder }, 'is a file; expected a folder of scenarios');
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw UserError.at({ file: folder }, 'no such folder');
  }
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !/[\\/](node_modules|\.git)[\\/]/.test(file))
    .sort();
}

export function readBaseline(file: string): Baseline {
  let baseline: Baseline;
  try {
    baseline = JSON.parse(decodeText(readBytes(file), file)) as Baseline;
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw UserError.at({ file }, `is not JSON: ${printable((error as Error).message, 200)}`);
  }
  if (baseline?.format !== BASELINE_FORMAT || typeof baseline.scenarios !== 'object' || baseline.scenarios === null)
    throw UserError.at({ file }, `is no baseline ('format' is not ${BASELINE_FORMAT}); wavetank ci --update-baseline writes one`);
  return baseline;
}

export function baselineOf(scenarios: readonly CiScenario[], records: readonly TrialRecord[], version: string): Baseline {
  const byName = new Map(records.map((record) => [record.arm, record]));
  const entries = scenarios.flatMap(({ name }) => {
    const record = byName.get(name);
    if (record === undefined) return [];
    const kept = Object.entries(record.metrics).filter(([metric]) => metric in STUDY_METRICS);
    return [[name, { seed: record.seed, digest: record.digest, metrics: Object.fromEntries(kept.sort()) }] as const];
  });
  return { format: BASELINE_FORMAT, version, scenarios: Object.fromEntries(entries) };
}

/** How one scenario fared. Virtual time has no noise: with an equal digest nothing changed, and with another every change is real. */
export function ciScenario(
  arm: Arm & { readonly seed: number },
  record: TrialRecord | undefined,
  baseline: Baseline | undefined,
  tolerance: number,
): CiScenario {
  const head = { name: arm.name, file: arm.file, seed: arm.seed };
  if (record === undefined)
    return {
      ...head,
      status: 'not run',
      verdicts: [],
      baseline: 'none',
      changes: [],
      regressions: [],
      simulatedSeconds: 0,
      wallSeconds: 0,
    };
  const before = baseline === undefined || !Object.hasOwn(baseline.scenarios, arm.name) ? undefined : baseline.scenarios[arm.name];
  const same = before !== undefined && before.digest === record.digest;
  const changes = before === undefined ? [] : changesSince(before, record);
  const regressions = changes.filter(({ kind, change }) => kind === 'worse' && (change === null || Math.abs(change) > tolerance));
  const failed = record.failure !== undefined || record.verdicts.some(({ pass }) => !pass);
  return {
    ...head,
    status: failed ? 'failed' : regressions.length > 0 ? 'regressed' : 'passed',
    digest: record.digest,
    verdicts: record.verdicts,
    ...(record.failure === undefined ? {} : { failure: record.failure }),
    baseline: baseline === undefined ? 'none' : before === undefined ? 'new' : same ? 'same' : 'changed',
    changes,
    regressions,
    simulatedSeconds: record.simulatedSeconds,
    wallSeconds: record.wallSeconds,
  };
}

function changesSince(before: BaselineEntry, { metrics }: TrialRecord): readonly MetricChange[] {
  return Object.entries(before.metrics).flatMap(([metric, was]) => {
    const is = metrics[metric];
    const info = studyMetric(metric);
    if (info === undefined || is === undefined || is === was) return [];
    const kind = info.better === 'neither' ? 'other' : (info.better === 'lower') === is < was ? 'better' : 'worse';
    return [{ metric, unit: info.unit, before: was, after: is, change: was === 0 ? null : (is - was) / Math.abs(was), kind }];
  });
}
