/** Patches: laws of RFC 7386 and RFC 6902, and of strategic merge where it has no lists to merge. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { applyJsonPatch, deepEqual, mergePatch, PatchError, strategicMergePatch, strategicSchema } from '#api';

const key = fc.constantFrom('a', 'b', 'c/d', 'e~f', '__proto__x');
const { value } = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, fc.integer(), fc.string(), fc.boolean(), tie('object'), fc.array(tie('value'), { maxLength: 3 })),
  object: fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
})) as { value: fc.Arbitrary<unknown> };
const members = fc.dictionary(key, value, { maxKeys: 4, noNullPrototype: true });
const frozen = (of: unknown): string => JSON.stringify(of);

it('a merge patch done twice is done once, touches nothing that was there, and null takes away', () => {
  fc.assert(
    fc.property(members, members, key, (object, patch, gone) => {
      const before = frozen(object);
      const once = mergePatch(object, patch);
      expect(mergePatch(once, patch)).toEqual(once);
      expect(mergePatch(object, {})).toEqual(object);
      expect(Object.keys(mergePatch(once, { [gone]: null }) as object)).not.toContain(gone);
      expect(frozen(object)).toBe(before);
    }),
  );
});

it('a strategic merge patch without lists is a merge patch', () => {
  const plain = fc.dictionary(key, fc.oneof(fc.integer(), fc.string()), { maxKeys: 4 });
  fc.assert(
    fc.property(plain, plain, (data, patch) => {
      const schema = strategicSchema('ConfigMap');
      expect(strategicMergePatch({ data }, { data: patch }, schema)).toEqual(mergePatch({ data }, { data: patch }));
    }),
  );
});

it('a JSON patch that adds and removes comes back, tests see what is there, and refused ones leave all as it was', () => {
  const pointer = (name: string): string => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  fc.assert(
    fc.property(members, key, value, (object, name, added) => {
      const before = frozen(object);
      const path = pointer(name);
      const { [name]: _gone, ...rest } = object;
      const more = applyJsonPatch(object, [{ op: 'add', path, value: added }]);
      expect(more).toEqual({ ...object, [name]: added });
      expect(applyJsonPatch(more, [{ op: 'test', path, value: added }])).toEqual(more);
      expect(applyJsonPatch(more, [{ op: 'remove', path }])).toEqual(rest);
      expect(() =>
        applyJsonPatch(rest, [
          { op: 'add', path: '/b', value: 1 },
          { op: 'remove', path: '/nobody' },
        ]),
      ).toThrow(PatchError);
      expect(frozen(object)).toBe(before);
    }),
  );
});

it('equality is that of JSON without regard to the order of members', () => {
  fc.assert(
    fc.property(members, (object) => {
      const turned = Object.fromEntries(Object.entries(object).reverse());
      expect(deepEqual(object, turned)).toBe(true);
      expect(deepEqual(object, { ...turned, more: 1 })).toBe(false);
    }),
  );
});
