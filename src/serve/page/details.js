// What a click opens: a node with its pods, or a pod with its trace and why it is where it is.
import { byId, clock, el } from './dom.js';
import { ask } from './server.js';
import { attemptParts, podTable, queueTable, table, traceTable } from './tables.js';

/** What had the focus before. */
let before;
/** Answers that come late are for nobody. */
let turn = 0;

export function makeDetails() {
  byId('details-close').addEventListener('click', close);
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !byId('details').hidden) close();
  });
}

function close() {
  turn++;
  byId('details').hidden = true;
  before?.focus();
}

async function open(title, content) {
  const own = ++turn;
  const details = byId('details');
  if (details.hidden) before = document.activeElement;
  details.hidden = false;
  byId('details-title').textContent = title;
  byId('details-body').replaceChildren(el('p', { class: 'soft' }, 'One moment …'));
  details.scrollTop = 0;
  details.focus();
  const parts = await content().catch((error) => [el('p', { class: 'bad' }, error.message)]);
  if (own === turn) byId('details-body').replaceChildren(...parts.filter((part) => part !== undefined), again(title, content));
}

const again = (title, content) => el('p', {}, el('button', { type: 'button', click: () => open(title, content) }, 'Look again'));

export const openNode = (name) => open(`Node ${name}`, () => nodeParts(name));
export const openPod = (key) => open(`Pod ${key}`, () => podParts(key));

const facts = (rows) =>
  el(
    'dl',
    {},
    ...rows.filter(([, text]) => text !== undefined && text !== '').flatMap(([name, text]) => [el('dt', {}, name), el('dd', {}, text)]),
  );

async function nodeParts(name) {
  const [node, { items }] = await Promise.all([
    ask(`/api/v1/nodes/${encodeURIComponent(name)}`),
    ask(`/api/v1/pods?fieldSelector=${encodeURIComponent(`spec.nodeName=${name}`)}`),
  ]);
  const { metadata, spec = {}, status = {} } = node;
  const ready = status.conditions?.find(({ type }) => type === 'Ready');
  const { cpu, memory, pods } = status.allocatable ?? {};
  return [
    facts([
      ['Zone', metadata.labels?.['topology.kubernetes.io/zone']],
      ['Ready', ready === undefined ? 'unknown' : `${ready.status} (${ready.reason ?? ''})`],
      ['Closed to new pods', spec.unschedulable === true ? 'yes' : undefined],
      ['Taints', (spec.taints ?? []).map(({ key, effect }) => `${key}:${effect}`).join(', ')],
      ['Can give', `${cpu} CPU, ${memory} memory, ${pods} pods`],
    ]),
    items.length === 0 ? el('p', { class: 'empty' }, 'No pods are on it.') : podTable(items, openPod),
  ];
}

async function podParts(key) {
  const [namespace, name] = key.split('/').map(encodeURIComponent);
  const [pod, way] = await Promise.all([
    ask(`/api/v1/namespaces/${namespace}/pods/${name}`).catch(() => undefined),
    ask(`/wavetank/pod?pod=${encodeURIComponent(key)}`),
  ]);
  return [
    pod === undefined ? el('p', {}, 'There is no such pod any more.') : podFacts(pod),
    el('h3', {}, 'Trace'),
    traceTable(way.trace),
    el('h3', {}, 'Why it is where it is'),
    way.why === undefined ? undefined : el('p', { class: 'soft' }, way.why),
    ...way.pending.flatMap(pendingParts),
    ...way.stories.flatMap((story) => [...attemptParts(story), queueTable(story.queue)]),
  ];
}

function podFacts({ metadata, spec = {}, status = {} }) {
  const node = spec.nodeName;
  const owner = metadata.ownerReferences?.[0];
  return facts([
    ['Phase', metadata.deletionTimestamp === undefined ? status.phase : 'Terminating'],
    ['Node', node === undefined ? 'none yet' : el('button', { type: 'button', class: 'link', click: () => openNode(node) }, node)],
    ['Reason', status.reason],
    ['Belongs to', owner === undefined ? undefined : `${owner.kind} ${owner.name}`],
    ['Images', (spec.containers ?? []).map(({ image }) => image).join(', ')],
    ['Restarts', String((status.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + (restartCount ?? 0), 0))],
  ]);
}

function pendingParts({ state, gate, wakes, backoffUntil, flushAt }) {
  const parts = [el('p', {}, gate === undefined ? `It waits: ${state}.` : `It is kept back by ${gate.plugin}: ${gate.reason}`)];
  if (wakes.length > 0)
    parts.push(
      table(
        'What would have it tried again',
        ['plugin', 'after'],
        wakes.map(({ plugin, events }) => [plugin, events.length === 0 ? 'any change' : events.join('; ')]),
      ),
    );
  if (backoffUntil !== undefined) parts.push(el('p', {}, `Not before ${clock(backoffUntil / 1e6)}, when its back-off ends.`));
  if (flushAt !== undefined) parts.push(el('p', {}, `Without any event about ${clock(flushAt / 1e6)}.`));
  return parts;
}
