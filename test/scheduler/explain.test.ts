/** Explanations of real runs: each attempt decided again from the journal must come to what the run came to, and say why. */

import { describe, expect, it } from 'vitest';
import {
  type ExplainMode,
  JOURNAL,
  type Journal,
  JournalReplay,
  type PendingStory,
  type PodStory,
  pendingStory,
  pluginPoints,
  readKubeSchedulerConfiguration,
} from '#scheduler';
import { type LabOptions, lab, nodeAt, podAt, type Step } from './lab.ts';

function journalOf(steps: readonly Step[], { config, ...more }: LabOptions = {}, explain: ExplainMode = 'all'): Journal {
  const { outcome } = lab(steps, { ...more, config: { ...config, explain } });
  const kept = outcome.recorded.kept.filter(({ name }) => name === JOURNAL);
  expect(kept.length).toBe(1);
  return structuredClone(kept[0]?.data) as Journal;
}

interface Told {
  readonly story: (name: string) => PodStory;
  readonly pending: (name: string) => PendingStory;
  readonly all: readonly PodStory[];
}

/** Every pod's story; no attempt may come out otherwise than in the run. */
function told(journal: Journal): Told {
  const replay = new JournalReplay(journal);
  const all = replay.pods.filter((pod) => pod.isOwn).map(({ index }) => replay.explain(index));
  for (const { pod, attempts } of all)
    for (const { number, decision } of attempts) expect(`${pod} ${number}: ${decision?.disagreement}`).toBe(`${pod} ${number}: undefined`);
  const story = (name: string): PodStory => all.find(({ pod }) => pod === `default/${name}`) as PodStory;
  const pending = (name: string): PendingStory => {
    const of = story(name);
    return pendingStory(of, replay.profile(of.scheduler), replay.maxUnschedulable, 3_000_000);
  };
  return { story, pending, all };
}

const tainted = { spec: { taints: [{ key: 'dedicated', value: 'db', effect: 'NoSchedule' }] } };
const remove = (second: number, name: string): Step => [second, { verb: 'delete', resource: 'pods', namespace: 'default', name }];

describe('the story of a pod that found a node', () => {
  it('names the tie, the draw, the winner and the row of every class of nodes', () => {
    const { story } = told(journalOf([nodeAt(1, 'a'), nodeAt(1, 'b'), nodeAt(1, 'c', '2'), nodeAt(1, 'd', '1'), podAt(2, 'one', '2')]));
    const { queue, attempts, node, placedAt } = story('one');
    expect(queue.map(({ queue: name, event }) => [name, event])).toEqual([['active', 'UnschedulablePodAdd']]);
    expect(queue[0]?.until).toBe(attempts[0]?.at);
    const [attempt] = attempts;
    expect(attempt).toMatchObject({ number: 1, result: 'scheduled', feasible: 3, evaluated: 4, tied: 2, node });
    expect(placedAt).toBe(attempt?.at);
    expect(attempt?.boundAt).toBeGreaterThan(attempt?.at as number);
    const { decision } = attempt as Required<NonNullable<typeof attempt>>;
    expect(decision.best).toEqual(['a', 'b']);
    expect(decision.best[Math.floor((attempt?.draw as number) * 2)]).toBe(node);
    expect(decision.runnerUp).toMatchObject({ node: 'c', behind: (decision.total as number) - (decision.runnerUp?.total as number) });
    expect(decision.classes.map((one) => [one.verdict, one.nodes, one.plugin, one.reasons])).toEqual([
      ['fits', ['a', 'b'], undefined, undefined],
      ['fits', ['c'], undefined, undefined],
      ['rejected', ['d'], 'NodeResourcesFit', ['Insufficient cpu']],
    ]);
    for (const { scores, total } of decision.classes.filter(({ verdict }) => verdict === 'fits'))
      expect((scores ?? []).reduce((sum, { score, weight }) => sum + score * weight, 0)).toBe(total);
    expect(decision.classes[0]?.scores?.find(({ plugin }) => plugin === 'TaintToleration')).toEqual({
      plugin: 'TaintToleration',
      weight: 3,
      raw: 0,
      score: 100,
    });
  });

  it('follows spreading, affinity, nodes that come, change and go, and pods that leave', () => {
    const spread = {
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: 'kubernetes.io/hostname',
          whenUnsatisfiable: 'DoNotSchedule',
          labelSelector: { matchLabels: { app: 's' } },
        },
      ],
    };
    const near = {
      affinity: { podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 50, podAffinityTerm: term('s') }] } },
    };
    const labelled = (second: number, name: string, app: string, spec: object): Step => {
      const [at, call] = podAt(second, name, '1', spec);
      const body = call.body as { metadata: object };
      return [at, { ...call, body: { ...body, metadata: { ...body.metadata, labels: { app } } } }];
    };
    const images = [{ names: ['x:1'], sizeBytes: 500_000_000 }];
    const steps: Step[] = [
      nodeAt(1, 'a'),
      nodeAt(1, 'b'),
      labelled(2, 's1', 's', spread),
      labelled(2.1, 's2', 's', spread),
      labelled(2.2, 's3', 's', spread),
      labelled(3, 'n1', 'n', near),
      nodeAt(4, 'c'),
      labelled(5, 's4', 's', spread),
      [5.5, { verb: 'patch', resource: 'nodes', subresource: 'status', name: 'c', patchType: 'merge', body: { status: { images } } }],
      labelled(6, 'n2', 'n', near),
      [
        6.5,
        {
          verb: 'patch',
          resource: 'nodes',
          name: 'b',
          patchType: 'merge',
          body: { metadata: { labels: { disk: 'ssd' } }, spec: { unschedulable: true } },
        },
      ],
      labelled(7, 'n3', 'n', near),
      remove(8, 's1'),
      [9, { verb: 'delete', resource: 'nodes', name: 'a' }],
      labelled(10, 'n4', 'n', near),
    ];
    const { all, story } = told(journalOf(steps));
    expect(all.flatMap(({ attempts }) => attempts).length).toBe(8);
    const last = story('n4').attempts[0]?.decision;
    expect(last?.nodes).toBe(2);
    expect(last?.classes.find(({ verdict }) => verdict === 'rejected')).toMatchObject({ nodes: ['b'], plugin: 'NodeUnschedulable' });
    const locality = (name: string): number | undefined =>
      story(name)
        .attempts[0]?.decision?.verdicts.find(({ node }) => node === 'c')
        ?.scores?.find(({ plugin }) => plugin === 'ImageLocality')?.raw;
    expect([locality('s4'), locality('n2')]).toEqual([0, expect.toSatisfy((score: number) => score > 0)]);
    expect(story('n4').attempts[0]?.decision?.skippedFilters).toContain('NodePorts');
  });
});

const term = (app: string) => ({ topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app } } });

describe('the story of a pod that found none', () => {
  const steps = [nodeAt(1, 'small', '1'), nodeAt(1, 'db', '8', tainted), podAt(2, 'big', '3'), nodeAt(12, 'large', '8')];
  const taint: Step = [1.5, { verb: 'patch', resource: 'nodes', name: 'db', patchType: 'merge', body: tainted }];

  it('tells where it waited, for what, and what moved it', () => {
    const { story } = told(journalOf([...steps, taint]));
    const { queue, attempts, node } = story('big');
    expect(queue.map(({ queue: name, event, waitsFor }) => [name, event, waitsFor])).toEqual([
      ['active', 'UnschedulablePodAdd', undefined],
      ['unschedulable', 'ScheduleAttemptFailure', 'NodeResourcesFit TaintToleration'],
      ['active', 'NodeAdd', undefined],
      // The new node was not ready yet; it became so while the pod was being tried.
      ['unschedulable', 'ScheduleAttemptFailure', 'NodeResourcesFit TaintToleration'],
      ['backoff', 'NodeUpdateNodeTaint', undefined],
    ]);
    expect(queue[1]?.backoffUntil).toBe((queue[1]?.at as number) + 1_000_000);
    expect(queue[1]?.until).toBe(queue[2]?.at);
    expect(node).toBe('large');
    expect(attempts.map(({ number, result }) => [number, result])).toEqual([
      [1, 'unschedulable'],
      [2, 'unschedulable'],
      [3, 'scheduled'],
    ]);
    const [first] = attempts;
    expect(first?.message).toMatch(/^0\/2 nodes are available: 1 Insufficient cpu, 1 node\(s\) had untolerated taint\(s\)\./);
    expect(first?.plugins).toEqual(['NodeResourcesFit', 'TaintToleration']);
    expect(first?.decision?.classes.map(({ nodes, plugin, code }) => [nodes, plugin, code])).toEqual([
      [['small'], 'NodeResourcesFit', 'UnschedulableAndUnresolvable'],
      [['db'], 'TaintToleration', 'UnschedulableAndUnresolvable'],
    ]);
  });

  it('tells that there was no node at all', () => {
    const { story } = told(journalOf([podAt(1, 'early'), nodeAt(6, 'a')]));
    const { attempts, node } = story('early');
    expect(attempts[0]).toMatchObject({ result: 'unschedulable', message: 'no nodes available to schedule pods', plugins: [] });
    expect(attempts[0]?.decision).toMatchObject({ nodes: 0, classes: [] });
    expect(node).toBe('a');
  });

  it('keeps with failed what failed, and where the pod went at last', () => {
    const { story } = told(journalOf([...steps, taint], {}, 'failed'));
    const { attempts, node, placedAt, queue } = story('big');
    expect(attempts.map(({ result }) => result)).toEqual(['unschedulable', 'unschedulable']);
    expect(node).toBe('large');
    expect(placedAt).toBe(queue.at(-1)?.until);
  });

  it('says of a pending pod what would wake it, and when', () => {
    const { pending } = told(journalOf([...steps.slice(0, 3), taint]));
    const { state, since = 0, wakes, last, flushAt, backoffUntil } = pending('big');
    expect([state, flushAt, backoffUntil]).toEqual(['unschedulable', since + 300_000_000, since + 1_000_000]);
    expect(last?.message).toMatch(/^0\/2 nodes/);
    expect(wakes.map(({ plugin }) => plugin)).toEqual(['NodeResourcesFit', 'TaintToleration']);
    expect(wakes.map(({ events }) => events)).toEqual([
      ['Pod: delete, requests scaled down', 'Node: add, allocatable, taints'],
      ['Node: add, taints', 'Pod: tolerations'],
    ]);
  });

  it('says of a gated pod which gate holds it, and lets it go', () => {
    const gated = { schedulingGates: [{ name: 'example.com/wait' }] };
    const open: Step = [
      6,
      { verb: 'patch', resource: 'pods', namespace: 'default', name: 'later', patchType: 'merge', body: { spec: { schedulingGates: [] } } },
    ];
    const { pending, story } = told(journalOf([nodeAt(1, 'a'), podAt(2, 'held', '1', gated), podAt(2, 'later', '1', gated), open]));
    expect(pending('held')).toMatchObject({
      state: 'gated',
      gate: { plugin: 'SchedulingGates', reason: 'waiting for scheduling gates: [example.com/wait]' },
      wakes: [{ plugin: 'SchedulingGates', events: ['Pod: gates removed'] }],
    });
    expect(story('later').queue.map(({ queue }) => queue)).toEqual(['gated', 'active']);
    expect(pending('later')).toMatchObject({ state: 'placed', node: 'a' });
  });

  it('names the node that preemption promised and who had to go', () => {
    const important = { priorityClassName: 'system-node-critical' };
    const { story, pending } = told(journalOf([nodeAt(1, 'only', '2'), podAt(2, 'low', '2'), podAt(4, 'high', '2', important)]));
    const { attempts, queue } = story('high');
    expect(attempts[0]).toMatchObject({ result: 'unschedulable', preemption: { node: 'only', victims: ['default/low'] } });
    expect(attempts.at(-1)).toMatchObject({ result: 'scheduled', nominated: 'only', node: 'only' });
    expect(queue.some(({ event }) => event === 'AssignedPodDelete' || event === 'ForceActivate')).toBe(true);
    expect(pending('low')).toMatchObject({ state: 'gone' });
  });

  it('tells a pod that was deleted while it waited from one of the same name that came after it', () => {
    const { all } = told(journalOf([nodeAt(1, 'a', '1'), podAt(2, 'twice', '3'), remove(5, 'twice'), podAt(8, 'twice', '500m')]));
    expect(all.map(({ pod, goneAt, node }) => [pod, goneAt === undefined ? undefined : Math.floor(goneAt / 1e6), node])).toEqual([
      ['default/twice', 5, undefined],
      ['default/twice', undefined, 'a'],
    ]);
  });
});

describe('what extenders said', () => {
  it('stands beside what plugins said, and is part of the total', () => {
    const extender = { urlPrefix: 'http://x/', filterVerb: 'filter', prioritizeVerb: 'prioritize', weight: 3, nodeCacheCapable: true };
    const module = {
      filter: () => ({ NodeNames: ['a', 'b'], FailedNodes: { c: 'too blue' } }),
      prioritize: () => [
        { Host: 'a', Score: 2 },
        { Host: 'b', Score: 9 },
      ],
    };
    const steps = [nodeAt(1, 'a'), nodeAt(1, 'b'), nodeAt(1, 'c'), podAt(2, 'one')];
    const { story } = told(journalOf(steps, { extenders: [{ configuration: extender, module }] }));
    const [attempt] = story('one').attempts;
    expect(attempt).toMatchObject({ result: 'scheduled', node: 'b', feasible: 2, evaluated: 3 });
    expect(attempt?.decision?.runnerUp).toMatchObject({ node: 'a', behind: 7 * 10 * 3 });
    expect(attempt?.decision?.classes[0]?.scores?.at(-1)).toMatchObject({ weight: 3, raw: 9, score: 90 });
    expect(attempt?.decision?.classes.at(-1)).toMatchObject({ nodes: ['c'], verdict: 'rejected', reasons: ['too blue'] });
    const none = { filter: () => ({ NodeNames: [], FailedNodes: { a: 'no' } }) };
    const refused = told(journalOf(steps, { extenders: [{ configuration: extender, module: none }] })).story('one').attempts[0];
    expect(refused).toMatchObject({ result: 'unschedulable' });
    expect(refused?.decision?.classes.map(({ nodes, reasons }) => [nodes, reasons])).toEqual([
      [['b', 'c'], []],
      [['a'], ['no']],
    ]);
  });
});

describe('plugins that look at more than nodes', () => {
  const labelled = (second: number, name: string, group: string): Step => {
    const [at, call] = podAt(second, name);
    const body = call.body as { metadata: { labels: object } };
    const labels = { ...body.metadata.labels, 'scheduling.x-k8s.io/pod-group': group };
    return [at, { ...call, body: { ...body, metadata: { ...body.metadata, labels } } }];
  };

  it('are given what they looked at: the pods of a gang, waiting or placed', () => {
    const file = {
      apiVersion: 'kubescheduler.config.k8s.io/v1',
      kind: 'KubeSchedulerConfiguration',
      profiles: [
        {
          plugins: {
            multiPoint: { enabled: [{ name: 'Coscheduling' }] },
            queueSort: { enabled: [{ name: 'Coscheduling' }], disabled: [{ name: '*' }] },
          },
        },
      ],
    };
    const reading = readKubeSchedulerConfiguration(file, pluginPoints());
    if ('errors' in reading) throw new Error(JSON.stringify(reading.errors));
    const group = {
      apiVersion: 'scheduling.x-k8s.io/v1alpha1',
      kind: 'PodGroup',
      metadata: { name: 'gang', namespace: 'default' },
      spec: { minMember: 2 },
    };
    const steps: Step[] = [
      nodeAt(1, 'a'),
      [1, { verb: 'create', resource: 'podgroups.scheduling.x-k8s.io', namespace: 'default', body: group }],
      labelled(2, 'first', 'gang'),
      labelled(6, 'second', 'gang'),
    ];
    const { story } = told(journalOf(steps, { config: { configuration: reading.configuration } }));
    const [refused] = story('first').attempts;
    expect(refused?.decision?.preFilter).toMatchObject({ plugin: 'Coscheduling', reasons: [expect.stringContaining('sibling pods')] });
    expect(story('first').attempts.at(-1)?.result).toBe('scheduled');
    expect(story('second').node).toBe('a');
    const waited = [...story('first').attempts, ...story('second').attempts].flatMap(({ notes = [] }) => notes.map(({ text }) => text));
    expect(waited).toEqual(['waits at Permit for Coscheduling']);
  });

  it('remember which volumes they promised to whom', () => {
    const volume = (name: string) => ({
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name },
      spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], storageClassName: 'local', hostPath: { path: '/x' } },
    });
    const claim = (name: string) => ({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name, namespace: 'default' },
      spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'local', resources: { requests: { storage: '1Gi' } } },
    });
    const storageClass = {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'local' },
      provisioner: 'kubernetes.io/no-provisioner',
      volumeBindingMode: 'WaitForFirstConsumer',
    };
    const make = (resource: string, body: object, namespace?: string): Step => [
      1,
      { verb: 'create', resource, body, ...(namespace === undefined ? {} : { namespace }) } as Step[1],
    ];
    const using = (name: string) => ({ volumes: [{ name: 'v', persistentVolumeClaim: { claimName: name } }] });
    const steps: Step[] = [
      make('storageclasses.storage.k8s.io', storageClass),
      make('persistentvolumes', volume('v1')),
      [
        1.5,
        {
          verb: 'patch',
          resource: 'persistentvolumes',
          subresource: 'status',
          name: 'v1',
          patchType: 'merge',
          body: { status: { phase: 'Available' } },
        },
      ],
      make('persistentvolumeclaims', claim('c1'), 'default'),
      make('persistentvolumeclaims', claim('c2'), 'default'),
      nodeAt(1, 'a'),
      podAt(2, 'one', '1', using('c1')),
      podAt(2, 'two', '1', using('c2')),
    ];
    const { story } = told(journalOf(steps));
    expect(story('one').attempts[0]).toMatchObject({ result: 'scheduled' });
    expect(story('two').attempts[0]?.decision?.classes).toMatchObject([
      { plugin: 'VolumeBinding', reasons: ["node(s) didn't find available persistent volumes to bind"] },
    ]);
  });
});

describe('a place that was given back', () => {
  // The extender refuses to bind; half a second later somebody else binds the pod by hand.
  const binding = {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name: 'one', namespace: 'default' },
    target: { kind: 'Node', name: 'b' },
  };
  const failing = { urlPrefix: 'http://x/', bindVerb: 'bind' };
  const module = { bind: () => ({ Error: 'no such luck' }) };
  const steps: Step[] = [
    nodeAt(1, 'a'),
    nodeAt(1, 'b'),
    podAt(2, 'one'),
    [2.5, { verb: 'create', resource: 'pods', subresource: 'binding', namespace: 'default', name: 'one', body: binding }],
  ];
  const options = { extenders: [{ configuration: failing, module }] };

  it('is told with the attempt that found it, or by itself', () => {
    const { attempts } = told(journalOf(steps, options)).story('one');
    expect(attempts[0]).toMatchObject({ result: 'scheduled', undone: { why: expect.stringContaining('no such luck') } });
    const failed = told(journalOf(steps, options, 'failed')).story('one');
    expect(failed.attempts).toEqual([]);
    expect(failed.undone?.[0]).toMatchObject({ why: expect.stringContaining('no such luck') });
    expect(failed.queue[1]).toMatchObject({ queue: 'backoff', event: 'ScheduleAttemptFailure' });
    expect(failed.node).toBe('b');
  });
});

describe('keeping a journal', () => {
  const steps = [nodeAt(1, 'a', '1'), podAt(2, 'one'), podAt(2, 'two'), nodeAt(5, 'b')];

  it('changes nothing of a run, and the same run gives the same journal', () => {
    const digests = [undefined, 'failed', 'all'].map((explain) => lab(steps, { config: { explain: explain as ExplainMode } }).outcome);
    expect(new Set(digests.map(({ digest }) => digest)).size).toBe(1);
    expect(digests.map(({ recorded }) => recorded.kept.length)).toEqual([0, 1, 1]);
    expect(journalOf(steps)).toEqual(journalOf(steps));
    expect(journalOf(steps, {}, 'failed').words.length).toBeLessThan(journalOf(steps).words.length);
  });

  it('says so when a decision comes out otherwise than in the run', () => {
    const journal = journalOf([nodeAt(1, 'a'), nodeAt(1, 'b', '2'), podAt(2, 'one')]);
    const other = { ...journal, texts: journal.texts.map((text) => text.replace('"cpu":"2"', '"cpu":"4"')) };
    const replay = new JournalReplay(other);
    const story = replay.explain(replay.pods.find(({ key }) => key === 'default/one')?.index as number);
    expect(story.attempts[0]?.decision?.disagreement).toBe('2 nodes tie here, 1 in the run');
  });
});
