// Every node as a cell, zone by zone, shaded by how full it is. What cannot be told by colour alone has a mark: a cross is not ready, a bar takes no new pods.
import { byId, el, isDark, setText, styleOf } from './dom.js';

const WORDS = ['not ready', 'ready', 'closed to new pods'];
const GAP = 14;
const LABEL = 20;
/** The grid as those meet it who use no pointer. */
const KEYBOARD = {
  tabindex: '0',
  role: 'application',
  'aria-label': 'Nodes by zone. Arrow keys move from node to node, Enter opens one.',
  'aria-describedby': 'heat-at',
};
/** A cell is at most so wide, and at least. */
const MOST = 26;
const LEAST = 4;

/** Each: name, cells (places in the arrays of the picture, by name), and where it lies. */
let zones = [];
let names = [];
let zoneOf = [];
let cell = MOST;
let width = 0;
let nodes;
/** The cell under the pointer, or that of the keyboard: [zone, place]. */
let at;
let colours = [];
let openNode = () => undefined;

const canvas = byId('heat-cells');
const picture = document.createElement('canvas');

const inZone = (name) => (name === '' ? 'no zone' : name.startsWith('zone') ? name : `zone ${name}`);
const inOrder = new Intl.Collator('en', { numeric: true });

export function makeHeatGrid(open) {
  openNode = open;
  canvas.addEventListener('pointermove', (event) => point(placeAt(event)));
  canvas.addEventListener('pointerleave', () => point(undefined));
  canvas.addEventListener('click', (event) => {
    at = placeAt(event);
    enter();
  });
  for (const [name, value] of Object.entries(KEYBOARD)) byId('heat').setAttribute(name, value);
  byId('heat').addEventListener('keydown', move);
  byId('shade').addEventListener('change', draw);
  new ResizeObserver(() => layOut()).observe(byId('heat'));
  isDark.addEventListener('change', () => {
    colours = [];
    draw();
  });
}

export const zoneNames = () => zones.map(({ name }) => name).filter((name) => name !== '');
export const nodeNames = () => names;

/** The nodes are these, in this order. */
export function setNodes({ name, zone }) {
  names = name;
  zoneOf = zone;
  nodes = undefined;
  const byZone = new Map();
  for (let i = 0; i < names.length; i++) {
    const cells = byZone.get(zoneOf[i]);
    if (cells === undefined) byZone.set(zoneOf[i], [i]);
    else cells.push(i);
  }
  zones = [...byZone].sort(([a], [b]) => inOrder.compare(a, b)).map(([zone, cells]) => ({ name: zone, cells }));
  for (const { cells } of zones) cells.sort((a, b) => inOrder.compare(names[a], names[b]));
  at = undefined;
  layOut();
}

export function showNodes(now) {
  if (now.state.length !== names.length) return;
  nodes = now;
  draw();
}

/** Zones stand beside each other where there is room, else below each other. */
function layOut() {
  width = byId('heat').clientWidth;
  if (width === 0 || zones.length === 0) return;
  const columns = Math.max(1, Math.min(zones.length, Math.floor((width + GAP) / 200)));
  const wide = Math.floor((width - GAP * (columns - 1)) / columns);
  const rows = Math.ceil(zones.length / columns);
  const room = Math.max(90, (width > 700 ? 400 : 560) / rows - LABEL);
  const most = Math.max(...zones.map(({ cells }) => cells.length));
  cell = Math.max(LEAST, Math.min(MOST, Math.floor(Math.sqrt((wide * room) / most))));
  const perRow = Math.max(1, Math.floor(wide / cell));
  let top = 0;
  let tallest = 0;
  zones.forEach((zone, i) => {
    if (i > 0 && i % columns === 0) {
      top += tallest + GAP;
      tallest = 0;
    }
    const lines = Math.ceil(zone.cells.length / perRow);
    Object.assign(zone, { left: (i % columns) * (wide + GAP), top, perRow, width: wide });
    tallest = Math.max(tallest, LABEL + lines * cell);
  });
  const height = top + tallest;
  const scale = Math.min(2, window.devicePixelRatio || 1);
  for (const one of [canvas, picture]) Object.assign(one, { width: Math.round(width * scale), height: Math.round(height * scale) });
  canvas.style.height = `${height}px`;
  for (const one of [canvas, picture]) one.getContext('2d').setTransform(scale, 0, 0, scale, 0, 0);
  draw();
}

/** A hundred and one shades from the card's ground to the heat's colour. */
function shades() {
  if (colours.length === 0) {
    const rgb = styleOf('heat');
    colours = Array.from({ length: 101 }, (_, i) => `rgba(${rgb}, ${(0.1 + 0.9 * (i / 100)).toFixed(3)})`);
    showLegend();
  }
  return colours;
}

function draw() {
  if (nodes === undefined || width === 0) return;
  const ctx = picture.getContext('2d');
  const shade = byId('shade').value;
  const values = nodes[shade];
  const most = shade === 'pods' ? values.reduce((top, value) => Math.max(top, value), 1) : 100;
  const palette = shades();
  const size = cell > 5 ? cell - 1 : cell - 0.5;
  const [bad, muted, ink] = [styleOf('bad'), styleOf('muted'), styleOf('soft')];
  ctx.clearRect(0, 0, width, picture.height);
  ctx.font = '600 13px system-ui, sans-serif';
  for (const { name, cells, left, top, perRow, width: wide } of zones) {
    ctx.fillStyle = ink;
    const down = cells.reduce((sum, i) => sum + (nodes.state[i] === 0 ? 1 : 0), 0);
    ctx.fillText(`${inZone(name)}: ${cells.length}${down > 0 ? `, ${down} not ready` : ''}`, left, top + 13, wide);
    for (let place = 0; place < cells.length; place++) {
      const i = cells[place];
      const x = left + (place % perRow) * cell;
      const y = top + LABEL + Math.floor(place / perRow) * cell;
      const state = nodes.state[i];
      ctx.fillStyle = state === 0 ? bad : palette[Math.max(0, Math.min(100, Math.round((100 * values[i]) / most)))];
      ctx.fillRect(x, y, size, size);
      if (state !== 1 && cell > 5) mark(ctx, state, x, y, size, state === 0 ? styleOf('card') : muted);
    }
  }
  show();
}

function mark(ctx, state, x, y, size, colour) {
  ctx.strokeStyle = colour;
  ctx.lineWidth = Math.max(1, size / 9);
  ctx.beginPath();
  const [a, b] = [size * 0.25, size * 0.75];
  if (state === 0) {
    ctx.moveTo(x + a, y + a);
    ctx.lineTo(x + b, y + b);
    ctx.moveTo(x + b, y + a);
    ctx.lineTo(x + a, y + b);
  } else {
    ctx.moveTo(x + size * 0.15, y + size / 2);
    ctx.lineTo(x + size * 0.85, y + size / 2);
  }
  ctx.stroke();
}

/** The drawn grid, and a frame around the cell at hand. */
function show() {
  const ctx = canvas.getContext('2d');
  ctx.save();
  ctx.setTransform(1, 0, 0, 1, 0, 0);
  ctx.clearRect(0, 0, canvas.width, canvas.height);
  ctx.drawImage(picture, 0, 0);
  ctx.restore();
  if (at === undefined) return;
  const { left, top, perRow } = zones[at[0]];
  ctx.strokeStyle = styleOf('ink');
  ctx.lineWidth = 2;
  ctx.strokeRect(left + (at[1] % perRow) * cell - 1, top + LABEL + Math.floor(at[1] / perRow) * cell - 1, cell + 1, cell + 1);
}

/** [zone, place] under the pointer. */
function placeAt({ offsetX, offsetY }) {
  for (let i = 0; i < zones.length; i++) {
    const { cells, left, top, perRow } = zones[i];
    const column = Math.floor((offsetX - left) / cell);
    const row = Math.floor((offsetY - top - LABEL) / cell);
    const place = row * perRow + column;
    if (row >= 0 && column >= 0 && column < perRow && place < cells.length) return [i, place];
  }
  return undefined;
}

function point(to) {
  if (to?.[0] === at?.[0] && to?.[1] === at?.[1]) return;
  at = to;
  canvas.style.cursor = at === undefined ? 'default' : 'pointer';
  setText(byId('heat-at'), at === undefined ? 'Click a node to see its pods.' : words(zones[at[0]].cells[at[1]]));
  show();
}

const words = (i) =>
  nodes === undefined
    ? names[i]
    : `${names[i]}, ${inZone(zoneOf[i])}: ${WORDS[nodes.state[i]]}, ${nodes.pods[i]} ${nodes.pods[i] === 1 ? 'pod' : 'pods'}, CPU ${nodes.cpuPercent[i]} %, memory ${nodes.memoryPercent[i]} % requested`;

function enter() {
  if (at === undefined) return;
  setText(byId('heat-at'), words(zones[at[0]].cells[at[1]]));
  openNode(names[zones[at[0]].cells[at[1]]]);
}

function move(event) {
  if (zones.length === 0) return;
  if (event.key === 'Enter' || event.key === ' ') {
    event.preventDefault();
    enter();
    return;
  }
  const [zone, place] = at ?? [0, 0];
  const { perRow } = zones[zone];
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -perRow, ArrowDown: perRow, Home: -Infinity, End: Infinity };
  if (!Object.hasOwn(steps, event.key)) return;
  event.preventDefault();
  if (at === undefined) point([0, 0]);
  else point(stepped(zone, place, steps[event.key]));
}

/** Over the edge of a zone lies the next one. */
function stepped(zone, place, by) {
  const { length } = zones[zone].cells;
  if (by === -Infinity) return [zone, 0];
  if (by === Infinity) return [zone, length - 1];
  const to = place + by;
  if (to >= 0 && to < length) return [zone, to];
  const next = zone + Math.sign(by);
  if (next < 0 || next >= zones.length) return [zone, place];
  return [next, by < 0 ? zones[next].cells.length - 1 : 0];
}

function showLegend() {
  const swatch = (colour, sign = '') => el('i', { 'aria-hidden': 'true', style: `background:${colour}` }, sign);
  byId('heat-legend').replaceChildren(
    el('li', {}, swatch(colours[0]), 'empty'),
    el('li', {}, swatch(colours[50]), 'half'),
    el('li', {}, swatch(colours[100]), 'full'),
    el('li', {}, swatch('var(--bad)', '×'), 'not ready'),
    el('li', {}, swatch(colours[30], '–'), 'closed to new pods'),
  );
}
