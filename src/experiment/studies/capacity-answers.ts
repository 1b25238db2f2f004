/** The questions of `wavetank capacity`, one after the other, each with its answer in numbers and words. */

import type { MachineType } from '#scenario';
import { type CapacityAnswer, type CapacityRequest, CapacitySearch, leastNodes, meanOf } from './capacity.ts';
import { type AutoscaledFigures, autoscaledFigures, autoscaledSet, misses } from './capacity-autoscaled.ts';
import { type NodeChoice, packingSet, reclaimSet } from './capacity-plan.ts';
import type { TrialRecord } from './trial.ts';
import { digits } from './verdict-words.ts';

export interface Answers {
  readonly answers: readonly CapacityAnswer[];
  readonly headroom: { readonly pod: string; readonly curve: readonly { readonly nodes: number; readonly pods: number }[] } | null;
  readonly notes: readonly string[];
}

/** Nodes at which the headroom is looked at, as multiples of the fewest. */
const CURVE = [1, 1.25, 1.5, 2];
/** Shares of the second kind that a mix tries. */
const MIXES = [0.25, 0.5, 0.75];

const rounded = (amount: number): number => Number(amount.toPrecision(6));

export class CapacityQuestions {
  readonly #request: CapacityRequest;
  readonly #search: CapacitySearch;
  readonly answers: CapacityAnswer[] = [];
  readonly notes: string[] = [];
  headroom: Answers['headroom'] = null;
  #asItIs: readonly TrialRecord[] = [];

  constructor(request: CapacityRequest) {
    this.#request = request;
    this.#search = new CapacitySearch(request);
  }

  get records(): readonly TrialRecord[] {
    return this.#search.records;
  }

  /** Throws CapacityInterrupted half-way; what was answered stays. */
  async ask(): Promise<void> {
    const { base, machines, packing, mix, extra, spotShare } = this.#request;
    this.#asItIs = await this.#search.asItIs();
    const { spared } = this.#search;
    if (spared > 0)
      this.notes.push(
        `as it is, ${spared} ${spared === 1 ? 'pod is' : 'pods are'} deleted before having a node: as many are allowed to be in every answer, and none may wait at the end`,
      );
    this.#before();
    const kinds = machines.length === 0 ? [undefined] : machines;
    let best: { machine: MachineType | undefined; count: number } | undefined;
    for (const machine of kinds) {
      const guess = leastNodes(base, this.#asItIs, machine);
      const count = await this.#fewest('fewest', machine, guess, [], '');
      if (count === undefined) continue;
      const better = best === undefined || (this.#price(machine, count) ?? count) < (this.#price(best.machine, best.count) ?? best.count);
      if (better) best = { machine, count };
      if (packing)
        await this.#fewest('packing (MostAllocated)', machine, Math.max(1, count - 1), [packingSet()], 'scores by MostAllocated');
      if (machine !== undefined && spotShare > 0) await this.#spot(machine, count);
    }
    if (mix !== undefined) await this.#mixed(mix);
    if (best !== undefined) await this.#autoscaled(best);
    if (extra !== undefined && best !== undefined) await this.#curve(best, extra);
  }

  async #fewest(
    how: string,
    machine: MachineType | undefined,
    guess: number,
    set: readonly string[],
    note: string,
  ): Promise<number | undefined> {
    const kind = machine?.name ?? "the scenario's own";
    const found = await this.#search.fewestOf(
      `${how} of ${kind}`,
      (count) => [{ machine, count }],
      guess,
      () => set,
    );
    if (found.count === undefined) {
      const words = `not even ${this.#request.mostNodes} of ${kind} meet what is expected`;
      const why = await this.#search.whyNot(`${how} of ${kind}`, [{ machine, count: this.#request.mostNodes }], set);
      this.answers.push({
        how,
        nodes: words,
        count: null,
        costPerHour: null,
        saved: null,
        cpuUtilisation: null,
        memoryUtilisation: null,
        cpuPeak: null,
        nodeHours: null,
        holds: false,
        note: [note, why].filter(Boolean).join('; '),
      });
      return undefined;
    }
    if (!found.monotone)
      this.notes.push(
        `${how} of ${kind}: not monotone: some smaller number worked and a larger one did not; the answer is the least from which on all tried do`,
      );
    this.#say(
      how,
      `${found.count} of ${kind}`,
      found.count,
      this.#price(machine, found.count),
      found.records,
      [note, `${found.tried} numbers tried`].filter(Boolean).join('; '),
    );
    return found.count;
  }

  /** So many spot machines that their reclaims do no harm. */
  async #spot(machine: MachineType, count: number): Promise<void> {
    const { base, spotShare, reclaimRate } = this.#request;
    const spotOf = (nodes: number): number => Math.floor(nodes * spotShare);
    const hours = base.scenario.duration / 3.6e9;
    const taken = (nodes: number): number => Math.min(spotOf(nodes), Math.max(1, Math.ceil(spotOf(nodes) * reclaimRate * hours)));
    const found = await this.#search.fewestOf(
      `spot of ${machine.name}`,
      (nodes) => [{ machine, count: nodes, spot: spotOf(nodes) }],
      count,
      (nodes) => (spotOf(nodes) === 0 ? [] : reclaimSet(base, taken(nodes))),
    );
    if (found.count === undefined) {
      this.notes.push(
        `spot: with up to ${this.#request.mostNodes} of ${machine.name} the expectations do not hold while machines are reclaimed`,
      );
      return;
    }
    const spot = spotOf(found.count);
    const note = `${taken(found.count)} reclaimed half-way, back after 2 min`;
    this.#say(
      'spot',
      `${found.count - spot} of ${machine.name} and ${spot} spot`,
      found.count,
      this.#price(machine, found.count, spot),
      found.records,
      note,
    );
  }

  async #mixed([one, other]: readonly [MachineType, MachineType]): Promise<void> {
    const guess = leastNodes(this.#request.base, this.#asItIs, one);
    for (const share of MIXES) {
      const second = (count: number): number => Math.round(count * share);
      const choices = (count: number): readonly NodeChoice[] => [
        { machine: one, count: count - second(count) },
        { machine: other, count: second(count) },
      ];
      const found = await this.#search.fewestOf(`mix of ${one.name} and ${other.name}, ${share * 100} %`, choices, Math.max(2, guess));
      if (found.count === undefined) continue;
      const [a, b] = [found.count - second(found.count), second(found.count)];
      // With few nodes two shares come to the same mix.
      const nodes = `${a} of ${one.name} and ${b} of ${other.name}`;
      if (this.answers.some((answer) => answer.how === 'mixed' && answer.nodes === nodes)) continue;
      const cost = (this.#price(one, a) as number) + (this.#price(other, b) as number);
      this.#say('mixed', nodes, found.count, Number(cost.toPrecision(6)), found.records, '');
    }
  }

  /** Nodes that come and go, by a run; with spot machines and with a scheduler that packs where those are asked for. */
  async #autoscaled(best: { machine: MachineType | undefined; count: number }): Promise<void> {
    const { base, packing, autoscaling, spotShare } = this.#request;
    const own = this.#asItIs[0]?.nodes ?? 0;
    const max = Math.min(5_000, Math.max(2, best.count * 2, base.hasGroups ? 0 : own));
    const variants = [
      // A scenario with node groups ran so as it is.
      ...(base.hasGroups && best.machine === undefined
        ? []
        : [{ how: 'autoscaled', set: [autoscaledSet(base, best.machine, max, autoscaling)] }]),
      ...(packing ? [{ how: 'autoscaled, packing', set: [autoscaledSet(base, best.machine, max, autoscaling), packingSet()] }] : []),
      ...(spotShare > 0 && best.machine !== undefined
        ? [{ how: 'autoscaled, spot', set: [autoscaledSet(base, best.machine, max, autoscaling, true)] }]
        : []),
    ];
    const kind = best.machine?.name ?? "the scenario's own";
    for (const { how, set } of variants) {
      const [records = []] = await this.#search.runs([{ name: `${how} on ${kind}`, set }]);
      const figures = autoscaledFigures(records);
      if (figures === undefined) continue;
      const missed = misses(records, this.#search.holds);
      const fleet = best.count * figures.hours;
      const less = `${digits((1 - figures.nodeHours / fleet) * 100)} % fewer node-hours than the fewest that stay (${digits(fleet)})`;
      this.#come(how, kind, figures, records, [missed, less].filter(Boolean).join('; '));
    }
  }

  #come(
    how: string,
    kind: string,
    { nodes, most, nodeHours, cost, hours }: AutoscaledFigures,
    records: readonly TrialRecord[],
    note: string,
  ): void {
    const mean = Number(nodes.toPrecision(3));
    const costPerHour = cost === 0 ? null : rounded(cost / hours);
    const holds = records.every(this.#search.holds);
    this.#say(how, `${digits(mean)} of ${kind} on average, ${most} at most`, mean, costPerHour, records, note, { nodeHours, holds });
  }

  async #curve(best: { machine: MachineType | undefined; count: number }, extra: { cpu: string; memory: string }): Promise<void> {
    const points: { nodes: number; pods: number }[] = [];
    this.headroom = { pod: `${extra.cpu} CPU, ${extra.memory} memory`, curve: points };
    for (const nodes of new Set(CURVE.map((factor) => Math.ceil(best.count * factor)))) {
      const pods = await this.#search.headroom([{ machine: best.machine, count: nodes }], extra, `headroom on ${nodes} nodes`);
      points.push({ nodes, pods });
    }
  }

  /** The first line: with node groups what came and went, otherwise the nodes that are there. */
  #before(): void {
    const { machines, base } = this.#request;
    const figures = autoscaledFigures(this.#asItIs);
    if (figures !== undefined) return this.#come('as it is', "the scenario's own", figures, this.#asItIs, 'with its cluster autoscaler');
    const own = this.#asItIs[0]?.nodes ?? 0;
    const asPriced = machines.length === 1 ? machines[0] : undefined;
    // The cluster as it is costs what as many of the machine would; with several kinds to choose from nothing says which it is.
    const cost = asPriced === undefined ? this.#price(undefined, Number(base.pools[0]?.['count'] ?? 0)) : this.#price(asPriced, own);
    this.#say(
      'as it is',
      `${own} of the scenario's own`,
      own,
      cost,
      this.#asItIs,
      asPriced === undefined ? '' : `priced as ${asPriced.name}`,
    );
  }

  /** An hour of so many; of the scenario's own kinds where all of them have prices. */
  #price(machine: MachineType | undefined, count: number, spot = 0): number | null {
    if (machine !== undefined) return rounded((count - spot) * machine.price + spot * machine.spotPrice);
    const [first, ...others] = this.#request.base.pools as readonly { readonly count: number; readonly price?: number }[];
    if (first?.price === undefined || others.some(({ price }) => price === undefined)) return null;
    const cost = others.reduce((sum, { count: many, price = 0 }) => sum + many * price, count * first.price);
    return cost === 0 ? null : rounded(cost);
  }

  #say(
    how: string,
    nodes: string,
    count: number,
    cost: number | null,
    records: readonly TrialRecord[],
    note: string,
    { nodeHours, holds = true }: { readonly nodeHours?: number; readonly holds?: boolean } = {},
  ): void {
    const fixed = (records[0]?.nodes ?? 0) * ((records[0]?.simulatedSeconds ?? 0) / 3600);
    this.answers.push({
      how,
      nodes,
      count,
      costPerHour: cost,
      saved: how === 'as it is' ? 0 : this.#saved(cost, count),
      cpuUtilisation: meanOf(records, 'cpuUtilisation'),
      memoryUtilisation: meanOf(records, 'memoryUtilisation'),
      cpuPeak: meanOf(records, 'cpuUtilisationPeak'),
      nodeHours: Number((nodeHours ?? fixed).toPrecision(4)),
      holds,
      note,
    });
  }

  /** By money where there are prices on both sides, otherwise by nodes. */
  #saved(cost: number | null, count: number): number | null {
    const before = this.answers[0];
    if (before === undefined || before.count === null) return null;
    if (cost !== null && before.costPerHour !== null) return 1 - cost / before.costPerHour;
    return cost === null || this.#request.machines.length === 0 ? 1 - count / before.count : null;
  }
}

/** '40 % saved, 70 % utilised': which of the answers gets there. */
export function fortySaved(answers: readonly CapacityAnswer[], saved = 0.4, utilised = 0.7): string {
  const percent = (share: number | null): string => (share === null ? '–' : `${Number((share * 100).toPrecision(3))} %`);
  const run = answers.filter(({ how, count, holds }) => how !== 'as it is' && count !== null && holds);
  const cheap = run.filter((one) => (one.saved ?? 0) >= saved);
  const whole = cheap.find(({ cpuUtilisation }) => (cpuUtilisation ?? 0) >= utilised);
  const both = whole ?? cheap.find(({ cpuPeak }) => (cpuPeak ?? 0) >= utilised);
  if (both !== undefined)
    return `${whole === undefined ? 'at the peak only' : 'yes'}: ${both.nodes} (${both.how}) saves ${percent(both.saved)}, with CPU requested to ${percent(both.cpuPeak)} at the peak and ${percent(both.cpuUtilisation)} on average`;
  const most = run.toSorted((a, b) => (b.saved ?? 0) - (a.saved ?? 0))[0];
  const fullest = run.toSorted((a, b) => (b.cpuPeak ?? 0) - (a.cpuPeak ?? 0))[0];
  if (most === undefined || fullest === undefined) return 'no answer: nothing that was tried meets the expectations';
  if (run.every((one) => one.saved === null))
    return `not to be said of money, for the nodes as they are have no price (price: in cluster.nodes); CPU is requested to ${percent(fullest.cpuPeak)} at most (${fullest.nodes}, ${fullest.how})`;
  return `no: at most ${percent(most.saved)} is saved (${most.nodes}, ${most.how}), and CPU is requested to ${percent(fullest.cpuPeak)} at most (${fullest.nodes}, ${fullest.how})`;
}
