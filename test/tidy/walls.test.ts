/** The walls between rooms and the rules of simulated time hold: violations are planted in a copy of the house's rules, and each is seen caught. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** File, what stands in it (one violation, from line 1), and what the linter must say. An empty expectation: it must say nothing. */
const planted: readonly (readonly [file: string, source: string, said: string])[] = [
  ['src/sim/opens-api.ts', "import { pod } from '#api';\nexport const planted = pod;\n", 'The room sim opens'],
  ['src/sim/opens-api-type.ts', "import type { Pod } from '#api';\nexport type Planted = Pod;\n", 'The room sim opens'],
  ['src/sim/reexports.ts', "export * from '#etcd';\n", 'The room sim opens'],
  ['src/sim/late.ts', "export const planted = () => import('#etcd');\n", 'The room sim opens'],
  ['src/sim/opens-node.ts', "import { readFileSync } from 'node:fs';\nexport const planted = readFileSync;\n", 'The room sim opens'],
  ['src/api/by-path.ts', "import { x } from '../sim/time.ts';\nexport const planted = x;\n", "Rooms are entered by their door ('#room')"],
  [
    'src/etcd/mvcc/by-path.ts',
    "import { x } from '../../sim/time.ts';\nexport const planted = x;\n",
    "Rooms are entered by their door ('#room')",
  ],
  ['src/etcd/opens-api.ts', "import { x } from '#api';\nexport const planted = x;\n", 'The room etcd opens'],
  ['src/client/opens-etcd.ts', "import { x } from '#etcd';\nexport const planted = x;\n", 'The room client opens'],
  ['src/scheduler/opens-apiserver.ts', "import { x } from '#apiserver';\nexport const planted = x;\n", 'The room scheduler opens'],
  ['src/controllers/opens-scheduler.ts', "import { x } from '#scheduler';\nexport const planted = x;\n", 'The room controllers opens'],
  ['src/kubelet/opens-package.ts', "import { x } from 'lodash';\nexport const planted = x;\n", 'The room kubelet opens'],
  ['src/scenario/opens-experiment.ts', "import { x } from '#experiment';\nexport const planted = x;\n", 'The room scenario opens'],
  ['src/report/opens-sim.ts', "import { x } from '#sim';\nexport const planted = x;\n", 'The room report opens'],
  ['src/cli/opens-sim.ts', "import { x } from '#sim';\nexport const planted = x;\n", 'The room cli opens'],
  ['workers/opens-scheduler.ts', "import { x } from '#scheduler';\nexport const planted = x;\n", 'Threads open these doors only'],
  ['src/sim/round-a.ts', "import { b } from './round-b.ts';\nexport const a = () => b;\n", 'part of a cycle'],
  ['src/sim/round-b.ts', "import { a } from './round-a.ts';\nexport const b = () => a;\n", 'part of a cycle'],
  ['src/sim/wall-clock.ts', 'export const planted = new Date();\n', 'ctx.now'],
  ['src/sim/timer.ts', 'setTimeout(() => 1, 2);\n', 'ctx.after'],
  ['src/kubelet/prints.ts', 'console.log(1);\n', 'ctx.record'],
  ['src/client/process.ts', 'export const planted = process.env;\n', 'No Node inside simulated time'],
  ['src/client/measures.ts', 'export const planted = performance.now();\n', 'No wall clock inside simulated time'],
  ['src/client/promises.ts', 'export const planted = Promise.resolve(1);\n', 'No promises inside simulated time'],
  ['src/sim/luck.ts', 'export const planted = Math.random();\n', 'Luck belongs to its cause'],
  ['src/sim/power.ts', 'export const planted = Math.pow(2, 3);\n', 'Math.pow gives different bits'],
  ['src/sim/power-operator.ts', 'export const planted = (n: number) => n ** 3;\n', '** gives different bits'],
  ['src/sim/locale.ts', "export const planted = 'a'.localeCompare('b');\n", 'Locales differ'],
  ['src/sim/locale-number.ts', 'export const planted = (1).toLocaleString();\n', 'Locales differ'],
  ['src/etcd/mvcc/allowed.ts', "import { x } from '#sim';\nimport { y } from '../lease.ts';\nexport const allowed = [x, y];\n", ''],
  ['src/etcd/lease.ts', 'export const y = 1;\n', ''],
  ['src/scheduler/plugins/allowed.ts', "import { x } from '#api';\nimport { y } from '#client';\nexport const allowed = [x, y];\n", ''],
  [
    'src/cli/allowed.ts',
    "import { x } from '#experiment';\nimport { y } from '#workers';\nexport const allowed = [x, y, Date.now()];\n",
    '',
  ],
];

/** Likewise for the compiler, with the pure rooms' libraries. */
const typeErrors: readonly (readonly [file: string, source: string])[] = [
  ['src/sim/type-timer.ts', 'export const planted = () => setTimeout(() => 1, 2);\n'],
  ['src/sim/type-console.ts', 'export const planted = () => console.log(1);\n'],
  ['src/sim/type-performance.ts', 'export const planted = () => performance.now();\n'],
  ['src/sim/type-process.ts', 'export const planted = () => process.pid;\n'],
  ['src/sim/type-promise.ts', 'export const planted = () => Promise.resolve(1);\n'],
  ['src/sim/type-new-promise.ts', 'export const planted = () => new Promise<number>((resolve: (n: number) => void) => resolve(1));\n'],
  // The compiler reports the first asynchronous function without a place.
  ['src/sim/type-async.ts', 'export const planted = async () => 1;\n'],
  ['src/sim/type-enum.ts', 'export enum Planted { One }\n'],
];

let copy = '';
let lint = '';
let types = '';

function plant(files: readonly (readonly [string, string, ...unknown[]])[]): void {
  for (const [file, source] of files) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    writeFileSync(join(copy, file), source);
  }
}

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'wavetank-walls-'));
  for (const file of ['biome.json', 'package.json', 'tsconfig.json', 'tsconfig.pure.json', 'tools/lint']) {
    cpSync(join(root, file), join(copy, file), { recursive: true });
  }
  writeFileSync(join(copy, '.gitignore'), 'node_modules\n');
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  plant(planted);
  const bin = (name: string) => join(root, 'node_modules/.bin', name);
  lint = spawnSync(bin('biome'), ['lint', '--max-diagnostics=none', '--colors=off', '.'], { cwd: copy, encoding: 'utf8' }).stderr;
  plant(typeErrors);
  types = spawnSync(bin('tsc'), ['-p', 'tsconfig.pure.json', '--pretty', 'false'], { cwd: copy, encoding: 'utf8' }).stdout;
});

afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** The linter's diagnostics for one file: a diagnostic starts with 'path:line:column rule'. */
function diagnosticsOf(file: string): string {
  const parts = lint.split(/^(?=\S+:\d+:\d+ )/m);
  return parts.filter((part) => part.startsWith(`${file}:`)).join('\n');
}

describe('walls', () => {
  it.each(planted.filter(([, , said]) => said !== ''))('%s is caught', (file, _source, said) => {
    expect(diagnosticsOf(file)).toContain(said);
  });

  it.each(planted.filter(([, , said]) => said === ''))('%s is let through', (file) => {
    expect(diagnosticsOf(file)).toBe('');
  });

  it.each(typeErrors)('%s does not compile', (file) => {
    expect(types).toContain(file === 'src/sim/type-async.ts' ? "Cannot find global value 'Promise'" : `${file}(1,`);
  });
});
