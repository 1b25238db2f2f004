// Finds pods and nodes by a part of their names: a list under the field, for the pointer and for the arrow keys.
import { byId, el } from './dom.js';
import { nodeNames } from './heat-grid.js';
import { ask } from './server.js';

const PAUSE_MS = 180;
const MOST_NODES = 5;

const input = byId('search-text');
const list = byId('found');
let timer;
let at = -1;

export function makeSearch(openPod, openNode) {
  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => look(openPod, openNode), PAUSE_MS);
  });
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') hide();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined || list.hidden) return;
    event.preventDefault();
    point((at + step + list.children.length) % list.children.length);
  });
  byId('search').addEventListener('submit', (event) => {
    event.preventDefault();
    if (list.hidden) look(openPod, openNode);
    else list.children[Math.max(0, at)]?.click();
  });
  document.addEventListener('pointerdown', (event) => {
    if (!byId('search').contains(event.target)) hide();
  });
}

async function look(openPod, openNode) {
  const text = input.value.trim();
  if (text === '') {
    hide();
    return;
  }
  const { pods } = await ask(`/wavetank/pods?match=${encodeURIComponent(text)}`).catch(() => ({ pods: [] }));
  if (input.value.trim() !== text) return;
  const nodes = nodeNames()
    .filter((name) => name.includes(text))
    .slice(0, MOST_NODES);
  const choices = [
    ...pods.map(({ pod, phase, node }) => choice(pod, `${phase}${node === '' ? '' : ` on ${node}`}`, () => openPod(pod))),
    ...nodes.map((node) => choice(node, 'node', () => openNode(node))),
  ];
  choices.forEach((one, i) => {
    one.id = `found-${i}`;
  });
  list.replaceChildren(
    ...(choices.length > 0
      ? choices
      : [el('div', { role: 'option', 'aria-disabled': 'true', 'aria-selected': 'false' }, 'nothing is called so')]),
  );
  list.hidden = false;
  input.setAttribute('aria-expanded', 'true');
  point(-1);
}

const choice = (name, what, open) =>
  el(
    'div',
    {
      role: 'option',
      'aria-selected': 'false',
      click: () => {
        hide();
        open();
      },
    },
    el('b', {}, name),
    el('span', {}, what),
  );

function point(to) {
  list.children[at]?.setAttribute('aria-selected', 'false');
  at = to;
  const chosen = list.children[at];
  chosen?.setAttribute('aria-selected', 'true');
  chosen?.scrollIntoView({ block: 'nearest' });
  if (chosen === undefined) input.removeAttribute('aria-activedescendant');
  else input.setAttribute('aria-activedescendant', chosen.id);
}

function hide() {
  list.hidden = true;
  input.setAttribute('aria-expanded', 'false');
  input.removeAttribute('aria-activedescendant');
  at = -1;
}
