import { describe, expect, it } from 'vitest';
import { comparison, finalState, historyOf, type Seen, stateDifferences } from '#experiment';

// biome-ignore lint/suspicious/noExplicitAny: objects only as far as they are read.
type Any = any;
const add = (resource: string, object: Any): Seen => ({ at: 1, type: 'add', resource, object });
const pod = (name: string, uid: string, ready: string): Any => ({
  metadata: {
    name,
    uid,
    namespace: 'default',
    labels: { app: 'web' },
    creationTimestamp: `t${uid}`,
    ownerReferences: [{ kind: 'ReplicaSet' }],
  },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready }] },
});
const state = (...seen: readonly Seen[]) => finalState(historyOf(seen, 100));

describe('the final state', () => {
  it('is the same whatever pods are called, when they came and in which order', () => {
    const one = state(add('pods', pod('web-x', '1', 'True')), add('pods', pod('web-y', '2', 'False')));
    const other = state(add('pods', pod('web-z', '9', 'False')), add('pods', pod('web-q', '8', 'True')));
    expect(stateDifferences(one, other)).toEqual([]);
    expect(one).toEqual([
      'pods of ReplicaSet default/web: Running ready=false x1',
      'pods of ReplicaSet default/web: Running ready=true x1',
    ]);
  });

  it('tells what is missing and what is there instead', () => {
    const one = state(add('pods', pod('web-x', '1', 'True')));
    const other = state(add('pods', pod('web-x', '1', 'False')));
    expect(stateDifferences(one, other)).toEqual([
      '- pods of ReplicaSet default/web: Running ready=true x1',
      '+ pods of ReplicaSet default/web: Running ready=false x1',
    ]);
  });

  it('counts how many Jobs succeeded, not how many of their pods failed on the way', () => {
    const job = (failed: number) =>
      add('jobs.batch', {
        metadata: { name: 'j', namespace: 'default' },
        status: { succeeded: 3, failed, conditions: [{ type: 'Complete', status: 'True' }] },
      });
    expect(stateDifferences(state(job(0)), state(job(4)))).toEqual([]);
  });
});

describe('the comparison with the run without faults', () => {
  const run = (finalState: readonly string[], quiet: number, restless: readonly string[] = []) => ({
    simulatedSeconds: 600,
    audit: { finalState, quietFor: quiet * 1e6, restless },
  });
  const of = (judged: Parameters<typeof comparison>[1]) => comparison(run(['a'], 300), judged).map(({ id, message }) => `${id} ${message}`);

  it('asks for the same end, and for rest', () => {
    expect(of(run(['a'], 300))).toEqual([]);
    expect(of(run(['b'], 300))).toEqual(['V1 at rest, but not where the run without faults ended: - a; + b']);
    expect(of(run(['b'], 10, ['pods/x 2 times']))[0]).toContain('V2 not at rest at the end (10 s quiet), nor where');
    expect(of(run(['a'], 10, ['pods/x 2 times', 'pods/y 1 times']))).toEqual([
      'V2 not at rest at the end: written in the last minute: pods/x 2 times, and 1 more',
    ]);
  });
});
