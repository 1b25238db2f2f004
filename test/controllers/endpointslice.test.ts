import { describe, expect, it } from 'vitest';
import { createAt, deleteAt, deployment, lab, patchAt, podTemplate } from './lab.ts';

const service = (name: string, spec: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'default' },
  spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 8080 }], ...spec },
});
const SLICES = 'endpointslices.discovery.k8s.io';

describe('EndpointSlice', () => {
  it('lists the ready pods of a Service, in slices of 100', () => {
    const { farm } = lab([
      createAt(1, 'services', service('web')),
      createAt(2, 'deployments.apps', deployment('web', 120)),
      createAt(2, 'deployments.apps', deployment('other', 2)),
    ]);
    const slices = farm.list(SLICES);
    const addresses = slices.flatMap(({ endpoints }) => endpoints.map((endpoint: { addresses: string[] }) => endpoint.addresses[0]));
    const mine = farm.list('pods').filter(({ metadata }) => metadata.labels.app === 'web');
    expect(addresses.sort()).toEqual(mine.map(({ status }) => status.podIP).sort());
    for (const { endpoints } of slices) expect(endpoints.length).toBeLessThanOrEqual(100);
    expect(slices[0].ports).toEqual([{ name: 'http', port: 8080, protocol: 'TCP' }]);
    expect(slices[0].metadata.labels).toMatchObject({
      'kubernetes.io/service-name': 'web',
      'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    });
    expect(slices[0].endpoints[0]).toMatchObject({ conditions: { ready: true, serving: true, terminating: false }, zone: 'a' });
  });

  it("follows the Service's labels", () => {
    const { farm } = lab(
      [createAt(1, 'services', service('web')), patchAt(5, 'services', 'web', { metadata: { labels: { team: 'a' } } })],
      { seconds: 10 },
    );
    expect(farm.list(SLICES).map(({ metadata }) => metadata.labels)).toEqual([
      {
        team: 'a',
        'kubernetes.io/service-name': 'web',
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      },
    ]);
  });

  it('takes a terminating pod from the ready ones at once, and from the list when it is gone (invariant C7)', () => {
    const before = lab([createAt(1, 'services', service('web')), createAt(2, 'deployments.apps', deployment('web', 2))], { seconds: 20 });
    const victim = before.farm.list('pods')[0].metadata.name as string;
    const { farm } = lab(
      [createAt(1, 'services', service('web')), createAt(2, 'deployments.apps', deployment('web', 2)), deleteAt(10, 'pods', victim)],
      { seconds: 20 },
    );
    const states = farm.seen
      .filter(({ resource, at }) => resource === SLICES && at > 10)
      .map(
        ({ object }) =>
          (object as never as { endpoints: { targetRef: { name: string }; conditions: object }[] }).endpoints.find(
            ({ targetRef }) => targetRef.name === victim,
          )?.conditions,
      );
    expect(states[0]).toEqual({ ready: false, serving: true, terminating: true });
    expect(states.at(-1)).toBeUndefined();
    expect(farm.list(SLICES)).toHaveLength(1);
    expect(farm.list(SLICES)[0].endpoints).toHaveLength(2);
  });

  it('has one empty slice for a Service without pods, and none for one that is gone or selects nothing', () => {
    const script = [
      createAt(1, 'services', service('empty')),
      createAt(1, 'services', service('gone')),
      createAt(1, 'services', service('manual', { selector: undefined })),
      deleteAt(10, 'services', 'gone'),
    ];
    const { farm } = lab(script);
    expect(farm.list(SLICES).map(({ metadata, endpoints }) => [metadata.labels['kubernetes.io/service-name'], endpoints.length])).toEqual([
      ['empty', 0],
    ]);
  });

  it('follows a pod whose labels change, and ports by name', () => {
    const template = podTemplate('web', {
      spec: { containers: [{ name: 'main', image: 'nginx:1', ports: [{ name: 'web', containerPort: 8443 }] }] },
    });
    const script = [
      createAt(1, 'services', service('web', { ports: [{ port: 443, targetPort: 'web' }] })),
      createAt(2, 'pods', {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'p', namespace: 'default', labels: { app: 'web' } },
        spec: template.spec,
      }),
      patchAt(20, 'pods', 'p', { metadata: { labels: { app: 'else' } } }),
    ];
    const full = lab(script, { seconds: 15 }).farm.list(SLICES);
    expect(full.map(({ ports, endpoints }) => [ports[0]?.port, endpoints.length])).toEqual([[8443, 1]]);
    const moved = lab(script, { seconds: 40 }).farm.list(SLICES);
    expect(moved.map(({ endpoints }) => endpoints.length)).toEqual([0]);
  });

  it('hints at the zone, or at the node, as trafficDistribution says, and takes hints back', () => {
    const script = [createAt(1, 'services', service('web')), createAt(2, 'deployments.apps', deployment('web', 2))];
    const say = (second: number, trafficDistribution: string | null) =>
      patchAt(second, 'services', 'web', { spec: { trafficDistribution } });
    const hints = (steps: typeof script, seconds: number): unknown[] =>
      lab([...script, ...steps], { seconds })
        .farm.list(SLICES)[0]
        .endpoints.map((endpoint: { hints?: object }) => endpoint.hints);
    const { endpoints } = lab(script, { seconds: 20 }).farm.list(SLICES)[0];
    const zones = endpoints.map(({ zone }: { zone: string }) => ({ forZones: [{ name: zone }] }));
    const nodes = endpoints.map(({ zone, nodeName }: Record<string, string>) => ({
      forZones: [{ name: zone }],
      forNodes: [{ name: nodeName }],
    }));
    expect(hints([], 20)).toEqual([undefined, undefined]);
    expect(hints([say(15, 'PreferClose')], 20)).toEqual(zones);
    expect(hints([say(15, 'PreferSameNode')], 20)).toEqual(nodes);
    expect(hints([say(15, 'PreferSameNode'), say(17, 'PreferSameZone')], 20)).toEqual(zones);
    expect(hints([say(15, 'PreferClose'), say(17, null)], 20)).toEqual([undefined, undefined]);
  });

  it('says what led to a change: the Service when it is new, then the earliest pod that became ready', () => {
    const { farm } = lab([createAt(1, 'services', service('web')), createAt(4, 'deployments.apps', deployment('web', 1))], { seconds: 20 });
    const key = 'endpoints.kubernetes.io/last-change-trigger-time';
    const [web] = farm.list('services');
    const pod = farm.list('pods')[0];
    const ready = pod.status.conditions.find(({ type }: { type: string }) => type === 'Ready').lastTransitionTime;
    const told = (resource: string): (string | undefined)[] =>
      farm.seen
        .filter((one) => one.resource === resource && one.type !== 'delete')
        .map(({ object }) => object.metadata?.annotations?.[key])
        .filter((time, i, all) => time !== all[i - 1]);
    expect(told(SLICES)[0]).toBe(web.metadata.creationTimestamp);
    expect(told(SLICES).at(-1)).toBe(ready);
    expect(told('endpoints')[0]).toBe(web.metadata.creationTimestamp);
    expect(told('endpoints').at(-1)).toBe(ready);
  });

  it('keeps its slice when the ports change, and when the last pod goes', () => {
    const script = [createAt(1, 'services', service('web')), createAt(2, 'deployments.apps', deployment('web', 2))];
    const { farm } = lab(
      [
        ...script,
        patchAt(15, 'services', 'web', { spec: { ports: [{ name: 'http', port: 80, targetPort: 9090 }] } }),
        patchAt(20, 'deployments.apps', 'web', { spec: { replicas: 0 } }),
      ],
      { seconds: 60 },
    );
    const slices = farm.seen.filter(({ resource }) => resource === SLICES);
    expect(new Set(slices.map(({ object }) => object.metadata?.name)).size).toBe(1);
    const ports = slices.map(({ object }) => (object as { ports?: { port: number }[] }).ports?.[0]?.port);
    expect(ports).toContain(9090);
    expect(farm.list(SLICES).map(({ endpoints, ports: last }) => [endpoints?.length ?? 0, last?.length ?? 0])).toEqual([[0, 0]]);
  });
});
