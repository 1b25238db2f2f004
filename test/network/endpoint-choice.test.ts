/** Whom a proxy asks: pkg/proxy/topology_test.go's situations (KEP-1669, KEP-2433, KEP-3015, KEP-2086). */

import { describe, expect, test } from 'vitest';
import type { EndpointSlice } from '#api';
import { choose, endpointsFor, endpointsKnown } from '../../src/network/endpoint-choice.ts';

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
  test('terminating ones serve only while nobody is ready, also where nobody says that they serve', () => {
    const leaving = slice(['a', false, true, true], ['b', false, false, true], ['c', false, true, false], ['e', false, undefined, true]);
    expect(chosen(leaving)).toEqual(['a', 'e']);
    expect(chosen(leaving, slice(['d', true, true, false]))).toEqual(['d']);
  });
  test('none at all', () => {
    expect(chosen()).toEqual([]);
  });
});

interface Hinted {
  readonly node?: string;
  readonly ready?: boolean;
  readonly leaving?: boolean;
  readonly zones?: string;
  readonly nodes?: string;
}
const names = (list: string | undefined): { name: string }[] | undefined => list?.split(' ').map((name) => ({ name }));

/** Addresses that a proxy on node n1 in zone z1 sends to. */
function fromN1(endpoints: Readonly<Record<string, Hinted>>, isLocal = false): string {
  const slices = Object.entries(endpoints).map(([address, { node, ready = true, leaving = false, zones, nodes }]) => ({
    endpoints: [
      {
        addresses: [address],
        nodeName: node,
        conditions: leaving ? { ready: false, serving: true, terminating: true } : { ready, serving: ready, terminating: false },
        hints: zones === undefined && nodes === undefined ? undefined : { forZones: names(zones), forNodes: names(nodes) },
      },
    ],
  }));
  const known = endpointsKnown(slices as unknown as EndpointSlice[]);
  return endpointsFor(known, { node: 'n1', zone: 'z1' }, isLocal)
    .map(({ address }) => address)
    .join(' ');
}

describe('hints', () => {
  test.each([
    ['for the zone', { a: { zones: 'z1' }, b: { zones: 'z2' }, c: { zones: 'z2 z1' } }, 'a c'],
    ['for no zone of its own', { a: { zones: 'z2' }, b: { zones: 'z3' } }, 'a b'],
    ['that one ready endpoint lacks', { a: { zones: 'z1' }, b: { zones: 'z2' }, c: {} }, 'a b c'],
    ['that only an unready one lacks', { a: { zones: 'z1' }, b: { zones: 'z2' }, c: { ready: false } }, 'a'],
    ['whose only near endpoint is not ready', { a: { zones: 'z1', ready: false }, b: { zones: 'z2' } }, 'b'],
    ['for the node go before the zone', { a: { zones: 'z1', nodes: 'n2' }, b: { zones: 'z1', nodes: 'n1' } }, 'b'],
    ['for other nodes leave the zone', { a: { zones: 'z1', nodes: 'n2' }, b: { zones: 'z2', nodes: 'n3' } }, 'a'],
    ['say nothing of those that leave', { a: { zones: 'z2', leaving: true }, b: { zones: 'z1', leaving: true } }, 'a b'],
  ] as const)('%s', (_, endpoints, wanted) => {
    expect(fromN1(endpoints)).toBe(wanted);
  });
});

describe('internalTrafficPolicy Local', () => {
  test.each([
    ['asks those of the node', { a: { node: 'n1' }, b: { node: 'n2' } }, 'a'],
    ['asks nobody elsewhere', { b: { node: 'n2' } }, ''],
    ['asks those that leave the node before ready ones elsewhere', { a: { node: 'n1', leaving: true }, b: { node: 'n2' } }, 'a'],
    ['does not ask them while one is ready', { a: { node: 'n1', leaving: true }, b: { node: 'n1' } }, 'b'],
    ['heeds no hints', { a: { node: 'n1', zones: 'z2' }, b: { node: 'n2', zones: 'z1' } }, 'a'],
  ] as const)('%s', (_, endpoints, wanted) => {
    expect(fromN1(endpoints, true)).toBe(wanted);
  });
});
