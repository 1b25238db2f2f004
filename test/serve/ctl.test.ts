/** `wavetank ctl` and the wrong uses of `wavetank serve`, as a shell has them. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Lab, openLab } from './lab.ts';

const BIN = fileURLToPath(new URL('../../bin/wavetank.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'wavetank-ctl-'));
let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
}, 60_000);
afterAll(async () => {
  await lab.stop();
  rmSync(folder, { recursive: true });
});

const wavetank = (...args: string[]): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> =>
  new Promise((done) => {
    const child = spawn(process.execPath, [BIN, ...args], { cwd: folder });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (err += chunk));
    child.on('close', (code) => done({ code, out, err }));
  });
const ctl = (...args: string[]) => wavetank('ctl', '--port', String(lab.port), ...args);

it('steers', async () => {
  expect((await ctl('step', '2s')).out).toMatch(/^lab \(seed 1, 3 nodes\): paused, 2\.000 s since its beginning/);
  expect(await ctl('status')).toMatchObject({ code: 0, err: '' });
  expect((await ctl('fault', 'crashNodes: { count: 1 }')).code).toBe(0);
  expect((await ctl('save', 'a.json')).out).toBe('a.json: 2.000 simulated seconds, 1 inputs\n');
  expect((await ctl('step')).out).toContain(' 3.000 s ');
  expect((await ctl('load', 'a.json')).out).toContain(' 2.000 s ');
});

it('answers wrong use in one line, with exit code 2', async () => {
  for (const use of [
    ctl('fault', 'crashNodes: { cuont: 1 }'),
    ctl('speed', 'fast'),
    ctl('load', 'none.json'),
    wavetank('ctl', '--server', 'http://127.0.0.1:9', 'status'),
    wavetank('serve', '--port', String(lab.port)),
    wavetank('serve', '--speed', '0'),
    wavetank('serve', 'none.yaml'),
    wavetank('serve', '--port', '0', '--kubeconfig', '/dev/null/kubeconfig'),
  ])
    expect(await use).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/^[^\n]+\n$/) });
});
