/** `wavetank conformance` and `calibrate` over small recordings of the test's own: verdicts, JSON, and Ctrl-C. */

import { existsSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { inProcess, interrupted, ROOT } from './command.ts';
import { folder } from './studies.ts';

const place = folder();
afterAll(() => place.remove());

const put = (seq: number, revision: number): string =>
  JSON.stringify({
    seq,
    profile: 'kv',
    seed: 1,
    etcd: '3.6.7',
    ops: [{ i: 0, op: 'put', req: { key: 'a', value: 'b' }, resp: { header: { raft_term: 2, revision } } }],
  });
const sequences = place.file('sequences.jsonl', `${put(0, 2)}\n\n${put(1, 3)}\n`);
const read = (id: number, value: string): string =>
  JSON.stringify({
    id,
    origin: 'a test',
    verdict: 'ok',
    ops: [
      { c: 0, call: 1, ret: 2, op: 'put', k: 'a', v: '1', rev: 2 },
      { c: 1, call: 3, ret: 4, op: 'get', k: 'a', rev: 2, ok: true, gv: value, gm: 2 },
    ],
  });
const histories = place.file('histories.jsonl', `${read(0, '1')}\n${read(1, '2')}\n`);

describe('wavetank conformance', () => {
  test('says of each case what became of it, for people and as JSON', async () => {
    const text = await inProcess('conformance', 'etcd', sequences);
    expect(text).toMatchObject({ code: 1, err: '' });
    expect(text.out).toMatch(/^FAIL {2}sequence 1 \(kv\), step 0 put: .*\nkv +1 of 2 sequences alike, 2 steps\n1 passed, 1 failed\n$/s);
    const json = await inProcess('conformance', 'etcd', sequences, '--json');
    expect(json).toMatchObject({ code: 1, err: '' });
    expect(JSON.parse(json.out)).toMatchObject({
      format: 'wavetank-conformance/1',
      kind: 'etcd',
      members: 1,
      partial: false,
      total: 2,
      passed: 1,
      failed: 1,
      cases: [
        { id: 'sequence 0 (kv)', pass: true, details: [], line: 1 },
        { id: 'sequence 1 (kv)', pass: false, details: [expect.stringContaining('step 0 put')], file: sequences, line: 3 },
      ],
    });
  });

  test('judges histories', async () => {
    const { code, out } = await inProcess('conformance', 'history', histories, '--quiet');
    expect(code).toBe(1);
    expect(out).toMatch(/^pass {2}history 0 .*\nFAIL {2}history 1 .*illegal, recorded as ok.*\n1 passed, 1 failed\n$/);
  });

  test('prints what was judged when it is interrupted', async () => {
    const many = place.file('many.jsonl', Array.from({ length: 4_000 }, (_, i) => put(i, 2)).join('\n'));
    const text = await interrupted('conformance', 'etcd', many);
    expect(text.code).toBe(130);
    expect(text.err).toContain('stopping: what was judged so far will be printed');
    expect(text.out).toMatch(/partial: interrupted after (\d+) of 4000 sequences\n\1 passed, 0 failed\n$/);
    const json = await interrupted('conformance', 'etcd', many, '--json');
    expect(json.code).toBe(130);
    expect(JSON.parse(json.out)).toMatchObject({ partial: true, total: 4_000, failed: 0 });
  });
});

const calibration = `${ROOT}../shared/calibration/etcd.json`;
describe.skipIf(!existsSync(calibration))('wavetank calibrate (skipped where ../shared/calibration is absent)', () => {
  test('prints the lines so far when it is interrupted', async () => {
    const { code, out } = await interrupted('calibrate', calibration, '--json');
    expect(code).toBe(130);
    const found = JSON.parse(out) as { readonly partial: boolean; readonly rows: readonly unknown[] };
    expect(found.partial).toBe(true);
    expect(found.rows.length).toBeLessThan(23);
  });
});
