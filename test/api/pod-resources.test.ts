import { describe, expect, it } from 'vitest';
import { type Container, type Pod, podLimits, podQosClass, podRequests } from '#api';

const container = (cpu: string, extra: Partial<Container> = {}): Container => ({
  name: cpu,
  image: 'i',
  resources: { requests: { cpu } },
  ...extra,
});
const pod = (spec: Partial<NonNullable<Pod['spec']>>): Pod => ({ apiVersion: 'v1', kind: 'Pod', spec: { containers: [], ...spec } });

describe('podRequests (component-helpers resource/helpers_test.go)', () => {
  it('adds containers and takes the largest init container', () => {
    expect(podRequests(pod({ containers: [container('1'), container('500m')], initContainers: [container('2')] }))).toEqual({ cpu: 2000 });
  });
  it('keeps sidecars running beside later init containers and the containers', () => {
    const sidecar = container('1', { restartPolicy: 'Always' });
    expect(podRequests(pod({ containers: [container('1')], initContainers: [sidecar, container('3')] }))).toEqual({ cpu: 4000 });
    expect(podRequests(pod({ containers: [container('5')], initContainers: [container('3'), sidecar] }))).toEqual({ cpu: 6000 });
  });
  it('adds overhead, and lets pod-level resources override', () => {
    expect(podRequests(pod({ containers: [container('1')], overhead: { cpu: '250m' } }))).toEqual({ cpu: 1250 });
    expect(podRequests(pod({ containers: [container('1')], resources: { requests: { cpu: '3' } } }))).toEqual({ cpu: 3000 });
  });
  it('tells two pods apart that share containers but not init containers', () => {
    const containers = [container('1')];
    expect(podRequests(pod({ containers }))).toEqual({ cpu: 1000 });
    expect(podRequests(pod({ containers, initContainers: [container('2')] }))).toEqual({ cpu: 2000 });
  });
  it('overhead counts in limits only where a limit stands', () => {
    const limited = container('1', { resources: { limits: { cpu: '1' } } });
    expect(podLimits(pod({ containers: [limited], overhead: { cpu: '1', memory: '1' } }))).toEqual({ cpu: 2000 });
  });
});

describe('podQosClass', () => {
  const withResources = (resources: Container['resources']): Pod => pod({ containers: [{ name: 'c', image: 'i', resources }] });
  it.each([
    [{}, 'BestEffort'],
    [{ requests: { cpu: '1' } }, 'Burstable'],
    [{ limits: { cpu: '1', memory: '1Gi' } }, 'Guaranteed'],
    [{ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } }, 'Burstable'],
  ])('%j -> %s', (resources, expected) => {
    expect(podQosClass(withResources(resources))).toBe(expected);
  });
});
