// A form of common faults, and the faults that were struck: what each did, when it ends, and a button to end it.

import { carryOut } from './controls.js';
import { byId, clock, el, setText } from './dom.js';

const count = { name: 'count', label: 'How many', type: 'number', value: 1, min: 1 };
const zone = { name: 'zone', label: 'Zone', type: 'zone', any: true };
const oneZone = { name: 'zone', label: 'Zone', type: 'zone' };
const index = { name: 'index', label: 'Which, from 0', type: 'number', value: 0, min: 0 };
/** `open`: may last until it is undone. */
const time = { name: 'for', label: 'For', type: 'time', open: true };
const fixed = { name: 'for', label: 'For', type: 'time' };
const text = (name, label, value) => ({ name, label, type: 'text', value });

/** By the names of the scenario grammar. */
const KINDS = [
  { label: 'Crash nodes', kind: 'crashNodes', fields: [count, zone, time] },
  { label: 'Lose a zone', kind: 'crashNodes', fields: [oneZone, time] },
  { label: 'Cut nodes off the network', kind: 'partitionNodes', fields: [count, zone, time] },
  { label: 'Cut a zone off the network', kind: 'partitionNodes', fields: [oneZone, time] },
  { label: 'Freeze nodes', kind: 'pauseNodes', fields: [count, zone, fixed] },
  {
    label: 'Slow network',
    kind: 'slowNetwork',
    fields: [text('latency', 'Added to each message', '200ms'), text('loss', 'Share lost', '1%'), zone, time],
  },
  { label: 'Wrong clocks', kind: 'clockSkew', fields: [text('offset', 'By how much', '5m'), count, zone, time] },
  { label: 'Lose an API server', kind: 'crashApiServer', fields: [index, time] },
  { label: 'Lose the scheduler', kind: 'crashScheduler', fields: [index, time] },
  { label: 'Lose the controller manager', kind: 'crashControllerManager', fields: [index, time] },
  { label: 'Kill the leader of etcd', kind: 'killEtcdLeader', fields: [time] },
  { label: 'Stall etcd’s disk', kind: 'stallEtcdDisk', fields: [fixed] },
  { label: 'Slow etcd’s disk', kind: 'slowEtcdDisk', fields: [text('fsync', 'One fsync takes', '100ms'), fixed] },
  { label: 'Fill etcd’s disk', kind: 'fillEtcdDisk', fields: [time] },
];

const TIMES = [
  ['10s', '10 s'],
  ['30s', '30 s'],
  ['1m', '1 min'],
  ['5m', '5 min'],
  ['30m', '30 min'],
];

let zones = [];
const kindSelect = el('select', { id: 'fault-kind', change: () => showFields() });
const fieldset = el('div', { class: 'fields' });
const list = el('ul', { class: 'struck', 'aria-label': 'Faults so far' });

export function makeFaults() {
  kindSelect.append(...KINDS.map(({ label }, value) => el('option', { value }, label)));
  const strike = el('button', { class: 'main danger' }, 'Strike');
  const form = el('form', {}, el('span', { class: 'field' }, el('label', { for: 'fault-kind' }, 'Fault'), kindSelect), fieldset, strike);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    carryOut(
      strike,
      'faults',
      { fault: faultOf() },
      ({ struck }) => `Struck: ${wordsOf(struck)}${struck.canBeUndone ? ', until it is undone' : ''}.`,
    ).then((answer) => answer !== undefined && showFaults(answer.faults, answer.simulatedSeconds));
  });
  byId('faults').append(el('h2', { id: 'faults-title' }, 'Faults'), form, list);
  const open = byId('faults-open');
  open.addEventListener('click', () => {
    const isOpen = byId('faults').hidden;
    byId('faults').hidden = !isOpen;
    open.setAttribute('aria-expanded', String(isOpen));
    if (isOpen) kindSelect.focus();
  });
  showFields();
}

/** The form keeps what was chosen. */
export function setFaultZones(names) {
  if (names.join() === zones.join()) return;
  zones = names;
  showFields();
}

function showFields() {
  fieldset.replaceChildren(
    ...KINDS[Number(kindSelect.value) || 0].fields.map((field) => {
      const id = `fault-${field.name}`;
      return el('span', { class: 'field' }, el('label', { for: id }, field.label), inputOf(field, id));
    }),
  );
}

function inputOf({ name, type, value, min, any, open }, id) {
  if (type === 'zone') {
    const options = zones.map((zone) => el('option', { value: zone }, zone));
    return el('select', { id, name }, ...(any ? [el('option', { value: '' }, 'any')] : []), ...options);
  }
  if (type === 'time') {
    const options = TIMES.map(([time, words]) => el('option', { value: time, selected: time === '1m' }, words));
    return el('select', { id, name }, ...options, ...(open ? [el('option', { value: '' }, 'until undone')] : []));
  }
  return el('input', { id, name, type, value, min, required: true, size: 6 });
}

function faultOf() {
  const { kind } = KINDS[Number(kindSelect.value)];
  const spec = {};
  for (const { name, type, value } of fieldset.querySelectorAll('input, select'))
    if (value !== '') spec[name] = type === 'number' ? Number(value) : value;
  return { [kind]: spec };
}

const wordsOf = ({ labels, kind }) => (labels.length > 0 ? labels.join(', ') : kind);

let shown = '';

export function showFaults(faults, now) {
  const rows = faults.toReversed().map((fault) => ({ ...fault, state: stateOf(fault, now) }));
  const key = JSON.stringify(rows.map(({ id, state }) => [id, state]));
  if (key === shown) return;
  shown = key;
  list.replaceChildren(
    ...rows.map((fault) => {
      const line = el('li', {}, el('b', {}, wordsOf(fault)), ` at ${clock(fault.at / 1e6)}: ${fault.state} `);
      if (!fault.canBeUndone) return line;
      const undo = el('button', { type: 'button', 'aria-label': `Undo: ${wordsOf(fault)}` }, 'Undo');
      undo.addEventListener('click', () =>
        carryOut(undo, 'undo', { fault: fault.id }, ({ undone }) => `Undone: ${wordsOf(undone)}.`).then(
          (answer) => answer !== undefined && showFaults(answer.faults, answer.simulatedSeconds),
        ),
      );
      line.append(undo);
      return line;
    }),
  );
  const going = rows.filter(({ state }) => state !== 'over' && !state.startsWith('undone')).length;
  setText(byId('faults-open'), going === 0 ? 'Faults' : `Faults (${going})`);
}

function stateOf({ at, endsAt, undoneAt }, now) {
  if (undoneAt !== undefined) return `undone at ${clock(undoneAt / 1e6)}`;
  if (at / 1e6 > now) return 'still to come';
  if (endsAt === undefined) return 'until it is undone';
  return endsAt / 1e6 <= now ? 'over' : `until ${clock(endsAt / 1e6)}`;
}
