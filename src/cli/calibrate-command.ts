/** `wavetank calibrate FILE`: measured against modelled, side by side. */

import { Command } from 'commander';
import { runEtcdCalibration } from './calibrate-etcd.ts';

export function calibrateCommand(): Command {
  return new Command('calibrate')
    .description('compare the cost model with measurements of a real etcd; closes with `N passed, N failed`')
    .argument('<file>', 'etcd.json as the measurement wrote it')
    .addHelpText('after', '\nExample:\n  wavetank calibrate etcd.json')
    .action((file: string) => {
      process.exitCode = runEtcdCalibration(file).failed === 0 ? 0 : 1;
    });
}
