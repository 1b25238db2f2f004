/** Decisions taken apart, held against recordings of a real kube-scheduler v1.34.3: every node's verdict, scores and total. */

import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { explainDecision, type NodeVerdict, nodeClasses, Profile, readSchedulerVector } from '#scheduler';
import { type DecisionVector, handleOf } from '../../src/scheduler/conformance/vector.ts';

const file = new URL('../../../shared/vectors/scheduler/public.jsonl.gz', import.meta.url);
const CODES: Readonly<Record<string, string>> = { Unschedulable: 'U', UnschedulableAndUnresolvable: 'UU' };

/** What the recording says of a node, in the recording's form. */
function recorded(name: string, { expect: expected }: DecisionVector): unknown {
  const { plugin, code, reasons, scores, total } = expected.nodes?.[name] ?? {};
  return scores === undefined ? { plugin, code, reasons } : { scores, total };
}

function ours({ verdict, plugin, code, reasons, scores, total }: NodeVerdict): unknown {
  if (verdict !== 'fits') return { plugin, code: CODES[code ?? ''] ?? code, reasons };
  return { scores: scores?.map(({ score }) => score), total };
}

describe.skipIf(!existsSync(file))('recorded decisions (skipped where ../shared is absent)', () => {
  it('have the same verdict, scores, total and best set on every node', () => {
    const lines = gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n');
    let nodes = 0;
    for (const line of lines) {
      const vector = readSchedulerVector(JSON.parse(line)) as DecisionVector;
      const { expect: expected, pending, id } = vector;
      if (expected.gated !== undefined || expected.preFilter !== undefined) continue;
      const profile = new Profile();
      const decision = explainDecision(profile, handleOf(profile, vector), pending, { start: 0, percentage: 100 });
      const rows = decision.nodes.filter(({ node }) => expected.nodes?.[node] !== undefined);
      expect({ id, rows: rows.map((row) => [row.node, ours(row)]) }).toEqual({
        id,
        rows: rows.map(({ node }) => [node, recorded(node, vector)]),
      });
      expect({ id, best: decision.best }).toEqual({ id, best: expected.best ?? [] });
      if (decision.feasible > 0)
        expect({ id, names: decision.nodes.find(({ scores }) => scores !== undefined)?.scores?.map(({ plugin }) => plugin) }).toEqual({
          id,
          names: expected.scorePlugins,
        });
      nodes += rows.length;
    }
    expect(nodes).toBeGreaterThan(1000);
  }, 60_000);
});

describe('classes of nodes', () => {
  const fits = (node: string, raw: number, total: number): NodeVerdict => ({
    node,
    verdict: 'fits',
    scores: [{ plugin: 'P', weight: 1, raw, score: total }],
    total,
  });
  const refused = (node: string, reason: string): NodeVerdict => ({
    node,
    verdict: 'rejected',
    plugin: 'F',
    code: 'Unschedulable',
    reasons: [reason],
  });

  it('gather what is alike, the best first, then what was refused, then what was not looked at', () => {
    const rest: NodeVerdict[] = [{ node: 'h', verdict: 'not looked at' }];
    const classes = nodeClasses([
      refused('a', 'x'),
      fits('b', 1, 5),
      fits('c', 2, 9),
      refused('d', 'y'),
      refused('e', 'y'),
      fits('f', 2, 9),
      fits('g', 3, 9),
      ...rest,
    ]);
    expect(classes.map(({ nodes, verdict }) => `${verdict}: ${nodes.join(' ')}`)).toEqual([
      'fits: c f',
      'fits: g',
      'fits: b',
      'rejected: d e',
      'rejected: a',
      'not looked at: h',
    ]);
  });
});
