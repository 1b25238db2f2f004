import { expect, test } from 'vitest';
import type { KubeObject } from '#api';
import { podsOf } from '../../../src/experiment/perf/objects.ts';

type Volume = KubeObject & { readonly spec: { readonly csi?: object; readonly awsElasticBlockStore?: object } };

const volumeOf = (spec: object, index: number): Volume => {
  const template = (value: object) => ({ file: 'template.yaml', text: JSON.stringify(value), varies: false });
  const operation = {
    namespace: 'test',
    count: 3,
    persistentVolume: template({ apiVersion: 'v1', kind: 'PersistentVolume', spec }),
    persistentVolumeClaim: template({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', spec: {} }),
  };
  return podsOf(operation as unknown as Parameters<typeof podsOf>[0], index)[1] as Volume;
};

test("every volume of a workload is a disk of its own, by the driver's or the cloud's name for it", () => {
  const handles = [0, 1].map((index) => volumeOf({ csi: { driver: 'ebs.csi.aws.com' } }, index).spec.csi);
  expect(handles).toEqual([
    { driver: 'ebs.csi.aws.com', volumeHandle: 'vol-0' },
    { driver: 'ebs.csi.aws.com', volumeHandle: 'vol-1' },
  ]);
  expect(volumeOf({ awsElasticBlockStore: { volumeID: 'ebs' } }, 2).spec.awsElasticBlockStore).toEqual({ volumeID: 'vol-2' });
});
