/** `wavetank run <scenario.yaml>`. */

import { Command } from 'commander';
import { loadScenario } from '#scenario';
import { execute } from './execute.ts';
import { type RunFlags, withRunFlags, withSet } from './run-options.ts';

export function runCommand(): Command {
  const command = new Command('run')
    .description('run a scenario: result.json, report.html, and exit 1 when an expectation fails')
    .argument('<scenario.yaml>', 'the scenario')
    .addHelpText(
      'after',
      '\nExamples:\n  wavetank run scenarios/first-light.yaml\n  wavetank run scenarios/first-light.yaml --set cluster.nodes[0].count=50 --seed 7 --out out/fifty',
    );
  command.option('--json', 'print result.json instead of the table of verdicts');
  return withSet(withRunFlags(command)).action(async (file: string, flags: RunFlags) => {
    process.exitCode = await execute(loadScenario(file, flags.set), { ...flags, file });
  });
}
