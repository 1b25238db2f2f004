import { describe, expect, it } from 'vitest';
import { at, create, lab, play } from './lab.ts';

const service = (name: string, spec: object = {}): object => ({ metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } });

describe('cluster IPs', () => {
  it('are given out, each once, whichever server gives them', () => {
    const scripts = Array.from({ length: 3 }, (_, s) => Array.from({ length: 20 }, (_, i) => create('services', service(`s${s}-${i}`))));
    const { clients } = lab(scripts, { servers: 3 });
    const addresses = clients.flatMap((client) => client.answers.map((one) => one.object.spec.clusterIP as string));
    expect(new Set(addresses).size).toBe(60);
    for (const address of addresses) expect(address).toMatch(/^172\.30\.\d+\.\d+$/);
  });

  it('may be wished for, kept, and are free again after the service', () => {
    const { answers } = play([
      create('services', service('a', { clusterIP: '172.30.0.10' })),
      create('services', service('b', { clusterIP: '172.30.0.10' })),
      at('patch', 'services', 'a', { patchType: 'merge', body: { spec: { clusterIP: '172.30.0.11' } } }),
      at('delete', 'services', 'a'),
      50,
      create('services', service('c', { clusterIP: '172.30.0.10' })),
      { verb: 'list', resource: 'ipaddresses.networking.k8s.io' },
    ]);
    expect(answers[0]?.object.spec).toMatchObject({ clusterIP: '172.30.0.10', clusterIPs: ['172.30.0.10'], ipFamilies: ['IPv4'] });
    expect(answers[1]?.object.message).toBe(
      'Service "b" is invalid: spec.clusterIPs: Invalid value: ["172.30.0.10"]: failed to allocate IP 172.30.0.10: provided IP is already allocated',
    );
    expect(answers[2]?.code).toBe(422);
    expect(answers[5]?.code).toBe(201);
    expect(answers[6]?.object.items).toMatchObject([
      { metadata: { name: '172.30.0.10' }, spec: { parentRef: { resource: 'services', name: 'c' } } },
    ]);
  });

  it('are not for headless and external services', () => {
    const { answers } = play([
      create('services', service('h', { clusterIP: 'None' })),
      create('services', service('e', { type: 'ExternalName', externalName: 'x.org' })),
    ]);
    expect(answers[0]?.object.spec.clusterIP).toBe('None');
    expect(answers[1]?.object.spec.clusterIP).toBeUndefined();
  });
});

describe('node ports', () => {
  const service = (name: string, spec: object = {}) =>
    create('services', { metadata: { name }, spec: { type: 'NodePort', ports: [{ port: 80 }], ...spec } });
  const nodePorts = (answer: { object: { spec: { ports: { nodePort?: number }[] } } } | undefined) =>
    answer?.object.spec.ports.map(({ nodePort }) => nodePort);

  it('are given out from the upper part of the range, each once, whichever server gives them', () => {
    const scripts = [0, 1, 2].map((of) => Array.from({ length: 6 }, (_, i) => service(`s${of}-${i}`)));
    const { clients } = lab(scripts, { servers: 3 });
    const given = clients.flatMap(({ answers }) => answers.flatMap(nodePorts)) as number[];
    expect(new Set(given).size).toBe(18);
    expect(given.every((port) => port >= 30_086 && port <= 32_767)).toBe(true);
  });
  it('may be wished for once, and are free again after the service', () => {
    const wish = { ports: [{ port: 80, nodePort: 30_080 }] };
    const { answers } = play([
      service('a', wish),
      service('b', wish),
      at('delete', 'services', 'a'),
      50,
      service('b', wish),
      service('c', { ports: [{ port: 80, nodePort: 80 }] }),
    ]);
    expect(nodePorts(answers[0])).toEqual([30_080]);
    expect(answers[1]?.object).toMatchObject({
      code: 422,
      message: 'Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated',
    });
    expect(nodePorts(answers[4])).toEqual([30_080]);
    expect(answers[5]?.object.message).toContain(
      'Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
    );
  });
  it('come and go with the type, and stay when an update does not name them', () => {
    const to = (spec: object) => at('patch', 'services', 'a', { patchType: 'merge', body: { spec } });
    const { answers } = play([
      service('a', { type: 'ClusterIP', ports: [{ port: 80, name: 'x' }] }),
      to({ type: 'NodePort' }),
      to({
        ports: [
          { port: 80, name: 'x' },
          { port: 81, name: 'y' },
        ],
      }),
      to({ type: 'ClusterIP' }),
      50,
      (seen) => service('b', { ports: [{ port: 80, nodePort: nodePorts(seen[1])?.[0] }] }),
    ]);
    expect(nodePorts(answers[0])).toEqual([undefined]);
    const [first, second] = nodePorts(answers[2]) ?? [];
    expect(first).toBe(nodePorts(answers[1])?.[0]);
    expect(second).toBeGreaterThan(30_000);
    expect(nodePorts(answers[3])).toEqual([undefined, undefined]);
    expect(nodePorts(answers[5])).toEqual([first]);
  });
  it('are shared by protocols, drawn for health checks, and left out where nobody wants them', () => {
    const both = [
      { port: 53, protocol: 'UDP', name: 'u' },
      { port: 53, protocol: 'TCP', name: 't' },
    ];
    const { answers } = play([
      service('dns', { ports: both }),
      service('lb', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' }),
      service('bare', { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false }),
    ]);
    expect(new Set(nodePorts(answers[0])).size).toBe(1);
    expect(answers[1]?.object.spec.healthCheckNodePort).toBeGreaterThan(30_000);
    expect(nodePorts(answers[2])).toEqual([undefined]);
  });
});

describe('a service that becomes reachable', () => {
  it('gets an address', () => {
    const { answers } = play([
      create('services', { metadata: { name: 'a' }, spec: { type: 'ExternalName', externalName: 'x.example.com' } }),
      at('patch', 'services', 'a', { patchType: 'merge', body: { spec: { type: 'ClusterIP', externalName: null, ports: [{ port: 1 }] } } }),
    ]);
    expect(answers[1]?.object.spec.clusterIP).toMatch(/^172\.30\./);
  });
});
