/** Which build this is: its version, and the commit where it runs from a checkout; or what whoever built it says ($WAVETANK_BUILD_ID). */

import { execFileSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VERSION } from './version.ts';

export function buildId(): string {
  const told = process.env['WAVETANK_BUILD_ID'];
  if (told !== undefined && told !== '') return told;
  try {
    const cwd = dirname(fileURLToPath(import.meta.url));
    const git = (...args: readonly string[]): string =>
      execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    // Of another repository that it was installed into, the commit says nothing.
    if (git('ls-files', '--error-unmatch', fileURLToPath(import.meta.url)) === '') return VERSION;
    return `${VERSION} ${git('describe', '--always', '--dirty', '--exclude', '*')}`;
  } catch {
    return VERSION;
  }
}
