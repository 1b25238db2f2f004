/** A scenario, read, judged and complete: what an experiment runs. */

import { basename } from 'node:path';
import { parseTime } from '#api';
import type { Duration } from '#sim';
import { nodeGroupMistakes } from './autoscaler-plan.ts';
import { type ClusterPlan, clusterPlan } from './cluster.ts';
import { type Condition, type MetricInfo, parseCondition } from './condition.ts';
import { etcdMistakes, etcdPlan } from './etcd-plan.ts';
import { extenderPlans } from './extender-plan.ts';
import type { FaultEntry } from './fault.ts';
import { stageSettings } from './kwok-stages.ts';
import { METRICS } from './metrics.ts';
import { schedulerPlans } from './scheduler-plan.ts';
import { scenarioSchema } from './schema.ts';
import { APPEND, setPath, stepsOf } from './set-path.ts';
import { readSource, type Source } from './source.ts';
import { parseBytes, parseDuration } from './units.ts';
import { type Mistake, printable, UserError } from './user-error.ts';
import { validate } from './validate.ts';
import type { Phase, WorkloadEntry } from './workload.ts';
import { etcdctlMistake, isEtcdctl } from './workloads/etcdctl.ts';
import { workloadKind } from './workloads/registry.ts';
import { withTraceFiles } from './workloads/trace.ts';

export interface Scenario {
  readonly name: string;
  readonly seed: number;
  /** Microseconds since the Unix epoch at instant 0. */
  readonly epoch: number;
  readonly duration: Duration;
  readonly bucket: Duration;
  readonly cluster: ClusterPlan;
  readonly images: Readonly<Record<string, number>>;
  readonly workload: readonly WorkloadEntry[];
  readonly faults: readonly FaultEntry[];
  readonly expect: readonly Condition[];
  readonly phases: readonly Phase[];
  readonly notes: readonly string[];
  /** As it ran, after --set. */
  readonly source: unknown;
  readonly question?: string;
  /** Where it lies. */
  readonly file?: string;
}

/** Every series has a value a bucket: more would fill the memory. */
const MOST_BUCKETS = 100_000;

type Written = Readonly<Record<string, unknown>>;

export function loadScenario(file: string, assignments: readonly string[] = []): Scenario {
  return scenarioFrom(readSource(file), assignments);
}

/** Judges everything before anything runs: throws UserError with all mistakes, sorted by place. */
export function scenarioFrom(read: Source, assignments: readonly string[] = []): Scenario {
  const source = assignments.length === 0 ? read : overlaid(read, assignments);
  if (source.value === null || source.value === undefined)
    throw UserError.at({ file: source.file }, 'is empty: a scenario needs at least `cluster` and `duration`');
  const mistakes = [...validate(scenarioSchema, source)];
  if (mistakes.length > 0) throw new UserError(mistakes);
  const written = source.value as Written;
  const workload = withTraceFiles(entriesOf(written['workload']), source, mistakes);
  mistakes.push(...workloadMistakes(workload, source), ...nameMistakes(written, workload, source));
  const etcd = etcdPlan(((written['cluster'] as Written)['etcd'] ?? {}) as Written);
  workload.forEach((entry, index) => {
    const message = isEtcdctl(entry) ? etcdctlMistake(entry.spec, etcd) : undefined;
    if (message !== undefined)
      mistakes.push({ ...source.placeOf(['workload', index]), message: `'workload[${index}].etcdctl': ${message}` });
  });
  for (const { path, message } of etcdMistakes(((written['cluster'] as Written)['etcd'] ?? {}) as Written)) {
    const where = ['cluster', 'etcd', ...path];
    mistakes.push({ ...source.placeOf(where), message: `'${pathText(where)}': ${message}` });
  }
  for (const { path, message } of [...nodeGroupMistakes(written['cluster'] as Written), ...noNodes(written['cluster'] as Written)]) {
    const where = ['cluster', ...path];
    mistakes.push({ ...source.placeOf(where), message: `'${pathText(where)}': ${message}` });
  }
  const phases = workload.flatMap(({ kind, spec }) => workloadKind(kind)?.phases?.(spec as never) ?? []);
  const expect = conditions((written['expect'] ?? {}) as Written, phases, source, mistakes);
  const epoch = written['epoch'] === undefined ? 1_767_225_600_000_000 : parseTime(String(written['epoch']));
  if (epoch === undefined)
    mistakes.push({
      ...source.placeOf(['epoch']),
      message: `'epoch': '${String(written['epoch'])}' is not an RFC 3339 time such as 2026-01-01T00:00:00Z`,
    });
  const duration = parseDuration(written['duration']) ?? 0;
  const bucket = written['bucket'] === undefined ? undefined : (parseDuration(written['bucket']) ?? 0);
  if (bucket !== undefined && bucket * MOST_BUCKETS < duration)
    mistakes.push({
      ...source.placeOf(['bucket']),
      message: `'bucket' must be at least duration / ${MOST_BUCKETS}, found ${String(written['bucket'])}`,
    });
  if (duration <= 0) mistakes.push({ ...source.placeOf(['duration']), message: "'duration' must be longer than 0" });
  if (mistakes.length > 0) throw new UserError(mistakes);
  const cluster = clusterPlan(written['cluster'] as Written);
  const stages = ((written['cluster'] as Written)['kubelets'] as Written | undefined)?.['stages'];
  return {
    name: (written['name'] as string | undefined) ?? basename(source.file).replace(/\.ya?ml$/, ''),
    seed: (written['seed'] as number | undefined) ?? 1,
    epoch: epoch ?? 0,
    duration,
    bucket: bucket ?? Math.max(1_000_000, Math.ceil(duration / 240 / 1_000_000) * 1_000_000),
    cluster: {
      ...cluster,
      kubelets: { ...cluster.kubelets, settings: { ...stageSettings(stages, source), ...cluster.kubelets.settings } },
      schedulers: schedulerPlans((written['cluster'] as Written)['schedulers'], source),
      extenders: extenderPlans((written['cluster'] as Written)['extenders'], source),
    },
    images: Object.fromEntries(Object.entries((written['images'] ?? {}) as Written).map(([image, size]) => [image, parseBytes(size) ?? 0])),
    workload,
    faults: entriesOf(written['faults']).map((entry, index) => ({ ...entry, place: source.placeOf(['faults', index]) })),
    expect,
    phases,
    notes: (written['notes'] as readonly string[] | undefined) ?? [],
    source: source.value,
    file: source.file,
    ...(source.headComment === '' ? {} : { question: source.headComment }),
  };
}

/** The source with its assignments; what stands in one is a mistake of that `--set`, not of a line of the file. */
function overlaid(read: Source, assignments: readonly string[]): Source {
  const set = assignments.map((assignment) => ({ assignment, steps: stepsOf(assignment) }));
  return {
    ...read,
    value: assignments.reduce(setPath, read.value),
    placeOf(path, ofKey) {
      const by = set.findLast(({ steps }) => steps.every((step, index) => step === APPEND || String(path[index]) === String(step)));
      return by === undefined ? read.placeOf(path, ofKey) : { file: `--set ${printable(by.assignment)}` };
    },
  };
}

const noNodes = ({ nodes, nodeGroups }: Written): readonly { readonly path: readonly string[]; readonly message: string }[] =>
  nodes === 0 && nodeGroups === undefined ? [{ path: ['nodes'], message: "must be at least 1 without 'cluster.nodeGroups', found 0" }] : [];

const pathText = (path: readonly (string | number)[]): string =>
  path.reduce<string>((text, step) => (typeof step === 'number' ? `${text}[${step}]` : text === '' ? step : `${text}.${step}`), '');

function entriesOf(written: unknown): readonly WorkloadEntry[] {
  return ((written ?? []) as readonly Written[]).map((entry) => {
    const [kind, spec] = Object.entries(entry)[0] as [string, unknown];
    return { kind, spec };
  });
}

function workloadMistakes(workload: readonly WorkloadEntry[], source: Source): Mistake[] {
  return workload.flatMap(({ kind, spec }, index) => {
    const message = workloadKind(kind)?.mistake?.(spec as never, workload);
    return message === undefined ? [] : [{ ...source.placeOf(['workload', index]), message: `'workload[${index}].${kind}': ${message}` }];
  });
}

/** Names that may stand once only: those of workload entries of a kind, pools, schedulers and phases. */
function nameMistakes(written: Written, workload: readonly WorkloadEntry[], source: Source): Mistake[] {
  const mistakes: Mistake[] = [];
  const once = (
    what: string,
    named: readonly { readonly name: string | undefined; readonly path: readonly (string | number)[] }[],
  ): void => {
    const seen = new Set<string>();
    for (const { name, path } of named) {
      if (name === undefined) continue;
      if (seen.has(name)) mistakes.push({ ...source.placeOf(path), message: `two ${what} are named '${name}'` });
      seen.add(name);
    }
  };
  const defaults: Readonly<Record<string, string>> = { deployments: 'web', jobs: 'batch', pods: 'pod' };
  for (const kind of ['deployments', 'jobs', 'pods']) {
    const named = workload.flatMap((entry, index) => {
      const spec = entry.spec as Written;
      const path = spec['name'] === undefined ? ['workload', index] : ['workload', index, kind, 'name'];
      return entry.kind === kind ? [{ name: `${String(spec['name'] ?? defaults[kind])}`, path }] : [];
    });
    once(`${kind} entries`, named);
  }
  const cluster = written['cluster'] as Written;
  const pools = Array.isArray(cluster['nodes']) ? (cluster['nodes'] as readonly Written[]) : [];
  once(
    'node pools',
    pools.map((pool, index) => ({
      name: (pool['name'] as string | undefined) ?? (index === 0 ? 'node' : undefined),
      path: ['cluster', 'nodes', index],
    })),
  );
  pools.forEach((pool, index) => {
    const names = pool['names'] as readonly string[] | undefined;
    if (names !== undefined && (names.length !== pool['count'] || new Set(names).size !== names.length))
      mistakes.push({
        ...source.placeOf(['cluster', 'nodes', index, 'names']),
        message: `'cluster.nodes[${index}].names': expected ${String(pool['count'])} different names, as 'count' says; found ${names.length}`,
      });
  });
  const webhooks = (cluster['webhooks'] as readonly Written[] | undefined) ?? [];
  once(
    'webhooks',
    webhooks.map((webhook, index) => ({ name: webhook['name'] as string, path: ['cluster', 'webhooks', index, 'name'] })),
  );
  const schedulers = (cluster['schedulers'] as readonly Written[] | undefined) ?? [];
  once(
    'schedulers',
    schedulers.map((scheduler, index) => ({
      name: (scheduler['name'] as string | undefined) ?? (scheduler['config'] === undefined ? 'default-scheduler' : undefined),
      path: ['cluster', 'schedulers', index],
    })),
  );
  return mistakes;
}

function conditions(expect: Written, phases: readonly Phase[], source: Source, mistakes: Mistake[]): readonly Condition[] {
  return Object.entries(expect).flatMap(([metric, value]) => {
    const place = source.placeOf(['expect', metric]);
    const parsed = parseCondition(metric, METRICS[metric as keyof typeof METRICS] as MetricInfo, value);
    if (typeof parsed === 'string') {
      mistakes.push({ ...place, message: `'expect.${metric}': ${parsed}` });
      return [];
    }
    for (const { during } of parsed) {
      if (during === undefined || phases.some((phase) => phase.name === during)) continue;
      mistakes.push({
        ...place,
        message: `'expect.${metric}': no phase is named '${during}' (there are: ${phases.map((phase) => phase.name).join(', ') || 'none'})`,
      });
    }
    return parsed;
  });
}
