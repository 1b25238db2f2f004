/** One writer a folder, files whole or not at all, and a machine that refuses: one line, code 3, and what was there is still there. */

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openOutDirectory } from '../../src/experiment/write-result.ts';
import { inProcess, ROOT } from '../cli/command.ts';

const directory = mkdtempSync(join(tmpdir(), 'wavetank-out-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const folder = (name: string): string => join(directory, name);
const SMALL = join(directory, 'small.yaml');
writeFileSync(
  SMALL,
  'name: small\nduration: 30s\ncluster:\n  nodes:\n    - count: 2\n      capacity: { cpu: 8, memory: 32Gi }\nworkload:\n  - pods: { name: p, count: 3, cpu: 100m }\n',
);

/** Of a process that is no more. */
const gonePid = spawnSync('true').pid;
const beginOf = (pid: number): string => {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] as string;
};

describe('the lock', () => {
  const locked = (name: string, content: string): string => {
    mkdirSync(folder(name));
    writeFileSync(join(folder(name), '.wavetank-lock'), content);
    return folder(name);
  };

  test.each([
    ['of a dead process', () => `${gonePid}\n`],
    ['of a dead process, in full', () => `${gonePid} 1 ${hostname()}\n`],
    ['of a process whose number another one has now', () => `${process.ppid} 1 ${hostname()}\n`],
    ['without content', () => ''],
    ['of nonsense', () => 'nobody\n'],
  ])('%s is taken over', (what, content) => {
    const out = openOutDirectory(locked(what, content()));
    out.write('x', 'new');
    out.close();
    expect(readdirSync(folder(what))).toEqual(['x']);
  });

  test.each([
    ['of a living process', () => `${process.ppid}\n`, /another run \(process \d+\)/],
    ['of a living process, in full', () => `${process.ppid} ${beginOf(process.ppid)} ${hostname()}\n`, /another run \(process \d+ on /],
    [
      'of another machine',
      () => `${gonePid} 1 elsewhere\n`,
      /process \d+ on elsewhere\) is writing there; if it is gone, remove .*wavetank-lock/,
    ],
  ])('%s is respected', (what, content, says) => {
    const path = locked(what, content());
    expect(() => openOutDirectory(path)).toThrow(says);
    expect(readdirSync(path), 'and left as it was').toEqual(['.wavetank-lock']);
  });

  test('two runs into one folder: the second is told in one line, and the first ends well', async () => {
    const first = inProcess('run', SMALL, '--out', folder('two'), '--quiet');
    for (let turn = 0; !existsSync(join(folder('two'), '.wavetank-lock')); turn++) {
      expect(turn).toBeLessThan(10_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const second = spawnSync(process.execPath, [`${ROOT}bin/wavetank.js`, 'run', SMALL, '--out', folder('two'), '--quiet'], {
      encoding: 'utf8',
    });
    expect(second.stderr).toMatch(/^wavetank: --out .*: another run \(process \d+ on .*\) is writing there.*\n$/);
    expect(second.status).toBe(2);
    expect((await first).code).toBe(0);
  });
});

test('what killed processes left half-written goes, what living ones write stays', () => {
  mkdirSync(folder('swept'));
  writeFileSync(join(folder('swept'), `result.json.${gonePid}.tmp`), 'half');
  writeFileSync(join(folder('swept'), `result.json.${process.ppid}.tmp`), 'theirs');
  writeFileSync(join(folder('swept'), 'mine.tmp'), 'mine');
  openOutDirectory(folder('swept')).close();
  expect(readdirSync(folder('swept')).sort()).toEqual(['mine.tmp', `result.json.${process.ppid}.tmp`]);
});

test('of files that belong together none is replaced when one cannot be written', () => {
  const out = openOutDirectory(folder('together'));
  out.writeAll([
    ['a', 'old'],
    ['b', 'old'],
  ]);
  expect(() =>
    out.writeAll([
      ['a', 'new'],
      ['no/such/folder/b', 'new'],
    ]),
  ).toThrow(/cannot be written/);
  out.close();
  expect(readdirSync(folder('together')).sort()).toEqual(['a', 'b']);
  expect(readFileSync(join(folder('together'), 'a'), 'utf8')).toBe('old');
});

/** Mounts a file system for the time of a test; undefined where this user may not. */
function mounted(name: string, options: string): string | undefined {
  mkdirSync(folder(name));
  const done = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder(name)]);
  return done.status === 0 ? folder(name) : undefined;
}

const run = (out: string, ...more: string[]) =>
  spawnSync(
    'bash',
    ['-c', `${more.join(' ')} exec "$0" "$@"`, process.execPath, `${ROOT}bin/wavetank.js`, 'run', SMALL, '--out', out, '--quiet'],
    {
      encoding: 'utf8',
    },
  );

describe('a machine that refuses', () => {
  const OLD = { 'result.json': 'the old result', 'report.html': 'the old report' };
  const seeded = (path: string): void => {
    mkdirSync(path, { recursive: true });
    for (const [name, content] of Object.entries(OLD)) writeFileSync(join(path, name), content);
  };
  const isOld = (path: string): void => {
    expect(Object.fromEntries(readdirSync(path).map((name) => [name, readFileSync(join(path, name), 'utf8')]))).toEqual(OLD);
  };

  test('files larger than this process may make them', () => {
    const path = folder('limit');
    seeded(path);
    const { status, stderr, stdout } = run(path, 'ulimit -f 16;');
    expect(stderr).toMatch(/^wavetank: .*limit\/.*: cannot be written: the file would become larger than this process may make files\n$/);
    expect(status).toBe(3);
    expect(stdout).toBe('');
    isOld(path);
  });

  test('a full disk', ({ skip }) => {
    const path = mounted('full', 'size=64k');
    if (path === undefined) return skip('no right to mount a small disk');
    try {
      seeded(path);
      const { status, stderr } = run(path);
      expect(stderr).toMatch(/^wavetank: .*full\/.*: cannot be written: the disk is full\n$/);
      expect(status).toBe(3);
      isOld(path);
    } finally {
      execFileSync('umount', [path]);
    }
  });

  test('a folder that is read-only', ({ skip }) => {
    const path = mounted('readonly', 'size=64k');
    if (path === undefined) return skip('no right to mount a disk');
    try {
      seeded(path);
      execFileSync('mount', ['-o', 'remount,ro', path]);
      const { status, stderr } = run(path);
      expect(stderr).toMatch(/^wavetank: --out .*readonly: cannot be written: the file system is read-only\n$/);
      expect(status).toBe(3);
      isOld(path);
    } finally {
      execFileSync('umount', [path]);
    }
  });

  test('standard output that is full', ({ skip }) => {
    if (!existsSync('/dev/full')) return skip('this system has no /dev/full');
    const { status, stderr } = spawnSync(
      'bash',
      ['-c', 'exec "$0" "$@" > /dev/full', process.execPath, `${ROOT}bin/wavetank.js`, 'schema'],
      {
        encoding: 'utf8',
      },
    );
    expect(stderr).toBe('wavetank: standard output: cannot be written: ENOSPC\n');
    expect(status).toBe(3);
  });
});
