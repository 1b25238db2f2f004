// Tables of the details: a pod's trace, its queues, its last attempts with what each class of nodes was told, the pods of a node.
import { clock, el, many, span } from './dom.js';

/** The first cell names its row; a number is not parted from its unit. */
function tableCell(cell, i) {
  if (i === 0) return el('th', { scope: 'row' }, cell);
  return el('td', { class: typeof cell === 'string' && /^[+\d][\d.,:]* ?(µs|ms|s)?$/.test(cell) ? 'number' : undefined }, cell);
}

/** Cells are text or elements. */
export function table(caption, head, rows) {
  return el(
    'div',
    { class: 'scroll' },
    el(
      'table',
      {},
      el('caption', {}, caption),
      el('thead', {}, el('tr', {}, ...head.map((text) => el('th', { scope: 'col' }, text)))),
      el('tbody', {}, ...rows.map((row) => el('tr', {}, ...row.map(tableCell)))),
    ),
  );
}

export function traceTable(trace) {
  if (trace.length === 0) return el('p', { class: 'empty' }, 'No steps are kept of this pod.');
  const first = trace[0].start;
  const end = Math.max(...trace.map(({ start, duration }) => start + duration), first + 1);
  return table(
    `From ${clock(first / 1e6)} on`,
    ['step', 'at', 'took', 'when', 'host'],
    trace.map(({ name, start, duration, host, detail }) => {
      const share = (value) => `${((100 * value) / (end - first)).toFixed(2)}%`;
      const bar = el('i', {
        class: 'span',
        'aria-hidden': 'true',
        style: `margin-left:${share(start - first)};width:max(2px, ${share(duration)})`,
      });
      return [
        name,
        `+${span(start - first)}`,
        span(duration),
        el('div', { class: 'lane' }, bar),
        detail === undefined ? host : `${host}: ${detail}`,
      ];
    }),
  );
}

export const queueTable = (queue) =>
  table(
    'Its way through the scheduler’s queues',
    ['queue', 'from', 'for', 'moved by', 'held by'],
    queue.map(({ queue: name, at, until, event, waitsFor = '' }) => [
      name,
      clock(at / 1e6),
      until === undefined ? 'still' : span(until - at),
      event,
      waitsFor,
    ]),
  );

const RESULTS = { unschedulable: 'found no node', error: 'ended in an error' };

/** Attempts, the last one first and in full. */
export const attemptParts = ({ attempts, attemptsInAll }) => [
  attemptsInAll > attempts.length
    ? el('p', { class: 'soft' }, `${many(attemptsInAll)} attempts were made; these are the last.`)
    : undefined,
  ...attempts.toReversed().flatMap(attemptPart),
];

function attemptPart({ number, at, result, node, message, decision, cost, feasible, evaluated, trouble, preemption, undone }) {
  const outcome = result === 'scheduled' ? `chose ${node}` : RESULTS[result];
  const looked = decision === undefined ? '' : `: ${many(decision.nodes)} nodes, ${many(evaluated)} looked at, ${many(feasible)} fit`;
  return [
    el('p', {}, el('b', {}, `Attempt ${number} at ${clock(at / 1e6)} ${outcome}`), `${looked} (${span(cost)} of the scheduler’s time).`),
    decision === undefined ? undefined : winPart(node, feasible, decision),
    message === undefined ? undefined : el('p', { class: 'message' }, message),
    preemption === undefined || preemption.node === ''
      ? undefined
      : el('p', {}, `Nominated to ${preemption.node} once these are gone: ${preemption.victims.join(', ')}`),
    undone === undefined ? undefined : el('p', { class: 'message' }, `Given back at ${clock(undone.at / 1e6)}: ${undone.why}`),
    trouble === undefined ? undefined : el('p', { class: 'message' }, `This decision cannot be taken again: ${trouble}`),
    ...(decision === undefined ? [] : classTables(decision)),
  ].filter((part) => part !== undefined);
}

function winPart(node, feasible, { best, total, runnerUp }) {
  if (node === undefined || total === undefined) return undefined;
  if (feasible === 1) return el('p', {}, `Only ${node} fits.`);
  const next = runnerUp === undefined ? '' : `; the next best is ${runnerUp.node}, ${runnerUp.behind} behind`;
  return el(
    'p',
    {},
    best > 1
      ? `${many(best)} nodes share the best score, ${total}; luck chose ${node}${next}.`
      : `${node} has the best score, ${total}${next}.`,
  );
}

const some = ({ count, samples }) => `${samples.join(', ')}${count > samples.length ? ', …' : ''}`;

function classTables({ classes, classesInAll }) {
  const fits = classes.filter(({ verdict }) => verdict === 'fits');
  const refused = classes.filter(({ verdict }) => verdict === 'rejected');
  const left = classesInAll > classes.length ? ` (the first ${classes.length} of ${many(classesInAll)} kinds of node)` : '';
  const plugins = (fits[0]?.scores ?? []).map(({ plugin, weight }) => `${plugin} ×${weight}`);
  const tables = [];
  if (fits.length > 0 && plugins.length > 0)
    tables.push(
      table(
        `Scores by plugin, 0 to 100 before weights${left}`,
        ['total', 'nodes', ...plugins, 'such as'],
        fits.map((one) => [String(one.total), many(one.count), ...one.scores.map(({ score }) => String(score)), some(one)]),
      ),
    );
  if (refused.length > 0)
    tables.push(
      table(
        `Who refused which nodes${left}`,
        ['plugin', 'nodes', 'why', 'such as'],
        refused.map((one) => [one.plugin ?? 'PreFilter', many(one.count), (one.reasons ?? []).join(', '), some(one)]),
      ),
    );
  return tables;
}

/** `open`: called with namespace/name. */
export const podTable = (pods, open) =>
  table(
    `${many(pods.length)} pods`,
    ['pod', 'phase', 'since'],
    pods.map(({ metadata, status }) => {
      const name = `${metadata.namespace}/${metadata.name}`;
      const phase = metadata.deletionTimestamp === undefined ? (status?.phase ?? 'Pending') : 'Terminating';
      return [
        el('button', { type: 'button', class: 'link', click: () => open(name) }, name),
        phase,
        metadata.creationTimestamp?.slice(11, 19) ?? '',
      ];
    }),
  );
