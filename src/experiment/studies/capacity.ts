/** How many nodes it takes, what that costs, and what is left: the search behind `wavetank capacity`. */

import { allocatable, type Catalogue, type MachineType } from '#scenario';
import { armFor, type CapacityBase, type ExtraPods, extraSet, type NodeChoice, nodesSet } from './capacity-plan.ts';
import { fewest } from './fewest.ts';
import type { TrialRecord, TrialSpec } from './trial.ts';
import { trialsOf } from './trial-key.ts';

export interface CapacityAnswer {
  /** 'as it is', 'fewest', 'packing', 'spot', 'mixed': how it was had. */
  readonly how: string;
  readonly nodes: string;
  readonly count: number | null;
  /** Of the catalogue's currency, an hour; null where machines have no price. */
  readonly costPerHour: number | null;
  readonly saved: number | null;
  readonly cpuUtilisation: number | null;
  readonly memoryUtilisation: number | null;
  readonly cpuPeak: number | null;
  /** Of one run. */
  readonly nodeHours: number | null;
  /** False: what is expected does not hold with it; the figures say what it would have cost. */
  readonly holds: boolean;
  readonly note: string;
}

export interface CapacityResult {
  readonly format: 'wavetank-capacity/1';
  readonly version: string;
  readonly scenario: string;
  readonly file: string;
  readonly seeds: readonly number[];
  readonly expectations: readonly string[];
  readonly answers: readonly CapacityAnswer[];
  /** How many more of the pod fit, by number of nodes. */
  readonly headroom: { readonly pod: string; readonly curve: readonly { readonly nodes: number; readonly pods: number }[] } | null;
  readonly fortySaved: string;
  readonly catalogue: Pick<Catalogue, 'date' | 'source' | 'currency'> | null;
  readonly runs: number;
  readonly digest: string;
  readonly partial: boolean;
  readonly notes: readonly string[];
}

export interface Autoscaling {
  /** Flags of the autoscaler, as in a scenario's `cluster.autoscaler`; `provision` is the groups'. */
  readonly flags: Readonly<Record<string, string>>;
  readonly reclaimRate: number;
}

export interface CapacityRequest {
  readonly base: CapacityBase;
  readonly seeds: readonly number[];
  /** Kinds to try, each alone; none: the scenario's own. */
  readonly machines: readonly MachineType[];
  /** Two kinds to try together. */
  readonly mix?: readonly [MachineType, MachineType];
  readonly spotShare: number;
  /** Of spot machines, how many are taken away in an hour. */
  readonly reclaimRate: number;
  readonly packing: boolean;
  readonly autoscaling: Autoscaling;
  readonly extra?: Omit<ExtraPods, 'count'>;
  readonly mostNodes: number;
  readonly atATime: number;
  readonly run: (specs: readonly TrialSpec[]) => Promise<readonly TrialRecord[]>;
}

/** The run was interrupted: what is known so far is all there is. */
export class CapacityInterrupted extends Error {}

/** `spared`: so many pods may go without ever having had a node, such as those that a trace deletes before anybody could place them. */
export const holds = ({ verdicts, failure, podsBound, podsCreated, metrics }: TrialRecord, spared = 0): boolean =>
  failure === undefined && verdicts.every(({ pass }) => pass) && podsCreated - podsBound <= spared && (metrics['podsPending'] ?? 0) === 0;

export class CapacitySearch {
  readonly #request: CapacityRequest;
  readonly #records = new Map<string, TrialRecord>();
  readonly #spared = new Map<number, number>();
  #next = 0;

  constructor(request: CapacityRequest) {
    this.#request = request;
  }

  get records(): readonly TrialRecord[] {
    return [...this.#records.values()];
  }

  /** The runs of several variants, each with every seed; variants run before are not run again. */
  async runs(
    variants: readonly { readonly name: string; readonly set: readonly string[] }[],
  ): Promise<readonly (readonly TrialRecord[])[]> {
    const { base, seeds } = this.#request;
    const specs = trialsOf(
      variants.map(({ name, set }) => armFor(base, name, set)),
      seeds,
    ).map((spec) => ({ ...spec, index: this.#next++ }));
    const fresh = specs.filter(({ key }) => !this.#records.has(key));
    const done = fresh.length === 0 ? [] : await this.#request.run(fresh);
    for (const record of done) this.#records.set(record.key, record);
    if (done.length < fresh.length) throw new CapacityInterrupted('interrupted');
    return variants.map(({ name }) => specs.filter(({ arm }) => arm.name === name).map(({ key }) => this.#records.get(key) as TrialRecord));
  }

  /** As the scenario has it. */
  async asItIs(): Promise<readonly TrialRecord[]> {
    const records = (await this.runs([{ name: 'as it is', set: [] }]))[0] as readonly TrialRecord[];
    for (const { seed, podsCreated, podsBound, metrics } of records)
      if ((metrics['podsPending'] ?? 0) === 0 && podsBound < podsCreated) this.#spared.set(seed, podsCreated - podsBound);
    return records;
  }

  /** Of the scenario as it is: the most pods that went without a node, by seed, though none waited at the end. */
  get spared(): number {
    return Math.max(0, ...this.#spared.values());
  }

  readonly holds = (record: TrialRecord): boolean => holds(record, this.#spared.get(record.seed));

  /** The fewest of one kind, with other things set besides; `extra` says what else a number of nodes sets. */
  async fewestOf(
    name: string,
    choices: (count: number) => readonly NodeChoice[],
    guess: number,
    set: (count: number) => readonly string[] = () => [],
  ): Promise<{
    readonly count: number | undefined;
    readonly records: readonly TrialRecord[];
    readonly monotone: boolean;
    readonly tried: number;
  }> {
    const { base, mostNodes, atATime } = this.#request;
    const variant = (count: number): { name: string; set: readonly string[] } => ({
      name: `${name}, ${count} nodes`,
      set: [nodesSet(base, choices(count)), ...set(count)],
    });
    const found = await fewest(
      async (counts) => (await this.runs(counts.map(variant))).map((records) => records.every(this.holds)),
      guess,
      mostNodes,
      atATime,
    );
    const records = found.count === undefined ? [] : ((await this.runs([variant(found.count)]))[0] as readonly TrialRecord[]);
    return { count: found.count, records, monotone: found.monotone, tried: found.tried.size };
  }

  /** What went wrong with the most that were tried. */
  async whyNot(name: string, choices: readonly NodeChoice[], set: readonly string[]): Promise<string> {
    const count = choices.reduce((sum, choice) => sum + choice.count, 0);
    const [records] = await this.runs([{ name: `${name}, ${count} nodes`, set: [nodesSet(this.#request.base, choices), ...set] }]);
    const bad = (records as readonly TrialRecord[]).find((record) => !this.holds(record));
    if (bad === undefined) return '';
    const failed = bad.verdicts.filter(({ pass }) => !pass).map(({ metric, expected }) => `${metric} ${expected} fails`);
    const without = bad.podsCreated - bad.podsBound;
    const homeless =
      without > 0
        ? [`${without} of ${bad.podsCreated} pods get no node: perhaps they ask for more, or for other resources, than one machine has`]
        : [];
    return [...(bad.failure === undefined ? [] : [bad.failure]), ...failed, ...homeless].join('; ');
  }

  /** How many of a pod fit besides: far too many are asked for, and those that get a node are counted; then exactly so many must hold. */
  async headroom(choices: readonly NodeChoice[], pod: Omit<ExtraPods, 'count'>, label: string): Promise<number> {
    const { base } = this.#request;
    const nodes = nodesSet(base, choices);
    const bound = await this.#fill(nodes, pod, label);
    // The flood may have pushed out what came later: the answer is what holds when exactly so many are asked for.
    const { count } = await fewest(
      async (refused) => {
        const wanted = refused.map((off) => Math.max(0, bound - (off - 1)));
        const variants = wanted.map((count) => ({
          name: `${label} and ${count} more`,
          set: [nodes, ...extraSet(base, { ...pod, count })],
        }));
        return (await this.runs(variants)).map((records) => records.every(this.holds));
      },
      1,
      bound + 1,
    );
    return count === undefined ? 0 : bound - (count - 1);
  }

  async #fill(nodes: string, pod: Omit<ExtraPods, 'count'>, label: string): Promise<number> {
    const { base } = this.#request;
    const [without] = await this.runs([{ name: `${label}, no more`, set: [nodes] }]);
    for (let count = 64; ; count *= 4) {
      const [filled] = await this.runs([{ name: `${label} and a flood of ${count}`, set: [nodes, ...extraSet(base, { ...pod, count })] }]);
      const more = (filled as readonly TrialRecord[]).map(
        (record, i) => record.podsBound - ((without as readonly TrialRecord[])[i]?.podsBound ?? 0),
      );
      const least = Math.max(0, Math.min(...more));
      if (least < count || count > 100_000) return least;
    }
  }
}

export function meanOf(records: readonly TrialRecord[], metric: string): number | null {
  const values = records.flatMap(({ metrics }) => (metrics[metric] === undefined ? [] : [metrics[metric] as number]));
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The least number that could possibly do: what pods asked for at their peak, over what one machine gives. */
export function leastNodes(base: CapacityBase, records: readonly TrialRecord[], machine: MachineType | undefined): number {
  const bytes = (text: string): number => Number.parseFloat(text) * (text.endsWith('Mi') ? 1 / 1024 : 1);
  if (machine === undefined) return Math.max(1, Math.round(((base.pools[0]?.['count'] as number | undefined) ?? 1) / 2));
  const nodes = records[0]?.nodes ?? 1;
  const has = base.scenario.cluster.nodes;
  const total = (resource: string, scale: (text: string) => number): number =>
    has.reduce((sum, pool) => sum + pool.count * scale((pool.allocatable ?? pool.capacity)[resource] ?? '0'), 0);
  const cores = (text: string): number => (text.endsWith('m') ? Number.parseFloat(text) / 1000 : Number.parseFloat(text));
  const gib = (text: string): number => (text.endsWith('Gi') || text.endsWith('Mi') ? bytes(text) : Number.parseFloat(text) / 1024 ** 3);
  const own = allocatable(machine);
  const byCpu = ((meanOf(records, 'cpuUtilisationPeak') ?? 0) * total('cpu', cores)) / cores(own['cpu'] as string);
  const byMemory = ((meanOf(records, 'memoryUtilisationPeak') ?? 0) * total('memory', gib)) / gib(own['memory'] as string);
  const least = Math.ceil(Math.max(byCpu, byMemory) - 1e-9);
  return Number.isFinite(least) && least > 0 ? least : nodes;
}
