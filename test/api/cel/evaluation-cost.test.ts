import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileAdmissionExpression } from '../../../src/api/cel/admission-expression.ts';
import { type CelShape, compileSchemaRule } from '../../../src/api/cel/schema-rule.ts';

/** Rules, and what Kubernetes v1.34.3 itself charges for them (test/interop/validation/celcost). */
const { value, costs } = JSON.parse(readFileSync(new URL('./fixtures/rule-costs.json', import.meta.url), 'utf8')) as {
  readonly value: object;
  readonly costs: readonly (readonly [string, number])[];
};
const inner: CelShape = { fields: { a: 'string', n: 'int', o: { fields: { x: 'int' } } } };
const shape: CelShape = {
  fields: {
    ...{ s: 'string', t: 'string', long: 'string', n: 'int', m: 'int', d: 'double', b: 'bool', ios: 'dyn' },
    ...{ l: { list: 'string' }, li: { list: 'int' }, ll: { list: { list: 'int' } }, mp: { map: 'string' }, mi: { map: 'int' } },
    ...{ o: inner, ol: { list: { fields: { name: 'string', n: 'int' } } } },
  },
};

describe('what a rule costs', () => {
  it('is what Kubernetes charges, one after another and again', () => {
    expect(costs.length).toBeGreaterThan(110);
    const programs = costs.map(([rule]) => compileSchemaRule(rule, shape, 'bool'));
    for (const _ of [1, 2])
      expect(costs.map(([rule], i) => [rule, programs[i]?.error ?? programs[i]?.evaluate(value, undefined).cost])).toEqual(costs);
  });
  it('is one for an operator on values of unknown type', () => {
    const object = { a: 'x'.repeat(100), b: 'y'.repeat(100) };
    expect(compileAdmissionExpression('object.a + object.b', 'any').evaluate({ object }).cost).toBe(5);
    expect(compileAdmissionExpression("object.a + ''", 'any').evaluate({ object }).cost).toBe(12);
  });
  it('ends an evaluation at a million, whatever the rest would say', () => {
    const rule = compileSchemaRule('self.s.contains(self.s) || true', { fields: { s: 'string' } }, 'bool');
    expect(rule.evaluate({ s: 'x'.repeat(9000) }, undefined)).toEqual({ cost: 810_004, value: true });
    expect(rule.evaluate({ s: 'x'.repeat(12_000) }, undefined)).toMatchObject({ error: 'operation cancelled: actual cost limit exceeded' });
    const other = compileSchemaRule('true || self.s.contains(self.s)', { fields: { s: 'string' } }, 'bool');
    expect(other.evaluate({ s: 'x'.repeat(12_000) }, undefined)).toEqual({ cost: 0, value: true });
    const loop = compileSchemaRule('self.all(x, self.all(y, x + y >= 0))', { list: 'int' }, 'bool');
    const list = Array.from({ length: 1000 }, (_, i) => i);
    expect(loop.evaluate(list, undefined).error).toBe('operation cancelled: actual cost limit exceeded');
  });
});

describe('a rule about objects', () => {
  it.each([
    ['self == oldSelf', true],
    ['self.ol == oldSelf.ol', true],
    ['self.o != oldSelf.o', false],
    ["self.ol[1].name == 'two' && oldSelf.ol[0] in self.ol", true],
    ['self.ol.filter(x, x.n > 1)[0].n == 2', true],
    ['self.li.isSorted() && self.li.sum() == 15 && self.li.max() - self.li.min() == 4', true],
    ["self.l.indexOf('beta') == 1 && self.l.indexOf('none') == -1", true],
  ])('%s', (rule, expected) => {
    expect(compileSchemaRule(rule, shape, 'bool').evaluate(value, structuredClone(value)).value).toBe(expected);
  });
});
