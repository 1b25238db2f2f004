import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type ResourceInfo, resourceInfo } from '#api';
import { OpenApi, type OpenApiSchemas, refuseMistyped, refuseMistypedPatch } from '#apiserver';

const file = new URL('../../../src/apiserver/openapi/schemas.json.gz', import.meta.url);
const openApi = new OpenApi(JSON.parse(gunzipSync(readFileSync(file)).toString()) as OpenApiSchemas, []);
const info = (resource: string): ResourceInfo => resourceInfo(resource) as ResourceInfo;
const container = (more: object) => ({ metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i', ...more }] } });

describe('a body that could not be decoded', () => {
  it.each<[string, object, string]>([
    [
      'pods',
      container({ ports: [{ containerPort: '80' }] }),
      'json: cannot unmarshal string into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32',
    ],
    [
      'pods',
      container({ ports: [{ containerPort: 1.5 }] }),
      'json: cannot unmarshal number 1.5 into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32',
    ],
    [
      'pods',
      container({ command: 'run' }),
      'json: cannot unmarshal string into Go struct field Container.spec.containers.command of type []string',
    ],
    [
      'pods',
      container({ stdin: 'yes' }),
      'json: cannot unmarshal string into Go struct field Container.spec.containers.stdin of type bool',
    ],
    [
      'pods',
      { spec: { containers: { name: 'c' } } },
      'json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container',
    ],
    [
      'pods',
      { spec: { nodeSelector: [] } },
      'json: cannot unmarshal array into Go struct field PodSpec.spec.nodeSelector of type map[string]string',
    ],
    [
      'pods',
      container({ resources: { limits: { cpu: 'much' } } }),
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    [
      'pods',
      container({ resources: { limits: ['cpu'] } }),
      'json: cannot unmarshal array into Go struct field ResourceRequirements.spec.containers.resources.limits of type map[string]resource.Quantity',
    ],
    [
      'deployments.apps',
      { spec: { replicas: 'three' } },
      'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      'deployments.apps',
      { spec: { replicas: 3_000_000_000 } },
      'json: cannot unmarshal number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    ['services', { spec: { ports: [{ port: 80, targetPort: true }] } }, 'json: cannot unmarshal bool into Go value of type int32'],
    [
      'leases.coordination.k8s.io',
      { spec: { renewTime: 'now' } },
      'parsing time "now" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "now" as "2006"',
    ],
    ['secrets', { data: { k: 'no base64!' } }, 'illegal base64 data at input byte 2'],
  ])('%s %#', (resource, body, text) => {
    const { kind, version } = info(resource);
    expect(refuseMistyped(openApi, info(resource), body)).toMatchObject({
      code: 400,
      reason: 'BadRequest',
      message: `${kind} in version "${version}" cannot be handled as a ${kind}: ${text}`,
    });
  });
  it('is none where all types are right, or left out by null', () => {
    const good = container({ ports: [{ containerPort: 80, protocol: null }], resources: { limits: { cpu: 1, memory: '1Gi' } } });
    expect(refuseMistyped(openApi, info('pods'), { ...good, unknown: 5 })).toBeUndefined();
    expect(refuseMistyped(openApi, info('services'), { spec: { ports: [{ port: 80, targetPort: 'http' }] } })).toBeUndefined();
  });
});

describe('a patch that could not be decoded', () => {
  it.each<['strategic' | 'merge', object, string]>([
    ['strategic', { spec: { replicas: 'a' } }, 'patch: Invalid value: "map[spec:map[replicas:a]]": unrecognized type: int32'],
    ['strategic', { metadata: { labels: 'a' } }, 'cannot restore map from string'],
    ['strategic', { spec: { template: { spec: { containers: [{ name: 5 }] } } } }, 'cannot convert int64 to string'],
    ['merge', { spec: { replicas: 'a' } }, 'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32'],
  ])('%s %#', (type, patch, text) => {
    expect(refuseMistypedPatch(openApi, info('deployments.apps'), type, patch)).toMatchObject({
      code: 422,
      reason: 'Invalid',
      message: expect.stringContaining(text),
    });
  });
  it('is none for directives and deletions', () => {
    const patch = { spec: { replicas: null, template: { spec: { containers: [{ name: 'c', $patch: 'delete' }], $setElementOrder: 1 } } } };
    expect(refuseMistypedPatch(openApi, info('deployments.apps'), 'strategic', patch)).toBeUndefined();
  });
});
