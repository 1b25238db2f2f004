/** A saboteur's traces and vectors: one clear line with file and line, code 2, and nothing is written. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { inProcess } from './command.ts';

const directory = mkdtempSync(join(tmpdir(), 'wavetank-trace-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const NODES = 'sn,cpu_milli,memory_mib,gpu,model\nn-0,64000,262144,2,P100\nn-1,64000,262144,2,P100\n';
const PODS =
  'name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time\n' +
  'p-0,1000,1024,1,1000,,LS,Running,0,100,0\np-1,1000,1024,0,0,,BE,Running,10,90,10\n';

async function replay(
  nodes: string | Buffer,
  pods: string | Buffer,
  name = 'csv',
): Promise<{ code: number | string | undefined; text: string }> {
  const files = [join(directory, `nodes.${name}`), join(directory, `pods.${name}`)] as const;
  writeFileSync(files[0], nodes);
  writeFileSync(files[1], pods);
  const out = join(directory, 'out');
  const { code, err } = await inProcess('replay', 'openb', '--nodes', files[0], '--pods', files[1], '--out', out);
  expect(existsSync(out)).toBe(false);
  return { code, text: err };
}

describe('replay openb', () => {
  const changed = (text: string, from: string, to: string): string => {
    expect(text).toContain(from);
    return text.replace(from, to);
  };
  test.each([
    ['a column of the nodes that is missing', changed(NODES, 'cpu_milli', 'cpus'), PODS, /nodes\.csv:1.*'cpu_milli'/],
    ['a column of the pods that is missing', NODES, changed(PODS, 'num_gpu', 'gpus'), /pods\.csv:1.*'num_gpu'/],
    ['NaN', NODES, changed(PODS, 'p-1,1000', 'p-1,NaN'), /pods\.csv:3.*cpu_milli.*'NaN'/],
    ['a negative amount', changed(NODES, 'n-1,64000', 'n-1,-64000'), PODS, /nodes\.csv:3.*'cpu_milli' must not be negative, found -64000/],
    ['an amount that is missing', NODES, changed(PODS, 'p-1,1000,1024', 'p-1,1000,'), /pods\.csv:3.*memory_mib/],
    ['a row that ends early', NODES, changed(PODS, 'p-1,1000,1024,0,0,,BE,Running,10,90,10', 'p-1,1000'), /pods\.csv:3/],
    ['two nodes of one name', changed(NODES, 'n-1', 'n-0'), PODS, /nodes\.csv:3.*'n-0' stands already in line 2/],
    ['two pods of one name', NODES, changed(PODS, 'p-1', 'p-0'), /pods\.csv:3.*'p-0' stands already in line 2/],
    ['a pod that leaves before it comes', NODES, changed(PODS, '10,90', '10,9'), /pods\.csv:3.*deletion_time 9 is before creation_time 10/],
    ['no rows', NODES, PODS.slice(0, PODS.indexOf('\n') + 1), /pods\.csv/],
    ['an empty file', '', PODS, /nodes\.csv/],
  ])('%s', async (_what, nodes, pods, says) => {
    const { code, text } = await replay(nodes, pods);
    expect(text).toMatch(says);
    expect(text.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
  });

  test('gzip that breaks off', async () => {
    const whole = gzipSync(PODS);
    const { code, text } = await replay(gzipSync(NODES), whole.subarray(0, whole.length - 12), 'csv.gz');
    expect(text).toMatch(/pods\.csv\.gz/);
    expect(text).not.toMatch(/at .*\(.*:\d+:\d+\)/);
    expect(code).toBe(2);
  });
});

test.each([['etcd'], ['history']])('conformance %s: a pipe that nobody fills is refused, not waited for', async (kind) => {
  const file = join(directory, `fifo-${kind}.jsonl`);
  execFileSync('mkfifo', [file]);
  const { code, err } = await inProcess('conformance', kind, file);
  expect(err).toMatch(/fifo-.*is not a regular file/);
  expect(code).toBe(2);
});
