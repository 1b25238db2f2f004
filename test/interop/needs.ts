/** What the interoperability tests need from outside, and where it is found. */

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
/** What pins the client library, and where it is installed: not here, where the tests of the house would find it. */
export const CLIENT_MANIFEST = here('./client-node');
export const CLIENT_FOLDER = here('../../.cache/interop/client-node');
export const SCHEDULER_FOLDER = here('./kube-scheduler');
/** Where the scheduler is built to; ignored by git. */
export const SCHEDULER_BINARY = here('../../.cache/interop/kube-scheduler');

const onPath = (name: string, more: readonly string[] = []): string | undefined =>
  [...(process.env['PATH'] ?? '').split(delimiter), ...more].map((folder) => join(folder, name)).find((path) => existsSync(path));

export const kubectlPath = (): string | undefined => process.env['KUBECTL'] ?? onPath('kubectl');
export const goPath = (): string | undefined => onPath('go', ['/usr/local/go/bin']);
export const schedulerPath = (): string | undefined =>
  [process.env['KUBE_SCHEDULER'], SCHEDULER_BINARY].find((path) => path !== undefined && existsSync(path));

/** The client library, when it is installed; typed by whoever uses it. */
export function clientNode(): unknown {
  try {
    return createRequire(join(CLIENT_FOLDER, 'package.json'))('@kubernetes/client-node');
  } catch {
    return undefined;
  }
}

/** Its first line of output that holds `pattern`. */
export function versionOf(program: string, args: readonly string[], pattern: RegExp): string {
  try {
    return (
      pattern.exec(execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))?.[0] ?? 'of an unknown version'
    );
  } catch {
    return 'which does not start';
  }
}
