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
