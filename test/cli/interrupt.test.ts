/** Ctrl-C keeps what there is, marked partial, and says so by its exit code. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { asProcess, ROOT, whenItIs } from './command.ts';

test.each([['0'], ['2']])('on %s shards', async (shards) => {
  const out = mkdtempSync(join(tmpdir(), 'wavetank-interrupt-'));
  try {
    const { code, err } = await asProcess(
      [
        'run',
        `${ROOT}scenarios/first-light.yaml`,
        '--set',
        'duration=20000h',
        '--set',
        'bucket=1h',
        '--checkpoint-every',
        '100ms',
        '--shards',
        shards,
        '--out',
        out,
        '--quiet',
      ],
      // Its first checkpoint says that the run is under way.
      {
        patience: 50_000,
        meanwhile: (kill) =>
          whenItIs(
            () => existsSync(join(out, 'life.json')),
            () => kill('SIGINT'),
          ),
      },
    );
    expect(err).toMatch(/first-light: interrupted at [\d.]+ s of simulated time\n$/);
    expect(code).toBe(130);
    const result = JSON.parse(readFileSync(join(out, 'result.json'), 'utf8')) as { partial: boolean; simulatedSeconds: number };
    expect(result.partial).toBe(true);
    expect(result.simulatedSeconds).toBeLessThan(72_000_000);
    expect(readdirSync(out).sort(), 'neither lock nor temporary files').toEqual([
      'explain.gz',
      'life.json',
      'report.html',
      'result.json',
      'spans.jsonl.gz',
    ]);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
});
