import { describe, expect, it } from 'vitest';
import type { Node } from '#api';
// The events are an inner matter of the scheduler's.
import { nodeChanges } from '../../src/scheduler/cluster-events.ts';

const node = (spec: object, labels: Record<string, string> = {}, allocatable: object = { cpu: '4' }): Node =>
  ({ metadata: { name: 'n', labels }, spec, status: { allocatable } }) as unknown as Node;
const labelsOf = (before: Node, after: Node): string[] => nodeChanges(before, after).map((event) => event.label);

describe('nodeChanges', () => {
  it('is silent about heartbeats', () => expect(labelsOf(node({}), node({}))).toEqual([]));
  it('is silent about being cordoned, and about amounts written otherwise', () => {
    expect(labelsOf(node({}), node({ unschedulable: true }))).toEqual([]);
    expect(labelsOf(node({}, {}, { cpu: '4' }), node({}, {}, { cpu: '4000m' }))).toEqual([]);
  });
  it('counts the end of a cordon as a taint', () => {
    expect(labelsOf(node({ unschedulable: true }), node({}))).toEqual(['NodeUpdateNodeTaint']);
    expect(labelsOf(node({}), node({ taints: [{ key: 'k', effect: 'NoSchedule' }] }))).toEqual(['NodeUpdateNodeTaint']);
  });
  it('names everything that changed at once', () =>
    expect(labelsOf(node({ unschedulable: true }, { a: '1' }), node({}, { a: '2' }, { cpu: '8' }))).toEqual([
      'NodeUpdateNodeTaint',
      'NodeUpdateNodeAllocatable',
      'NodeUpdateNodeLabel',
    ]));
});
