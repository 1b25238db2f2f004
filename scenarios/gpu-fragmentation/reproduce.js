// Reproduces the allocation table of the FGD study (README.md beside this file): node reproduce.js <folder of the trace>
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SEEDS = [42, 43, 44, 45, 46];
const OWN_SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const NEAR = 0.05;
const NEAR_RANDOM = 0.5;

const folder = process.argv[2];
if (folder === undefined || !existsSync(join(folder, 'expected/per_seed.csv'))) {
  process.stderr.write(
    `expected a folder with expected/per_seed.csv and the trace (README.md says which files), found ${folder ?? 'nothing'}\n`,
  );
  process.exit(2);
}
// In a checkout the command stands two folders up, in an installed package three.
const bin = ['../../bin/wavetank.js', '../../../bin/wavetank.js']
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find(existsSync);
const expected = readFileSync(join(folder, 'expected/per_seed.csv'), 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => line.split(','));
const published = (policy, seed) =>
  Number(expected.find((row) => row[0] === 'default' && row[1] === policy && Number(row[2]) === seed && Number(row[3]) === 130)?.[4]);

function study(policy, order, seed) {
  const files = { nodes: 'openb_node_list_gpu_node.csv.gz', pods: 'openb_pod_list_default.csv.gz' };
  if (order !== undefined)
    Object.assign(files, { order: `order/default_seed${order}_arrivals.txt.gz`, noderank: `order/default_seed${order}_noderank.txt.gz` });
  const flags = Object.entries(files).flatMap(([name, file]) => [`--${name}`, join(folder, file)]);
  const printed = execFileSync(
    process.execPath,
    [bin, 'gpu-study', ...flags, '--policy', policy, '--seed', String(seed), '--json', '--quiet'],
    { encoding: 'utf8', maxBuffer: 2 ** 28 },
  );
  const found = JSON.parse(printed);
  return Array.isArray(found) ? found : [found];
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
let off = 0;
function row(policy, seed, found, wanted, near) {
  const isNear = Math.abs(found - wanted) <= near + 1e-9;
  if (!isNear) off++;
  process.stdout.write(
    `${policy.padEnd(14)}${String(seed).padStart(10)}${found.toFixed(2).padStart(10)}${wanted.toFixed(2).padStart(12)}  ${isNear ? 'ok' : 'OFF'}\n`,
  );
}

process.stdout.write(`${'policy'.padEnd(14)}${'seed'.padStart(10)}${'here, %'.padStart(10)}${'published, %'.padStart(12)}\n`);
for (const seed of SEEDS)
  for (const { policy, allocation } of study('DotProd,GpuClustering,GpuPacking,BestFit,FGD', seed, seed))
    row(policy, seed, allocation, published(policy, seed), NEAR);
const random = OWN_SEEDS.map((seed) => study('Random', SEEDS[seed % SEEDS.length], seed)[0].allocation);
row('Random', `${OWN_SEEDS.length} seeds`, mean(random), mean(SEEDS.map((seed) => published('Random', seed))), NEAR_RANDOM);
process.stdout.write(off === 0 ? 'the table is reproduced\n' : `${off} rows are off\n`);
process.exitCode = off === 0 ? 0 : 1;
