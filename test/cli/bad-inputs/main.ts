/** `npm run fuzz:inputs -- [cases] [first]`: generated bad inputs, one after the other in this process. Prints what is wrong with the answer to each; exit 1 if anything is. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { badCase, complaint } from './cases.ts';
import { isSafe, runCase } from './run-case.ts';

const [cases = 750, first = 0] = process.argv.slice(2).map(Number);
const folder = join(mkdtempSync(join(tmpdir(), 'wavetank-inputs-')), 'case');
process.chdir(mkdtempSync(join(tmpdir(), 'wavetank-inputs-here-')));
let [done, wrong] = [0, 0];
const codes = new Map<unknown, number>();
for (let number = first; number < first + cases; number++) {
  const bad = badCase(number, folder);
  if (!isSafe(bad.args)) continue;
  const began = process.cpuUsage();
  const outcome = await runCase(bad.args);
  const { user, system } = process.cpuUsage(began);
  const seconds = (user + system) / 1e6;
  const found = complaint(bad, outcome, folder) ?? (seconds > 10 ? `took ${seconds.toFixed(1)} s of CPU time` : undefined);
  codes.set(outcome.code, (codes.get(outcome.code) ?? 0) + 1);
  done++;
  if (found === undefined) continue;
  wrong++;
  process.stdout.write(
    `case ${number}, ${bad.what}: ${found}\n  ${JSON.stringify(bad.args).slice(0, 300)}\n  ${outcome.err.slice(0, 600).replaceAll('\n', '\n  ')}\n`,
  );
}
rmSync(folder, { recursive: true, force: true });
const ends = [...codes].map(([code, count]) => `${count} with ${code}`).join(', ');
process.stdout.write(`${done} bad inputs: ${wrong === 0 ? 'each answered in words' : `${wrong} answered badly`} (ended: ${ends})\n`);
process.exit(wrong === 0 ? 0 : 1);
