import { expect, it } from 'vitest';
import { CONTROLLER_NAMES, makeController } from '#controllers';
import { createAt, deployment, lab } from './lab.ts';

it('makes each controller under its own name, with what wakes it', () => {
  const made = CONTROLLER_NAMES.map((name) => [name, makeController(name, {})] as const);
  expect(made.map(([, controller]) => controller.name)).toEqual(CONTROLLER_NAMES);
  for (const [name, { watches, workers, tick, period }] of made) {
    expect([name, watches.length > 0, workers > 0, (tick === undefined) === (period === undefined)]).toEqual([name, true, true, true]);
  }
});

it('lets each work where its manager leads, and export its queue', () => {
  const { outcome, farm } = lab([createAt(5, 'deployments.apps', deployment('web', 1))], { managers: 2, seconds: 30 });
  const queues = (metric: string) =>
    outcome.recorded.counters.filter(({ name }) => name === metric).map(({ labels }) => labels['name'] ?? '');
  expect([...new Set(queues('workqueue_adds_total'))].sort()).toEqual([...CONTROLLER_NAMES].sort());
  expect([...new Set(queues('workqueue_retries_total'))].sort()).toEqual([...CONTROLLER_NAMES].sort());
  expect(farm.list('pods')).toHaveLength(1);
});
