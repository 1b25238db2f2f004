/** All of Kubernetes' scheduler_perf through `wavetank bench`, into reports/scheduler-perf/.
 *  Usage: npm run bench:scheduler-perf [-- --keep] (--keep goes on from the rows that are there) */

import { spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const folder = resolve(root, '../shared/scheduler_perf');
if (!existsSync(folder)) {
  console.error(`bench:scheduler-perf: there is no ${folder}: it holds Kubernetes' own workload files`);
  process.exitCode = 2;
} else {
  const files = globSync('**/performance-config.yaml', { cwd: folder }).sort();
  const table = ['--table', join(root, 'reports/scheduler-perf'), ...process.argv.slice(2)];
  const { status } = spawnSync(
    process.execPath,
    [join(root, 'bin/wavetank.js'), 'bench', ...files.map((file) => join(folder, file)), ...table],
    { stdio: 'inherit' },
  );
  process.exitCode = status ?? 1;
}
