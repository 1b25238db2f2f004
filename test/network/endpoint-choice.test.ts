/** Ready endpoints are asked; without any, those that still serve while they terminate (KEP-1669, pkg/proxy/topology_test.go). */

import { describe, expect, test } from 'vitest';
import type { EndpointSlice } from '#api';
import { choose } from '../../src/network/endpoint-choice.ts';

const slice = (
  ...endpoints: readonly (readonly [address: string, ready?: boolean, serving?: boolean, terminating?: boolean])[]
): EndpointSlice =>
  ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    addressType: 'IPv4',
    endpoints: endpoints.map(([address, ready, serving, terminating]) => ({
      addresses: [address],
      nodeName: 'n0',
      conditions: { ready, serving, terminating },
    })),
  }) as EndpointSlice;
const chosen = (...slices: EndpointSlice[]): string[] => choose(slices).map(({ address }) => address);

describe('the endpoints that a proxy sends to', () => {
  test('are the ready ones of all slices', () => {
    expect(chosen(slice(['a', true, true, false], ['b', false, false, false]), slice(['c', true, true, false]))).toEqual(['a', 'c']);
  });
  test('an unknown condition counts as ready', () => {
    expect(chosen(slice(['a']))).toEqual(['a']);
  });
  test('terminating ones serve only while nobody is ready', () => {
    const leaving = slice(['a', false, true, true], ['b', false, false, true], ['c', false, true, false]);
    expect(chosen(leaving)).toEqual(['a']);
    expect(chosen(leaving, slice(['d', true, true, false]))).toEqual(['d']);
  });
  test('none at all', () => {
    expect(chosen()).toEqual([]);
  });
});
