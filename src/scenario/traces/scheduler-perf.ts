/** scheduler_perf's files (performance-config.yaml) as scenarios: the nodes, namespaces and pods of one workload. `wavetank bench` runs the same files with
 *  the benchmark's own barriers and figures; here their pods come at a pace, and controllers and kubelets run too. */

import type { KubeObject } from '#api';
import { nearest } from '../nearest.ts';
import { PerfFile } from '../scheduler-perf/file.ts';
import type { CreateNodes, CreatePods, PerfWorkload } from '../scheduler-perf/operation.ts';
import { render } from '../scheduler-perf/template.ts';
import { printable, UserError } from '../user-error.ts';
import type { WrittenPool } from './fit-cluster.ts';
import { rowImporter } from './importer.ts';
import { askedBy, podDemand } from './object-demand.ts';
import { podSpecOf, portableMetadata } from './portable-pod.ts';
import type { Tally } from './tally.ts';
import type { ObjectItem, PodItem, TraceItem } from './trace-item.ts';

type Fields = Readonly<Record<string, unknown>>;

const DEFAULT_RATE = 100;
/** upstream's node-default.yaml */
const NODE = { pods: '110', cpu: '4', memory: '32Gi' };

function chosen(file: string, own: Readonly<Record<string, string>>): PerfWorkload {
  const all = new PerfFile(file).workloads();
  const pick = (
    flag: string,
    wanted: string | undefined,
    of: readonly PerfWorkload[],
    name: (one: PerfWorkload) => string,
  ): readonly PerfWorkload[] => {
    if (wanted === undefined) return of;
    const found = of.filter((one) => name(one) === wanted);
    if (found.length > 0) return found;
    const names = [...new Set(of.map(name))];
    const near = nearest(wanted, names);
    throw UserError.at(
      { file },
      `${flag}: no '${printable(wanted)}'; ${near === undefined ? `there are: ${names.join(', ')}` : `did you mean '${near}'?`}`,
    );
  };
  const cases = pick('--case', own['case'], all, ({ testCase }) => testCase);
  const workloads = pick('--workload', own['workload'], cases, ({ name }) => name);
  const ready = workloads.filter(({ skipped }) => skipped === undefined);
  const [first] = ready;
  if (first === undefined) throw UserError.at({ file }, `nothing to import: ${workloads[0]?.skipped ?? 'no workload'}`);
  return first;
}

function rateOf(own: Readonly<Record<string, string>>): number {
  const text = own['podsPerSecond'];
  const value = text === undefined ? DEFAULT_RATE : Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw UserError.at({}, `--pods-per-second: expected a number above 0, found '${printable(String(text))}'`);
}

/** Nodes that differ from one to the next in nothing but a label are a pool for each of its values. */
function poolsOf(operation: CreateNodes, first: number): WrittenPool[] {
  const node = (operation.template === undefined ? {} : render(operation.template, 0, operation.count)) as {
    metadata?: { labels?: Record<string, string> };
    spec?: { taints?: unknown };
    status?: { capacity?: Record<string, unknown>; allocatable?: Record<string, unknown> };
  };
  const written = { ...node.status?.capacity, ...node.status?.allocatable, ...operation.allocatable };
  const capacity = Object.fromEntries(Object.entries({ ...NODE, ...written }).map(([name, amount]) => [name, String(amount)]));
  const { label, count } = operation;
  const values = label === undefined || label.values.length === 0 ? [undefined] : label.values;
  return values.flatMap((value, index) => {
    const share = Math.floor(count / values.length) + (index < count % values.length ? 1 : 0);
    if (share === 0) return [];
    const zone = label?.key === 'topology.kubernetes.io/zone' ? value : undefined;
    const labels = { ...node.metadata?.labels, ...(value === undefined || zone !== undefined ? {} : { [label?.key ?? '']: value }) };
    return [
      {
        name: `scheduler-perf-${first + index}`,
        count: share,
        capacity,
        ...(zone === undefined ? {} : { zones: [zone] }),
        ...(Object.keys(labels).length === 0 ? {} : { labels }),
        ...(node.spec?.taints === undefined ? {} : { taints: node.spec.taints }),
      },
    ];
  });
}

class Unrolled {
  readonly #rate: number;
  readonly #tally: Tally;
  readonly pools: WrittenPool[] = [];
  #at = 0;
  #pods = 0;

  constructor(rate: number, tally: Tally) {
    this.#rate = rate;
    this.#tally = tally;
  }

  *items({ operations }: PerfWorkload): Iterable<TraceItem> {
    for (const operation of operations) {
      switch (operation.op) {
        case 'createNodes':
          this.#tally.read();
          this.#tally.keep();
          this.pools.push(...poolsOf(operation, this.pools.length));
          break;
        case 'createNamespaces':
          for (let index = 0; index < operation.count; index++) {
            const made = (
              operation.template === undefined ? {} : render(operation.template, index, operation.count)
            ) as Partial<KubeObject>;
            const metadata = { ...portableMetadata((made.metadata ?? {}) as Fields), name: `${operation.prefix}-${index}` };
            yield this.#create({ ...made, apiVersion: 'v1', kind: 'Namespace', metadata } as KubeObject);
          }
          this.#at += 1;
          break;
        case 'createPods':
          yield* this.#createPods(operation);
          break;
        case 'createAny':
          for (let index = 0; index < operation.count; index++) {
            const made = render(operation.template, index, operation.count) as KubeObject;
            const namespace = operation.namespace === '' ? {} : { namespace: operation.namespace };
            yield this.#create({ ...made, metadata: { ...made.metadata, ...namespace } });
          }
          this.#at += 1;
          break;
        case 'sleep':
          this.#at += operation.duration / 1e6;
          break;
        case 'barrier':
          this.#at += 1;
          break;
        case 'startCollectingMetrics':
        case 'stopCollectingMetrics':
          break;
        default:
          this.#tally.read();
          this.#tally.drop(`the operation ${operation.op} has no place in a trace (\`wavetank bench\` runs it)`);
      }
    }
  }

  #create(object: KubeObject): ObjectItem {
    this.#tally.read();
    return { what: 'create', at: this.#at, object, asks: askedBy(object) };
  }

  *#createPods(operation: CreatePods): Iterable<PodItem> {
    if (operation.persistentVolumeClaim !== undefined) {
      this.#tally.read();
      this.#tally.drop('pods with volumes of their own have no place in a trace (`wavetank bench` runs them)');
      return;
    }
    for (let index = 0; index < operation.count; index++) {
      this.#tally.read();
      const made = (operation.template === undefined ? {} : render(operation.template, index, operation.count)) as Fields;
      const spec = podSpecOf({ ...made, kind: 'Pod' }) ?? { containers: [{ name: 'pause', image: 'registry.k8s.io/pause:3.10' }] };
      const { labels = {}, annotations } = portableMetadata((made['metadata'] ?? {}) as Fields) as {
        labels?: Record<string, string>;
        annotations?: Record<string, string>;
      };
      const shape = { namespace: operation.namespace, labels, ...(annotations === undefined ? {} : { annotations }), spec };
      yield { what: 'pod', at: this.#at, name: `pod-${this.#pods++}`, shape, demand: podDemand(spec) };
      this.#at += 1 / this.#rate;
    }
  }
}

export const schedulerPerf = rowImporter({
  kind: 'scheduler-perf',
  description: "Kubernetes' scheduler_perf (performance-config.yaml): nodes, namespaces and pods of one workload",
  unit: 'objects',
  options: [
    { flags: '--case <name>', description: 'the test case (default: the first)' },
    { flags: '--workload <name>', description: 'its workload (default: the first)' },
    { flags: '--pods-per-second <x>', description: `how fast its pods come (default ${DEFAULT_RATE})` },
  ],
  example: 'wavetank import scheduler-perf performance-config.yaml --case SchedulingBasic --workload 500Nodes -o basic.yaml',
  async *items([file], { own }, tally, found) {
    const workload = chosen(file as string, own);
    tally.note(`${workload.testCase}/${workload.name}`);
    const unrolled = new Unrolled(rateOf(own), tally);
    yield* unrolled.items(workload);
    found.pools = unrolled.pools;
  },
});
