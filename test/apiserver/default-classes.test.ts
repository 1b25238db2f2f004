import { describe, expect, it } from 'vitest';
import { type Call, create, play } from './lab.ts';

const storage = (name: string, isDefault = true): Call =>
  create(
    'storageclasses.storage.k8s.io',
    {
      metadata: { name, annotations: { 'storageclass.kubernetes.io/is-default-class': String(isDefault) } },
      provisioner: 'example.com/disk',
    },
    undefined,
  );
const claim = (name: string, spec: object = {}): Call =>
  create('persistentvolumeclaims', {
    metadata: { name },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
  });

describe('a claim without a class', () => {
  it('gets the default one, the youngest of several', () => {
    const { answers } = play([
      storage('old'),
      2000,
      storage('young'),
      storage('other', false),
      50,
      claim('a'),
      claim('b', { storageClassName: '' }),
    ]);
    expect(answers[5]?.object.spec.storageClassName).toBe('young');
    expect(answers[6]?.object.spec.storageClassName).toBe('');
  });
  it('stays without where there is none', () => {
    expect(play([storage('other', false), 50, claim('a')]).answers[2]?.object.spec.storageClassName).toBeUndefined();
  });
});

describe('an ingress without a class', () => {
  it('gets the default one', () => {
    const annotations = { 'ingressclass.kubernetes.io/is-default-class': 'true' };
    const made = create(
      'ingressclasses.networking.k8s.io',
      { metadata: { name: 'front', annotations }, spec: { controller: 'example.com/front' } },
      undefined,
    );
    const ingress = create('ingresses.networking.k8s.io', {
      metadata: { name: 'i' },
      spec: { defaultBackend: { service: { name: 's', port: { number: 80 } } } },
    });
    expect(play([made, 50, ingress]).answers[2]?.object.spec.ingressClassName).toBe('front');
  });
});
