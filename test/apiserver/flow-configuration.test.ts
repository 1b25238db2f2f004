import { describe, expect, it } from 'vitest';
import { at, type Call, create, lab, play, type Step } from './lab.ts';

const GROUP = 'flowcontrol.apiserver.k8s.io';
const SCHEMAS = `flowschemas.${GROUP}`;
const LEVELS = `prioritylevelconfigurations.${GROUP}`;
const fair = { config: { flowControl: 'priorityAndFairness' } } as const;
const cluster = (verb: Call['verb'], resource: string, name: string, rest: Partial<Call> = {}): Call => ({ verb, resource, name, ...rest });
const names = (list: { items: { metadata: { name: string } }[] }) => list.items.map(({ metadata }) => metadata.name);

const level = (name: string, limited: object = {}): Call =>
  create(
    LEVELS,
    {
      metadata: { name },
      spec: { type: 'Limited', limited: { nominalConcurrencyShares: 1, limitResponse: { type: 'Reject' }, ...limited } },
    },
    undefined,
  );
const schema = (name: string, of: string, more: object = {}): Call =>
  create(
    SCHEMAS,
    {
      metadata: { name },
      spec: {
        priorityLevelConfiguration: { name: of },
        matchingPrecedence: 300,
        rules: [
          {
            subjects: [{ kind: 'User', user: { name: 'jane' } }],
            resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true }],
          },
        ],
        ...more,
      },
    },
    undefined,
  );

describe('what every cluster begins with', () => {
  it('is written by the first server', () => {
    const { answers } = play([1000, { verb: 'list', resource: LEVELS }, { verb: 'list', resource: SCHEMAS }], fair);
    expect(names(answers[1]?.object)).toEqual([
      'catch-all',
      'exempt',
      'global-default',
      'leader-election',
      'node-high',
      'system',
      'workload-high',
      'workload-low',
    ]);
    expect(answers[2]?.object.items).toHaveLength(11);
    for (const { status } of answers[2]?.object.items ?? [])
      expect(status.conditions).toMatchObject([{ type: 'Dangling', status: 'False', reason: 'Found' }]);
  });
  it('is not written where nobody is to be fair', () => {
    expect(play([1000, { verb: 'list', resource: LEVELS }]).answers[1]?.object.items).toEqual([]);
  });
  it('comes back when it was deleted or bent', () => {
    const steps: Step[] = [
      1000,
      cluster('delete', SCHEMAS, 'service-accounts'),
      cluster('patch', LEVELS, 'system', { patchType: 'merge', body: { spec: { limited: { nominalConcurrencyShares: 1 } } } }),
      61_000,
      cluster('get', SCHEMAS, 'service-accounts'),
      cluster('get', LEVELS, 'system'),
    ];
    const { answers } = play(steps, { ...fair, seconds: 90 });
    expect(answers[2]?.object.spec.limited.nominalConcurrencyShares).toBe(1);
    expect(answers[4]?.code).toBe(200);
    expect(answers[5]?.object.spec.limited.nominalConcurrencyShares).toBe(30);
  });
  it('keeps what its operator took over', () => {
    const own = {
      metadata: { annotations: { 'apf.kubernetes.io/autoupdate-spec': 'false' } },
      spec: { limited: { nominalConcurrencyShares: 7 } },
    };
    const patch = cluster('patch', LEVELS, 'system', { patchType: 'merge', body: own });
    const { answers } = play([1000, patch, 61_000, cluster('get', LEVELS, 'system')], { ...fair, seconds: 90 });
    expect(answers[3]?.object.spec.limited.nominalConcurrencyShares).toBe(7);
  });
});

describe('a schema whose level does not exist', () => {
  it('dangles until it does, and catches nobody meanwhile', () => {
    const get = cluster('get', SCHEMAS, 'mine');
    const { answers } = play([1000, schema('mine', 'later'), 500, get, level('later'), 500, get], fair);
    expect(answers[3]?.object.status.conditions[0]).toMatchObject({
      type: 'Dangling',
      status: 'True',
      reason: 'NotFound',
      message: 'This FlowSchema references the PriorityLevelConfiguration object named "later" but there is no such object',
    });
    expect(answers[6]?.object.status.conditions[0]).toMatchObject({
      status: 'False',
      message: expect.stringMatching(/"later" and it exists$/),
    });
  });
});

/** Forty readers at once as one user; the admin may have set a level for that user before. */
function readers(...setUp: Step[]): number[] {
  const list: Call = at('get', 'pods', 'nobody', { user: 'jane' });
  const { clients } = lab(
    [
      [1000, ...setUp.map((step) => (typeof step === 'object' ? { ...step, user: 'system:admin' } : step))],
      ...Array.from({ length: 40 }, () => [15_000, list] as Step[]),
    ],
    {
      config: { flowControl: 'priorityAndFairness', maxRequestsInFlight: 40, maxMutatingRequestsInFlight: 20, costs: { request: 200_000 } },
      seconds: 100,
    },
  );
  return clients.slice(1).map(({ answers }) => answers[1]?.code ?? 0);
}

describe('priority and fairness', () => {
  it('is what the objects say', () => {
    expect(readers().filter((code) => code === 429)).toHaveLength(0);
    expect(readers(level('tight'), schema('jane', 'tight')).filter((code) => code === 429).length).toBeGreaterThan(20);
    const roomy = { limitResponse: { type: 'Queue', queuing: { queues: 4, handSize: 2, queueLengthLimit: 50 } } };
    expect(readers(level('tight', roomy), schema('jane', 'tight')).filter((code) => code === 429)).toHaveLength(0);
  });
});

describe('what is refused', () => {
  const messageOf = (call: Call) => play([call], fair).answers[0]?.object.message;
  it.each<[Call, string]>([
    [
      schema('s', 'x', { matchingPrecedence: 1 }),
      "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1",
    ],
    [schema('s', ''), 'spec.priorityLevelConfiguration.name: Required value: must reference a priority level'],
    [schema('s', 'x', { matchingPrecedence: 10_001 }), 'spec.matchingPrecedence: Invalid value: 10001: must not be greater than 10000'],
    [
      schema('s', 'x', { rules: [{ subjects: [{ kind: 'User', group: { name: 'g' } }] }] }),
      "[spec.rules[0].subjects[0].user: Required value: user is required when subject kind is 'User', spec.rules[0].subjects[0].group: Forbidden: group is forbidden when subject kind is not 'Group', spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty]",
    ],
    [
      level('l', { limitResponse: { type: 'Queue', queuing: { queues: 4, handSize: 8 } } }),
      'spec.limited.limitResponse.queuing.handSize: Invalid value: 8: should not be greater than queues (4)',
    ],
    [
      level('l', { limitResponse: { type: 'Queue', queuing: { queues: 10_000, handSize: 10 } } }),
      'spec.limited.limitResponse.queuing.handSize: Invalid value: 10: required entropy bits of deckSize 10000 and handSize 10 should not be greater than 60',
    ],
    [level('l', { lendablePercent: 101 }), 'spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive'],
    [
      create(LEVELS, { metadata: { name: 'l' }, spec: { type: 'Exempt' } }, undefined),
      "spec.type: Invalid value: \"Exempt\": must be 'Exempt' if and only if `name` is 'exempt'",
    ],
  ])('%#', (call, text) => {
    expect(messageOf(call)).toContain(`is invalid: ${text}`);
  });
  it('counts the mandatory ones', () => {
    const patch = cluster('patch', LEVELS, 'catch-all', {
      patchType: 'merge',
      body: { spec: { limited: { nominalConcurrencyShares: 9 } } },
    });
    expect(play([1000, patch], fair).answers[1]?.object.message).toContain("spec of 'catch-all' must equal the fixed value");
  });
});
