import { expect, it } from 'vitest';
import type { KubeObject } from '#api';
import { Store } from '#client';

type Labelled = KubeObject;
const object = (name: string, ...nodes: string[]): Labelled => ({ metadata: { name, annotations: { nodes: nodes.join() } } });
const nodesOf = ({ metadata }: Labelled): readonly string[] =>
  (metadata?.annotations?.nodes ?? '').split(',').filter((node) => node !== '');

it('keeps its indexes through additions, moves and removals', () => {
  const store = new Store<Labelled>();
  store.set('a', object('a', 'n1'));
  store.addIndex('node', nodesOf);
  store.set('b', object('b', 'n1', 'n2'));
  const names = (node: string): string[] => [...store.byIndex('node', node)].map(({ metadata }) => metadata?.name ?? '');
  expect(names('n1')).toEqual(['a', 'b']);
  store.set('a', object('a', 'n2'));
  expect(names('n1')).toEqual(['b']);
  expect(names('n2')).toEqual(['b', 'a']);
  const newer = object('b', 'n1', 'n2');
  store.set('b', newer);
  expect([...store.byIndex('node', 'n1')][0]).toBe(newer);
  store.delete('b');
  expect(names('n1')).toEqual([]);
  expect([...store.indexValues('node')]).toEqual(['n2']);
  expect(store.countByIndex('node', 'n2')).toBe(1);
  expect(() => store.byIndex('zone', 'z')).toThrow("no index named 'zone'");
});

it('lists in the order of first insertion, whatever is updated', () => {
  const store = new Store<Labelled>();
  for (const name of ['c', 'a', 'b']) store.set(name, object(name));
  store.set('c', object('c', 'n9'));
  expect([...store.keys()]).toEqual(['c', 'a', 'b']);
});
