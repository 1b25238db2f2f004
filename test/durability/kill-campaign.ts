/** `npm run kill:50 -- [kills] [luck]`: runs, studies and fuzz campaigns over the finished ones of another seed, each killed (SIGKILL) at a random moment.
 *  Every file must be the old or the new one, whole; `--resume` must end well, leave no lock and no temporary file, and give the bytes of an unbroken one. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../bin/wavetank.js', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'wavetank-kill-'));
// The checkout may change meanwhile.
const env = { ...process.env, WAVETANK_BUILD_ID: process.env['WAVETANK_BUILD_ID'] ?? 'the build under test' };
const [kills = 50, luck = 1] = process.argv.slice(2).map(Number);
if (!(kills >= 1) || !Number.isInteger(luck)) {
  process.stderr.write('kill:50: expected how many kills, from 1 on, and a whole number to draw their moments from\n');
  process.exit(2);
}

const scenario = (pods: number): string => {
  const file = join(directory, `pods-${pods}.yaml`);
  const nodes = 'cluster:\n  nodes:\n    - count: 4\n      capacity: { cpu: 8, memory: 32Gi }\n';
  writeFileSync(file, `name: pods-${pods}\nduration: 3m\n${nodes}workload:\n  - pods: { name: p, count: ${pods}, cpu: 100m }\n`);
  return file;
};
const [A, B] = [scenario(8), scenario(6)] as const;

interface Kind {
  readonly name: string;
  /** Of so many kills, how many are its. */
  readonly share: number;
  readonly older: readonly string[];
  readonly newer: readonly string[];
  /** What says that it is done. */
  readonly files: readonly string[];
}

const compare = (seeds: string): readonly string[] => ['compare', A, B, '--seeds', seeds, '--workers', '0'];
const KINDS: readonly Kind[] = [
  {
    name: 'run',
    share: 0.54,
    older: ['run', A, '--seed', '1', '--shards', '0'],
    newer: ['run', A, '--seed', '2', '--shards', '0', '--checkpoint-every', '10ms'],
    files: ['result.json', 'explain.gz', 'spans.jsonl.gz'],
  },
  { name: 'study', share: 0.3, older: compare('8,9'), newer: compare('1,2'), files: ['comparison.json', 'report.html'] },
  {
    name: 'fuzz',
    share: 0.16,
    older: ['fuzz', '--from', '2', '--seeds', '1', '--minutes', '5', '--workers', '0'],
    newer: ['fuzz', '--from', '2', '--seeds', '2', '--minutes', '5', '--workers', '0'],
    files: ['fuzz.json'],
  },
];

/** A file without what belongs to the machine and the hour. */
function stable(name: string, path: string): string {
  const text = readFileSync(join(path, name), 'latin1');
  if (name === 'result.json' || name === 'fuzz.json') return text.slice(0, text.trimEnd().lastIndexOf('\n'));
  return text;
}
const stableFiles = ({ files }: Kind, path: string): Record<string, string> =>
  Object.fromEntries(files.filter((name) => existsSync(join(path, name))).map((name) => [name, stable(name, path)]));

/** Files that have no old and new, or show wall time: what makes them whole. */
function torn(path: string): readonly string[] {
  const complaints: string[] = [];
  for (const name of readdirSync(path)) {
    const text = readFileSync(join(path, name), 'latin1');
    if (name.endsWith('.html') && !text.trimEnd().endsWith('</html>')) complaints.push(`${name} ends in its middle`);
    const lines = name.endsWith('.json') ? [text] : name.endsWith('.jsonl') ? text.split('\n').slice(0, -1) : [];
    if (lines.some((line) => !isJson(line))) complaints.push(`${name} is torn`);
  }
  return complaints;
}
function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

function whole(
  args: readonly string[],
  out: string,
): { readonly code: number | null; readonly err: string; readonly milliseconds: number } {
  const began = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [BIN, ...args, '--quiet', '--out', out], { env, encoding: 'utf8' });
  return { code: status, err: stderr, milliseconds: performance.now() - began };
}

/** Kills it so long after it has begun to work. False: it was done before. */
async function killed(args: readonly string[], out: string, after: number): Promise<boolean> {
  const child = spawn(process.execPath, [BIN, ...args, '--quiet', '--out', out], { env, stdio: 'ignore' });
  const over = once(child, 'exit');
  while (child.exitCode === null && !existsSync(join(out, '.wavetank-lock'))) await new Promise((resolve) => setTimeout(resolve, 2));
  const timer = setTimeout(() => child.kill('SIGKILL'), after);
  await over;
  clearTimeout(timer);
  return child.signalCode === 'SIGKILL';
}

let state = luck >>> 0;
function draw(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
}

async function campaign(kind: Kind, count: number): Promise<readonly string[]> {
  const [olds, news] = [join(directory, `${kind.name}-old`), join(directory, `${kind.name}-new`)];
  const ends = [whole(kind.older, olds), whole(kind.newer, news)] as const;
  for (const { code, err } of ends) if (code !== 0) throw new Error(`${kind.name} ended with ${code}: ${err}`);
  let longest = ends[1].milliseconds * 0.6;
  const [older, newer] = [stableFiles(kind, olds), stableFiles(kind, news)];
  const complaints: string[] = [];
  const tally = { old: 0, new: 0, resumed: 0, anew: 0 };
  for (let done = 0; done < count; ) {
    const out = join(directory, 'out');
    rmSync(out, { recursive: true, force: true });
    mkdirSync(out);
    cpSync(olds, out, { recursive: true });
    const after = longest * draw();
    if (!(await killed(kind.newer, out, after))) {
      longest = Math.max(100, after);
      continue;
    }
    longest *= 1.05;
    done++;
    const say = (what: string): void => {
      const complaint = `${kind.name}, kill ${done} after ${Math.round(after)} ms: ${what}`;
      complaints.push(complaint);
      // At once: a campaign that is broken off has said what it found.
      process.stderr.write(`${complaint}\n`);
    };
    for (const what of torn(out)) say(what);
    const found = stableFiles(kind, out);
    for (const name of kind.files)
      if (found[name] !== older[name] && found[name] !== newer[name]) say(`${name} is neither the old nor the new one`);
    tally[kind.files.every((name) => found[name] === older[name]) ? 'old' : 'new']++;
    let again = whole([...kind.newer, '--resume'], out);
    // Killed before its first checkpoint: what lies there is the old one's, and is not touched.
    const isOthers = again.code === 2 && /of another (run|study|campaign)|another study/.test(again.err);
    tally[isOthers ? 'anew' : 'resumed']++;
    if (isOthers) again = whole(kind.newer, out);
    if (again.code !== 0) say(`--resume ended with ${again.code}: ${again.err.trim()}`);
    const resumed = stableFiles(kind, out);
    for (const name of kind.files) if (resumed[name] !== newer[name]) say(`${name} after --resume differs from that of an unbroken one`);
    process.stderr.write(
      `${kind.name} ${done} of ${count}: killed after ${Math.round(after)} ms, ${isOthers ? 'begun anew' : 'resumed'}\n`,
    );
    const left = readdirSync(out).filter((name) => name.endsWith('.tmp') || name.startsWith('.'));
    if (left.length > 0) say(`left behind: ${left.join(', ')}`);
  }
  process.stdout.write(
    `${kind.name}: ${count} kills; found the old one ${tally.old} times, the new one ${tally.new}; resumed ${tally.resumed}, begun anew ${tally.anew} (killed before anything of its own was written)\n`,
  );
  return complaints;
}

const complaints: string[] = [];
let left = kills;
for (const [place, kind] of KINDS.entries()) {
  const count = place === KINDS.length - 1 ? left : Math.min(left, Math.round(kills * kind.share));
  left -= count;
  if (count > 0) complaints.push(...(await campaign(kind, count)));
}
rmSync(directory, { recursive: true, force: true });
process.stdout.write(
  `${complaints.map((one) => `${one}\n`).join('')}${complaints.length === 0 ? `${kills} kills: all files whole, all resumed to the same bytes\n` : ''}`,
);
process.exitCode = complaints.length === 0 ? 0 : 1;
