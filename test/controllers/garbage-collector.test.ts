import { describe, expect, it } from 'vitest';
import { createAt, deleteAt, lab, patchAt, type Step } from './lab.ts';

const owner = (name: string, uid: string, more: object = {}) => ({ apiVersion: 'v1', kind: 'Service', name, uid, ...more });
const claimOf = (name: string, ownerReferences: object[]): object => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name, namespace: 'default', ownerReferences },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
});
const service = (name: string): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'default' },
  spec: { ports: [{ port: 80 }] },
});

/** The uid that the server will give: the same script gives the same uid. */
function uidOf(name: string): string {
  const probe = lab([createAt(1, 'services', service('a')), createAt(1, 'services', service('b'))], { seconds: 5 });
  const made = probe.answers.map(({ object }) => object as { metadata: { name: string; uid: string } });
  return made.find(({ metadata }) => metadata.name === name)?.metadata.uid ?? '';
}

describe('the garbage collector', () => {
  it('deletes what names an owner that is not there, by uid and not by name (invariant C6)', () => {
    const script = [
      createAt(1, 'services', service('a')),
      createAt(1, 'services', service('b')),
      createAt(5, 'persistentvolumeclaims', claimOf('right', [owner('a', uidOf('a'))])),
      createAt(5, 'persistentvolumeclaims', claimOf('stale', [owner('a', '00000000-0000-0000-0000-000000000000')])),
      createAt(5, 'persistentvolumeclaims', claimOf('free', [])),
    ];
    const { farm } = lab(script, { seconds: 30 });
    expect(
      farm
        .list('persistentvolumeclaims')
        .map(({ metadata }) => metadata.name)
        .sort(),
    ).toEqual(['free', 'right']);
  });

  it('keeps what still has an owner, and strikes the lost one from its references', () => {
    const script = [
      createAt(1, 'services', service('a')),
      createAt(1, 'services', service('b')),
      createAt(5, 'persistentvolumeclaims', claimOf('both', [owner('a', uidOf('a')), owner('b', uidOf('b'))])),
      deleteAt(10, 'services', 'a'),
    ];
    const { farm } = lab(script, { seconds: 30 });
    const [both] = farm.list('persistentvolumeclaims');
    expect(both.metadata.ownerReferences).toEqual([owner('b', uidOf('b'))]);
  });

  it('lets a foreground deletion wait for those dependents alone that block it', () => {
    const script = [
      createAt(1, 'services', service('a')),
      createAt(1, 'services', service('b')),
      createAt(5, 'persistentvolumeclaims', claimOf('blocking', [owner('a', uidOf('a'), { blockOwnerDeletion: true })])),
      createAt(5, 'persistentvolumeclaims', claimOf('other', [owner('a', uidOf('a'))])),
      deleteAt(10, 'services', 'a', { propagationPolicy: 'Foreground' }),
    ];
    const { farm, answers } = lab([...script, [30, { verb: 'get', resource: 'services', namespace: 'default', name: 'a' }]], {
      seconds: 40,
    });
    expect(farm.list('persistentvolumeclaims')).toEqual([]);
    expect(answers.at(-1)?.code).toBe(404);
  });

  it('does not wait for ever where two objects own each other', () => {
    const names = ['a', 'b'];
    const other = (name: string) => (name === 'a' ? 'b' : 'a');
    const tie = (name: string) =>
      patchAt(5, 'services', name, {
        metadata: { ownerReferences: [owner(other(name), uidOf(other(name)), { blockOwnerDeletion: true })] },
      });
    const { answers } = lab(
      [
        ...names.map((name) => createAt(1, 'services', service(name))),
        ...names.map(tie),
        deleteAt(10, 'services', 'a', { propagationPolicy: 'Foreground' }),
        ...names.map((name): Step => [30, { verb: 'get', resource: 'services', namespace: 'default', name }]),
      ],
      { seconds: 40 },
    );
    expect(answers.slice(-2).map(({ code }) => code)).toEqual([404, 404]);
  });

  it('collects the kinds that it is told to besides', () => {
    const configMap = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'stale', namespace: 'default', ownerReferences: [owner('a', '00000000-0000-0000-0000-000000000000')] },
    };
    const settings = { collected: ['configmaps'] };
    const { answers } = lab(
      [createAt(5, 'configmaps', configMap), [20, { verb: 'get', resource: 'configmaps', namespace: 'default', name: 'stale' }]],
      { seconds: 25, manager: { settings } },
    );
    expect(answers.at(-1)?.code).toBe(404);
  });
});
