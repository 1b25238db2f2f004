/** `wavetank calibrate FILE`: the cost model beside the measurement, line by line. */

import { readFileSync } from 'node:fs';
import { type CalibrationRow, calibrationSteps, type EtcdMeasurements } from '#experiment';
import { UserError } from '#scenario';
import { onInterrupt } from './execute.ts';
import { StepProgress } from './step-progress.ts';
import { VERSION } from './version.ts';

export interface CalibrateFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Reads etcd.json as the measurement wrote it. A line passes when the model lies between 0.8 times the lower and 1.2 times the higher measured run.
 *  The exit code: 0 when all pass, 1 when one does not, 130 when interrupted. */
export async function runEtcdCalibration(file: string, flags: CalibrateFlags): Promise<number> {
  const measurements = readMeasurements(file);
  const isJson = flags.json === true;
  const print = (line: string): void => {
    if (!isJson) process.stdout.write(`${line}\n`);
  };
  const interrupt = onInterrupt('what was compared so far will be printed');
  const progress = new StepProgress(process.stderr, flags.quiet === true);
  const rows: CalibrationRow[] = [];
  let partial = false;
  print(`${'what (ms)'.padEnd(48)} members  ${'measured'.padStart(18)} ${'modelled'.padStart(10)}`);
  try {
    for (const { done, total, rows: more } of calibrationSteps(measurements)) {
      if (more.length > 0) progress.finish();
      for (const row of more) {
        rows.push(row);
        print(lineOf(row));
      }
      progress.show(done / total, () => `${done} of ${total} runs of the model`);
      await progress.turn();
      partial = interrupt.asked() && done < total;
      if (partial) break;
    }
  } finally {
    progress.finish();
    interrupt.release();
  }
  const passed = rows.filter(({ within }) => within).length;
  const failed = rows.length - passed;
  if (partial) print('partial: interrupted before all lines were compared');
  print(`${passed} passed, ${failed} failed`);
  if (isJson)
    process.stdout.write(
      `${JSON.stringify({ format: 'wavetank-calibration/1', version: VERSION, file, partial, passed, failed, unit: 'ms', rows })}\n`,
    );
  if (partial) return 130;
  return failed === 0 ? 0 : 1;
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
