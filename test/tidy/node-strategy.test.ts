/** The house runs where the machine's own node is too old, and leaves a newer one alone. */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
let folder = '';

/** A program that does what `node --version` and the version check of tools/node/ensure ask of a node of that version. */
function fakeNode(path: string, version: string): void {
  mkdirSync(path, { recursive: true });
  const file = join(path, 'node');
  const script = `#!/bin/sh
[ "$1" = --version ] && { echo v${version}; exit 0; }
exec '${process.execPath}' -r '${join(folder, `pretend-${version}.cjs`)}' "$@"
`;
  writeFileSync(
    join(folder, `pretend-${version}.cjs`),
    `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });\n`,
  );
  writeFileSync(file, script);
  chmodSync(file, 0o755);
}

/** Which node a shell finds after sourcing tools/node/ensure with that one first in its PATH. */
function nodeAfterEnsure(version: string): string {
  const bin = join(folder, `bin-${version}`);
  fakeNode(bin, version);
  const shell = spawnSync('bash', ['-c', '. tools/node/ensure; node --version'], {
    cwd: join(folder, 'checkout'),
    encoding: 'utf8',
    env: { ...process.env, PATH: `${bin}:/usr/bin:/bin` },
  });
  return shell.stdout.trim() || shell.stderr;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wavetank-node-'));
  cpSync(join(root, 'tools/node/ensure'), join(folder, 'checkout/tools/node/ensure'), { recursive: true });
  // What npm would install; so the test needs no network.
  fakeNode(join(folder, 'checkout/tools/node/node_modules/.bin'), '26.10.0');
  writeFileSync(join(folder, 'checkout/tools/node/package.json'), '{}');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('tools/node/ensure', () => {
  it.each(['20.20.2', '22.17.1', '23.5.0', '25.1.0'])('puts the pinned node before node %s', (version) => {
    expect(nodeAfterEnsure(version)).toBe('v26.10.0');
  });
  it.each(['22.18.0', '22.21.0', '24.0.1', '26.0.0', '27.1.0'])('leaves node %s alone', (version) => {
    expect(nodeAfterEnsure(version)).toBe(`v${version}`);
  });
});

describe('bin/wavetank.js', () => {
  it('says in one line that a node is too old, and exits 2', () => {
    fakeNode(join(folder, 'old'), '20.20.2');
    const { status, stdout, stderr } = spawnSync(join(folder, 'old/node'), [join(root, 'bin/wavetank.js'), 'run'], { encoding: 'utf8' });
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^wavetank: needs Node 22\.18 or newer, this is 20\.20\.2 .*\n$/);
  });

  it('runs on this node', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'bin/wavetank.js'), '--version'], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
