import { describe, expect, it } from 'vitest';
import { applyJsonPatch, deepEqual, mergePatch, shareWith } from '#api';

describe('JSON merge patch', () => {
  // RFC 7386, appendix A.
  it.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('%j + %j = %j', (original, patch, result) => {
    expect(mergePatch(original, patch)).toEqual(result);
  });
});

describe('JSON patch', () => {
  it('adds, removes, replaces, moves, copies and tests without touching the original', () => {
    const original = { a: [1, 2], b: { c: 'x' }, keep: { deep: true } };
    const result = applyJsonPatch(original, [
      { op: 'test', path: '/b/c', value: 'x' },
      { op: 'add', path: '/a/-', value: 3 },
      { op: 'remove', path: '/a/0' },
      { op: 'replace', path: '/b/c', value: 'y' },
      { op: 'copy', from: '/b/c', path: '/d' },
      { op: 'move', from: '/d', path: '/e' },
    ]) as typeof original;
    expect(result).toEqual({ a: [2, 3], b: { c: 'y' }, e: 'y', keep: { deep: true } });
    expect(original).toEqual({ a: [1, 2], b: { c: 'x' }, keep: { deep: true } });
    expect(result.keep).toBe(original.keep);
  });
  it('says what is missing', () => {
    expect(() => applyJsonPatch({}, [{ op: 'remove', path: '/x' }])).toThrow(
      'remove operation does not apply: doc is missing key: /x: missing value',
    );
    expect(() => applyJsonPatch({}, {})).toThrow('error decoding patch');
  });
});

describe('sharing', () => {
  it('takes equal parts from what was there', () => {
    const before = { a: { x: 1 }, b: [1, { y: 2 }] };
    const after = shareWith({ a: { x: 1 }, b: [2, { y: 2 }] }, before);
    expect(after.a).toBe(before.a);
    expect(after.b[1]).toBe(before.b[1]);
    expect(shareWith({ a: { x: 1 }, b: [1, { y: 2 }] }, before)).toBe(before);
  });
  it('counts undefined as absent', () => {
    expect(deepEqual({ a: 1, b: undefined }, { a: 1 })).toBe(true);
    expect(deepEqual({ a: 1 }, { a: 1, b: undefined })).toBe(true);
    expect(deepEqual({ a: 1 }, { b: 1 })).toBe(false);
    expect(deepEqual([1], { 0: 1 })).toBe(false);
  });
});
