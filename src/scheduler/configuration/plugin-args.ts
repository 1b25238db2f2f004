/** Arguments of the default plugins: their v1 defaults and validation.
 *  Mirrors kube-scheduler v1.34 pkg/scheduler/apis/config/v1/defaults.go and apis/config/validation/validation_pluginargs.go. */

import type { NodeSelector } from '#api';
import {
  type ConfigurationError,
  duplicate,
  forbiddenValue,
  invalidValue,
  notSupported,
  type Path,
  pathText,
  required,
} from './field-path.ts';
import { checkTerm } from './selector-terms.ts';
import { checkShape, type Shape } from './shape.ts';

export interface ResourceSpec {
  readonly name: string;
  readonly weight: number;
}
export interface UtilizationShapePoint {
  readonly utilization: number;
  readonly score: number;
}
export interface NodeResourcesFitArgs {
  readonly ignoredResources?: readonly string[];
  readonly ignoredResourceGroups?: readonly string[];
  readonly scoringStrategy: {
    readonly type: 'LeastAllocated' | 'MostAllocated' | 'RequestedToCapacityRatio';
    readonly resources: readonly ResourceSpec[];
    readonly requestedToCapacityRatio?: { readonly shape: readonly UtilizationShapePoint[] };
  };
}
export interface NodeResourcesBalancedAllocationArgs {
  readonly resources: readonly ResourceSpec[];
}
export interface DefaultPreemptionArgs {
  readonly minCandidateNodesPercentage: number;
  readonly minCandidateNodesAbsolute: number;
}
export interface InterPodAffinityArgs {
  readonly hardPodAffinityWeight: number;
  readonly ignorePreferredTermsOfExistingPods: boolean;
}
export interface PodTopologySpreadArgs {
  readonly defaultingType: 'System' | 'List';
  readonly defaultConstraints: readonly { readonly maxSkew: number; readonly topologyKey: string; readonly whenUnsatisfiable: string }[];
}
export interface NodeAffinityArgs {
  readonly addedAffinity?: {
    readonly requiredDuringSchedulingIgnoredDuringExecution?: NodeSelector;
    readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly {
      readonly weight: number;
      readonly preference: NodeSelector['nodeSelectorTerms'][number];
    }[];
  };
}
export interface VolumeBindingArgs {
  readonly bindTimeoutSeconds: number;
}

/** Arguments by plugin name; a plugin of one's own may bring any. */
export type PluginArgs = Readonly<Record<string, unknown>>;

const CPU_AND_MEMORY: readonly ResourceSpec[] = [
  { name: 'cpu', weight: 1 },
  { name: 'memory', weight: 1 },
];

/** What a plugin gets when the file says nothing. */
export const DEFAULT_ARGS = {
  DefaultPreemption: { minCandidateNodesPercentage: 10, minCandidateNodesAbsolute: 100 } satisfies DefaultPreemptionArgs,
  InterPodAffinity: { hardPodAffinityWeight: 1, ignorePreferredTermsOfExistingPods: false } satisfies InterPodAffinityArgs,
  NodeAffinity: {} satisfies NodeAffinityArgs,
  NodeResourcesBalancedAllocation: { resources: CPU_AND_MEMORY } satisfies NodeResourcesBalancedAllocationArgs,
  NodeResourcesFit: { scoringStrategy: { type: 'LeastAllocated', resources: CPU_AND_MEMORY } } satisfies NodeResourcesFitArgs,
  PodTopologySpread: { defaultingType: 'System', defaultConstraints: [] } satisfies PodTopologySpreadArgs,
  VolumeBinding: { bindTimeoutSeconds: 600 } satisfies VolumeBindingArgs,
} as const;

type Fields = Readonly<Record<string, unknown>>;

const GROUP = 'kubescheduler.config.k8s.io';
const TYPE_META = { apiVersion: 'string', kind: 'string' } as const;
const RESOURCES: Shape = { list: { fields: { name: 'string', weight: 'number' } } };
const SHAPE: Shape = { list: { fields: { utilization: 'number', score: 'number' } } };
const fields = (own: Readonly<Record<string, Shape>>): Shape => ({ fields: { ...TYPE_META, ...own } });

const EXPRESSIONS: Shape = { list: { fields: { key: 'string', operator: 'string', values: { list: 'string' } } } };
const SELECTOR_TERM: Shape = { fields: { matchExpressions: EXPRESSIONS, matchFields: EXPRESSIONS } };
const ADDED_AFFINITY: Shape = {
  fields: {
    requiredDuringSchedulingIgnoredDuringExecution: { fields: { nodeSelectorTerms: { list: SELECTOR_TERM } } },
    preferredDuringSchedulingIgnoredDuringExecution: { list: { fields: { weight: 'number', preference: SELECTOR_TERM } } },
  },
};

const CONSTRAINT: Shape = {
  fields: {
    maxSkew: 'number',
    topologyKey: 'string',
    whenUnsatisfiable: 'string',
    labelSelector: 'any',
    minDomains: 'number',
    nodeAffinityPolicy: 'string',
    nodeTaintsPolicy: 'string',
    matchLabelKeys: { list: 'string' },
  },
};

const SHAPES: Readonly<Record<string, Shape>> = {
  DefaultPreemption: fields({ minCandidateNodesPercentage: 'number', minCandidateNodesAbsolute: 'number' }),
  InterPodAffinity: fields({ hardPodAffinityWeight: 'number', ignorePreferredTermsOfExistingPods: 'boolean' }),
  NodeAffinity: fields({ addedAffinity: ADDED_AFFINITY }),
  NodeResourcesBalancedAllocation: fields({ resources: RESOURCES }),
  NodeResourcesFit: fields({
    ignoredResources: { list: 'string' },
    ignoredResourceGroups: { list: 'string' },
    scoringStrategy: { fields: { type: 'string', resources: RESOURCES, requestedToCapacityRatio: { fields: { shape: SHAPE } } } },
  }),
  PodTopologySpread: fields({ defaultingType: 'string', defaultConstraints: { list: CONSTRAINT } }),
  VolumeBinding: fields({ bindTimeoutSeconds: 'number', shape: SHAPE }),
};

const withWeights = (resources: readonly ResourceSpec[] | undefined): readonly ResourceSpec[] =>
  resources === undefined || resources.length === 0 ? CPU_AND_MEMORY : resources.map(({ name, weight }) => ({ name, weight: weight || 1 }));

/** The file's arguments over the defaults. */
export function defaultedArgs(plugin: string, given: Fields | undefined): unknown {
  const standard: Fields | undefined = (DEFAULT_ARGS as Readonly<Record<string, Fields>>)[plugin];
  if (standard === undefined) return given ?? {};
  if (given === undefined) return standard;
  if (plugin === 'NodeResourcesFit') {
    const strategy = given.scoringStrategy as Partial<NodeResourcesFitArgs['scoringStrategy']> | undefined;
    return {
      ...given,
      scoringStrategy: strategy === undefined ? standard.scoringStrategy : { ...strategy, resources: withWeights(strategy.resources) },
    };
  }
  if (plugin === 'NodeResourcesBalancedAllocation')
    return { ...given, resources: withWeights(given.resources as ResourceSpec[] | undefined) };
  return { ...standard, ...given };
}

function checkRange(value: number, least: number, most: number, path: Path, errors: ConfigurationError[]): void {
  if (value < least || value > most)
    errors.push(invalidValue(path, value, `not in valid range [${least}, ${most === Number.POSITIVE_INFINITY ? 'inf)' : `${most}]`}`));
}

function checkFunctionShape(shape: readonly UtilizationShapePoint[] | undefined, path: Path, errors: ConfigurationError[]): void {
  if (shape === undefined || shape.length === 0) {
    errors.push(required(path, 'at least one point must be specified'));
    return;
  }
  const unsorted = shape.findIndex((point, i) => i > 0 && (shape[i - 1]?.utilization ?? 0) >= point.utilization);
  if (unsorted > 0)
    errors.push(
      invalidValue([...path, unsorted, 'utilization'], shape[unsorted]?.utilization, 'values must be sorted in increasing order'),
    );
  shape.forEach((point, i) => {
    checkRange(point.utilization, 0, 100, [...path, i, 'utilization'], errors);
    // MaxCustomPriorityScore.
    checkRange(point.score, 0, 10, [...path, i, 'score'], errors);
  });
}

const STRATEGIES = ['LeastAllocated', 'MostAllocated', 'RequestedToCapacityRatio'];

function checkFit(args: NodeResourcesFitArgs, path: Path, errors: ConfigurationError[]): void {
  args.ignoredResourceGroups?.forEach((group, i) => {
    if (group.includes('/'))
      errors.push(invalidValue([...path, 'ignoredResourceGroups', i], group, "resource group name can't contain '/'"));
  });
  const strategy = args.scoringStrategy;
  const at = [...path, 'scoringStrategy'];
  if (!STRATEGIES.includes(strategy.type)) errors.push(notSupported([...at, 'type'], strategy.type ?? '', STRATEGIES));
  strategy.resources.forEach(({ name, weight }, i) => {
    if (weight <= 0 || weight > 100)
      errors.push(invalidValue([...at, 'resources', i, 'weight'], weight, `resource weight of ${name} not in valid range (0, 100]`));
  });
  const ratio = strategy.requestedToCapacityRatio;
  if (strategy.type === 'RequestedToCapacityRatio') {
    if (ratio === undefined)
      errors.push(required([...at, 'requestedToCapacityRatio'], 'must be specified when type is RequestedToCapacityRatio'));
    else checkFunctionShape(ratio.shape, [...at, 'requestedToCapacityRatio', 'shape'], errors);
  } else if (ratio !== undefined)
    errors.push(forbiddenValue([...at, 'requestedToCapacityRatio'], 'must be nil when type is not RequestedToCapacityRatio'));
}

function checkBalanced(args: NodeResourcesBalancedAllocationArgs, path: Path, errors: ConfigurationError[]): void {
  const seen = new Set<string>();
  args.resources.forEach(({ name, weight }, i) => {
    if (seen.has(name)) errors.push(duplicate([...path, 'resources', i, 'name'], name));
    seen.add(name);
    if (weight !== 1) errors.push(invalidValue([...path, 'resources', i, 'weight'], weight, 'must be 1'));
  });
}

function checkPreemption(args: DefaultPreemptionArgs, path: Path, errors: ConfigurationError[]): void {
  const percentage = [...path, 'minCandidateNodesPercentage'];
  const absolute = [...path, 'minCandidateNodesAbsolute'];
  checkRange(args.minCandidateNodesPercentage, 0, 100, percentage, errors);
  checkRange(args.minCandidateNodesAbsolute, 0, Number.POSITIVE_INFINITY, absolute, errors);
  if (args.minCandidateNodesPercentage === 0 && args.minCandidateNodesAbsolute === 0) {
    errors.push(invalidValue(percentage, 0, 'cannot be zero at the same time as minCandidateNodesAbsolute'));
    errors.push(invalidValue(absolute, 0, 'cannot be zero at the same time as minCandidateNodesPercentage'));
  }
}

const ACTIONS = ['DoNotSchedule', 'ScheduleAnyway'];

function checkConstraint(
  constraints: PodTopologySpreadArgs['defaultConstraints'],
  i: number,
  path: Path,
  errors: ConfigurationError[],
): void {
  const constraint = constraints[i] as PodTopologySpreadArgs['defaultConstraints'][number] & { labelSelector?: unknown };
  const { maxSkew, topologyKey = '', whenUnsatisfiable = '' } = constraint;
  if (!(maxSkew > 0)) errors.push(invalidValue([...path, i, 'maxSkew'], maxSkew ?? 0, 'not in valid range (0, inf)'));
  if (topologyKey === '') errors.push(required([...path, i, 'topologyKey'], 'can not be empty'));
  if (whenUnsatisfiable === '') errors.push(required([...path, i, 'whenUnsatisfiable'], 'can not be empty'));
  else if (!ACTIONS.includes(whenUnsatisfiable)) errors.push(notSupported([...path, i, 'whenUnsatisfiable'], whenUnsatisfiable, ACTIONS));
  if (constraint.labelSelector !== undefined)
    errors.push(forbiddenValue([...path, i, 'labelSelector'], 'constraint must not define a selector, as they deduced for each pod'));
  const repeats = constraints
    .slice(0, i)
    .some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable);
  if (repeats) errors.push(duplicate([...path, i], `{${topologyKey}, ${whenUnsatisfiable}}`));
}

function checkSpread(args: PodTopologySpreadArgs, path: Path, errors: ConfigurationError[]): void {
  const at = [...path, 'defaultingType'];
  if (args.defaultingType !== 'System' && args.defaultingType !== 'List')
    errors.push(notSupported(at, args.defaultingType, ['List', 'System']));
  else if (args.defaultingType === 'System' && args.defaultConstraints.length > 0)
    errors.push(invalidValue(at, args.defaultingType, 'when .defaultConstraints are not empty'));
  args.defaultConstraints.forEach((_, i) => checkConstraint(args.defaultConstraints, i, [...path, 'defaultConstraints'], errors));
}

function checkAddedAffinity({ addedAffinity }: NodeAffinityArgs, path: Path, errors: ConfigurationError[]): void {
  const hard = [...path, 'addedAffinity', 'requiredDuringSchedulingIgnoredDuringExecution'];
  addedAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms?.forEach((term, i) => {
    const at = [...hard, 'nodeSelectorTerms', i];
    checkTerm(term, at, at, errors);
  });
  const soft = [...path, 'addedAffinity', 'preferredDuringSchedulingIgnoredDuringExecution'];
  addedAffinity?.preferredDuringSchedulingIgnoredDuringExecution?.forEach(({ weight, preference }, i) => {
    // A weight of 0 is not even parsed; and the path that upstream prints leaves out `preference`.
    if ((weight ?? 0) !== 0) checkTerm(preference ?? {}, [...soft, i, 'preference'], [...soft, i], errors);
  });
}

/** Arguments may say of which kind they are (config/v1/types_pluginargs.go, decodeNestedObjects). */
function checkKind(plugin: string, { apiVersion, kind }: Fields, path: Path, errors: ConfigurationError[]): void {
  const group = (version: unknown): string => (version === undefined ? GROUP : (String(version).split('/')[0] ?? ''));
  const found = `${String(kind ?? `${plugin}Args`)}.${group(apiVersion)}`;
  if (found !== `${plugin}Args.${GROUP}`)
    errors.push({
      path: [...path, 'kind'],
      text: `${pathText(path)}: args for plugin ${plugin} were not of type ${plugin}Args.${GROUP}, got ${found}`,
    });
}

/** Collects the faults of one plugin's arguments, at `path` of the file. Plugins of one's own are not judged. */
export function checkArgs(plugin: string, given: Fields | undefined, path: Path, errors: ConfigurationError[]): void {
  const shape = SHAPES[plugin];
  if (shape === undefined || given === undefined) return;
  checkKind(plugin, given, path, errors);
  const before = errors.length;
  checkShape(given, shape, path, errors);
  if (errors.length > before) return;
  const args = defaultedArgs(plugin, given);
  switch (plugin) {
    case 'DefaultPreemption':
      return checkPreemption(args as DefaultPreemptionArgs, path, errors);
    case 'InterPodAffinity':
      return checkRange((args as InterPodAffinityArgs).hardPodAffinityWeight, 0, 100, [...path, 'hardPodAffinityWeight'], errors);
    case 'NodeAffinity':
      return checkAddedAffinity(args as NodeAffinityArgs, path, errors);
    case 'NodeResourcesBalancedAllocation':
      return checkBalanced(args as NodeResourcesBalancedAllocationArgs, path, errors);
    case 'NodeResourcesFit':
      return checkFit(args as NodeResourcesFitArgs, path, errors);
    case 'PodTopologySpread':
      return checkSpread(args as PodTopologySpreadArgs, path, errors);
    default: {
      const seconds = (args as VolumeBindingArgs).bindTimeoutSeconds;
      if (seconds < 0)
        errors.push(invalidValue([...path, 'bindTimeoutSeconds'], seconds, 'invalid BindTimeoutSeconds, should not be a negative value'));
      if (given.shape !== undefined)
        errors.push(
          invalidValue(
            [...path, 'shape'],
            given.shape,
            'unexpected field `shape`, remove it or turn on the feature gate StorageCapacityScoring',
          ),
        );
    }
  }
}
