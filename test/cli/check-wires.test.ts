/** `--check` asks who listens on the wires, too; the run does not notice. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { whyNoWires } from '#experiment';
import { parseSource, scenarioFrom } from '#scenario';
import { DurableLog } from '../../src/etcd/raft/log.ts';
import { NONE } from '../../src/etcd/raft/message.ts';
import { inProcess } from './command.ts';

const directory = mkdtempSync(join(tmpdir(), 'wavetank-wires-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
afterEach(() => vi.restoreAllMocks());

const text = (more = '') => `name: small
duration: 30s
cluster: { nodes: 2, etcd: { members: 3 } }
workload:
  - deployments: { count: 1, replicas: 2, start: 10s }
${more}`;
const file = join(directory, 'scenario.yaml');
writeFileSync(file, text());
const out = join(directory, 'out');
const run = (...more: readonly string[]) => inProcess('run', file, '--quiet', '--check', '--out', out, ...more);
const digest = (): string => (JSON.parse(readFileSync(join(out, 'result.json'), 'utf8')) as { digest: string }).digest;

describe('--check', () => {
  it('asks more where all runs in one thread, and the digest is the same', async () => {
    const wires = await run();
    const withWires = digest();
    const threads = await run('--shards', '1');
    expect(digest()).toBe(withWires);
    expect([wires.code, threads.code]).toEqual([0, 0]);
    const count = (said: string): number => Number(/(\d+) invariants, \d+ changes: all hold/.exec(said)?.[1]);
    expect(count(wires.out)).toBeGreaterThan(count(threads.out) + 10);
    expect(wires.out).not.toContain('were not asked');
    expect(threads.out).toContain('those on the wires were not asked: with --shards 1 nobody hears all of them');
  });

  it('tells of what is wrong on a wire only', async () => {
    const save = DurableLog.prototype.save;
    vi.spyOn(DurableLog.prototype, 'save').mockImplementation(function (this: DurableLog, ready) {
      save.call(this, ready.hard === undefined ? ready : { ...ready, hard: { ...ready.hard, vote: NONE } });
    });
    const { code, err } = await run();
    expect(err).toMatch(/^R7 violated at \d\.\d{3} s: member \d votes for \d in term 1; its disk says -1 in term 1 \(votes, terms/m);
    expect(code).toBe(1);
  });

  it('says why it does not ask of wires where etcd has no one history', () => {
    const why = (more: string) => whyNoWires(scenarioFrom(parseSource(text(more), 'x')), 0);
    expect(why('')).toBeUndefined();
    expect(why('faults: [{ loseEtcdDisk: { at: 5s, for: 3s } }]')).toBe('loseEtcdDisk falsifies what etcd has stored');
    expect(why('  - etcdctl: { do: snapshot, at: 5s }\n  - etcdctl: { do: restore, at: 9s }')).toBe('etcd is restored from a snapshot');
  });
});
