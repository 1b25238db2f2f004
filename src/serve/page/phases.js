// How many pods are in which phase, and dots for those that go from one to the next: each dot is a pod, or a few where many go at once.
import { byId, el, isStill, many, setText, styleOf } from './dom.js';

/** Name, words, colour, and its column and row: at a desk, and on a phone. */
const PHASES = [
  ['Unscheduled', 'waits for a node', 'colour-1', [0, 0], [0, 0]],
  ['Starting', 'has a node', 'colour-4', [1, 0], [1, 0]],
  ['Running', 'runs', 'colour-3', [2, 0], [0, 1]],
  ['Succeeded', 'ended well', 'colour-0', [3, 0], [1, 1]],
  ['Failed', 'failed', 'bad', [3, 1], [0, 2]],
  ['Terminating', 'is being deleted', 'colour-7', [2, 1], [1, 2]],
];
/** Dots that one picture may send from one phase to another. */
const MOST_DOTS = 60;
const FLIGHT_MS = 900;
const PERIOD_MS = 1000;

const boxes = new Map();
const dots = [];
const canvas = el('canvas', { 'aria-hidden': 'true' });
let size = { width: 0, height: 0, scale: 1 };
let isRunning = false;

export function makePhases() {
  const grid = el('ul', { class: 'phases', 'aria-label': 'Pods by phase' });
  for (const [name, words, colour, desk, phone] of PHASES) {
    const count = el('b', {}, '0');
    const style = `--column:${desk[0] + 1};--row:${desk[1] + 1};--phone-column:${phone[0] + 1};--phone-row:${phone[1] + 1};--own:var(--${colour})`;
    const box = el('li', { style }, count, el('span', {}, name), el('small', {}, words));
    boxes.set(name, { box, count, colour });
    grid.append(box);
  }
  byId('phases').append(grid, canvas);
  new ResizeObserver(measure).observe(byId('phases'));
}

function measure() {
  const { clientWidth: width, clientHeight: height } = byId('phases');
  const scale = Math.min(2, window.devicePixelRatio || 1);
  size = { width, height, scale };
  Object.assign(canvas, { width: Math.round(width * scale), height: Math.round(height * scale) });
  const frame = byId('phases').getBoundingClientRect();
  for (const one of boxes.values()) {
    const rect = one.box.getBoundingClientRect();
    one.half = rect.width / 2;
    one.x = rect.left - frame.left + rect.width / 2;
    one.y = rect.top - frame.top + rect.height / 2;
  }
}

export function showPhases({ pods, flows }) {
  for (const [name, { count, box }] of boxes) {
    setText(count, many(pods[name] ?? 0));
    box.classList.toggle('none', (pods[name] ?? 0) === 0);
  }
  if (isStill.matches || document.hidden) return;
  const now = performance.now();
  for (const [key, count] of Object.entries(flows)) {
    const [from, to] = key.split('>');
    const shown = Math.min(MOST_DOTS, count);
    for (let i = 0; i < shown; i++) dots.push({ from, to, begins: now + (i / shown) * PERIOD_MS, bend: ((i * 5) % 9) - 4 });
  }
  if (dots.length > 0 && !isRunning) {
    isRunning = true;
    requestAnimationFrame(fly);
  }
}

/** Where a way begins that comes from nowhere, or ends that leads nowhere. */
const outside = (box, isEnd) => ({ ...box, x: box.x + (isEnd ? 0 : -1.2 * box.half), y: box.y + (isEnd ? 70 : 0) });

function fly(now) {
  const ctx = canvas.getContext('2d');
  ctx.setTransform(size.scale, 0, 0, size.scale, 0, 0);
  ctx.clearRect(0, 0, size.width, size.height);
  let kept = 0;
  for (const dot of dots) {
    const share = (now - dot.begins) / FLIGHT_MS;
    if (share >= 1) continue;
    dots[kept++] = dot;
    if (share >= 0) place(ctx, dot, share);
  }
  dots.length = kept;
  isRunning = kept > 0;
  if (isRunning) requestAnimationFrame(fly);
}

function place(ctx, { from, to, bend }, share) {
  const [a, b] = [boxes.get(from), boxes.get(to)];
  if (a === undefined && b === undefined) return;
  const start = a ?? outside(b, false);
  const end = b ?? outside(a, true);
  const eased = share * share * (3 - 2 * share);
  const x = start.x + (end.x - start.x) * eased;
  const y = start.y + (end.y - start.y) * eased + bend * 4;
  ctx.fillStyle = styles((b ?? a).colour);
  ctx.globalAlpha = Math.min(1, 4 * share, 4 * (1 - share));
  ctx.beginPath();
  ctx.arc(x, y, 3.2, 0, 2 * Math.PI);
  ctx.fill();
  ctx.globalAlpha = 1;
}

const known = new Map();
/** Asked for once a second, not once a dot. */
function styles(name) {
  const second = Math.floor(performance.now() / 1000);
  if (known.get('second') !== second) {
    known.clear();
    known.set('second', second);
  }
  if (!known.has(name)) known.set(name, styleOf(name));
  return known.get(name);
}
