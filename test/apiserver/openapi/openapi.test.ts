import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { RESOURCES, type ResourceInfo, resourceInfo } from '#api';
import {
  answerDocument,
  type CustomResourceDefinitionObject,
  OpenApi,
  type OpenApiSchemas,
  refuseUndeclared,
  refuseUnknownFields,
  refuseUnknownInPatch,
} from '#apiserver';

const file = new URL('../../../src/apiserver/openapi/schemas.json.gz', import.meta.url);
const published = JSON.parse(gunzipSync(readFileSync(file)).toString()) as OpenApiSchemas;
const widget: CustomResourceDefinitionObject = {
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget', listKind: 'WidgetList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } } },
        },
      },
    ],
  },
  status: { conditions: [{ type: 'Established', status: 'True' }] },
};
const openApi = new OpenApi(published, [widget]);
// Documents are read as they come.
// biome-ignore lint/suspicious/noExplicitAny: documents are of any kind.
const apps = openApi.v3('apis/apps/v1') as any;

describe('/openapi/v3', () => {
  it('says where each document lies, with a hash of what is in it', () => {
    const { paths } = openApi.root() as { paths: Record<string, { serverRelativeURL: string }> };
    expect(paths['apis/apps/v1']?.serverRelativeURL).toMatch(/^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]{16}$/);
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining(['api/v1', 'apis/autoscaling/v1', 'apis/autoscaling/v2', 'apis/example.com/v1']),
    );
    const other = new OpenApi(published, []).root() as { paths: typeof paths };
    expect(other.paths['apis/apps/v1']).toEqual(paths['apis/apps/v1']);
    expect(other.paths['apis/example.com/v1']).toBeUndefined();
  });
  it('has for patches what kubectl apply looks for', () => {
    const patch = apps.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'].patch;
    expect(patch).toMatchObject({
      operationId: 'patchAppsV1NamespacedDeployment',
      'x-kubernetes-action': 'patch',
      'x-kubernetes-group-version-kind': { group: 'apps', version: 'v1', kind: 'Deployment' },
    });
    expect(Object.keys(patch.requestBody.content)).toContain('application/strategic-merge-patch+json');
    expect(patch.parameters.map(({ name }: { name: string }) => name)).toEqual(['dryRun', 'fieldManager', 'fieldValidation', 'force']);
  });
  it('has merge keys, formats and descriptions of every kind', () => {
    const { schemas } = apps.components;
    expect(schemas['io.k8s.api.core.v1.PodSpec'].properties.containers).toMatchObject({ 'x-kubernetes-patch-merge-key': 'name' });
    expect(schemas['io.k8s.api.apps.v1.DeploymentSpec'].properties.replicas).toMatchObject({ type: 'integer', format: 'int32' });
    expect(schemas['io.k8s.api.apps.v1.Deployment'].description).toBeTruthy();
  });
  it('refers to nothing that is not there', () => {
    for (const key of ['api/v1', 'apis/apps/v1', 'apis/resource.k8s.io/v1', 'apis/example.com/v1']) {
      const text = JSON.stringify(openApi.v3(key));
      const { schemas } = (openApi.v3(key) as { components: { schemas: object } }).components;
      for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) expect(schemas).toHaveProperty([name as string]);
    }
  });
  it('knows every built-in kind of Kubernetes', () => {
    const unknown = RESOURCES.filter(({ group }) => !group.includes('.x-k8s.io') && group !== 'scheduling.x-k8s.io')
      .filter(({ group, version, kind }) => !openApi.names.has(`${group}/${version}/${kind}`))
      .map(({ resource }) => resource);
    expect(unknown).toEqual([]);
  });
  it('shows custom resources', () => {
    const document = openApi.v3('apis/example.com/v1') as { paths: object; components: { schemas: Record<string, object> } };
    expect(Object.keys(document.paths)).toContain('/apis/example.com/v1/namespaces/{namespace}/widgets/{name}');
    expect(document.components.schemas['com.example.v1.Widget']).toMatchObject({
      properties: { apiVersion: { type: 'string' }, spec: { properties: { size: { type: 'integer' } } } },
      'x-kubernetes-group-version-kind': [{ group: 'example.com', version: 'v1', kind: 'Widget' }],
    });
    expect(document.components.schemas).toHaveProperty(['io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta']);
  });
});

describe('/openapi/v2', () => {
  const document = openApi.v2() as { definitions: Record<string, { properties: Record<string, object> }>; paths: Record<string, object> };
  it('says the same in the words of Swagger', () => {
    expect(document.definitions['io.k8s.api.apps.v1.Deployment']?.properties.spec).toMatchObject({
      $ref: '#/definitions/io.k8s.api.apps.v1.DeploymentSpec',
    });
    expect(document.definitions['io.k8s.api.core.v1.ServicePort']?.properties.targetPort).toMatchObject({
      $ref: '#/definitions/io.k8s.apimachinery.pkg.util.intstr.IntOrString',
    });
    expect(document.definitions['io.k8s.apimachinery.pkg.util.intstr.IntOrString']).toMatchObject({
      type: 'string',
      format: 'int-or-string',
    });
    expect(document.paths['/api/v1/namespaces/{namespace}/pods/{name}/eviction']).toMatchObject({
      post: { parameters: [{ name: 'body', in: 'body', schema: { $ref: '#/definitions/io.k8s.api.policy.v1.Eviction' } }, {}, {}, {}] },
    });
  });
  it('has no reference of the other kind left', () => expect(JSON.stringify(document)).not.toContain('#/components/'));
});

describe('strict decoding', () => {
  const refused = (resource: string, body: object) => refuseUnknownFields(openApi, resourceInfo(resource) as ResourceInfo, body)?.message;
  it('names what a kind does not know', () => {
    const body = {
      metadata: { name: 'x', label: {} },
      spec: { replica: 1, template: { spec: { containers: [{ name: 'c', images: 'x' }] } } },
    };
    expect(refused('deployments.apps', body)).toBe(
      'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "metadata.label", unknown field "spec.replica", unknown field "spec.template.spec.containers[0].images"',
    );
  });
  it('names them in patches, past directives', () => {
    const patch = { metadata: { name: 'x' }, spec: { replica: 4, '$setElementOrder/x': [], template: null } };
    expect(refuseUnknownInPatch(openApi, resourceInfo('deployments.apps') as ResourceInfo, patch)).toMatchObject({
      code: 422,
      message:
        ' "" is invalid: patch: Invalid value: "map[metadata:map[name:x] spec:map[$setElementOrder/x:[] replica:4 template:<nil>]]": strict decoding error: unknown field "spec.replica"',
    });
    expect(refuseUnknownInPatch(openApi, resourceInfo('deployments.apps') as ResourceInfo, { spec: { replicas: 4 } })).toBeUndefined();
  });
  it('names the first of them to server-side apply', () => {
    const intent = { spec: { replica: 4 } };
    expect(
      refuseUndeclared(openApi, resourceInfo('deployments.apps') as ResourceInfo, { namespace: 'default', name: 'web' }, intent),
    ).toMatchObject({
      code: 500,
      message: 'failed to create typed patch object (default/web; apps/v1, Kind=Deployment): .spec.replica: field not declared in schema',
    });
  });
  it('lets maps and free-form values be', () => {
    expect(refused('configmaps', { metadata: { annotations: { any: 'thing' } }, data: { any: 'thing' } })).toBeUndefined();
    expect(refused('controllerrevisions.apps', { revision: 1, data: { any: { thing: 1 } } })).toBeUndefined();
    expect(refused('pods', { metadata: { managedFields: [{ fieldsV1: { 'f:a': {} } }] } })).toBeUndefined();
  });
});

describe('the door', () => {
  it('finds documents by path', () => {
    const sources = {
      definitions: [widget],
      health: { isReady: true, reachesEtcd: true },
      openApi: () => openApi,
      metrics: () => ({ counters: [], gauges: [], histograms: [] }),
    };
    const get = (path: string) => answerDocument({ path, query: {}, accept: 'application/json' }, sources)?.body;
    expect(get('/openapi/v3/apis/apps/v1')).toBe(openApi.v3('apis/apps/v1'));
    expect(get('/openapi/v2')).toBe(openApi.v2());
    expect(get('/openapi/v3/apis/nothing/v1')).toBeUndefined();
  });
});

describe('/openapi/v2 of built-in kinds', () => {
  // biome-ignore lint/suspicious/noExplicitAny: documents are of any kind.
  const { definitions } = openApi.v2() as any;
  it('says how lists and maps are merged, beside references too, as the published document does', () => {
    const { containers } = definitions['io.k8s.api.core.v1.PodSpec'].properties;
    expect(containers).toMatchObject({ type: 'array', 'x-kubernetes-patch-merge-key': 'name', 'x-kubernetes-patch-strategy': 'merge' });
    const { strategy } = definitions['io.k8s.api.apps.v1.DeploymentSpec'].properties;
    expect(strategy).toMatchObject({
      $ref: '#/definitions/io.k8s.api.apps.v1.DeploymentStrategy',
      'x-kubernetes-patch-strategy': 'retainKeys',
    });
    const { claimRef } = definitions['io.k8s.api.core.v1.PersistentVolumeSpec'].properties;
    expect(claimRef).toMatchObject({ 'x-kubernetes-map-type': 'granular' });
  });
  it('has quantities for strings and no defaults that say nothing', () => {
    expect(definitions['io.k8s.apimachinery.pkg.api.resource.Quantity'].type).toBe('string');
    const { name, image } = definitions['io.k8s.api.core.v1.Container'].properties;
    expect(name).not.toHaveProperty('default');
    expect(image.description).toMatch(/^Container image name/);
    expect(definitions['io.k8s.api.core.v1.Container'].required).toEqual(['name']);
  });
});
