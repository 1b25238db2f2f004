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
  ])('%j', (fields, text) => {
    expect(texts(fields)).toEqual([text]);
  });

  it('asks for the right kind', () => {
    expect(readKubeSchedulerConfiguration({ kind: 'Pod' }, registry)).toMatchObject({
      errors: [{ path: ['apiVersion'] }, { path: ['kind'] }],
    });
    expect(readKubeSchedulerConfiguration(null, registry)).toMatchObject({ errors: [{ path: [] }] });
  });
});
