/** Sequences recorded from a real etcd 3.6.7: every answer, error text and watch batch is alike. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { playSequence, type RecordedSequence, readSequence, ServerGroup, SingleServer, VectorError } from '#etcd';
import { readJsonLines } from '../../src/cli/json-lines.ts';

const vectors = fileURLToPath(new URL('../../../shared/vectors/etcd/sequences.jsonl.gz', import.meta.url));

describe.skipIf(!existsSync(vectors))('recorded sequences (skipped where ../shared/vectors is absent)', () => {
  it.each([1, 3])('play alike on a group of %i, all of them', async (members) => {
    const differences: unknown[] = [];
    let count = 0;
    for await (const { value } of readJsonLines(vectors)) {
      const sequence = readSequence(value);
      count += 1;
      const wrong = playSequence(sequence, members === 1 ? new SingleServer() : new ServerGroup(members));
      if (wrong !== undefined) differences.push({ sequence: sequence.seq, ...wrong });
    }
    expect(differences).toEqual([]);
    expect(count).toBe(80);
  });
});

describe('the judge', () => {
  const play = (ops: unknown[]) => playSequence(readSequence({ seq: 0, ops }) as RecordedSequence, new SingleServer());
  const put = { op: 'put', req: { key: 'a', value: '1' }, resp: { header: { revision: 2, raft_term: 2 } } };

  it('sees a wrong revision, a wrong text and a watch message that never came', () => {
    expect(play([put])).toBeUndefined();
    expect(play([{ ...put, i: 7, resp: { header: { revision: 3, raft_term: 2 } } }])).toEqual({
      step: 7,
      op: 'put',
      detail: 'resp.header.revision: expected 3, found 2',
    });
    const err = { code: 'InvalidArgument', n: 3, msg: 'etcdserver: key is not provided?' };
    expect(play([{ op: 'put', req: {}, err }])?.detail).toContain('err.msg');
    expect(play([{ ...put, watch: [{ stream: 0, resp: {} }] }])?.detail).toContain('watch[0]');
  });

  it('names the field of a malformed vector', () => {
    const read = (value: unknown) => () => readSequence(value);
    expect(read([])).toThrow(VectorError);
    expect(read({ seq: 1 })).toThrow('ops: expected a list, found nothing');
    expect(read({ seq: 1, ops: [{ op: 'frobnicate' }] })).toThrow('ops[0].op: expected a known operation, found "frobnicate"');
    expect(read({ seq: 1, ops: [{ op: 'range', req: { limit: 'x' } }] })).toThrow('ops[0].req.limit: expected a whole number, found "x"');
  });

  const ok = { header: { revision: 1 } };
  it.each([
    [
      { op: 'put', req: { keyy: 'a' }, resp: ok },
      'ops[0].req.keyy: is unknown; expected key, value, lease, prev_kv, ignore_value, ignore_lease',
    ],
    [{ op: 'put', req: { key: 5 }, resp: ok }, 'ops[0].req.key: expected a string, found 5'],
    [{ op: 'put', req: { key: '\u4e2d' }, resp: ok }, 'ops[0].req.key: expected one byte a character (latin-1), found "\u4e2d"'],
    [{ op: 'range', req: { key: 'a', sort_order: 'UP' }, resp: ok }, 'ops[0].req.sort_order: expected NONE, ASCEND, DESCEND, found "UP"'],
    [{ op: 'txn', req: { success: [{ request_frob: {} }] }, resp: ok }, 'ops[0].req.success[0].request_frob: is unknown'],
    [{ op: 'txn', req: { failure: [{}] }, resp: ok }, 'ops[0].req.failure[0]: expected exactly one request, found {}'],
    [
      { op: 'txn', req: { success: [{ request_txn: { compare: [{ key: 'a', target: 'X' }] } }] }, resp: ok },
      'ops[0].req.success[0].request_txn.compare[0].target: expected VERSION, CREATE, MOD, VALUE, LEASE, found "X"',
    ],
    [{ op: 'put', req: { key: 'a' } }, 'ops[0].resp: expected an answer (or err), found nothing'],
    [{ op: 'put', req: { key: 'a' }, err: { code: 'X', msg: '' } }, 'ops[0].err.n: expected the number of a gRPC status, found nothing'],
    [{ op: 'bulk_put', req: { n: -4 } }, 'ops[0].req.n: expected a whole number above 0, found -4'],
    [{ op: 'watch_create', req: { stream: 0 }, watch: [{ resp: {} }] }, 'ops[0].watch[0].stream: expected a whole number, found nothing'],
    [{ i: 'x', op: 'kill_restart' }, 'ops[0].i: expected a whole number, found "x"'],
  ])('refuses %j', (step, message) => {
    expect(() => readSequence({ seq: 1, ops: [step] })).toThrow(message);
  });
});
