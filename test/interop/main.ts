/** `npm run test:interop [-- --install] [kubectl informers kube-scheduler]`: clients that nobody here wrote, against `wavetank serve`. Says what each part
 *  needs, whether it is there, and skips what is not; --install fetches and builds what it can. Other arguments choose parts, or go to vitest. */

import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  CLIENT_FOLDER,
  CLIENT_MANIFEST,
  clientNode,
  goPath,
  kubectlPath,
  SCHEDULER_BINARY,
  SCHEDULER_FOLDER,
  schedulerPath,
  versionOf,
} from './needs.ts';

interface Need {
  readonly part: string;
  readonly what: string;
  /** Undefined: missing. */
  found(): string | undefined;
  readonly hint: string;
  /** False: it cannot be had from here. */
  install(): boolean;
}

const done = (program: string, args: readonly string[], cwd: string): boolean =>
  spawnSync(program, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;

const NEEDS: readonly Need[] = [
  {
    part: 'kubectl',
    what: 'kubectl',
    found: () => {
      const path = kubectlPath();
      return path === undefined ? undefined : `${path} ${versionOf(path, ['version', '--client'], /v\d\S*/)}`;
    },
    hint: 'put a kubectl into PATH, or name it in $KUBECTL',
    install: () => false,
  },
  {
    part: 'informers',
    what: '@kubernetes/client-node',
    found: () => (clientNode() === undefined ? undefined : CLIENT_FOLDER),
    hint: 'npm run test:interop -- --install informers (83 MB, seconds)',
    install: () => {
      mkdirSync(CLIENT_FOLDER, { recursive: true });
      for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(CLIENT_MANIFEST, file), join(CLIENT_FOLDER, file));
      return done('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], CLIENT_FOLDER);
    },
  },
  {
    part: 'kube-scheduler',
    what: 'a real kube-scheduler',
    found: () => schedulerPath(),
    hint: 'Go 1.24 or newer builds it from test/interop/kube-scheduler (minutes, 2 GB of modules and cache), or name one in $KUBE_SCHEDULER',
    install: () => {
      const go = goPath();
      if (go === undefined) return false;
      mkdirSync(dirname(SCHEDULER_BINARY), { recursive: true });
      const version = '-X k8s.io/component-base/version.gitVersion=v1.34.3';
      return done('nice', ['-n', '19', go, 'build', '-p', '1', '-ldflags', version, '-o', SCHEDULER_BINARY, '.'], SCHEDULER_FOLDER);
    },
  },
];

const args = process.argv.slice(2);
const chosen = NEEDS.filter(({ part }) => args.includes(part));
const parts = chosen.length === 0 ? NEEDS : chosen;
for (const { part, what, found, hint, install } of parts) {
  let there = found();
  if (there === undefined && args.includes('--install') && install()) there = found();
  process.stdout.write(there === undefined ? `${part}: skipped, ${what} is missing: ${hint}\n` : `${part}: with ${there}\n`);
}
const files = parts.map(({ part }) => `test/interop/${part}.interop.ts`);
const more = args.filter((arg) => arg !== '--install' && !NEEDS.some(({ part }) => part === arg));
const root = fileURLToPath(new URL('../..', import.meta.url));
const { status } = spawnSync('npx', ['--no-install', 'vitest', 'run', '--config', 'test/interop/vitest.config.ts', ...files, ...more], {
  cwd: root,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
