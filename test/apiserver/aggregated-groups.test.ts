/** What discovery says of groups that another program serves behind the API server: they are there while one does. */
import { describe, expect, it } from 'vitest';
import { answerDocument, type DocumentSources } from '#apiserver';

const sources = (aggregated: readonly string[]): DocumentSources => ({
  definitions: [],
  aggregated,
  health: { isReady: true, reachesEtcd: true },
  openApi: () => undefined,
  metrics: () => ({ counters: [], gauges: [], histograms: [] }),
});
const get = (path: string, aggregated: readonly string[], accept = 'application/json') =>
  answerDocument({ path, query: {}, accept }, sources(aggregated))?.body as Record<string, never> | undefined;
const DISCOVERY = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

describe('metrics.k8s.io', () => {
  it('is told of with its two resources, read only', () => {
    const list = get('/apis/metrics.k8s.io/v1beta1', ['metrics.k8s.io', 'custom.metrics.k8s.io']);
    expect(list).toMatchObject({
      kind: 'APIResourceList',
      resources: [
        { name: 'nodes', kind: 'NodeMetrics', namespaced: false, verbs: ['get', 'list'] },
        { name: 'pods', kind: 'PodMetrics', namespaced: true, verbs: ['get', 'list'] },
      ],
    });
    expect(JSON.stringify(get('/apis', ['metrics.k8s.io'], DISCOVERY))).toContain('NodeMetrics');
  });

  it('is not there without a metrics server', () => {
    expect(get('/apis/metrics.k8s.io/v1beta1', [])).toBeUndefined();
    expect(JSON.stringify(get('/apis', []))).not.toContain('metrics.k8s.io');
  });
});
