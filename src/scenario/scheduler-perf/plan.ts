/** From the operations of a workloadTemplate, as written, to operations with numbers: createPodSets unrolled, parameters filled in, templates read. */

import { nearest } from '../nearest.ts';
import { NESTED_CREATE_PODS, OPERATIONS } from './fields.ts';
import type { Params, PerfFile, Raw } from './file.ts';
import type { CreateNodes, CreatePods, PerfOperation } from './operation.ts';
import { render, type Template } from './template.ts';

type Path = readonly (string | number)[];

const NOT_HERE: Readonly<Record<string, string>> = {
  createResourceClaims: 'needs createResourceClaims, which scheduler_perf itself has given up for createAny',
};

/** What is behind these gates is alpha in 1.34 and not modelled. */
const NOT_MODELLED: Readonly<Record<string, string>> = {
  DRAConsumableCapacity: 'shares of one device',
  DRAExtendedResource: 'devices behind extended resources',
};

/** Why the devices that a workload needs are not here. */
export function missingDevices(gates: Readonly<Record<string, boolean>>): string | undefined {
  for (const gate in NOT_MODELLED) if (gates[gate] === true) return `needs ${NOT_MODELLED[gate]} (${gate}, alpha in Kubernetes 1.34)`;
  return undefined;
}

const TAINT_RULES = 'needs DeviceTaintRules (resource.k8s.io/v1alpha3, off in Kubernetes 1.34)';

const FOREIGN_COUNTERS = 'needs devices that use the counters of another ResourceSlice, which came with Kubernetes 1.35';

/** 1.34 refuses a slice whose devices consume counters that the slice itself does not have. */
function usesForeignCounters(template: Template): boolean {
  const { kind, spec } = render(template, 0, 1) as {
    readonly kind?: string;
    readonly spec?: { readonly sharedCounters?: unknown; readonly devices?: readonly { readonly consumesCounters?: unknown }[] };
  };
  return (
    kind === 'ResourceSlice' &&
    spec?.sharedCounters === undefined &&
    (spec?.devices ?? []).some((device) => device.consumesCounters !== undefined)
  );
}

const labelsOf = (written: unknown): Readonly<Record<string, string>> =>
  (written as { matchLabels?: Record<string, string> } | undefined)?.matchLabels ?? (written as Record<string, string> | undefined) ?? {};

export function planOperations(
  file: PerfFile,
  template: readonly unknown[],
  path: Path,
  params: Params,
  defaultPod: Template | undefined,
  featureGates: Readonly<Record<string, boolean>>,
): { readonly operations: readonly PerfOperation[]; readonly skipped?: string } {
  const operations: PerfOperation[] = [];
  for (const [at, written] of template.entries()) {
    const here = [...path, at];
    if (typeof written !== 'object' || written === null || Array.isArray(written))
      return file.refuse(here, `expected an operation: a map with 'opcode', found ${JSON.stringify(written)}`, false);
    const { opcode, ...rest } = written as Raw;
    if (opcode === undefined) return file.refuse(here, "expected an operation: a map with 'opcode'; it has none", false);
    const name = String(opcode);
    const reason = NOT_HERE[name];
    if (reason !== undefined) return { operations: [], skipped: reason };
    const known = OPERATIONS[name];
    if (known === undefined) {
      const names = [...Object.keys(OPERATIONS), ...Object.keys(NOT_HERE)];
      const near = nearest(name, names);
      const hint = near === undefined ? `known: ${names.join(', ')}` : `did you mean '${near}'?`;
      return file.refuse([...here, 'opcode'], `unknown opcode '${name}'; ${hint}`, false);
    }
    const fields = file.fields(rest, known, here);
    const planned = planOne(new Planner(file, fields, here, params, defaultPod, featureGates), name, operations.length);
    for (const operation of planned) {
      if (operation.op !== 'createAny') continue;
      if (usesForeignCounters(operation.template)) return { operations: [], skipped: FOREIGN_COUNTERS };
      if ((render(operation.template, 0, 1) as { kind?: string }).kind === 'DeviceTaintRule')
        return { operations: [], skipped: TAINT_RULES };
    }
    operations.push(...planned);
  }
  return { operations };
}

class Planner {
  readonly file: PerfFile;
  readonly fields: Raw;
  readonly path: Path;
  readonly params: Params;
  readonly defaultPod: Template | undefined;
  readonly featureGates: Readonly<Record<string, boolean>>;

  constructor(
    file: PerfFile,
    fields: Raw,
    path: Path,
    params: Params,
    defaultPod: Template | undefined,
    featureGates: Readonly<Record<string, boolean>>,
  ) {
    this.file = file;
    this.fields = fields;
    this.path = path;
    this.params = params;
    this.defaultPod = defaultPod;
    this.featureGates = featureGates;
  }

  count(otherwise?: number): number {
    const written = this.fields['countParam'] ?? this.fields['count'];
    if (written === undefined) return otherwise ?? this.file.refuse(this.path, "has neither 'count' nor 'countParam'");
    return this.params.count(written);
  }

  template(field: string): Template | undefined {
    const written = this.fields[field];
    return written === undefined ? undefined : this.file.template(String(this.params.resolve(written)), [...this.path, field]);
  }

  /** A template of objects of that kind, if there is one. */
  templateOfKind(kind: string, field: string, otherwise?: Template): Template | undefined {
    const template = this.template(field) ?? otherwise;
    const found = template === undefined ? kind : (render(template, 0, 1) as { kind: string }).kind;
    if (found === kind) return template;
    const path = this.fields[field] === undefined ? this.path : [...this.path, field];
    return this.file.refuse(path, `expected a template of a ${kind}, found one of a ${found} (${template?.file})`);
  }

  needTemplate(field: string): Template {
    return this.template(field) ?? this.file.refuse(this.path, `has no '${field}'`);
  }

  text(field: string, otherwise: string): string {
    return (this.fields[field] as string | undefined) ?? otherwise;
  }

  /** `fields` of a nested operation in place of these. */
  within(fields: Raw, at: string): Planner {
    return new Planner(this.file, fields, [...this.path, at], this.params, this.defaultPod, this.featureGates);
  }
}

function planOne(plan: Planner, opcode: string, index: number): PerfOperation[] {
  const { fields, params } = plan;
  switch (opcode) {
    case 'createNodes':
      return [createNodes(plan, index)];
    case 'createNamespaces': {
      const template = plan.template('namespaceTemplatePath');
      return [
        { op: 'createNamespaces', prefix: plan.text('prefix', ''), count: plan.count(), ...(template === undefined ? {} : { template }) },
      ];
    }
    case 'createPods':
      return [createPods(plan, plan.text('namespace', `namespace-${index}`))];
    case 'createPodSets': {
      const nested = plan.within(
        plan.file.fields(fields['createPodsOp'], NESTED_CREATE_PODS, [...plan.path, 'createPodsOp']),
        'createPodsOp',
      );
      const prefix = plan.text('namespacePrefix', '');
      return Array.from({ length: plan.count() }, (_, set) => createPods(nested, `${prefix}-${set}`));
    }
    case 'deletePods':
      return [
        {
          op: 'deletePods',
          namespace: plan.text('namespace', ''),
          labels: labelsOf(fields['labelSelector']),
          skipWait: fields['skipWaitToCompletion'] === true,
          perSecond: (fields['deletePodsPerSecond'] as number | undefined) ?? 0,
        },
      ];
    case 'churn': {
      const paths = (fields['templatePaths'] as readonly string[] | undefined) ?? [];
      const interval = ((fields['intervalMilliseconds'] as number | undefined) ?? 500) * 1000;
      const mode = fields['mode'] === 'recreate' ? 'recreate' : 'create';
      return [
        {
          op: 'churn',
          mode,
          number: (fields['number'] as number | undefined) ?? 0,
          interval,
          namespace: plan.text('namespace', `namespace-${index}`),
          templates: paths.map((path) => ({ ...plan.file.template(path, [...plan.path, 'templatePaths']), varies: false })),
        },
      ];
    }
    case 'createAny':
      return [
        { op: 'createAny', template: plan.needTemplate('templatePath'), namespace: plan.text('namespace', ''), count: plan.count(1) },
      ];
    case 'updateAny':
      return [
        {
          op: 'updateAny',
          template: plan.needTemplate('templatePath'),
          namespace: plan.text('namespace', ''),
          count: plan.count(1),
          perSecond: (fields['updatePerSecond'] as number | undefined) ?? 0,
          subresources: (fields['subresources'] as readonly string[] | undefined) ?? [],
        },
      ];
    case 'createResourceDriver':
    case 'allocResourceClaims':
      return [planDevices(plan, opcode)];
    case 'barrier':
      return [
        {
          op: 'barrier',
          namespaces: (fields['namespaces'] as readonly string[] | undefined) ?? [],
          labels: labelsOf(fields['labelSelector']),
          stage: fields['stageRequirement'] === 'Attempted' ? 'Attempted' : 'Scheduled',
        },
      ];
    case 'sleep':
      return [{ op: 'sleep', duration: params.duration(fields['durationParam'] ?? fields['duration'] ?? '0s') }];
    case 'startCollectingMetrics':
      return [
        {
          op: 'startCollectingMetrics',
          namespaces: (fields['namespaces'] as readonly string[] | undefined) ?? [],
          labels: labelsOf(fields['labelSelector']),
        },
      ];
    default:
      return [{ op: 'stopCollectingMetrics' }];
  }
}

function planDevices({ fields, params, featureGates }: Planner, opcode: string): PerfOperation {
  const text = (field: string): string => (fields[field] as string | undefined) ?? '';
  if (opcode === 'allocResourceClaims') return { op: 'allocResourceClaims', namespace: text('namespace'), featureGates };
  const maxClaimsPerNode = params.count(fields['maxClaimsPerNodeParam'] ?? fields['maxClaimsPerNode'] ?? 0);
  return { op: 'createResourceDriver', driver: text('driverName'), nodes: text('nodes'), maxClaimsPerNode };
}

function createNodes(plan: Planner, index: number): CreateNodes {
  const { fields } = plan;
  const template = plan.templateOfKind('Node', 'nodeTemplatePath');
  const label = fields['labelNodePrepareStrategy'] as { labelKey: string; labelValues: readonly string[] } | undefined;
  const unique = fields['uniqueNodeLabelStrategy'] as { labelKey: string } | undefined;
  const allocatable = fields['nodeAllocatableStrategy'] as
    | { nodeAllocatable?: Record<string, string>; csiNodeAllocatable?: Record<string, { count?: number }> }
    | undefined;
  const csi = allocatable?.csiNodeAllocatable;
  return {
    op: 'createNodes',
    index,
    count: plan.count(),
    ...(template === undefined ? {} : { template }),
    ...(allocatable?.nodeAllocatable === undefined ? {} : { allocatable: allocatable.nodeAllocatable }),
    ...(label === undefined ? {} : { label: { key: label.labelKey, values: label.labelValues } }),
    ...(unique === undefined ? {} : { uniqueLabel: unique.labelKey }),
    ...(csi === undefined ? {} : { csi: Object.fromEntries(Object.entries(csi).map(([driver, { count }]) => [driver, count ?? 0])) }),
  };
}

function createPods(plan: Planner, namespace: string): CreatePods {
  const { fields, params } = plan;
  const template = plan.templateOfKind('Pod', 'podTemplatePath', plan.defaultPod);
  const persistentVolume = plan.template('persistentVolumeTemplatePath');
  const persistentVolumeClaim = plan.template('persistentVolumeClaimTemplatePath');
  const steady = fields['steadyStateParam'] === undefined ? fields['steadyState'] === true : params.flag(fields['steadyStateParam']);
  const duration = fields['durationParam'] ?? fields['duration'];
  const collect = fields['collectMetrics'] === true;
  const skipWait = fields['skipWaitToCompletion'] === true;
  if (collect && skipWait) plan.file.refuse(plan.path, "'collectMetrics' and 'skipWaitToCompletion' exclude each other");
  return {
    op: 'createPods',
    count: plan.count(),
    namespace,
    ...(template === undefined ? {} : { template }),
    collect,
    skipWait,
    steady,
    duration: duration === undefined ? 0 : params.duration(duration),
    ...(persistentVolume === undefined ? {} : { persistentVolume }),
    ...(persistentVolumeClaim === undefined ? {} : { persistentVolumeClaim }),
  };
}
