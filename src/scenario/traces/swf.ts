/** Standard Workload Format of the Parallel Workloads Archive: eighteen numbers a line, -1 for what is not known, comments behind ';'. */

import { printable, UserError } from '../user-error.ts';
import { BATCH_IMAGES, BATCH_OPTIONS, batchPod, mostCpus } from './batch-pod.ts';
import { rowImporter } from './importer.ts';
import type { Tally } from './tally.ts';
import { textLines } from './text-lines.ts';
import type { PodItem } from './trace-item.ts';

const NAMES = [
  'job number',
  'submit time',
  'wait time',
  'run time',
  'allocated processors',
  'average CPU time',
  'used memory',
  'requested processors',
  'requested time',
  'requested memory',
];
const FIELDS = 18;

function jobOf(file: string, line: number, text: string, most: number, tally: Tally): PodItem | undefined {
  const cells = text.trim().split(/\s+/);
  if (cells.length !== FIELDS) throw UserError.at({ file, line }, `has ${cells.length} fields, the Standard Workload Format has ${FIELDS}`);
  const field = (index: number): number => {
    const value = Number(cells[index]);
    if (Number.isFinite(value) && (value >= 0 || value === -1)) return value;
    const problem = Number.isFinite(value)
      ? `must not be negative (but -1), found ${value}`
      : `is not a number: found '${printable(cells[index] as string)}'`;
    throw UserError.at({ file, line }, `field ${index + 1} (${NAMES[index] ?? ''}) ${problem}`);
  };
  const [submit, run] = [field(1), field(3)];
  const cpus = field(4) > 0 ? field(4) : field(7);
  const kib = field(6) > 0 ? field(6) : field(9);
  if (submit < 0) throw UserError.at({ file, line }, 'field 2 (submit time) is not known');
  if (run < 0 || cpus <= 0) {
    tally.drop(run < 0 ? 'run time not known' : 'processors not known', line);
    return undefined;
  }
  const user = cells[11] === '-1' ? {} : { user: `u${cells[11]}` };
  // Memory is for each processor, in KiB.
  return batchPod(
    {
      name: `job-${field(0)}`,
      submit,
      seconds: run,
      cpus,
      memoryMib: kib <= 0 ? 0 : Math.ceil((kib * cpus) / 1024),
      gpus: 0,
      line,
      ...user,
    },
    most,
  );
}

export const swf = rowImporter({
  kind: 'swf',
  description: 'Standard Workload Format of the Parallel Workloads Archive',
  unit: 'jobs',
  options: BATCH_OPTIONS,
  example: 'wavetank import swf machine.swf.gz --to 1d -o machine.yaml',
  images: BATCH_IMAGES,
  async *items([file], options, tally) {
    const most = mostCpus(options);
    for await (const { line, text } of textLines(file as string)) {
      if (text.trim() === '' || text.trimStart().startsWith(';')) continue;
      const pod = tally.judged(() => jobOf(file as string, line, text, most, tally));
      if (pod !== undefined) yield pod;
    }
  },
});
