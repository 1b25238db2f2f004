/** `wavetank calibrate FILE`: measured against modelled, side by side. */

import { Command } from 'commander';
import { type CalibrateFlags, runEtcdCalibration } from './calibrate-etcd.ts';

const HELP = `
Exit code: 0 when all lines pass; 1 when one does not; 2 for wrong use; 130 when interrupted (the lines so far are printed, marked partial).

Example:
  wavetank calibrate etcd.json`;

export function calibrateCommand(): Command {
  return new Command('calibrate')
    .description('compare the cost model with measurements of a real etcd; closes with `N passed, N failed`')
    .argument('<file>', 'etcd.json as the measurement wrote it')
    .option('--json', 'print the lines as JSON')
    .option('--quiet', 'no progress')
    .addHelpText('after', HELP)
    .action(async (file: string, flags: CalibrateFlags) => {
      process.exitCode = await runEtcdCalibration(file, flags);
    });
}
