/** `npm run bench:scale`: what the main job must reach, measured and printed. Each run is a process of its own; `--quick` takes a tenth of the size. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Figures {
  readonly digest: string;
  readonly wallSeconds: number;
  readonly simulatedSeconds: number;
  readonly peakRssBytes: number;
  readonly podsCreated: number;
  readonly shards: { readonly events: number; readonly meanWindowMs: number; readonly barrierSeconds: number };
}

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SCRATCH = mkdtempSync(join(tmpdir(), 'wavetank-scale-'));
const quick = process.argv.includes('--quick');

/** A run's result, or undefined when it left none (its exit code may be 1 for a failed verdict: that is not judged here). */
function run(name: string, args: readonly string[]): Figures | undefined {
  const out = join(SCRATCH, name);
  process.stderr.write(`${name} ...`);
  const child = spawnSync(process.execPath, [join(ROOT, 'bin/wavetank.js'), ...args, '--quiet', '--out', out], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  try {
    const figures = JSON.parse(readFileSync(join(out, 'result.json'), 'utf8')) as Figures;
    process.stderr.write(` ${figures.wallSeconds.toFixed(1)} s\n`);
    return figures;
  } catch {
    process.stderr.write(` failed: ${child.stderr.trim().split('\n').at(-1) ?? child.status}\n`);
    return undefined;
  }
}

const rows: string[][] = [['what', 'measured', 'must', 'aim', '']];
const row = (what: string, measured: number | undefined, text: string, must: number, aim: number, unit: string, smaller: boolean): void => {
  const reaches = (bound: number): boolean => measured !== undefined && (smaller ? measured <= bound : measured >= bound);
  rows.push([
    what,
    measured === undefined ? 'failed' : text,
    `${must}${unit}`,
    `${aim}${unit}`,
    reaches(aim) ? 'aim reached' : reaches(must) ? 'must reached' : 'NOT REACHED',
  ]);
};

const size = quick ? ['--tenth'] : [];
const main = run('scale-target', ['main-job', ...size]);
const ratio = main === undefined ? undefined : main.simulatedSeconds / main.wallSeconds;
const gib = main === undefined ? undefined : main.peakRssBytes / 1024 ** 3;
const label = quick ? 'a tenth of scale-target' : 'scale-target';
row(`${label}: wall time`, main?.wallSeconds, `${main?.wallSeconds.toFixed(1)} s`, quick ? 12 : 120, quick ? 6 : 60, ' s', true);
row(`${label}: simulated / wall`, ratio, `${ratio?.toFixed(1)}`, 10, 30, '', false);
row(`${label}: peak memory`, gib, `${gib?.toFixed(2)} GiB`, 6, 3, ' GiB', true);

const heavy = join(ROOT, 'scenarios/node-heavy.yaml');
const alone = run('node-heavy-0', ['run', heavy, '--shards', '0']);
const two = run('node-heavy-2', ['run', heavy, '--shards', '2']);
const faster = alone === undefined || two === undefined ? undefined : alone.wallSeconds / two.wallSeconds;
row('node-heavy: 2 shards against 0', faster, `${faster?.toFixed(2)} times`, 1, 1.6, ' times', false);

if (!quick) {
  const tenth = run('scale-target-tenth', ['main-job', '--tenth']);
  const perPod = (figures: Figures): number => figures.wallSeconds / figures.podsCreated;
  const growth = main === undefined || tenth === undefined ? undefined : perPod(main) / perPod(tenth);
  row('wall time a pod, 5,000/150,000 against 500/15,000', growth, `${growth?.toFixed(2)} times`, 1.5, 1.1, ' times', true);
}

// Equal digests are shown at a tenth of the size: five runs of the whole would only take longer.
const digests = ['0', '0', '1', '2', '4'].map(
  (shards, index) => run(`digest-${index}-shards-${shards}`, ['main-job', '--tenth', '--shards', shards])?.digest,
);
const equal = new Set(digests).size === 1 && digests[0] !== undefined;
rows.push([
  'digest on 0, 0 again, 1, 2, 4 shards',
  equal ? `equal: ${digests[0]}` : `DIFFER: ${digests.join(' ')}`,
  'equal',
  'equal',
  equal ? 'aim reached' : 'NOT REACHED',
]);

const widths = rows[0]?.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0))) ?? [];
process.stdout.write(
  `${rows
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')}\n`,
);
process.stdout.write(
  `${availableParallelism()} cores, load average ${loadavg()[0]?.toFixed(1)} at the end, ${main?.shards.events ?? 0} events in the main job, seed 1\n`,
);
rmSync(SCRATCH, { recursive: true, force: true });
process.exitCode = rows.some((cells) => cells.at(-1) === 'NOT REACHED') ? 1 : 0;
