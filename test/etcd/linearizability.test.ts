/** The checker against recorded verdicts, and against a dumb twin that tries every order. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type HistoryOperation, judgeHistory, readHistory } from '#etcd';
import { readJsonLines } from '../../src/cli/json-lines.ts';

const vectors = fileURLToPath(new URL('../../../shared/vectors/etcd/histories.jsonl.gz', import.meta.url));

describe.skipIf(!existsSync(vectors))('recorded histories (skipped where ../shared/vectors is absent)', () => {
  it('get the recorded verdict, all of them', async () => {
    const wrong: unknown[] = [];
    let count = 0;
    for await (const { value } of readJsonLines(vectors)) {
      const history = readHistory(value);
      count += 1;
      const { verdict } = judgeHistory(history.ops);
      if (verdict !== history.verdict) wrong.push([history.id, verdict]);
    }
    expect(wrong).toEqual([]);
    expect(count).toBe(29);
  });
});

/** Tries every order of the calls, with every choice of which unknown ones happened. */
function possible(left: readonly HistoryOperation[], revision: number, keys: ReadonlyMap<string, { v: string; mod: number }>): boolean {
  if (left.every(({ ret }) => ret === undefined)) return true;
  const firstReturn = Math.min(...left.map(({ ret }) => ret ?? Number.POSITIVE_INFINITY));
  return left.some((operation) => {
    if (operation.call > firstReturn) return false;
    const { op, k, v, exp, ok, gv, gm, rev, ret } = operation;
    const rest = left.filter((each) => each !== operation);
    const now = keys.get(k);
    const done = op === 'put' || (op === 'cas' ? (now?.mod ?? 0) === exp : op === 'del' && now !== undefined);
    const next = new Map(keys);
    if (done && op === 'del') next.delete(k);
    else if (done) next.set(k, { v: v as string, mod: revision + 1 });
    const after = done ? revision + 1 : revision;
    if (ret !== undefined) {
      if (rev !== undefined && rev !== after) return false;
      if (op === 'get' && (ok !== (now !== undefined) || (ok && (gv !== now?.v || gm !== now?.mod)))) return false;
      if ((op === 'cas' || op === 'del') && ok !== done) return false;
    }
    return possible(rest, after, next);
  });
}

const call = fc.record({
  op: fc.constantFrom('put' as const, 'get' as const, 'cas' as const, 'del' as const),
  k: fc.constantFrom('a', 'b'),
  at: fc.integer({ min: 0, max: 12 }),
  lasts: fc.integer({ min: 1, max: 6 }),
  point: fc.double({ min: 0, max: 1, noNaN: true }),
  unknown: fc.integer({ min: 0, max: 4 }),
  happened: fc.boolean(),
  guess: fc.integer({ min: 0, max: 3 }),
  bend: fc.integer({ min: 0, max: 9 }),
});

/** Executes the calls at points within their spans, then bends a few answers. */
function history(calls: readonly (typeof call extends fc.Arbitrary<infer T> ? T : never)[], withRevisions: boolean): HistoryOperation[] {
  let revision = 1;
  const keys = new Map<string, { v: string; mod: number }>();
  const order = calls
    .map((each, c) => ({ ...each, c, when: each.at + each.lasts * each.point }))
    .sort((x, y) => x.when - y.when || x.c - y.c);
  return order.map(({ op, k, at, lasts, unknown, happened, guess, bend, c }) => {
    const now = keys.get(k);
    const exp = op === 'cas' ? (guess === 0 ? 0 : (now?.mod ?? 0)) : 0;
    const takes = unknown > 0 || happened;
    const done = takes && (op === 'put' || (op === 'cas' ? (now?.mod ?? 0) === exp : op === 'del' && now !== undefined));
    if (done) revision += 1;
    if (done && op === 'del') keys.delete(k);
    else if (done) keys.set(k, { v: `v${c}`, mod: revision });
    const found = op === 'get' ? now : undefined;
    const bent = bend === 0 ? 1 : 0;
    const base = { c, call: at, op, k, v: op === 'put' || op === 'cas' ? `v${c}` : undefined, exp };
    if (unknown === 0) return { ...base, ret: undefined, rev: undefined, ok: false, gv: undefined, gm: undefined };
    const rev = withRevisions ? revision + bent : undefined;
    return { ...base, ret: at + lasts, rev, ok: op === 'get' ? found !== undefined : done && op !== 'put', gv: found?.v, gm: found?.mod };
  });
}

describe('judgeHistory', () => {
  it('agrees with trying every order', () => {
    const seen = { ok: 0, illegal: 0, undecided: 0 };
    fc.assert(
      fc.property(fc.array(call, { minLength: 1, maxLength: 7 }), fc.boolean(), (calls, withRevisions) => {
        const operations = history(calls, withRevisions);
        const { verdict } = judgeHistory(operations);
        seen[verdict] += 1;
        expect(verdict).toBe(possible(operations, 1, new Map()) ? 'ok' : 'illegal');
      }),
      { numRuns: 1500, seed: 42 },
    );
    expect(seen.ok).toBeGreaterThan(100);
    expect(seen.illegal).toBeGreaterThan(100);
  });

  it('sees a read of the old value after the new one was read', () => {
    const base = { exp: 0, rev: undefined, ok: true, v: undefined, gv: undefined, gm: undefined, k: 'a' };
    const put = (c: number, at: number, v: string): HistoryOperation => ({ ...base, c, call: at, ret: at + 1, op: 'put', v });
    const get = (c: number, at: number, gv: string): HistoryOperation => ({ ...base, c, call: at, ret: at + 1, op: 'get', gv });
    expect(judgeHistory([put(0, 0, '1'), put(0, 2, '2'), get(1, 4, '2')]).verdict).toBe('ok');
    expect(judgeHistory([put(0, 0, '1'), put(0, 2, '2'), get(1, 4, '2'), get(1, 6, '1')]).verdict).toBe('illegal');
  });

  it('names the field of a malformed history', () => {
    const read = (op: object) => () => readHistory({ id: 1, ops: [op] });
    expect(read({ c: 0, call: 5, ret: 3, op: 'del', k: 'a' })).toThrow('ops[0].ret: expected an instant at or after its call, found 3');
    expect(read({ c: 0, call: 5, ret: 6, op: 'put', k: 'a' })).toThrow('ops[0].v: expected a string, found nothing');
    expect(read({ c: 0, call: 'x', ret: 6, op: 'get', k: 'a' })).toThrow('ops[0].call: expected a number, found "x"');
  });
});
