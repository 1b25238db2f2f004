/** A served cluster as a user has it: `wavetank serve` as a process of its own, on a free port, with its kubeconfig. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../bin/wavetank.js', import.meta.url));

export interface Cluster {
  readonly url: string;
  readonly kubeconfig: string;
  /** Of this cluster alone; gone with it. */
  readonly folder: string;
  /** What it said on standard error: mistakes of its own. */
  complaints(): string;
  stop(): Promise<void>;
}

const ended = (child: ChildProcess): Promise<void> =>
  child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : new Promise((done) => child.once('exit', () => done()));

export interface ClusterOptions {
  /** A scenario's text; default what serve brings up by itself. */
  readonly scenario?: string;
  /** Texts of files beside the scenario, by name. */
  readonly files?: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
}

export async function startCluster({ scenario, files = {}, flags = [] }: ClusterOptions = {}): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), 'wavetank-interop-'));
  const kubeconfig = join(folder, 'kubeconfig');
  const file = join(folder, 'scenario.yaml');
  if (scenario !== undefined) writeFileSync(file, scenario);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const args = ['serve', ...(scenario === undefined ? [] : [file]), '--port', '0', '--kubeconfig', kubeconfig, ...flags];
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'], cwd: folder });
  let said = '';
  let complained = '';
  child.stderr.on('data', (chunk: Buffer) => (complained += String(chunk)));
  await new Promise<void>((up, failed) => {
    child.stdout.on('data', (chunk: Buffer) => {
      said += String(chunk);
      if (said.includes('Ctrl-C')) up();
    });
    child.once('exit', (code) => failed(new Error(`wavetank serve ended with ${code}: ${complained || said}`)));
  });
  const url = /https?:\/\/[^\s'"]+/.exec(readFileSync(kubeconfig, 'utf8'))?.[0] ?? '';
  return {
    url,
    kubeconfig,
    folder,
    complaints: () => complained,
    async stop() {
      child.kill('SIGTERM');
      await ended(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface Answer {
  readonly code: number;
  readonly text: string;
}

export interface RunOptions {
  readonly stdin?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Ends it (as Ctrl-C does) when this is true of what it printed so far. */
  readonly until?: (text: string) => boolean;
  /** Called after its first output. */
  readonly begun?: () => void;
  readonly seconds?: number;
}

/** A program of somebody else's: what it printed, on both streams, and how it ended. */
export function run(
  program: string,
  args: readonly string[],
  { stdin, env, until, begun, seconds = 240 }: RunOptions = {},
): Promise<Answer> {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  let text = '';
  let wasEnded = false;
  const hear = (chunk: Buffer): void => {
    if (text === '') begun?.();
    text += String(chunk);
    if (until?.(text) && !wasEnded) {
      wasEnded = true;
      child.kill('SIGINT');
    }
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin ?? '');
  const timer = setTimeout(() => {
    text += `\n(stopped after ${seconds} s)`;
    child.kill('SIGKILL');
  }, seconds * 1000);
  return new Promise((done, failed) => {
    child.once('error', failed);
    child.once('close', (code) => {
      clearTimeout(timer);
      done({ code: wasEnded ? 0 : (code ?? 1), text });
    });
  });
}
