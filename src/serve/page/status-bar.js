// What time it is there, how fast it passes, and how many nodes and pods there are.
import { byId, clock, el, many, setText } from './dom.js';

const NAMES = {
  elapsed: 'since the beginning',
  clock: 'on the cluster’s clocks (UTC)',
  nodes: 'nodes ready',
  pods: 'pods',
  waiting: 'without a node',
};
const values = {};
let lost = 0;
let lostAt = -Infinity;

export function makeStatusBar() {
  byId('tiles').append(
    ...Object.entries(NAMES).map(([key, name]) => {
      values[key] = el('b', {}, '–');
      return el('li', {}, values[key], el('span', {}, name));
    }),
  );
}

export function showStatus(picture) {
  const { pods, nodes } = picture;
  const total = Object.values(pods).reduce((sum, count) => sum + count, 0);
  const ready = nodes.state.reduce((sum, state) => sum + (state === 0 ? 0 : 1), 0);
  setText(byId('scenario'), picture.scenario);
  document.title = `${picture.scenario} · Wavetank`;
  setText(values.elapsed, clock(picture.simulatedSeconds));
  setText(values.clock, picture.time.slice(11, 19));
  setText(values.nodes, ready === nodes.state.length ? many(ready) : `${many(ready)} of ${many(nodes.state.length)}`);
  setText(values.pods, many(total));
  setText(values.waiting, many(pods.Unscheduled ?? 0));
  // It says so while more is lost, not for ever after.
  const { behindSeconds } = picture;
  if (behindSeconds > lost) lostAt = performance.now();
  lost = behindSeconds;
  const isBehind = lost >= 1 && performance.now() - lostAt < 5000;
  const behind = isBehind ? `This machine is too slow for that speed: ${many(Math.round(lost))} s behind so far.` : '';
  setText(byId('connection'), picture.loading ? 'A snapshot is being loaded.' : behind);
}
