/** openb (Alibaba cluster-trace-gpu-v2023): its node and pod lists, and their replay as API requests.
 *  GPU cards are an extended resource (whole cards: a share of a card counts as one); an accepted model is node affinity on a label. */

import type { Pod } from '#api';
import { type CsvTable, columnOf, numberAt, optionalNumberAt, readCsv } from '../csv.ts';
import { UserError } from '../user-error.ts';
import type { TimedRequest, WorkloadKind } from '../workload.ts';

export const GPU_RESOURCE = 'nvidia.com/gpu';
export const GPU_MODEL_LABEL = 'nvidia.com/gpu.product';

export interface OpenbNode {
  readonly name: string;
  readonly cpuMilli: number;
  readonly memoryMib: number;
  readonly gpus: number;
  readonly model: string;
}

export interface OpenbPod {
  readonly name: string;
  readonly cpuMilli: number;
  readonly memoryMib: number;
  readonly gpus: number;
  readonly gpuMilli: number;
  /** Accepted models; empty: any. */
  readonly models: readonly string[];
  readonly qos: string;
  /** Seconds of the trace; absent in files of five columns. */
  readonly createdAt?: number;
  readonly deletedAt?: number;
}

export function readOpenbNodes(file: string): OpenbNode[] {
  const table = readCsv(file);
  const [name, cpu, memory, gpu] = ['sn', 'cpu_milli', 'memory_mib', 'gpu'].map((column) => columnOf(table, column, '')) as [
    number,
    number,
    number,
    number,
  ];
  const model = columnOf(table, 'model');
  const nodes = table.rows.map((row) => ({
    name: nameAt(table, row.line, row.cells[name]),
    cpuMilli: numberAt(table, row, cpu),
    memoryMib: numberAt(table, row, memory),
    gpus: numberAt(table, row, gpu),
    model: model < 0 ? '' : (row.cells[model] ?? ''),
  }));
  refuseTwins(table, nodes);
  return nodes;
}

/** `timed`: creation_time is needed. */
export function readOpenbPods(file: string, timed: boolean): OpenbPod[] {
  const table = readCsv(file);
  const required = ['name', 'cpu_milli', 'memory_mib', 'num_gpu', 'gpu_milli'].map((column) => columnOf(table, column, ''));
  const [name, cpu, memory, gpus, gpuMilli] = required as [number, number, number, number, number];
  const created = columnOf(table, 'creation_time', timed ? '--mode timed needs it; --mode fill does without' : undefined);
  const deleted = columnOf(table, 'deletion_time');
  const spec = columnOf(table, 'gpu_spec');
  const qos = columnOf(table, 'qos');
  const pods = table.rows.map((row): OpenbPod => {
    const createdAt = timed ? numberAt(table, row, created) : optionalNumberAt(table, row, created);
    const deletedAt = optionalNumberAt(table, row, deleted);
    if (createdAt !== undefined && deletedAt !== undefined && deletedAt < createdAt)
      throw UserError.at({ file, line: row.line }, `deletion_time ${deletedAt} is before creation_time ${createdAt}`);
    return {
      name: nameAt(table, row.line, row.cells[name]),
      cpuMilli: numberAt(table, row, cpu),
      memoryMib: numberAt(table, row, memory),
      gpus: numberAt(table, row, gpus),
      gpuMilli: numberAt(table, row, gpuMilli),
      models: spec < 0 || (row.cells[spec] ?? '') === '' ? [] : (row.cells[spec] as string).split('|'),
      qos: qos < 0 ? '' : (row.cells[qos] ?? ''),
      ...(createdAt === undefined ? {} : { createdAt }),
      ...(deletedAt === undefined ? {} : { deletedAt }),
    };
  });
  refuseTwins(table, pods);
  return pods;
}

function nameAt(table: CsvTable, line: number, cell: string | undefined): string {
  if (cell !== undefined && /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(cell) && cell.length <= 200) return cell;
  throw UserError.at(
    { file: table.file, line },
    `'${(cell ?? '').slice(0, 60)}' is no name for a Kubernetes object (lower case letters, digits, '-' and '.')`,
  );
}

function refuseTwins(table: CsvTable, named: readonly { readonly name: string }[]): void {
  const lines = new Map<string, number>();
  named.forEach(({ name }, index) => {
    const line = table.rows[index]?.line ?? 0;
    const before = lines.get(name);
    if (before !== undefined) throw UserError.at({ file: table.file, line }, `'${name}' stands already in line ${before}`);
    lines.set(name, line);
  });
}

/** One pod that arrives, and perhaps leaves. Times in microseconds of the run. */
export interface ReplayedPod extends OpenbPod {
  readonly at: number;
  readonly until?: number;
}

/** The workload entry that a replay puts into its scenario. */
export interface OpenbReplaySpec {
  /** In order of time. */
  readonly pods: readonly ReplayedPod[];
}

export const openbReplay: WorkloadKind<OpenbReplaySpec> = {
  name: 'openbReplay',
  schema: {},
  pods: ({ pods }) => pods.length,
  *requests({ pods }): Iterable<TimedRequest> {
    const leaving = pods.filter((pod) => pod.until !== undefined).sort((a, b) => (a.until as number) - (b.until as number));
    let next = 0;
    for (const pod of pods) {
      for (let gone = leaving[next]; gone !== undefined && (gone.until as number) < pod.at; gone = leaving[++next]) yield departure(gone);
      yield { at: pod.at, verb: 'create', resource: 'pods', namespace: 'default', body: podOf(pod), pods: 1 };
    }
    for (let gone = leaving[next]; gone !== undefined; gone = leaving[++next]) yield departure(gone);
  },
};

const departure = (pod: ReplayedPod): TimedRequest => ({
  at: pod.until as number,
  verb: 'delete',
  resource: 'pods',
  namespace: 'default',
  name: pod.name,
  options: { gracePeriodSeconds: 1 },
});

// Pods of one shape share their spec.
const specs = new Map<string, Pod['spec']>();

function podOf(pod: OpenbPod): Pod {
  const shape = `${pod.cpuMilli}/${pod.memoryMib}/${pod.gpus}/${pod.models.join('|')}`;
  let spec = specs.get(shape);
  if (spec === undefined) {
    const cards: Record<string, string> = pod.gpus === 0 ? {} : { [GPU_RESOURCE]: String(pod.gpus) };
    const terms = [{ matchExpressions: [{ key: GPU_MODEL_LABEL, operator: 'In', values: [...pod.models] }] }];
    const affinity =
      pod.models.length === 0
        ? {}
        : { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } } };
    const requests = { cpu: `${pod.cpuMilli}m`, memory: `${pod.memoryMib}Mi`, ...cards };
    spec = {
      containers: [{ name: 'main', image: 'openb:1', resources: { requests, ...(pod.gpus === 0 ? {} : { limits: cards }) } }],
      restartPolicy: 'Always',
      ...affinity,
    } as Pod['spec'];
    specs.set(shape, spec);
  }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: pod.name, namespace: 'default', ...(pod.qos === '' ? {} : { labels: { qos: pod.qos } }) },
    spec,
  };
}
