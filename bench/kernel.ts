/** npm run bench:kernel: the hold model through the real kernel against a bare 4-ary heap and against SimPy, and the speed-up of two shards by events per window. */

import { spawnSync } from 'node:child_process';
import { heapHold, kernelHold } from './hold.ts';
import { shardSpeedUps } from './windows.ts';

const EVENTS = 1_000_000;
const ROUNDS = 7;

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] as number;

/** Nanoseconds an event of both, alternating so that a busy machine strikes both alike. */
function alternate(pending: number): { kernel: number; heap: number } {
  const kernel = kernelHold(pending);
  const heap = heapHold(pending);
  const [a, b]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS + 2; round++) {
    const [k, h] = [kernel(EVENTS), heap(EVENTS)];
    if (round < 2) continue;
    a.push(k);
    b.push(h);
  }
  return { kernel: median(a), heap: median(b) };
}

/** The hold model in SimPy: nanoseconds an event, or why not. */
function simpy(pending: number, events: number): number | string {
  const script = `
import random, sys, time
try:
    import simpy
except ImportError:
    print('python3 has no simpy (pip install simpy)'); sys.exit(0)
random.seed(1)
env = simpy.Environment()
left = [${events}]
def hold(env):
    while left[0] > 0:
        left[0] -= 1
        yield env.timeout(random.expovariate(1.0))
for _ in range(${pending}): env.process(hold(env))
for _ in range(${pending}): env.step()
start = time.perf_counter()
n = left[0]
while left[0] > 0: env.step()
print((time.perf_counter() - start) * 1e9 / n)
`;
  const ran = spawnSync('python3', ['-c', script], { encoding: 'utf8' });
  if (ran.error !== undefined || ran.status !== 0) return 'python3 did not run';
  const text = ran.stdout.trim();
  return Number.isNaN(Number(text)) ? text : Number(text);
}

console.log('hold model: ns an event (kernel: order by time, source, counter; digest; delivery), medians of alternating stretches');
const bySize = new Map<number, number>();
for (const pending of [1_000, 100_000, 1_000_000]) {
  const { kernel, heap } = alternate(pending);
  bySize.set(pending, kernel);
  console.log(
    `  ${pending} pending: kernel ${kernel.toFixed(0)}, bare 4-ary heap ${heap.toFixed(0)}: ${(heap / kernel).toFixed(2)} times the heap's speed`,
  );
}
for (const pending of [1_000, 100_000]) {
  const measured = simpy(pending, pending + 300_000);
  const kernel = bySize.get(pending) as number;
  if (typeof measured === 'string') console.log(`  SimPy skipped: ${measured}`);
  else console.log(`  ${pending} pending: SimPy ${measured.toFixed(0)}: ${(measured / kernel).toFixed(1)} times SimPy's speed`);
}
console.log('two shards against one, by events a window and shard (5 % of the messages cross)');
for (const { events, ratio, window } of await shardSpeedUps([10, 30, 100, 300, 1000])) {
  console.log(`  ${events} events (window ${window.toFixed(2)} ms): ${ratio.toFixed(2)}`);
}
