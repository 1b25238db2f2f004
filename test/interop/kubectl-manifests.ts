/** What the kubectl steps send: a Deployment that may be edited, and the budget that keeps a drain waiting. */

const container = (image: string) => ({
  name: 'web',
  image,
  ports: [{ containerPort: 80 }],
  resources: { requests: { cpu: '100m', memory: '64Mi' } },
});

const deployment = (replicas: number, image: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', labels: { app: 'web' } },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [container(image)] } },
  },
});

const text = (...objects: readonly object[]): string => objects.map((object) => JSON.stringify(object)).join('\n---\n');

export const WEB = text(deployment(3, 'nginx:1.28'));
export const WEB_CHANGED = text(deployment(4, 'nginx:1.28'));
export const SERVICE_APPLIED = text({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 80 }] },
});
export const SERVICE_CONFLICT = SERVICE_APPLIED.replace('"targetPort":80', '"targetPort":8080');
export const BUDGET = text({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'web' },
  spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'web' } } },
});
export const STRICT = text({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'odd' }, dta: { a: 'b' } });
