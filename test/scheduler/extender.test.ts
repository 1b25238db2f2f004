/** HTTP extenders in a live scheduler: whom they are asked about, what their answers do, and what is said when they fail. Texts are upstream's. */

import { describe, expect, it } from 'vitest';
import type { Pod } from '#api';
import type { ExtenderArgs, ExtenderModule, ExtenderPreemptionArgs } from '#scheduler';
import { type Janitor, type LabExtender, lab, nodeAt, podAt, type Step } from './lab.ts';

const URL = 'http://extender:8888/api/';
const FILTER = { urlPrefix: URL, filterVerb: 'filter', nodeCacheCapable: true };
const namesOf = (args: ExtenderArgs): readonly string[] =>
  args.NodeNames ?? args.Nodes?.items.map((node) => node.metadata?.name ?? '') ?? [];

const run = (steps: readonly Step[], extenders: readonly LabExtender[], seconds = 12): Janitor =>
  lab(steps, { seconds, extenders }).janitor;
const nodeOf = (janitor: Janitor, name: string): string | undefined => janitor.pod(name)?.spec?.nodeName;
const boundAt = (janitor: Janitor, name: string): number =>
  janitor.seen.find(({ pod }) => pod.metadata?.name === name && (pod.spec?.nodeName ?? '') !== '')?.at ?? Number.POSITIVE_INFINITY;
const failures = (janitor: Janitor, name: string): string[] => [
  ...new Set(
    janitor.seen
      .filter(({ pod }) => pod.metadata?.name === name)
      .flatMap(({ pod }) => (pod.status?.conditions ?? []).filter((c) => c.status === 'False').map((c) => `${c.reason}: ${c.message}`)),
  ),
];
const nodes = [nodeAt(1, 'a'), nodeAt(1, 'b'), nodeAt(1, 'c')];

describe('an extender that filters', () => {
  it('leaves the nodes that it names, by name or as objects', () => {
    for (const nodeCacheCapable of [true, false]) {
      const seen: string[][] = [];
      const filter = (args: ExtenderArgs) => {
        seen.push([...namesOf(args)].sort());
        expect(args.NodeNames === null).toBe(!nodeCacheCapable);
        expect(args.Pod.metadata?.name).toBe('one');
        return nodeCacheCapable
          ? { NodeNames: ['b'], FailedNodes: { a: 'too blue', c: 'too blue' } }
          : { Nodes: { items: (args.Nodes?.items ?? []).filter((node) => node.metadata?.name === 'b') } };
      };
      const janitor = run([...nodes, podAt(2, 'one')], [{ configuration: { ...FILTER, nodeCacheCapable }, module: { filter } }]);
      expect(seen).toEqual([['a', 'b', 'c']]);
      expect(nodeOf(janitor, 'one')).toBe('b');
    }
  });

  it('shows the next extender what is left, and stops asking when nothing is', () => {
    const second: string[][] = [];
    const first: ExtenderModule = { filter: () => ({ NodeNames: ['c', 'b'], FailedNodes: { a: 'no' } }) };
    const last: ExtenderModule = {
      filter: (args) => {
        second.push([...namesOf(args)]);
        return { NodeNames: [], FailedNodes: { b: 'not either' }, FailedAndUnresolvableNodes: { c: 'never' } };
      },
    };
    const never: ExtenderModule = {
      filter: () => {
        throw new Error('asked about nothing');
      },
    };
    const janitor = run(
      [...nodes, podAt(2, 'one')],
      [
        { configuration: FILTER, module: first },
        { configuration: { ...FILTER, urlPrefix: 'http://last' }, module: last },
        { configuration: { ...FILTER, urlPrefix: 'http://never' }, module: never },
      ],
      4,
    );
    expect(second[0]).toEqual(['c', 'b']);
    expect(failures(janitor, 'one')).toEqual([
      'Unschedulable: 0/3 nodes are available: 1 never, 1 no, 1 not either. no new claims to deallocate, preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod.',
    ]);
  });

  it('wakes a pod that it rejected with any event', () => {
    let asked = 0;
    // The second time it was woken by its own new condition.
    const filter = (args: ExtenderArgs) => (++asked <= 2 ? { NodeNames: [], FailedNodes: {} } : { NodeNames: namesOf(args) });
    const label = {
      verb: 'patch',
      resource: 'nodes',
      name: 'a',
      patchType: 'merge',
      body: { metadata: { annotations: { x: 'y' } } },
    } as const;
    const janitor = run([...nodes, podAt(2, 'one'), [6, label]], [{ configuration: FILTER, module: { filter } }]);
    expect(failures(janitor, 'one')[0]).toMatch(/^Unschedulable: 0\/3 nodes are available: no new claims/);
    expect(Math.floor(boundAt(janitor, 'one'))).toBe(6);
  });

  it('is asked only about pods that want what it manages; what it alone answers for need not be on a node', () => {
    const asked: string[] = [];
    const filter = (args: ExtenderArgs) => {
      asked.push(args.Pod.metadata?.name ?? '');
      return { NodeNames: ['c'], FailedNodes: { a: 'x', b: 'x' } };
    };
    const managedResources = [{ name: 'example.com/foo', ignoredByScheduler: true }];
    const wants = {
      containers: [{ name: 'c', image: 'x', resources: { requests: { 'example.com/foo': '1' }, limits: { 'example.com/foo': '1' } } }],
    };
    const janitor = run(
      [...nodes, podAt(2, 'plain'), podAt(3, 'foo', '1', wants)],
      [{ configuration: { ...FILTER, managedResources }, module: { filter } }],
    );
    expect(asked).toEqual(['foo']);
    expect(nodeOf(janitor, 'foo')).toBe('c');
    expect(nodeOf(janitor, 'plain')).toBeDefined();
  });
});

describe('a node that was promised', () => {
  it('is shown to the extender alone first, and all others when it is refused', () => {
    const important = { priorityClassName: 'system-node-critical' };
    const steps = [nodeAt(1, 'a', '1'), nodeAt(1, 'b', '1'), podAt(2, 'low-1'), podAt(2, 'low-2'), podAt(4, 'high', '1', important)];
    for (const isRefused of [false, true]) {
      const asked: string[][] = [];
      const filter = (args: ExtenderArgs) => {
        const names = namesOf(args);
        if (args.Pod.metadata?.name === 'high') asked.push([...names]);
        return isRefused && args.Pod.metadata?.name === 'high'
          ? { NodeNames: [], FailedNodes: { [names[0] as string]: 'no' } }
          : { NodeNames: names };
      };
      const janitor = run(steps, [{ configuration: FILTER, module: { filter } }], 9);
      expect(asked[0]?.length).toBe(1);
      expect(nodeOf(janitor, 'high') === undefined).toBe(isRefused);
      if (isRefused) expect(failures(janitor, 'high').some((text) => text.includes('1 no'))).toBe(true);
      else expect(asked.length).toBe(1);
    }
  });
});

describe('an extender that prioritizes', () => {
  it('adds its points, ten times its weight, to those of the plugins; one that fails adds none', () => {
    const prioritize = (args: ExtenderArgs) => namesOf(args).map((Host) => ({ Host, Score: Host === 'b' ? 10 : 0 }));
    const configuration = { urlPrefix: URL, prioritizeVerb: 'prioritize', weight: 5, nodeCacheCapable: true };
    const bad = { configuration: { ...configuration, urlPrefix: 'http://bad' }, module: { prioritize }, failures: { error: 1 } };
    const pods = [podAt(2, 'one'), podAt(2, 'two'), podAt(2, 'three')];
    const janitor = run([...nodes, ...pods], [bad, { configuration, module: { prioritize } }]);
    expect(['one', 'two', 'three'].map((name) => nodeOf(janitor, name))).toEqual(['b', 'b', 'b']);
    expect(new Set(['one', 'two', 'three'].map((name) => nodeOf(run([...nodes, ...pods], [bad]), name))).size).toBe(3);
  });
});

describe('an extender that fails', () => {
  const filter = (args: ExtenderArgs) => ({ NodeNames: namesOf(args) });
  const why: readonly (readonly [string, Partial<LabExtender>, string])[] = [
    ['500', { failures: { error: 1 } }, `failed filter with extender at URL ${URL}filter, code 500`],
    ['garbage', { failures: { garbage: 1 } }, "invalid character '<' looking for beginning of value"],
    [
      'time-out',
      { failures: { timeout: 1 } },
      `Post "${URL}filter": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
    ],
    ['slow', { latency: 1_500_000 }, `Post "${URL}filter": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`],
    [
      'wrong type',
      { module: { filter: () => ({ NodeNames: 'a' }) as never } },
      'json: cannot unmarshal string into Go struct field ExtenderFilterResult.NodeNames of type []string',
    ],
    ['a list', { module: { filter: () => [] as never } }, 'json: cannot unmarshal array into Go value of type v1.ExtenderFilterResult'],
    ['its own error', { module: { filter: () => ({ Error: 'database is down' }) } }, 'database is down'],
    [
      'unknown node',
      { module: { filter: () => ({ NodeNames: ['zzz'] }) } },
      `extender "${URL}" claims a filtered node "zzz" which is not found in the input node list`,
    ],
  ];
  const configuration = { ...FILTER, httpTimeout: '1s' };

  it.each(why)('keeps the pod from being scheduled: %s', (_, broken, message) => {
    const janitor = run([...nodes, podAt(2, 'one')], [{ configuration, module: { filter }, ...broken }], 6);
    expect(nodeOf(janitor, 'one')).toBeUndefined();
    expect(failures(janitor, 'one')).toEqual([`SchedulerError: ${message}`]);
    expect(janitor.events('one').every((event) => event === `FailedScheduling: ${message}`)).toBe(true);
  });

  it.each(why)('is passed over when it may be ignored: %s', (_, broken) => {
    const asked: string[] = [];
    const firm = {
      configuration: { ...FILTER, urlPrefix: 'http://firm' },
      module: { filter: () => ({ NodeNames: asked.push('firm') > 0 ? ['c'] : [] }) },
    };
    const soft = { configuration: { ...configuration, ignorable: true }, module: { filter }, ...broken };
    const janitor = run([...nodes, podAt(2, 'one')], [soft, firm], 6);
    expect(nodeOf(janitor, 'one')).toBe('c');
    expect(asked).toEqual(['firm']);
  });

  it('with an exception answers 500', () => {
    const module = {
      filter: () => {
        throw new Error('my own mistake');
      },
    };
    const { janitor, outcome } = lab([...nodes, podAt(2, 'one')], { seconds: 4, extenders: [{ configuration, module }] });
    expect(failures(janitor, 'one')).toEqual([`SchedulerError: failed filter with extender at URL ${URL}filter, code 500`]);
    expect(outcome.recorded.marks.find(({ name }) => name === 'extender threw')?.detail).toContain('my own mistake');
  });
});

describe('while an extender is asked', () => {
  it('no other pod is scheduled, and what happens meanwhile is seen by the next one', () => {
    const filter = (args: ExtenderArgs) => ({ NodeNames: namesOf(args) });
    const configuration = { ...FILTER, managedResources: [{ name: 'example.com/foo', ignoredByScheduler: true }] };
    const wants = {
      containers: [
        { name: 'c', image: 'x', resources: { requests: { cpu: '1', 'example.com/foo': '1' }, limits: { 'example.com/foo': '1' } } },
      ],
    };
    const steps = [
      nodeAt(1, 'a', '2'),
      podAt(2, 'slow', '1', wants),
      podAt(2.5, 'plain'),
      nodeAt(2.6, 'late', '8'),
      podAt(2.7, 'big', '6'),
    ];
    const janitor = run(steps, [{ configuration, module: { filter }, latency: 2_000_000 }]);
    expect(boundAt(janitor, 'slow')).toBeGreaterThan(4);
    expect(boundAt(janitor, 'plain')).toBeGreaterThanOrEqual(boundAt(janitor, 'slow'));
    expect(boundAt(janitor, 'plain')).toBeLessThan(4.2);
    expect(nodeOf(janitor, 'slow')).toBe('a');
    expect(nodeOf(janitor, 'big')).toBe('late');
    expect(failures(janitor, 'big')).toEqual([]);
  });

  it('two runs of one seed are the same run', () => {
    const filter: ExtenderModule['filter'] = (args, { random }) => ({ NodeNames: namesOf(args).filter(() => random() < 0.7) });
    const steps = [...nodes, ...Array.from({ length: 8 }, (_, i) => podAt(2 + i / 10, `pod-${i}`, '200m'))];
    const extender = { configuration: FILTER, module: { filter }, failures: { timeout: 0.1, error: 0.2 } };
    const once = lab(steps, { seconds: 40, extenders: [extender] });
    const again = lab(steps, { seconds: 40, extenders: [extender] });
    expect(again.outcome.digest).toBe(once.outcome.digest);
  });
});

describe('an extender that binds', () => {
  const configuration = { urlPrefix: URL, bindVerb: 'bind' };

  it('creates the binding itself', () => {
    const bound: unknown[] = [];
    const bind = (args: unknown) => {
      bound.push(args);
      return {};
    };
    const janitor = run([nodeAt(1, 'a'), podAt(2, 'one')], [{ configuration, module: { bind } }]);
    expect(bound).toEqual([{ PodName: 'one', PodNamespace: 'default', PodUID: janitor.pod('one')?.metadata?.uid, Node: 'a' }]);
    expect(nodeOf(janitor, 'one')).toBe('a');
    expect(janitor.events('one')).toEqual(['Scheduled: Successfully assigned default/one to a']);
  });

  it('may refuse; where it may be ignored, the scheduler binds after all', () => {
    const bind = () => ({ Error: 'not this one' });
    const firm = run([nodeAt(1, 'a'), podAt(2, 'one')], [{ configuration, module: { bind } }], 4);
    expect(nodeOf(firm, 'one')).toBeUndefined();
    expect(failures(firm, 'one')).toEqual(['SchedulerError: not this one']);
    const soft = run([nodeAt(1, 'a'), podAt(2, 'one')], [{ configuration: { ...configuration, ignorable: true }, module: { bind } }], 4);
    expect(nodeOf(soft, 'one')).toBe('a');
  });

  it('that bound and answered too late has bound all the same', () => {
    const extender = { configuration: { ...configuration, httpTimeout: '300ms' }, module: { bind: () => ({}) }, latency: 500_000 };
    const janitor = run([nodeAt(1, 'a'), podAt(2, 'one')], [extender]);
    expect(nodeOf(janitor, 'one')).toBe('a');
    expect(janitor.seen.filter(({ pod }) => pod.metadata?.name === 'one' && pod.spec?.nodeName === 'a').length).toBeGreaterThan(0);
  });
});

describe('an extender that has a say in preemption', () => {
  const important = { priorityClassName: 'system-node-critical' };
  const steps = [nodeAt(1, 'a', '1'), nodeAt(1, 'b', '1'), podAt(2, 'low-1'), podAt(2, 'low-2'), podAt(4, 'high', '1', important)];
  const configuration = { urlPrefix: URL, preemptVerb: 'preempt', nodeCacheCapable: true };
  const victimsOn = (janitor: Janitor): (string | undefined)[] => ['low-1', 'low-2'].filter((name) => janitor.pod(name) === undefined);

  it('chooses among the candidates', () => {
    for (const node of ['a', 'b']) {
      const preempt = (args: ExtenderPreemptionArgs) => {
        expect(Object.keys(args.NodeNameToMetaVictims ?? {}).sort()).toEqual(['a', 'b']);
        return { NodeNameToMetaVictims: { [node]: args.NodeNameToMetaVictims?.[node] as never } };
      };
      const janitor = run(steps, [{ configuration, module: { preempt } }], 14);
      expect(nodeOf(janitor, 'high')).toBe(node);
      expect(victimsOn(janitor).length).toBe(1);
    }
  });

  it('is shown whole pods when it has no cache', () => {
    const seen: Pod[][] = [];
    const preempt = (args: ExtenderPreemptionArgs) => {
      seen.push(Object.values(args.NodeNameToVictims ?? {}).flatMap(({ Pods }) => Pods));
      return { NodeNameToMetaVictims: {} };
    };
    const janitor = run(steps, [{ configuration: { ...configuration, nodeCacheCapable: false }, module: { preempt } }], 8);
    expect(seen[0]?.map((pod) => pod.metadata?.name).sort()).toEqual(['low-1', 'low-2']);
    expect(victimsOn(janitor)).toEqual([]);
    expect(failures(janitor, 'high')).toEqual([
      'Unschedulable: 0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, preemption: no candidate node for preemption',
    ]);
  });

  it('that fails stops the preemption, unless it may be ignored', () => {
    const failing = { configuration, module: { preempt: () => ({}) }, failures: { error: 1 } };
    const janitor = run(steps, [failing], 8);
    expect(victimsOn(janitor)).toEqual([]);
    expect(failures(janitor, 'high')).toEqual([
      `Unschedulable: 0/2 nodes are available: 2 Insufficient cpu. preemption: failed preempt with extender at URL ${URL}preempt, code 500`,
    ]);
    const soft = run(steps, [{ ...failing, configuration: { ...configuration, ignorable: true } }], 14);
    expect(nodeOf(soft, 'high')).toBeDefined();
    const none = { configuration, module: { preempt: () => ({ NodeNameToMetaVictims: { a: { Pods: [], NumPDBViolations: 0 } } }) } };
    expect(failures(run(steps, [none], 8), 'high')[0]).toContain('preemption: expected at least one victim pod on node "a"');
  });
});
