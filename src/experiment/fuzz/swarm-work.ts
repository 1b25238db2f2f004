/** What users want in a run of the swarm: a random subset of kinds of work, made before the faults begin, changed among them, and asked for again afterwards. */

import type { Dice, Span } from './swarm.ts';

type Entry = Readonly<Record<string, unknown>>;
type Kube = Readonly<Record<string, unknown>>;

const template = (app: string, image: string, cpu: string): Kube => ({
  metadata: { labels: { app } },
  spec: { containers: [{ name: 'main', image, resources: { requests: { cpu, memory: '64Mi' } } }] },
});
const patched = (at: number, kind: string, name: string, spec: Kube): Entry => ({
  apply: { at: `${at}s`, patch: true, objects: [{ apiVersion: 'apps/v1', kind, metadata: { name }, spec }] },
});

export function swarmWork(dice: Dice, storm: Span): readonly Entry[] {
  const entries: Entry[] = [];
  const objects: Kube[] = [];
  const again = storm.until + 5;
  const during = (): number => dice.between(storm.from, storm.until - 1);
  /** Now and once more at the end: the last word counts. */
  const change = (at: number, kind: string, name: string, spec: Kube): void => {
    entries.push(patched(at, kind, name, spec), patched(again + 5, kind, name, spec));
  };
  const deployments = dice.between(1, 3);
  for (let i = 0; i < deployments; i++) deployment(dice, `web-${i}`, { objects, change, during });
  if (dice.chance(0.5)) {
    const replicas = dice.between(2, 4);
    const spec = { replicas, serviceName: 'db', selector: { matchLabels: { app: 'db' } }, template: template('db', 'db:1', '50m') };
    const policy = dice.chance(0.3) ? { podManagementPolicy: 'Parallel' } : {};
    objects.push({ apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'db' }, spec: { ...spec, ...policy } });
    if (dice.chance(0.5)) change(during(), 'StatefulSet', 'db', { replicas: dice.between(1, 5) });
  }
  if (dice.chance(0.4)) {
    const spec = { selector: { matchLabels: { app: 'agent' } }, template: template('agent', 'agent:1', '10m') };
    objects.push({ apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: 'agent' }, spec });
  }
  if (dice.chance(0.3))
    objects.push({ apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'most' }, spec: { hard: { pods: '500' } } });
  if (objects.length > 0) entries.unshift({ apply: { at: '8s', objects } }, { apply: { at: `${again}s`, objects } });
  if (dice.chance(0.6))
    entries.push({
      jobs: {
        name: 'crunch',
        count: dice.between(1, 3),
        completions: dice.between(1, 6),
        parallelism: 2,
        backoffLimit: 100,
        start: '10s',
        image: 'crunch:1',
        cpu: '50m',
        runtime: `${dice.between(5, 40)}s`,
        completionMode: dice.one(['NonIndexed', 'Indexed']),
      },
    });
  if (dice.chance(0.3)) {
    entries.push({ deployments: { name: 'gone', count: 2, replicas: 3, start: '9s', image: 'gone:1', cpu: '50m', memory: '64Mi' } });
    for (const at of [during(), again + 5]) entries.push({ delete: { at: `${at}s`, of: 'gone', share: '100 %' } });
  }
  if (dice.chance(0.3)) entries.push({ drain: { at: `${during()}s`, count: dice.between(1, 2), uncordonAfter: '20s' } });
  return entries;
}

function deployment(
  dice: Dice,
  name: string,
  {
    objects,
    change,
    during,
  }: { objects: Kube[]; change: (at: number, kind: string, name: string, spec: Kube) => void; during: () => number },
): void {
  const replicas = dice.between(1, 8);
  const spec = { replicas, selector: { matchLabels: { app: name } }, template: template(name, `${name}:1`, dice.one(['50m', '100m'])) };
  const strategy = dice.chance(0.3) ? { strategy: { type: 'Recreate' } } : {};
  objects.push({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec: { ...spec, ...strategy } });
  if (dice.chance(0.5))
    objects.push({ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { selector: { app: name }, ports: [{ port: 80 }] } });
  if (dice.chance(0.4) && replicas > 1)
    objects.push({
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name },
      spec: { maxUnavailable: 1, selector: { matchLabels: { app: name } } },
    });
  if (dice.chance(0.5)) change(during(), 'Deployment', name, { replicas: dice.between(1, 10) });
  if (dice.chance(0.6))
    change(during(), 'Deployment', name, { template: { spec: { containers: [{ name: 'main', image: `${name}:2` }] } } });
}
