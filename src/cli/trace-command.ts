/** `wavetank trace <out> <pod>`: a pod's way from request to Running, span by span. */

import { join } from 'node:path';
import { Command } from 'commander';
import { findSteps, SPANS_FILE, type TraceStep } from '#experiment';
import { readBytes, UserError } from '#scenario';
import { columns } from './verdict-table.ts';

export function traceCommand(): Command {
  return new Command('trace')
    .description("print a pod's way from request to Running, step by step, with durations and hosts")
    .argument('<out>', 'the directory of a run')
    .argument('<pod>', 'name, or namespace/name')
    .addHelpText('after', '\nExample:\n  wavetank trace out/first-light default/web-0-...')
    .action(async (directory: string, pod: string) => {
      const file = join(directory, SPANS_FILE);
      readBytes(file, 8 * 1024 ** 3);
      const { subject, steps, near } = await findSteps(file, pod);
      if (subject === undefined || steps === undefined)
        throw UserError.at({ file }, `no pod is called '${pod}'${near.length === 0 ? '' : ` (near it: ${near.join(', ')})`}`);
      process.stdout.write(`${subject}\n${traceTable(steps).join('\n')}\n`);
    });
}

export function traceTable(steps: readonly TraceStep[]): string[] {
  const first = steps[0]?.start ?? 0;
  const rows = steps.map((step) => [
    `${((step.start - first) / 1e3).toFixed(3)}`.padStart(12),
    `${(step.duration / 1e3).toFixed(3)}`.padStart(12),
    step.name,
    step.host,
    step.detail ?? '',
  ]);
  return columns([['at, ms'.padStart(12), 'took, ms'.padStart(12), 'step', 'host', ''], ...rows]);
}
