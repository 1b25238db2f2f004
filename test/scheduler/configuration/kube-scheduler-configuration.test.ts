import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readKubeSchedulerConfiguration } from '../../../src/scheduler/configuration/kube-scheduler-configuration.ts';
import { DEFAULT_PLUGINS, type ExtensionPoint } from '../../../src/scheduler/configuration/plugin-sets.ts';

const points: Record<string, ExtensionPoint[]> = {
  PrioritySort: ['queueSort'],
  DefaultBinder: ['bind'],
  TaintToleration: ['filter', 'preScore', 'score'],
  NodeResourcesFit: ['preFilter', 'filter', 'score'],
  ImageLocality: ['score'],
  Mine: ['filter', 'score'],
};
const registry = new Map<string, ExtensionPoint[]>([
  ...(DEFAULT_PLUGINS.multiPoint?.enabled ?? []).map(({ name }): [string, ExtensionPoint[]] => [name, points[name] ?? ['filter']]),
  ['Mine', ['filter', 'score']],
]);
const head = { apiVersion: 'kubescheduler.config.k8s.io/v1', kind: 'KubeSchedulerConfiguration' };
const read = (fields: object) => readKubeSchedulerConfiguration({ ...head, ...fields }, registry);
const texts = (fields: object): string[] => {
  const reading = read(fields);
  return 'errors' in reading ? reading.errors.map(({ text }) => text) : [];
};
const scores = (fields: object): string[] => {
  const reading = read(fields);
  if ('errors' in reading) throw new Error(reading.errors.map(({ text }) => text).join('\n'));
  return (reading.configuration.profiles[0]?.plugins.score ?? []).map(({ name, weight }) => `${name}:${weight}`);
};

describe('KubeSchedulerConfiguration v1', () => {
  it('defaults an empty file', () => {
    const reading = read({});
    expect(reading).toMatchObject({
      configuration: {
        parallelism: 16,
        qps: 50,
        percentageOfNodesToScore: 0,
        podMaxBackoffSeconds: 10,
        profiles: [{ schedulerName: 'default-scheduler' }],
      },
    });
    expect(scores({})).toEqual(['TaintToleration:3', 'NodeResourcesFit:1', 'ImageLocality:1']);
  });

  it('puts overriding plugins first, then MultiPoint, then the rest; weight 0 means 1', () => {
    const plugins = {
      score: {
        enabled: [
          { name: 'Mine', weight: 0 },
          { name: 'ImageLocality', weight: 7 },
        ],
      },
    };
    expect(scores({ profiles: [{ plugins }] })).toEqual(['ImageLocality:7', 'TaintToleration:3', 'NodeResourcesFit:1', 'Mine:1']);
  });

  it('disables by name and by star', () => {
    expect(scores({ profiles: [{ plugins: { score: { disabled: [{ name: 'TaintToleration' }] } } }] })).toEqual([
      'NodeResourcesFit:1',
      'ImageLocality:1',
    ]);
    expect(scores({ profiles: [{ plugins: { score: { disabled: [{ name: '*' }], enabled: [{ name: 'Mine', weight: 2 }] } } }] })).toEqual([
      'Mine:2',
    ]);
    const multiPoint = { disabled: [{ name: '*' }], enabled: [{ name: 'PrioritySort' }, { name: 'DefaultBinder' }, { name: 'Mine' }] };
    expect(scores({ profiles: [{ plugins: { multiPoint } }] })).toEqual(['Mine:1']);
  });

  it.each([
    [{ percentageOfNodesToScore: 101 }, 'percentageOfNodesToScore: Invalid value: 101: not in valid range [0-100]'],
    [{ parallelism: 0 }, 'parallelism: Invalid value: 0: should be an integer value greater than zero'],
    [
      { podInitialBackoffSeconds: 20 },
      'podMaxBackoffSeconds: Invalid value: 10: must be greater than or equal to PodInitialBackoffSeconds',
    ],
    [{ profiels: [] }, 'strict decoding error: unknown field "profiels"'],
    [{ parallelism: 'x' }, 'parallelism: expected a number, found "x"'],
    [
      { profiles: [{ schedulerName: 'a' }, { schedulerName: 'a' }] },
      'profiles[1].schedulerName: Duplicate value: "profiles[0].schedulerName"',
    ],
    [{ profiles: [{ plugins: { score: { enabled: [{ name: 'Nope' }] } } }] }, 'profiles[0]: ScorePlugin "Nope" does not exist'],
    [
      { profiles: [{ plugins: { score: { enabled: [{ name: 'PrioritySort' }] } } }] },
      'profiles[0]: plugin "PrioritySort" does not extend ScorePlugin plugin',
    ],
    [
      { profiles: [{ plugins: { score: { enabled: [{ name: 'Mine', weight: -1 }] } } }] },
      'profiles[0].plugins.score.enabled[0].weight: Invalid value: -1: must be greater than or equal to 0',
    ],
    [
      { profiles: [{ plugins: { bind: { disabled: [{ name: '*' }] } } }] },
      'profiles[0]: at least one bind plugin is needed for profile with scheduler name "default-scheduler"',
    ],
    [
      { profiles: [{ pluginConfig: [{ name: 'NodeResourcesFit', args: { scoringStrategy: { type: 'Best' } } }] }] },
      'profiles[0].pluginConfig[0].args.scoringStrategy.type: Unsupported value: "Best": supported values: "LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"',
    ],
    [
      {
        profiles: [
          {
            pluginConfig: [
              {
                name: 'NodeAffinity',
                args: {
                  addedAffinity: {
                    requiredDuringSchedulingIgnoredDuringExecution: {
                      nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Is' }] }],
                    },
                  },
                },
              },
            ],
          },
        ],
      },
      'profiles[0].pluginConfig[0].args.addedAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].operator: Unsupported value: "Is": supported values: "In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"',
    ],
    [
      { profiles: [{ pluginConfig: [{ name: 'InterPodAffinity', args: { hardPodAffinityWeight: 200 } }] }] },
      'profiles[0].pluginConfig[0].args.hardPodAffinityWeight: Invalid value: 200: not in valid range [0, 100]',
    ],
    [
      { extenders: [{ urlPrefix: 'http://127.0.0.1:1/', prioritizeVerb: 'p' }] },
      'extenders[0].weight: Invalid value: 0: must have a positive weight applied to it',
    ],
    [{ clientConnection: { burst: -1 } }, 'clientConnection.burst: Invalid value: -1: must be non-negative'],
    [
      { leaderElection: { leaseDuration: '10s', renewDeadline: '10s' } },
      'leaderElection.leaseDuration: Invalid value: 10s: must be greater than `RenewDeadline`',
    ],
    [
      { leaderElection: { retryPeriod: '9s' } },
      'leaderElection.renewDeadline: Invalid value: 10s: renewDeadline must be greater than retryPeriod*JitterFactor',
    ],
    [{ leaderElection: { leaseDuration: '15' } }, 'leaderElection.leaseDuration: expected a duration such as \'30s\', found "15"'],
    [
      { leaderElection: { resourceLock: 'endpoints' } },
      'leaderElection.resourceLock: Invalid value: "endpoints": resourceLock value must be "leases"',
    ],
    [
      { profiles: [{ pluginConfig: [{ name: 'NodeAffinity', args: { kind: 'InterPodAffinityArgs' } }] }] },
      'profiles[0].pluginConfig[0].args: args for plugin NodeAffinity were not of type NodeAffinityArgs.kubescheduler.config.k8s.io, got InterPodAffinityArgs.kubescheduler.config.k8s.io',
    ],
  ])('%j', (fields, text) => {
    expect(texts(fields)).toEqual([text]);
  });

  it.each([
    [{ key: 'a', operator: 'In' }, "values: Invalid value: []string(nil): for 'in', 'notin' operators, values set can't be empty"],
    [
      { key: 'a', operator: 'Exists', values: ['x'] },
      'values: Invalid value: []string{"x"}: values set must be empty for exists and does not exist',
    ],
    [
      { key: 'a', operator: 'Gt', values: ['1', '2'] },
      `values: Invalid value: []string{"1", "2"}: for 'Gt', 'Lt' operators, exactly one value is required`,
    ],
    [{ key: 'a', operator: 'Lt', values: ['x'] }, `values[0]: Invalid value: "x": for 'Gt', 'Lt' operators, the value must be an integer`],
  ])('refuses the expression %j of an added affinity', (expression, text) => {
    const preference = { matchExpressions: [expression] };
    const addedAffinity = { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference }] };
    const path = 'profiles[0].pluginConfig[0].args.addedAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].matchExpressions[0]';
    expect(texts({ profiles: [{ pluginConfig: [{ name: 'NodeAffinity', args: { addedAffinity } }] }] })).toEqual([`${path}.${text}`]);
  });

  it('says where in the file an unknown plugin stands', () => {
    const paths = (plugins: object): unknown => {
      const reading = read({ profiles: [{}, { schedulerName: 'b', plugins }].slice(1) });
      return 'errors' in reading ? reading.errors.map(({ path }) => path) : [];
    };
    expect(paths({ score: { enabled: [{ name: 'Mine' }, { name: 'Nope' }] } })).toEqual([
      ['profiles', 0, 'plugins', 'score', 'enabled', 1],
    ]);
    expect(paths({ multiPoint: { enabled: [{ name: 'Nope' }] } })).toEqual([['profiles', 0, 'plugins', 'multiPoint', 'enabled', 0]]);
  });

  it('reads leader election, and leaves it at its defaults where the file does not speak of it', () => {
    const settings = (fields: object): unknown => {
      const reading = read(fields);
      return 'errors' in reading ? reading.errors : reading.configuration.leaderElection;
    };
    const standard = { leaderElect: true, leaseDuration: 15e6, renewDeadline: 10e6, retryPeriod: 2e6 };
    expect(settings({})).toEqual({ ...standard, isWritten: false });
    expect(settings({ leaderElection: { leaseDuration: '1m30s', retryPeriod: '500ms', resourceName: 'mine' } })).toEqual({
      ...standard,
      leaseDuration: 90e6,
      retryPeriod: 500e3,
      resourceName: 'mine',
      isWritten: true,
    });
    expect(settings({ leaderElection: { leaderElect: false, leaseDuration: '1s' } })).toMatchObject({ leaderElect: false });
  });

  it('takes a field without a value for one that is not there', () => {
    const profile = { schedulerName: null, plugins: { score: { enabled: null } }, pluginConfig: [{ name: 'NodeAffinity', args: null }] };
    expect(read({ profiles: [profile], leaderElection: null, extenders: null })).toMatchObject({
      configuration: { profiles: [{ schedulerName: 'default-scheduler' }], extenders: [] },
    });
  });

  it('answers whatever it is given with a configuration or with errors', () => {
    const words = [
      'profiles',
      'plugins',
      'score',
      'multiPoint',
      'enabled',
      'disabled',
      'name',
      'weight',
      'pluginConfig',
      'args',
      'addedAffinity',
    ];
    const keys = [
      ...words,
      'scoringStrategy',
      'resources',
      'defaultConstraints',
      'extenders',
      'leaderElection',
      'leaseDuration',
      'schedulerName',
    ];
    const values = ['NodeAffinity', 'NodeResourcesFit', 'PodTopologySpread', 'Mine', '*', '', '1s', null, 0, -1, 0.5, true];
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof({ depthSize: 'large' }, fc.constantFrom(...values), fc.array(tie('tree'), { maxLength: 3 }), tie('map')),
      map: fc.dictionary(fc.constantFrom(...keys), tie('tree'), { maxKeys: 4 }),
    }));
    fc.assert(
      fc.property(tree, fc.dictionary(fc.constantFrom(...keys), tree), (file, fields) => {
        for (const given of [file, { ...head, ...fields }]) {
          const reading = readKubeSchedulerConfiguration(given, registry);
          if ('errors' in reading) expect(reading.errors.length).toBeGreaterThan(0);
          else expect(reading.configuration.profiles.length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 2000, seed: 4 },
    );
  });

  it('asks for the right kind', () => {
    expect(readKubeSchedulerConfiguration({ kind: 'Pod' }, registry)).toMatchObject({
      errors: [{ path: ['apiVersion'] }, { path: ['kind'] }],
    });
    expect(readKubeSchedulerConfiguration(null, registry)).toMatchObject({ errors: [{ path: [] }] });
  });
});
