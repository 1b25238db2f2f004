import { describe, expect, it } from 'vitest';
import { validateRuleCosts } from '../../src/apiserver/custom-resources/rule-cost.ts';

const text = (more: object = {}) => ({ type: 'string', ...more });
const list = (items: object, more: object = {}) => ({ type: 'array', items, ...more });
const object = (properties: object, rule?: string) => ({
  type: 'object',
  properties,
  ...(rule === undefined ? {} : { 'x-kubernetes-validations': [{ rule }] }),
});
const costsOf = (schema: object) => validateRuleCosts(schema as never, 'schema');
const NESTED = 'self.a.all(x, self.a.all(y, self.a.all(z, x == y || y == z)))';

describe('rules that would cost too much', () => {
  it.each<[string, object]>([
    ['three loops over a list without an end', object({ a: list(text()) }, NESTED)],
    ['two loops over texts without an end', object({ a: list(text({ maxLength: 10 })) }, 'self.a.all(x, self.a.exists(y, x.contains(y)))')],
    ['a search in each element of a list of lists', list(list(object({ s: text() }, "self.s.matches('^a+$')")))],
  ])('%s', (_, schema) => {
    const [first] = costsOf(schema);
    expect(first?.field).toMatch(/x-kubernetes-validations\[0\]\.rule$/);
    expect(first?.message).toBe(
      'Forbidden: estimated rule cost exceeds budget by factor of more than 100x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)',
    );
  });
  it('are told together when only their sum is too much', () => {
    const fields = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [
        `f${i}`,
        {
          ...list(text({ maxLength: 5 }), { maxItems: 700 }),
          'x-kubernetes-validations': [{ rule: 'self.all(x, self.exists(y, x == y))' }],
        },
      ]),
    );
    const errors = costsOf(object(fields));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ field: 'schema', reason: 'FieldValueForbidden' });
    expect(errors[0]?.message).toMatch(/estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of \d\.\d+x/);
  });
});

describe('rules within their budget', () => {
  it.each<[string, object]>([
    ['bounds make loops affordable', object({ a: list(text({ maxLength: 10 }), { maxItems: 20 }) }, NESTED)],
    ['one loop over a list without an end', object({ a: list({ type: 'integer' }) }, 'self.a.all(x, x > 0)')],
    ['a comparison of two fields', object({ min: { type: 'integer' }, max: { type: 'integer' } }, 'self.min <= self.max')],
    ['a choice', object({ a: text() }, "has(self.a) ? self.a.startsWith('x') : true")],
  ])('%s', (_, schema) => {
    expect(costsOf(schema)).toEqual([]);
  });
});
