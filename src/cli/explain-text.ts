/** A pod's story as a terminal shows it: queues, attempts, one row for each class of nodes. */

import type { AttemptStory, DecisionStory, NodeClass, NodeVerdict, PluginScore, PodStory, QueueStep } from '#experiment';
import { columns } from './verdict-table.ts';

/** Classes of nodes that a table shows; --json has them all. */
const MOST_ROWS = 12;
/** Names of a class that a row shows. */
const SAMPLES = 3;
const WIDTH = 100;

const SHORT: Readonly<Record<string, string>> = {
  TaintToleration: 'Taints',
  NodeAffinity: 'Affinity',
  NodeResourcesFit: 'Fit',
  PodTopologySpread: 'Spread',
  InterPodAffinity: 'InterPod',
  NodeResourcesBalancedAllocation: 'Balance',
  ImageLocality: 'Images',
};
const shortName = (plugin: string): string => SHORT[plugin] ?? plugin.slice(0, 12);

export const seconds = (instant: number): string => `${(instant / 1e6).toFixed(3)} s`;
export const span = (duration: number): string =>
  duration < 1e6
    ? `${(duration / 1e3).toFixed(3)} ms`
    : duration < 120e6
      ? `${(duration / 1e6).toFixed(3)} s`
      : `${(duration / 60e6).toFixed(1)} min`;
export const counted = (count: number, what: string): string => `${count.toLocaleString('en-US')} ${what}${count === 1 ? '' : 's'}`;
const number = (count: number): string => count.toLocaleString('en-US');

/** As people sort them: node-9 before node-10. */
function inOrder(names: readonly string[]): string[] {
  return [...names].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
}

export function samples(names: readonly string[]): string {
  const shown = inOrder(names).slice(0, SAMPLES);
  return `${shown.join(', ')}${names.length > shown.length ? ', ...' : ''}`;
}

export function storyText(story: PodStory, shown: readonly number[]): string[] {
  const { pod, scheduler, attempts, node, placedAt, goneAt, mode } = story;
  const placed = node === undefined || placedAt === undefined ? undefined : `on ${node} since ${seconds(placedAt)}`;
  const gone = goneAt === undefined ? undefined : `finished or deleted by ${seconds(goneAt)}`;
  const where = [placed ?? (gone === undefined ? 'without a node at the end of the run' : undefined), gone];
  const lines = [`pod ${pod} (${scheduler}): ${where.filter((text) => text !== undefined).join(', ')}`, ''];
  lines.push(...queueTable(story), '');
  for (const { at, why } of story.undone ?? []) lines.push(`a node was found and given back at ${seconds(at)}: ${why}`, '');
  if (attempts.length === 0) {
    const hint =
      mode === 'failed'
        ? 'kept are attempts that found no node: there were none (run with --explain all to keep the others)'
        : 'no attempt was made';
    lines.push(hint);
    return lines;
  }
  const hidden = attempts.length - shown.length;
  if (hidden > 0)
    lines.push(`${counted(attempts.length, 'attempt')}, of which ${hidden} are not shown (--attempt <number>, or --json)`, '');
  for (const place of shown) lines.push(...attemptText(attempts[place] as AttemptStory), '');
  if (mode === 'failed' && placedAt !== undefined) lines.push('The attempt that found the node was not kept: run with --explain all.', '');
  return lines.slice(0, -1);
}

/** Steps through the queues that a table shows; of a long way the last ones, and sums of the others. */
const MOST_STEPS = 12;

function queueTable({ queue }: PodStory): string[] {
  const left = queue.length > MOST_STEPS ? queue.slice(0, -MOST_STEPS / 2) : [];
  const rows = queue
    .slice(left.length)
    .map((step) => [
      step.queue,
      seconds(step.at).padStart(12),
      (step.until === undefined ? 'to the end' : span(step.until - step.at)).padStart(12),
      step.event,
      [step.waitsFor, step.backoffUntil === undefined ? undefined : `backs off until ${seconds(step.backoffUntil)}`]
        .filter((text) => text !== undefined)
        .join('; '),
    ]);
  const table = columns([['queue', 'from'.padStart(12), 'for'.padStart(12), 'moved by', 'held by'], ...rows]);
  return left.length === 0 ? table : [...earlierSteps(left), ...table];
}

function earlierSteps(steps: readonly QueueStep[]): string[] {
  const sums = new Map<string, { times: number; time: number }>();
  for (const { queue, at, until } of steps) {
    const sum = sums.get(queue) ?? { times: 0, time: 0 };
    sums.set(queue, { times: sum.times + 1, time: sum.time + ((until ?? at) - at) });
  }
  const texts = [...sums].map(([queue, { times, time }]) => `${queue} ${times} times for ${span(time)} in all`);
  return [`${steps.length} earlier steps from ${seconds(steps[0]?.at ?? 0)} on: ${texts.join(', ')} (--json has each)`];
}

const OUTCOMES = { scheduled: 'found a node', unschedulable: 'found no node', error: 'ended in an error' } as const;

export function attemptText(attempt: AttemptStory): string[] {
  const { at, cost, result, node, decision, boundAt, undone, message, preemption, notes = [] } = attempt;
  const outcome = result === 'scheduled' ? `chose ${node}` : OUTCOMES[result];
  const bound = boundAt === undefined ? '' : `, bound at ${seconds(boundAt)}`;
  const lines = [`attempt ${attempt.number} at ${seconds(at)}: ${outcome}${bound} (the cycle took ${span(cost)})`];
  if (decision !== undefined) lines.push(...searchText(attempt, decision), ...(result === 'scheduled' ? winText(attempt, decision) : []));
  if (attempt.trouble !== undefined) lines.push(`  CAUTION: this decision cannot be taken again: ${attempt.trouble}`);
  if (decision?.disagreement !== undefined)
    lines.push(`  CAUTION: taken again, this decision comes out otherwise: ${decision.disagreement}`);
  for (const table of decision === undefined ? [] : [scoreTable(decision), refusalTable(decision)])
    if (table.length > 0) lines.push('', ...table);
  if (preemption !== undefined) lines.push(...preemptionText(preemption));
  if (message !== undefined) lines.push('', ...wrapped('FailedScheduling: ', message));
  for (const note of notes) lines.push(`  ${seconds(note.at)}: ${note.text}`);
  if (undone !== undefined) lines.push(`  given back at ${seconds(undone.at)}: ${undone.why}`);
  return lines;
}

function searchText(attempt: AttemptStory, decision: DecisionStory): string[] {
  const { nodes, verdicts } = decision;
  if (decision.preFilter !== undefined)
    return [`  ${decision.preFilter.plugin ?? 'PreFilter'} turned the pod away before any node was looked at`];
  const looked = verdicts.filter(({ verdict }) => verdict !== 'not looked at').length;
  const enough =
    looked < nodes ? `; ${number(decision.wanted)} fitting ones are enough, the search began at number ${attempt.start + 1}` : '';
  const lines = [`  ${counted(nodes, 'node')}, ${number(looked)} looked at, ${number(attempt.feasible)} fit${enough}`];
  if (attempt.nominated !== undefined) lines.push(`  ${attempt.nominated} was nominated for it and looked at first`);
  return lines;
}

function winText({ node = '', draw = 0, feasible }: AttemptStory, { best, total, runnerUp }: DecisionStory): string[] {
  if (feasible === 1) return [`  only ${node} fits: it is taken without being scored (the scores below were worked out for this page)`];
  const next = runnerUp === undefined ? 'no other total' : `next total ${runnerUp.total} (${runnerUp.node}), ${runnerUp.behind} behind`;
  if (best.length === 1) return [`  ${node} won with ${total}; ${next}`];
  const place = best.indexOf(node) + 1;
  return [
    `  ${number(best.length)} nodes tie at ${total}; the draw (${draw.toFixed(4)}) takes number ${place} of them by name: ${node}; ${next}`,
  ];
}

const cell = ({ raw, score }: PluginScore): string => (raw === score ? String(score) : `${raw}>${score}`);

/** One row a class of nodes that fit; plugins as columns. */
function scoreTable({ classes, skippedScores }: DecisionStory): string[] {
  const fitting = classes.filter(({ verdict }) => verdict === 'fits');
  const first = fitting[0]?.scores;
  if (first === undefined) return [];
  const heads = first.map(({ plugin, weight }) => `${shortName(plugin)} x${weight}`);
  const shown = fitting.slice(0, MOST_ROWS);
  const table = shown.map(({ nodes, total, scores }) =>
    [String(total), ...(scores ?? []).map(cell)].concat(number(nodes.length), samples(nodes)),
  );
  const rows = [['total', ...heads, 'nodes', 'such as'], ...table];
  const widths = (rows[0] as string[]).map((_, column) => Math.max(...rows.map((row) => (row[column] as string).length)));
  const lines = rows.map(
    (row) => `  ${row.map((text, column) => (column === row.length - 1 ? text : text.padStart(widths[column] as number))).join('  ')}`,
  );
  const left = fitting.slice(MOST_ROWS);
  if (left.length > 0) lines.push(moreClasses(left));
  const silent = skippedScores.length === 0 ? '' : `; nothing to say: ${skippedScores.map((plugin) => SHORT[plugin] ?? plugin).join(', ')}`;
  lines.push(`  raw>normalized where they differ; total: each normalized score x its weight, summed${silent}`);
  return lines;
}

function moreClasses(left: readonly NodeClass[]): string {
  const nodes = left.reduce((sum, { nodes: names }) => sum + names.length, 0);
  const worst = left.at(-1)?.total ?? 0;
  return `  and ${left.length} more rows with ${counted(nodes, 'node')}, totals ${left[0]?.total} to ${worst} (--json has all, --node <name> shows one)`;
}

function refusalTable({ classes }: DecisionStory): string[] {
  const refused = classes.filter(({ verdict }) => verdict === 'rejected');
  if (refused.length === 0) return [];
  const shown = refused.slice(0, MOST_ROWS);
  const rows = shown.map(({ nodes, plugin, reasons = [] }) => [
    number(nodes.length).padStart(5),
    plugin ?? 'PreFilter',
    reasons.join(', '),
    samples(nodes),
  ]);
  const lines = columns([['nodes'.padStart(5), 'rejected by', 'because', 'such as'], ...rows]).map((line) => `  ${line}`);
  if (refused.length > shown.length) lines.push(`  and ${refused.length - shown.length} more rows (--json has all)`);
  return lines;
}

function preemptionText({ node, victims }: NonNullable<AttemptStory['preemption']>): string[] {
  if (node === '') return ['  preemption: no node would do'];
  return [`  preemption: ${node} is nominated; ${victims.length === 0 ? 'nobody has to go' : `to be evicted: ${victims.join(', ')}`}`];
}

export function wrapped(label: string, text: string): string[] {
  const lines: string[] = [];
  let line = `  ${label}`;
  for (const word of text.split(' ')) {
    if (line.length + word.length > WIDTH && line.trim() !== '') {
      lines.push(line.trimEnd());
      line = '    ';
    }
    line += `${word} `;
  }
  lines.push(line.trimEnd());
  return lines;
}

/** One node's full row, beside the winner's. */
export function nodeText(attempt: AttemptStory, name: string): string[] {
  const { decision, node: winner } = attempt;
  if (decision === undefined) return [];
  const own = decision.verdicts.find(({ node }) => node === name);
  const head = `attempt ${attempt.number} at ${seconds(attempt.at)}, node ${name}: `;
  if (own === undefined) return [`${head}the scheduler did not know it then`];
  if (own.verdict === 'not looked at') {
    const why = `the search began at number ${attempt.start + 1} of the list and ended when ${number(decision.wanted)} nodes fitted`;
    return [`${head}not looked at; ${attempt.nominated === undefined ? why : `${attempt.nominated} was nominated and fitted`}`];
  }
  if (own.verdict === 'rejected') {
    const by = own.plugin === undefined ? 'left out' : `rejected by ${own.plugin}`;
    return [`${head}${by} (${own.code}): ${(own.reasons ?? []).join(', ')}`];
  }
  const isTied = own.total === decision.total;
  const place =
    name === winner
      ? 'chosen'
      : isTied
        ? `tied with ${winner}, which the draw chose`
        : `${(decision.total ?? 0) - (own.total ?? 0)} behind ${winner}`;
  const against = decision.verdicts.find(({ node }) => node === winner);
  return [`${head}fits, total ${own.total}, ${place}`, ...rowTable(own, name === winner ? undefined : against)];
}

function rowTable(own: NodeVerdict, winner: NodeVerdict | undefined): string[] {
  const right = (text: string): string => text.padStart(10);
  const rows = (own.scores ?? []).map(({ plugin, weight, raw, score }) => {
    const other = winner?.scores?.find((each) => each.plugin === plugin);
    const row = [plugin, right(String(raw)), right(String(score)), right(String(weight)), right(String(score * weight))];
    return other === undefined ? row : [...row, right(String(other.score * other.weight)), right(String((score - other.score) * weight))];
  });
  const totals = ['total', right(''), right(''), right(''), right(String(own.total))];
  const heads = ['plugin', right('raw'), right('score'), right('weight'), right('weighted')];
  if (winner === undefined) return columns([heads, ...rows, totals]).map((line) => `  ${line}`);
  const both = [...totals, right(String(winner.total)), right(String((own.total ?? 0) - (winner.total ?? 0)))];
  return columns([[...heads, right('winner'), right('apart')], ...rows, both]).map((line) => `  ${line}`);
}
