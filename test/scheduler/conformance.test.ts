/** Every recorded decision and sequence of a real kube-scheduler v1.34.3, by the plugins and by the columns that stand in for them. */

import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { judgeSchedulerVector, readSchedulerVector, SchedulerVectorError } from '#scheduler';

const folder = new URL('../../../shared/vectors/scheduler/', import.meta.url);
const isHere = existsSync(folder);
const linesOf = (name: string): string[] =>
  gunzipSync(readFileSync(new URL(name, folder)))
    .toString('utf8')
    .trim()
    .split('\n');

describe.skipIf(!isHere)('recorded decisions (skipped where ../shared is absent)', () => {
  it.each(['public.jsonl.gz', 'public-sequences.jsonl.gz'])(
    '%s: none differs',
    (name) => {
      const differing = linesOf(name)
        .map((line) => readSchedulerVector(JSON.parse(line)))
        .flatMap((vector) => judgeSchedulerVector(vector).map((text) => `${vector.id}: ${text}`));
      expect(differing).toEqual([]);
    },
    120_000,
  );
});

describe('odd decisions and sequences', () => {
  // Random clusters with many features in one pod (host ports by address, sidecars and pod-level resources, zones of volumes, device claims, nominees, budgets),
  // decided by kube-scheduler v1.34.3's own framework and plugins, in the form of the recordings above; and pods one after another, most with preemption.
  it.each([
    ['odd-decisions.jsonl.gz', 200],
    ['odd-sequences.jsonl.gz', 100],
  ])('%s: come out as the real scheduler decided them', (name, least) => {
    const lines = gunzipSync(readFileSync(new URL(name, import.meta.url)))
      .toString('utf8')
      .trim()
      .split('\n');
    const differing = lines
      .map((line) => readSchedulerVector(JSON.parse(line)))
      .flatMap((vector) => judgeSchedulerVector(vector).map((text) => `${vector.id}: ${text}`));
    expect(lines.length).toBeGreaterThan(least);
    expect(differing).toEqual([]);
  });
});

describe('readSchedulerVector', () => {
  const node = { metadata: { name: 'n' }, status: { allocatable: { cpu: '1' } } };
  const pending = { metadata: { name: 'p' }, spec: { containers: [{ name: 'c' }] } };

  it('says where a line is broken', () => {
    const faults: [unknown, string][] = [
      [7, 'line: expected an object'],
      [{ id: 'x' }, 'nodes: expected a list'],
      [{ id: 'x', nodes: [{}] }, 'nodes[0].metadata: expected an object'],
      [
        { id: 'x', nodes: [{ ...node, status: { allocatable: { cpu: 'many' } } }] },
        'nodes[0].status.allocatable.cpu: "many" is not a quantity',
      ],
      [{ id: 'x', nodes: [node], pending: { metadata: { name: 'p' } } }, 'pending.spec: expected an object'],
      [{ id: 'x', nodes: [node], mode: 'sideways' }, 'mode: "sideways" is none of all, preempt, adaptive'],
      [{ id: 'x', nodes: [node], mode: 'all', pending: [pending], expect: [] }, 'expect: 0 steps for 1 pods'],
    ];
    for (const [line, text] of faults) expect(() => readSchedulerVector(line)).toThrow(new SchedulerVectorError(text));
  });

  it('tells a wrong decision from a broken line', () => {
    const vector = readSchedulerVector({ id: 'x', nodes: [node], pending, expect: { nodeOrder: ['other'], nodes: {}, best: [] } });
    expect(judgeSchedulerVector(vector)).toContain('nodeOrder: expected ["other"], got ["n"]');
  });
});
