/** `wavetank calibrate FILE`: the cost model beside the measurement, line by line. */

import { readFileSync } from 'node:fs';
import { type CalibrationRow, calibrateEtcd, type EtcdMeasurements } from '#experiment';
import { UserError } from '#scenario';
import type { ConformanceCount } from './conformance-etcd.ts';

export interface CalibrateOptions {
  /** Where lines go; default standard output. */
  readonly print?: (line: string) => void;
}

/** Reads etcd.json as the measurement wrote it. A line passes when the model lies between 0.8 times the lower and 1.2 times the higher measured run. */
export function runEtcdCalibration(file: string, options: CalibrateOptions = {}): ConformanceCount {
  const { print = (line) => process.stdout.write(`${line}\n`) } = options;
  const rows = calibrateEtcd(readMeasurements(file));
  print(`${'what (ms)'.padEnd(48)} members  ${'measured'.padStart(18)} ${'modelled'.padStart(10)}`);
  for (const row of rows) print(lineOf(row));
  const passed = rows.filter(({ within }) => within).length;
  print(`${passed} passed, ${rows.length - passed} failed`);
  return { passed, failed: rows.length - passed };
}

function lineOf({ what, members, measured: [low, high], modelled, within }: CalibrationRow): string {
  const range = `${low.toFixed(2)} - ${high.toFixed(2)}`;
  return `${what.padEnd(48)} ${String(members).padStart(7)}  ${range.padStart(18)} ${modelled.toFixed(2).padStart(10)}${within ? '' : '  outside'}`;
}

function readMeasurements(file: string): EtcdMeasurements {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw UserError.at({ file }, code === 'ENOENT' ? 'no such file' : message);
  }
  const found = (value ?? {}) as Partial<EtcdMeasurements>;
  for (const field of ['single_node', 'three_nodes_loopback', 'failover_three_nodes'] as const) {
    if (typeof found[field] !== 'object') throw UserError.at({ file }, `'${field}' is missing: expected the measurements of etcd.json`);
  }
  const known = found.failover_three_nodes?.leader_SIGKILL?.new_leader_known;
  if (typeof known?.mean_ms !== 'number')
    throw UserError.at({ file }, "'failover_three_nodes.leader_SIGKILL.new_leader_known.mean_ms': expected a number");
  return found as EtcdMeasurements;
}
