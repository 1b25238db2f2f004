import { describe, expect, it } from 'vitest';
import { createAt, deployment, lab, type Step } from './lab.ts';

const budget = (spec: object): object => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'web', namespace: 'default' },
  spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
});
const BUDGETS = 'poddisruptionbudgets.policy';
const evict = (second: number, name: string): Step => [
  second,
  {
    verb: 'create',
    resource: 'pods',
    subresource: 'eviction',
    namespace: 'default',
    name,
    body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: 'default' } },
  },
];

describe('PodDisruptionBudget', () => {
  it.each([
    [{ minAvailable: 3 }, { expectedPods: 5, desiredHealthy: 3, currentHealthy: 5, disruptionsAllowed: 2 }],
    [{ minAvailable: '50%' }, { expectedPods: 5, desiredHealthy: 3, currentHealthy: 5, disruptionsAllowed: 2 }],
    [{ maxUnavailable: 1 }, { expectedPods: 5, desiredHealthy: 4, currentHealthy: 5, disruptionsAllowed: 1 }],
    [{ maxUnavailable: '30%' }, { expectedPods: 5, desiredHealthy: 3, currentHealthy: 5, disruptionsAllowed: 2 }],
    [{ minAvailable: 9 }, { expectedPods: 5, desiredHealthy: 9, currentHealthy: 5, disruptionsAllowed: 0 }],
  ])('%o', (spec, status) => {
    const { farm } = lab([createAt(1, 'deployments.apps', deployment('web', 5)), createAt(2, BUDGETS, budget(spec))], { seconds: 20 });
    const [web] = farm.list(BUDGETS);
    expect(web.status).toMatchObject(status);
    expect(web.status.conditions[0]).toMatchObject({ reason: status.disruptionsAllowed > 0 ? 'SufficientPods' : 'InsufficientPods' });
  });

  it('lets as many evictions through as the budget allows, and more when replacements are ready (invariant C9)', () => {
    const script = [createAt(1, 'deployments.apps', deployment('web', 3)), createAt(2, BUDGETS, budget({ maxUnavailable: 1 }))];
    const names = lab(script, { seconds: 20 })
      .farm.list('pods')
      .map(({ metadata }) => metadata.name as string);
    const { answers, farm } = lab(
      [...script, evict(10, names[0] as string), evict(10, names[1] as string), evict(30, names[1] as string)],
      { seconds: 45 },
    );
    expect(answers.slice(2).map(({ code }) => code)).toEqual([201, 429, 201]);
    expect(farm.list('deployments.apps')[0].status.availableReplicas).toBe(3);
  });
});
