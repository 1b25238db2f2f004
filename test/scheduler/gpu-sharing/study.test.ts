/** The published tables of the FGD study (ATC '23), per seed, on its own arrival orders and tie ranks. */
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { GpuNode, GpuPod } from '../../../src/scheduler/gpu-sharing/cards.ts';
import { gpuPolicy, runGpuStudy } from '../../../src/scheduler/gpu-sharing/study.ts';

const openb = new URL('../../../../shared/traces/openb/', import.meta.url);
const isThere = existsSync(openb);
const lines = (name: string): string[] =>
  gunzipSync(readFileSync(new URL(name, openb)))
    .toString()
    .trim()
    .split('\n');

const loadNodes = (): GpuNode[] =>
  lines('openb_node_list_gpu_node.csv.gz')
    .slice(1)
    .map((line) => {
      const [name = '', cpu, memory, cards, model = ''] = line.split(',');
      return {
        name,
        cpuMilli: Number(cpu),
        memoryMib: Number(memory),
        cards: Number(cards),
        model,
      };
    });
const loadPods = (): GpuPod[] =>
  lines('openb_pod_list_default.csv.gz')
    .slice(1)
    .map((line) => {
      const [name = '', cpu, memory, cards, milli, models = ''] = line.split(',');
      const count = Number(cards);
      return {
        name,
        cpuMilli: Number(cpu),
        memoryMib: Number(memory),
        cards: count,
        cardMilli: count === 0 ? 0 : Number(milli),
        models: models === '' ? [] : models.split('|'),
      };
    });

describe.skipIf(!isThere)('the FGD study on openb (../shared is absent: skipped)', () => {
  const nodes = isThere ? loadNodes() : [];
  const pods = isThere ? loadPods() : [];
  const expected = isThere
    ? readFileSync(new URL('expected/per_seed.csv', openb), 'utf8')
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.split(','))
    : [];
  const luck = { next: () => 0 };

  it.each(['DotProd', 'GpuClustering', 'GpuPacking', 'BestFit', 'FGD'])(
    '%s: allocation at every load of the table within 0.05 points',
    (name) => {
      const policy = gpuPolicy(name);
      expect(policy).toBeDefined();
      if (policy === undefined) return;
      for (const seed of process.env.WAVETANK_ALL_SEEDS === undefined ? [42] : [42, 43, 44, 45, 46]) {
        const order = lines(`order/default_seed${seed}_arrivals.txt.gz`).map(Number);
        const rank = lines(`order/default_seed${seed}_noderank.txt.gz`).map(Number);
        const study = runGpuStudy(nodes, pods, order, rank, policy, luck);
        const rows = expected.filter(([, policyName, rowSeed]) => policyName === name && Number(rowSeed) === seed);
        expect(rows.length).toBeGreaterThan(3);
        for (const [, , , arrived, allocation, , ratio] of rows) {
          const point = study.curve.find((candidate) => candidate.arrived === Number(arrived));
          expect(Math.abs((point?.allocation ?? 0) - Number(allocation)), `seed ${seed} at ${arrived} %`).toBeLessThanOrEqual(0.05);
          expect(
            Math.abs((point?.fragmentationRatio ?? 0) - Number(ratio)),
            `seed ${seed} fragmentation at ${arrived} %`,
          ).toBeLessThanOrEqual(0.05);
        }
      }
    },
  );
});
