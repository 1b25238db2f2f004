import { describe, expect, it } from 'vitest';
import { PatchError, strategicMergePatch, strategicSchema } from '#api';

const pod = strategicSchema('Pod');
const named = (...names: string[]): object[] => names.map((name) => ({ name }));
const containers = (...names: string[]): Record<string, unknown> => ({ spec: { containers: named(...names) } });
const apply = (original: object, patch: object): unknown => strategicMergePatch(original as never, patch as never, pod);

/** [what, original, patch, result]: cases of upstream's patch_test.go in our words. */
const CASES: readonly (readonly [string, object, object, object])[] = [
  [
    'maps merge, null removes',
    { metadata: { labels: { a: '1', b: '2' } } },
    { metadata: { labels: { a: null, c: '3' } } },
    { metadata: { labels: { b: '2', c: '3' } } },
  ],
  [
    'a list merges by its key',
    containers('a', 'b'),
    { spec: { containers: [{ name: 'b', image: 'x' }] } },
    { spec: { containers: [{ name: 'a' }, { name: 'b', image: 'x' }] } },
  ],
  ['new elements go to the front', containers('a'), containers('b'), containers('b', 'a')],
  ['$patch: delete removes an element', containers('a', 'b'), { spec: { containers: [{ name: 'a', $patch: 'delete' }] } }, containers('b')],
  [
    '$patch: replace replaces the list',
    containers('a', 'b'),
    { spec: { containers: [{ name: 'c' }, { $patch: 'replace' }] } },
    containers('c'),
  ],
  [
    '$patch: replace replaces a map',
    { metadata: { labels: { a: '1' } } },
    { metadata: { labels: { $patch: 'replace', b: '2' } } },
    { metadata: { labels: { b: '2' } } },
  ],
  [
    '$patch: delete empties a map',
    { metadata: { labels: { a: '1' } } },
    { metadata: { labels: { $patch: 'delete' } } },
    { metadata: { labels: {} } },
  ],
  [
    '$setElementOrder orders the list',
    containers('a', 'b'),
    { spec: { '$setElementOrder/containers': named('c', 'b', 'a'), containers: named('c') } },
    containers('c', 'b', 'a'),
  ],
  [
    '$setElementOrder leaves what only the server has in its place',
    containers('a', 'server', 'b'),
    { spec: { '$setElementOrder/containers': named('a', 'b', 'c'), containers: named('c') } },
    containers('a', 'server', 'b', 'c'),
  ],
  [
    '$retainKeys keeps only what it names',
    { spec: { volumes: [{ name: 'v', emptyDir: {} }] } },
    { spec: { volumes: [{ name: 'v', hostPath: { path: '/x' }, $retainKeys: ['name', 'hostPath'] }] } },
    { spec: { volumes: [{ name: 'v', hostPath: { path: '/x' } }] } },
  ],
  [
    'sets of scalars grow',
    { metadata: { finalizers: ['a'] } },
    { metadata: { finalizers: ['b', 'a'] } },
    { metadata: { finalizers: ['b', 'a'] } },
  ],
  [
    '$deleteFromPrimitiveList shrinks them',
    { metadata: { finalizers: ['a', 'b'] } },
    { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] } },
    { metadata: { finalizers: ['b'] } },
  ],
  [
    'lists without a key are replaced',
    { spec: { tolerations: [{ key: 'a' }] } },
    { spec: { tolerations: [{ key: 'b' }] } },
    { spec: { tolerations: [{ key: 'b' }] } },
  ],
  [
    'conditions merge by type',
    { status: { conditions: [{ type: 'A', status: 'True' }] } },
    { status: { conditions: [{ type: 'B', status: 'False' }] } },
    {
      status: {
        conditions: [
          { type: 'B', status: 'False' },
          { type: 'A', status: 'True' },
        ],
      },
    },
  ],
];

describe('strategic merge patch', () => {
  it.each(CASES)('%s', (_what, original, patch, result) => {
    const before = JSON.stringify(original);
    expect(apply(original, patch)).toEqual(result);
    expect(JSON.stringify(original)).toBe(before);
  });
  it('leaves what it does not name the same reference', () => {
    const original = { spec: { containers: named('a') }, status: { phase: 'Pending' } };
    const result = apply(original, { status: { phase: 'Running' } }) as typeof original;
    expect(result.spec).toBe(original.spec);
  });
  it('needs the merge key', () => {
    expect(() => apply(containers('a'), { spec: { containers: [{ image: 'x' }] } })).toThrow(PatchError);
  });
  it('knows no other directives', () => {
    expect(() => apply(containers('a'), { spec: { $patch: 'twist' } })).toThrow('unknown patch type: twist in map: map[$patch:twist]');
  });
  it('refuses a list that its order does not name', () => {
    const patch = { spec: { '$setElementOrder/containers': named('b'), containers: named('a') } };
    expect(() => apply(containers('a', 'b'), patch)).toThrow(
      "The order in patch list:\n[map[name:a]]\n doesn't match $setElementOrder list:\n[map[name:b]]\n",
    );
  });
});
