import { describe, expect, it } from 'vitest';
import { answerDocument, type CustomResourceDefinitionObject, type DocumentSources } from '#apiserver';

const widget: CustomResourceDefinitionObject = {
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget' },
    versions: ['v1beta1', 'v1', 'v2alpha1'].map((name) => ({
      name,
      served: true,
      storage: name === 'v1',
      subresources: { status: {}, scale: { specReplicasPath: '.spec.n', statusReplicasPath: '.status.n' } },
    })),
  },
  status: {
    acceptedNames: {
      plural: 'widgets',
      singular: 'widget',
      kind: 'Widget',
      listKind: 'WidgetList',
      shortNames: ['wd'],
      categories: ['all'],
    },
    conditions: [{ type: 'Established', status: 'True' }],
  },
};
const sources = (more: Partial<DocumentSources> = {}): DocumentSources => ({
  definitions: [widget],
  health: { isReady: true, reachesEtcd: true },
  openApi: () => undefined,
  metrics: () => ({ counters: [], gauges: [], histograms: [] }),
  ...more,
});
// Documents are read as they come.
// biome-ignore lint/suspicious/noExplicitAny: documents are of any kind.
const get = (path: string, accept = 'application/json', query: Record<string, string> = {}, from = sources()): any =>
  answerDocument({ path, query, accept }, from);

const AGGREGATED =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json';
const named = (list: { name: string }[], name: string) => list.find((one) => one.name === name);

describe('plain discovery', () => {
  it('names versions and groups in the order of their priority', () => {
    expect(get('/api').body).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
    const { groups } = get('/apis').body as { groups: { name: string }[] };
    expect(groups.slice(0, 6).map(({ name }) => name)).toEqual([
      'apps',
      'events.k8s.io',
      'authentication.k8s.io',
      'authorization.k8s.io',
      'autoscaling',
      'batch',
    ]);
    expect(named(groups, 'autoscaling')).toEqual({
      name: 'autoscaling',
      versions: [
        { groupVersion: 'autoscaling/v2', version: 'v2' },
        { groupVersion: 'autoscaling/v1', version: 'v1' },
      ],
      preferredVersion: { groupVersion: 'autoscaling/v2', version: 'v2' },
    });
  });
  it('lists resources with their subresources', () => {
    const { resources } = get('/api/v1').body;
    expect(named(resources, 'pods')).toEqual({
      name: 'pods',
      singularName: 'pod',
      namespaced: true,
      kind: 'Pod',
      verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
      shortNames: ['po'],
      categories: ['all'],
    });
    // kubectl drain looks for this one.
    expect(named(resources, 'pods/eviction')).toEqual({
      name: 'pods/eviction',
      singularName: '',
      namespaced: true,
      group: 'policy',
      version: 'v1',
      kind: 'Eviction',
      verbs: ['create'],
    });
    expect(named(resources, 'namespaces')).toMatchObject({ verbs: expect.not.arrayContaining(['deletecollection']) });
    expect(resources.map(({ name }: { name: string }) => name).filter((name: string) => name.startsWith('pods/'))).toEqual([
      'pods/attach',
      'pods/binding',
      'pods/ephemeralcontainers',
      'pods/eviction',
      'pods/exec',
      'pods/log',
      'pods/portforward',
      'pods/proxy',
      'pods/resize',
      'pods/status',
    ]);
  });
  it('tells reviews from what is stored', () => {
    expect(get('/apis/authorization.k8s.io/v1').body.resources).toContainEqual({
      name: 'selfsubjectaccessreviews',
      singularName: 'selfsubjectaccessreview',
      namespaced: false,
      kind: 'SelfSubjectAccessReview',
      verbs: ['create'],
    });
  });
  it('knows what it does not serve', () => {
    expect(get('/apis/nothing.io')).toBeUndefined();
    expect(get('/apis/apps/v7')).toBeUndefined();
    expect(get('/api/v1/pods')).toBeUndefined();
  });
});

describe('custom resources in discovery', () => {
  it("come after Kubernetes' own, their best version first", () => {
    const { groups } = get('/apis').body;
    const at = groups.findIndex(({ name }: { name: string }) => name === 'example.com');
    expect(at).toBeGreaterThan(groups.findIndex(({ name }: { name: string }) => name === 'resource.k8s.io'));
    expect(groups[at]).toMatchObject({
      versions: [{ version: 'v1' }, { version: 'v1beta1' }, { version: 'v2alpha1' }],
      preferredVersion: { version: 'v1' },
    });
  });
  it('have names, categories and subresources of their own', () => {
    const { resources } = get('/apis/example.com/v1').body;
    expect(resources.map(({ name }: { name: string }) => name)).toEqual(['widgets', 'widgets/status', 'widgets/scale']);
    expect(resources[0]).toMatchObject({ singularName: 'widget', shortNames: ['wd'], categories: ['all'] });
    expect(resources[2]).toMatchObject({ group: 'autoscaling', version: 'v1', kind: 'Scale' });
  });
  it('are not there before they are established', () => {
    const waiting = sources({ definitions: [{ ...widget, status: {} }] });
    expect(get('/apis/example.com', 'application/json', {}, waiting)).toBeUndefined();
  });
});

describe('aggregated discovery', () => {
  it('answers those who ask for it', () => {
    const answer = get('/apis', AGGREGATED);
    expect(answer.contentType).toBe('application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList');
    expect(answer.body.items[0]).toMatchObject({ metadata: { name: 'apps' }, versions: [{ version: 'v1', freshness: 'Current' }] });
    const deployments = answer.body.items[0].versions[0].resources.find(({ resource }: { resource: string }) => resource === 'deployments');
    expect(deployments).toMatchObject({
      responseKind: { group: 'apps', version: 'v1', kind: 'Deployment' },
      scope: 'Namespaced',
      singularResource: 'deployment',
      shortNames: ['deploy'],
      categories: ['all'],
      subresources: [
        { subresource: 'scale', responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' }, verbs: ['get', 'patch', 'update'] },
        { subresource: 'status' },
      ],
    });
  });
  it('holds core alone under /api', () => {
    expect(get('/api', AGGREGATED).body.items.map(({ versions }: { versions: { version: string }[] }) => versions[0]?.version)).toEqual([
      'v1',
    ]);
  });
  it('is plain for those who do not', () => expect(get('/apis', 'application/json').body.kind).toBe('APIGroupList'));
});

describe('health', () => {
  it('says ok, or what is wrong', () => {
    expect(get('/readyz')).toEqual({ code: 200, contentType: 'text/plain; charset=utf-8', body: 'ok' });
    const ill = sources({ health: { isReady: false, reachesEtcd: false } });
    const answer = get('/readyz', '', {}, ill);
    expect(answer.code).toBe(500);
    expect(answer.body).toContain('[+]ping ok\n[+]log ok\n[-]etcd failed: reason withheld\n');
    expect(answer.body).toMatch(/readyz check failed\n$/);
  });
  it('tells each check when asked to, and leaves some out', () => {
    expect(get('/livez', '', { verbose: '' }).body).toMatch(/^\[\+\]ping ok\n[\s\S]*livez check passed\n$/);
    const ill = sources({ health: { isReady: true, reachesEtcd: false } });
    expect(get('/healthz', '', { exclude: 'etcd' }, ill)).toMatchObject({ code: 200, body: 'ok' });
    expect(get('/livez/etcd', '', {}, ill)).toMatchObject({ code: 500 });
    expect(get('/livez/unknown', '', {}, ill)).toBeUndefined();
  });
});

describe('the rest', () => {
  it('names a version', () => expect(get('/version').body).toMatchObject({ major: '1', minor: '34', gitVersion: 'v1.34.3+wavetank' }));
  it('writes metrics as Prometheus reads them', () => {
    const metrics = () => ({
      counters: [{ name: 'apiserver_request_total', labels: { code: '201' }, total: 3, values: new Float64Array([1, 2]) }],
      gauges: [{ name: 'apiserver_storage_objects', labels: { resource: 'pods' }, values: new Float64Array([1, 5]) }],
      histograms: [
        {
          name: 'apiserver_request_duration_seconds',
          labels: { verb: 'POST' },
          // 1 s and 2 s: slots 2689 and 2817.
          overall: { count: 3, sum: 4, min: 1, max: 2, pairs: new Uint32Array([2689, 2, 2817, 1]) },
          buckets: [],
        },
      ],
    });
    const { contentType, body } = get('/metrics', '', {}, sources({ metrics }));
    expect(contentType).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(body).toContain('# TYPE apiserver_request_total counter\napiserver_request_total{code="201"} 3\n');
    expect(body).toContain('apiserver_storage_objects{resource="pods"} 5\n');
    expect(body).toContain('apiserver_request_duration_seconds_bucket{verb="POST",le="0.8"} 0\n');
    expect(body).toContain('apiserver_request_duration_seconds_bucket{verb="POST",le="1.25"} 2\n');
    expect(body).toContain('apiserver_request_duration_seconds_bucket{verb="POST",le="+Inf"} 3\n');
    expect(body).toContain('apiserver_request_duration_seconds_sum{verb="POST"} 4\n');
  });
  it('lists what there is', () =>
    expect(get('/').body.paths).toEqual(expect.arrayContaining(['/api/v1', '/apis/apps/v1', '/apis/example.com/v1', '/openapi/v3'])));
});
