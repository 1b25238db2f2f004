/** `--record-history`: what a run's API servers asked of etcd while its leaders were killed is linearizable; and the record would show it if it were not. */

import { describe, expect, test } from 'vitest';
import {
  type FinishedRun,
  historyLines,
  judgeHistory,
  type RecordedHistory,
  readHistory,
  runInThisProcess,
  runScenario,
} from '#experiment';
import { parseSource, scenarioFrom } from '#scenario';

const SCENARIO = `name: history
duration: 40s
cluster:
  nodes: 1
  apiServers: { count: 2 }
  etcd: { members: 3 }
workload:
  - apiLoad:
      name: registers
      clients: 6
      objects: 3
      objectBytes: 64B
      requestsPerSecond: { get: 50, update: 40, patch: 20, create: 2, delete: 2 }
      start: 4s
faults:
  - killEtcdLeader: { at: 8s, for: 6s }
  - killEtcdLeader: { at: 16s, for: 5s, machine: true }
  - partitionEtcdMember: { at: 24s, for: 5s, member: 1 }
  - killEtcdLeader: { at: 32s, for: 4s }
`;

async function run(recordHistory: boolean): Promise<FinishedRun> {
  const scenario = scenarioFrom(parseSource(SCENARIO, 'history.yaml'));
  return runScenario(scenario, { seed: 1, shards: 0, runner: runInThisProcess, version: 'test', world: { recordHistory } });
}

const histories = (lines: string): RecordedHistory[] =>
  lines
    .trimEnd()
    .split('\n')
    .map((line) => readHistory(JSON.parse(line)));

describe('the history of a run whose etcd leaders are killed', { timeout: 120_000 }, () => {
  test('is linearizable, holds calls of unknown outcome, and a value read too late in it would be found', async () => {
    const { run: outcome, result } = await run(true);
    expect(result.marks.filter(({ name }) => name === 'etcd leader').length).toBeGreaterThanOrEqual(4);
    const recorded = histories(historyLines(outcome.recorded, 'test'));
    const registers = recorded.filter(({ id }) => /\/registers-\d$/.test(id));
    expect(registers.length).toBe(3);
    expect(recorded.map(({ id, ops }) => [id, judgeHistory(ops).verdict]).filter(([, verdict]) => verdict !== 'ok')).toEqual([]);
    expect(registers.flatMap(({ ops }) => ops).filter(({ ret }) => ret === undefined).length).toBeGreaterThan(0);

    // A read at the end of the quiet time before the first fault is answered with what the first read saw.
    const ops = (registers[0] as RecordedHistory).ops.filter(({ ret }) => ret !== undefined && ret < 7e9);
    const reads = ops.filter(({ op, ok, ret }) => op === 'get' && ok && ret !== undefined);
    const [first, last] = [reads[0], reads[reads.length - 1]];
    ops[ops.indexOf(last as (typeof ops)[number])] = { ...(last as (typeof ops)[number]), gv: first?.gv, gm: first?.gm };
    expect(judgeHistory(ops).verdict).toBe('illegal');
  });

  test('costs the run nothing: the digest is that of a run without it', async () => {
    const [with_, without] = [await run(true), await run(false)];
    expect(with_.result.digest).toBe(without.result.digest);
    expect(historyLines(without.run.recorded, 'test')).toBe('');
  });
});
