import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileAdmissionExpression } from '../../../src/api/cel/admission-expression.ts';
import { type CelShape, compileSchemaRule } from '../../../src/api/cel/schema-rule.ts';

/** Rules over Kubernetes' own functions, what Kubernetes v1.34.3 answers and charges for them (test/interop/validation/celcost), and its words where
 *  they cannot be evaluated. */
const { value, rules } = JSON.parse(readFileSync(new URL('./fixtures/library-rules.json', import.meta.url), 'utf8')) as {
  readonly value: object;
  readonly rules: readonly (readonly [string, boolean | string, number])[];
};
const text = Object.fromEntries(['s', 't', 'long', 'four', 'six', 'net', 'uri'].map((name) => [name, 'string' as const]));
const shape: CelShape = {
  fields: {
    ...text,
    ...{ n: 'int', m: 'int', d: 'double', b: 'bool', ios: 'dyn' },
    ...{ l: { list: 'string' }, li: { list: 'int' }, ll: { list: { list: 'int' } }, mp: { map: 'string' }, mi: { map: 'int' } },
  },
};

describe("Kubernetes' functions in rules", () => {
  it.each(rules)('%s', (rule, expected, cost) => {
    const { error, evaluate } = compileSchemaRule(rule, shape, 'bool');
    expect(error).toBeUndefined();
    const said = evaluate(value, undefined);
    if (typeof expected === 'string') expect(said.error).toBe(expected);
    else expect(said).toEqual({ cost, value: expected });
  });
  it('are refused where their types do not fit', () => {
    const refusal = (rule: string): string | undefined => compileSchemaRule(rule, shape, 'bool').error?.split('\n')[0];
    expect(refusal("isIP(cidr('192.168.0.0/24'))")).toBe(
      "compilation failed: ERROR: <input>:1:5: found no matching overload for 'isIP' applied to '(net.CIDR)'",
    );
    expect(refusal('cidr(self.net).isLoopback()')).toBe(
      "compilation failed: ERROR: <input>:1:26: found no matching overload for 'isLoopback' applied to 'net.CIDR.()'",
    );
    expect(refusal("quantity('50k').sign() == 1")).toContain("found no matching overload for 'sign'");
    expect(refusal("[1, 'a'].size() == 2")).toContain('compilation failed');
    expect(refusal('self.li.all(i, i, i > 1)')).toContain('duplicate variable name: i');
    expect(refusal('self.li.transformList(i, v, i, v) == [1]')).toContain('compilation failed');
    expect(refusal('self.n.all(i, v, true)')).toContain('expression cannot be range of a comprehension');
  });
  it('leave their names free for variables', () => {
    const rule = compileSchemaRule('self.l.all(ip, !isIP(ip)) && self.l.exists(format, format == "beta")', shape, 'bool');
    expect(rule.evaluate(value, undefined).value).toBe(true);
  });
  it('work on values of unknown type', () => {
    const object = { spec: { ip: '10.0.0.9', pool: '10.0.0.0/24', name: 'Bad_Name', ports: { http: 80, metrics: 9090 } } };
    const evaluate = (expression: string): unknown => compileAdmissionExpression(expression, 'any').evaluate({ object }).value;
    expect(evaluate('cidr(object.spec.pool).containsIP(object.spec.ip)')).toBe(true);
    expect(evaluate('format.dns1123Label().validate(object.spec.name).hasValue()')).toBe(true);
    expect(evaluate("'%s has %d ports'.format([object.spec.ip, size(object.spec.ports)])")).toBe('10.0.0.9 has 2 ports');
    expect(evaluate('object.spec.ports.transformList(name, port, port > 100, name)')).toEqual(['metrics']);
    expect(evaluate('object.spec.ports.all(name, port, port > 79)')).toBe(true);
  });
});
