/** `wavetank main-job`: the full-size scenario where the machine can carry it, a tenth of it otherwise. */

import { availableParallelism, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { loadScenario } from '#scenario';
import { execute } from './execute.ts';
import { type RunFlags, withRunFlags } from './run-options.ts';

const SCENARIO = new URL('../../scenarios/scale-target.yaml', import.meta.url);
/** What the full size needs. Machines sold as 8 GiB report a little less. */
const CORES = 2;
const BYTES = 7.5 * 1024 ** 3;

/** The machine's memory, or what its control group is allowed where that is less. */
function memoryBytes(): number {
  const allowed = process.constrainedMemory();
  return allowed > 0 ? Math.min(totalmem(), allowed) : totalmem();
}

/** A tenth of everything, in the same time: nodes, Deployments and Jobs, rates. Of the nodes that are lost a fifth, so that some hold pods of Deployments. */
export const TENTH: readonly string[] = [
  'name=scale-target-tenth',
  'cluster.nodes[0].count=500',
  'workload[0].deployments.count=60',
  'workload[0].deployments.phases[1].podsPerSecond=2',
  'workload[0].deployments.phases[2].podsPerSecond={from: 2, to: 8}',
  'workload[1].jobs.count=240',
  'workload[1].jobs.phases[1].podsPerSecond=8',
  'workload[1].jobs.phases[2].podsPerSecond={from: 8, to: 32}',
  'faults[0].crashNodes.count=10',
  "expect.apiWritesPerSecond='>= 100'",
];

export function mainJobCommand(): Command {
  const command = new Command('main-job').description(
    'the main job: 5,000 nodes and 150,000 pods come up, roll over and lose nodes (a tenth of that below 2 cores or 8 GiB)',
  );
  command.addHelpText('after', '\nExamples:\n  wavetank main-job\n  wavetank main-job --tenth --seed 7 --out out/tenth');
  // A journal of 150,000 pods costs a few seconds that few want: --explain failed keeps it.
  return withRunFlags(command, 'none')
    .option('--tenth', 'a tenth of the size on any machine')
    .action(async (flags: RunFlags & { readonly tenth?: boolean }) => {
      const full = flags.tenth !== true && availableParallelism() >= CORES && memoryBytes() >= BYTES;
      if (full) process.stderr.write('full size: 5,000 nodes, 150,000 pods\n');
      else
        process.stderr.write(
          `a tenth of the size (500 nodes, 15,000 pods): ${flags.tenth === true ? 'as asked' : `this machine has ${availableParallelism()} cores and ${(memoryBytes() / 1024 ** 3).toFixed(1)} GiB, the full size wants 2 and 8`}\n`,
        );
      process.exitCode = await execute(loadScenario(fileURLToPath(SCENARIO), full ? [] : TENTH), {
        ...flags,
        file: fileURLToPath(SCENARIO),
      });
    });
}
