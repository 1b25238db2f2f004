/** HPC job lists as OpenDC has them: id, submit_s, duration_s, cpu_count, mem_capacity (MB), gpu_count; also with OpenDC's own names for the columns. */

import { BATCH_IMAGES, BATCH_OPTIONS, batchPod, mostCpus } from './batch-pod.ts';
import { csvRows, type Row } from './csv-rows.ts';
import { rowImporter } from './importer.ts';
import { objectName } from './trace-item.ts';

/** OpenDC's tables of tasks count in milliseconds. */
const OTHER = { submit_s: 'submission_time', duration_s: 'duration' } as const;
const MB_PER_MIB = 1_048_576 / 1_000_000;

const seconds = (row: Row, column: keyof typeof OTHER): number => (row.has(column) ? row.number(column) : row.number(OTHER[column]) / 1000);

export const hpc = rowImporter({
  kind: 'hpc',
  description: 'a list of batch jobs as OpenDC has it (CSV: id, submit_s, duration_s, cpu_count, mem_capacity in MB)',
  unit: 'jobs',
  options: BATCH_OPTIONS,
  example: 'wavetank import hpc jobs.csv.gz --to 6h --time-scale 10 -o surf.yaml',
  images: BATCH_IMAGES,
  async *items([file], options, tally) {
    const most = mostCpus(options);
    let isNoted = false;
    for await (const row of csvRows(file as string, ['id', 'cpu_count'], tally)) {
      if (!isNoted && !row.has('mem_capacity')) tally.note("there is no column 'mem_capacity': jobs ask for no memory");
      isNoted = true;
      const pod = tally.judged(() => {
        const name = objectName(`job-${row.text('id')}`);
        if (row.text('id') === '' || name === '') throw row.mistake("'id' is empty");
        const cpus = row.number('cpu_count');
        if (cpus === 0) throw row.mistake("'cpu_count' must be more than 0");
        const job = {
          name,
          submit: seconds(row, 'submit_s'),
          seconds: seconds(row, 'duration_s'),
          cpus,
          memoryMib: Math.ceil((row.optionalNumber('mem_capacity') ?? 0) / MB_PER_MIB),
        };
        return batchPod({ ...job, gpus: row.optionalNumber('gpu_count') ?? 0, line: row.line }, most);
      });
      if (pod !== undefined) yield pod;
    }
  },
});
