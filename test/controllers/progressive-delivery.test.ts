import { describe, expect, it } from 'vitest';
import { ROLLOUT_DEFINITION } from '#api';
import { CONTROLLER_NAMES } from '#controllers';
import { createAt, lab, patchAt, podTemplate, type Step } from './lab.ts';

const ROLLOUTS = 'rollouts.delivery.wavetank.dev';
const definition: Step = [0.2, { verb: 'create', resource: 'customresourcedefinitions.apiextensions.k8s.io', body: ROLLOUT_DEFINITION }];
const rollout = (spec: object): object => ({
  apiVersion: 'delivery.wavetank.dev/v1alpha1',
  kind: 'Rollout',
  metadata: { name: 'web', namespace: 'default' },
  spec: { replicas: 8, selector: { matchLabels: { app: 'web' } }, template: podTemplate('web'), ...spec },
});
const manager = { controllers: [...CONTROLLER_NAMES, 'progressive-delivery'] };
const second = { spec: { template: { spec: { containers: [{ name: 'main', image: 'nginx:2' }] } } } };

describe('progressive delivery', () => {
  it('never has fewer available pods than maxUnavailable allows, nor more than maxSurge', () => {
    const canary = { maxSurge: 2, maxUnavailable: 1, steps: [{ setWeight: 50 }, { pause: { duration: 5 } }] };
    const { farm } = lab([definition, createAt(1, ROLLOUTS, rollout({ strategy: { canary } })), patchAt(15, ROLLOUTS, 'web', second)], {
      seconds: 70,
      manager,
    });
    expect(farm.list(ROLLOUTS)[0].status).toMatchObject({ phase: 'Healthy', availableReplicas: 8, updatedReplicas: 8 });
    const alive = new Map<string, boolean>();
    let [fewest, most] = [Number.POSITIVE_INFINITY, 0];
    for (const { at, type, resource, object } of farm.seen) {
      if (resource !== 'pods') continue;
      // biome-ignore lint/suspicious/noExplicitAny: status of any pod.
      const { metadata, status } = object as any;
      if (type === 'delete' || metadata.deletionTimestamp !== undefined) alive.delete(metadata.name);
      else
        alive.set(
          metadata.name,
          status?.conditions?.some((c: { type: string; status: string }) => c.type === 'Ready' && c.status === 'True') === true,
        );
      if (at < 14) continue;
      fewest = Math.min(fewest, [...alive.values()].filter(Boolean).length);
      most = Math.max(most, alive.size);
    }
    expect(fewest).toBeGreaterThanOrEqual(7);
    expect(most).toBeLessThanOrEqual(10);
  });

  it('refuses a strategy that is none', () => {
    const { answers } = lab([definition, createAt(1, ROLLOUTS, rollout({ strategy: {} }))], { seconds: 3, manager });
    expect(answers[1]?.code).toBe(422);
  });

  it('keeps the version before until its delay is over', () => {
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'default' },
      spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
    };
    const strategy = { blueGreen: { activeService: 'web', scaleDownDelaySeconds: 20 } };
    const steps = [
      definition,
      createAt(1, 'services', service),
      createAt(2, ROLLOUTS, rollout({ strategy })),
      patchAt(15, ROLLOUTS, 'web', second),
    ];
    const sizes = (seconds: number) =>
      lab(steps, { seconds, manager })
        .farm.list('replicasets.apps')
        .map(({ spec }) => spec.replicas);
    expect(sizes(30)).toEqual([8, 8]);
    expect(sizes(45)).toEqual([0, 8]);
  });
});
