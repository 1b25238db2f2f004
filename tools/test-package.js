// Packs Wavetank as `npm publish` would, installs the package into a folder that knows nothing of this checkout, and uses it there as somebody does who
// never saw the sources: runs, a comparison on threads, a plugin, a controller, and the type check of both. From npm's cache where that suffices.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const place = mkdtempSync(join(tmpdir(), 'wavetank-package-'));
let failed = 0;

function check(what, command, args, { code = 0, says = /^/ } = {}) {
  const began = performance.now();
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: place, encoding: 'utf8', timeout: 300_000 });
  const text = `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`;
  const isGood = status === code && says.test(text);
  if (!isGood) failed++;
  console.log(`${isGood ? 'ok    ' : 'FAILED'}  ${what} (${((performance.now() - began) / 1e3).toFixed(1)} s)`);
  if (!isGood) console.log(`        exit ${status}, expected ${code} and ${says}:\n${text.slice(-2_000)}`);
  return isGood;
}

const wavetank = (what, args, expected) => check(what, 'npx', ['--no-install', 'wavetank', ...args], expected);

try {
  const given = process.argv[2];
  let archive = given;
  if (archive === undefined) {
    const printed = execFileSync('npm', ['pack', '--json', '--pack-destination', place], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [packed] = Object.values(JSON.parse(printed.slice(printed.search(/^[[{]/m))));
    console.log(`packed ${packed.filename}: ${packed.files.length} files, ${(packed.size / 1e6).toFixed(1)} MB`);
    archive = join(place, packed.filename);
  }
  writeFileSync(join(place, 'package.json'), '{ "name": "somebody", "version": "1.0.0", "private": true, "type": "module" }\n');
  const install = ['install', '--no-audit', '--no-fund', '--loglevel=error'];
  const fromCache = spawnSync('npm', [...install, '--offline', archive], { cwd: place, encoding: 'utf8' });
  if (fromCache.status === 0) console.log('ok      installs from the cache alone');
  else if (!check('installs', 'npm', [...install, '--prefer-offline', archive])) process.exit(1);

  const inside = join(place, 'node_modules', 'wavetank');
  for (const file of [
    'dist/src/cli/main.js',
    'dist/src/serve/index.js',
    'dist/src/network/index.js',
    'dist/src/cloud/index.js',
    'dist/workers/trial.js',
    'dist/workers/shard.js',
    'docs/studies.md',
    'docs/examples/team-spread.ts',
    'dist/scenarios/first-light.yaml',
    'README.md',
    'LICENSE',
  ])
    check(`holds ${file}`, 'test', ['-s', join(inside, file)]);
  check('holds no sources, tests or caches', 'test', ['!', '-e', join(inside, 'src'), '-a', '!', '-e', join(inside, 'test')]);

  cpSync(join(inside, 'dist/scenarios/first-light.yaml'), join(place, 'first-light.yaml'));
  for (const name of ['team-spread.ts', 'team-spread.yaml', 'team-spread-config.yaml', 'database-operator.ts', 'database-operator.yaml'])
    if (existsSync(join(inside, 'docs/examples', name))) copyFileSync(join(inside, 'docs/examples', name), join(place, name));

  const short = ['--set', 'duration=60s'];
  wavetank('says its version', ['--version'], { says: new RegExp(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version) });
  wavetank('runs first-light', ['run', 'first-light.yaml', '--quiet', '--out', 'out/one'], { says: /report\.html/ });
  wavetank('runs it on threads', ['run', 'first-light.yaml', '--shards', '2', '--quiet', '--out', 'out/two'], { says: /report\.html/ });
  const digest = (name) => JSON.parse(readFileSync(join(place, 'out', name, 'result.json'), 'utf8')).digest;
  check('threads and no threads have one digest', 'test', [digest('one'), '=', digest('two')]);
  wavetank(
    'compares on threads',
    [
      'compare',
      'least-allocated',
      'most-allocated',
      '--scenario',
      'first-light.yaml',
      ...short,
      '--seeds',
      '2',
      '--workers',
      '2',
      '--quiet',
      '--out',
      'out/compare',
    ],
    { says: /2 paired seeds/ },
  );
  wavetank("runs a plugin of one's own", ['run', 'team-spread.yaml', '--plugin', 'team-spread.ts', '--quiet', '--out', 'out/plugin'], {
    says: /report\.html/,
  });
  wavetank(
    "runs a controller of one's own",
    ['run', 'database-operator.yaml', '--controller', 'database-operator.ts', '--quiet', '--out', 'out/controller'],
    { says: /report\.html/ },
  );
  wavetank('draws a result again', ['report', 'out/one', '--format', 'html,csv,markdown,junit,prometheus,parquet'], {
    says: /report\.html/,
  });
  writeFileSync(
    join(place, 'pods.csv'),
    'name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,creation_time,deletion_time\na,4000,1024,1,1000,,LS,0,60\nb,2000,1024,0,0,,BE,5,50\n',
  );
  wavetank('imports a trace', ['import', 'openb', 'pods.csv', '-o', 'trace.yaml'], { says: /2 pods in 60 s/ });
  wavetank('plays it', ['run', 'trace.yaml', '--quiet', '--out', 'out/trace'], { says: /2 pods created, 2 bound/ });
  wavetank('writes it as a trace of SimKube', ['export', 'trace.yaml', '-o', 'again.sktrace', '--quiet'], { says: /again\.sktrace/ });
  wavetank('knows the prices of machines', ['capacity', '--list-machines'], { says: /prices of \d{4}/ });
  wavetank('records nothing where nobody is', ['record', '--server', 'http://127.0.0.1:1', '-o', 'live.json'], {
    code: 2,
    says: /cannot be reached/,
  });
  wavetank('prints a schema', ['schema', 'result'], { says: /wavetank-result/ });
  wavetank('reaches for a queue', ['worker', '--queue', 'redis://127.0.0.1:1'], { code: 2, says: /cannot be used|not installed/ });
  for (const command of ['serve', 'ctl', 'sweep', 'capacity', 'ci', 'merge', 'branch', 'fuzz', 'gpu-study', 'bench', 'conformance'])
    wavetank(`${command} --help`, [command, '--help'], { says: /Usage/ });

  const options = {
    strict: true,
    noEmit: true,
    target: 'es2024',
    module: 'nodenext',
    skipLibCheck: false,
    types: [],
    allowImportingTsExtensions: true,
    verbatimModuleSyntax: true,
  };
  writeFileSync(
    join(place, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: options, files: ['team-spread.ts', 'database-operator.ts'] }),
  );
  const tsc = [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json'];
  check('the types of a plugin and of a controller are there', process.execPath, tsc);
  writeFileSync(
    join(place, 'wrong.ts'),
    "import type { PluginFactory } from 'wavetank/plugin';\nexport const plugin: PluginFactory = () => ({ name: 7 });\n",
  );
  writeFileSync(join(place, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['wrong.ts'] }));
  check('a plugin of the wrong type is told', process.execPath, tsc, { code: 1, says: /wrong\.ts\(2,\d+\): error TS\d+: .*/ });
} finally {
  rmSync(place, { recursive: true, force: true });
}
console.log(failed === 0 ? 'the package works' : `${failed} checks failed`);
process.exitCode = failed === 0 ? 0 : 1;
