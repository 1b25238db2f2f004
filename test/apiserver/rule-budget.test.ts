import { describe, expect, it } from 'vitest';
import { conditionsHold } from '../../src/apiserver/admission/match-conditions.ts';
import { checkValue } from '../../src/apiserver/custom-resources/cel-rules.ts';
import { create, play, type Step } from './lab.ts';

const SEARCH = 'self.s.contains(self.s)';
const object = (...rules: object[]) => ({
  type: 'object',
  properties: { s: { type: 'string', maxLength: 20_000 } },
  'x-kubernetes-validations': rules,
});
const text = (length: number): object => ({ s: 'x'.repeat(length) });
function refusals(schema: object, value: unknown): readonly string[] {
  const errors: { field: string; message: string }[] = [];
  checkValue(value, undefined, schema as never, '', true, errors as never);
  return errors.map(({ field, message }) => `${field}: ${message}`);
}
const OUT = '<nil>: Invalid value: "object": validation failed due to running out of cost budget, no further validation rules will be run';

describe('the budget of one custom resource', () => {
  it('stops a rule that goes over the limit of a call, and all rules after it', () => {
    expect(refusals(object({ rule: SEARCH }, { rule: 'false' }), text(12_000))).toEqual([
      `<nil>: Invalid value: "object": 'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: ${SEARCH}`,
    ]);
    expect(refusals(object({ rule: SEARCH, message: 'no' }, { rule: 'false', message: 'never' }), text(9000))).toEqual([
      '<nil>: Invalid value: "object": never',
    ]);
  });
  it('lasts for twelve such rules, not for thirteen, wherever in the object they stand', () => {
    const many = (count: number): object => object(...Array.from({ length: count }, () => ({ rule: SEARCH })));
    expect(refusals(many(12), text(9000))).toEqual([]);
    expect(refusals(many(13), text(9000))).toEqual([OUT]);
    const list = { type: 'array', items: object({ rule: SEARCH }) };
    expect(
      refusals(
        list,
        Array.from({ length: 12 }, () => text(9000)),
      ),
    ).toEqual([]);
    expect(
      refusals(
        list,
        Array.from({ length: 20 }, () => text(9000)),
      ),
    ).toEqual([OUT.replace('<nil>', '[12]')]);
  });
  it('pays for messages too', () => {
    const said = { rule: 'false', messageExpression: `${SEARCH} ? 'yes' : 'no'` };
    expect(refusals(object(said), text(9000))).toEqual(['<nil>: Invalid value: "object": yes']);
    expect(refusals(object(said, { rule: 'false' }), text(12_000))).toEqual([
      `<nil>: Invalid value: "object": no further validation rules will be run due to call cost exceeds limit for messageExpression: ${JSON.stringify(said.messageExpression)}`,
    ]);
    const spent = Array.from({ length: 12 }, () => ({ rule: SEARCH }));
    expect(refusals(object(...spent, said), text(9000))).toEqual([
      '<nil>: Invalid value: "object": messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run',
    ]);
  });
});

const GROUP = 'admissionregistration.k8s.io';
const cluster = (plural: string, kind: string, spec: object) =>
  create(`${plural}.${GROUP}`, { apiVersion: `${GROUP}/v1`, kind, metadata: { name: 'demo' }, spec }, undefined);
const RULES = [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }];

function denial(spec: object, length: number): string {
  const { answers } = play([
    cluster('validatingadmissionpolicies', 'ValidatingAdmissionPolicy', { matchConstraints: { resourceRules: RULES }, ...spec }),
    cluster('validatingadmissionpolicybindings', 'ValidatingAdmissionPolicyBinding', { policyName: 'demo', validationActions: ['Deny'] }),
    20,
    create('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm' }, data: { s: 'x'.repeat(length) } }),
  ] as Step[]);
  return answers[3]?.code === 201 ? '' : ((/denied request: (.*)$/.exec(answers[3]?.object.message) ?? [])[1] ?? JSON.stringify(answers));
}

describe('the budget of one policy', () => {
  const search = { expression: 'object.data.s.contains(object.data.s)' };
  const gone = 'validation failed due to running out of cost budget, no further validation rules will be run';
  it('stops an expression at the limit of a call', () => {
    expect(denial({ validations: [search] }, 9000)).toBe('');
    expect(denial({ validations: [search] }, 12_000)).toBe(
      `expression '${search.expression}' resulted in error: operation cancelled: actual cost limit exceeded`,
    );
  });
  it('is shared by its expressions, their variables and messages', () => {
    const many = { validations: Array.from({ length: 13 }, () => search) };
    expect(denial(many, 9000)).toBe(gone);
    expect(denial({ ...many, failurePolicy: 'Ignore' }, 9000)).toBe('');
    const names = Array.from({ length: 13 }, (_, i) => `v${i}`);
    const variables = names.map((name) => ({ name, ...search }));
    expect(denial({ variables, validations: [{ expression: names.map((name) => `variables.${name}`).join(' && ') }] }, 9000)).toBe(gone);
    const twelve = many.validations.slice(1);
    const messageExpression = `${search.expression} ? 'a' : 'b'`;
    expect(denial({ validations: [...twelve, { expression: 'false', messageExpression }] }, 9000)).toBe(
      `failed messageExpression: ${gone}`,
    );
  });
  it('is smaller for match conditions', () => {
    const conditions = (count: number) => Array.from({ length: count }, (_, i) => ({ name: `c${i}`, ...search }));
    const given = () => ({ object: { data: text(9000) } });
    expect(conditionsHold(conditions(3) as never, given, 'Fail')).toBe(true);
    expect(conditionsHold(conditions(4) as never, given, 'Fail')).toBe(gone);
    expect(conditionsHold(conditions(4) as never, given, 'Ignore')).toBe(false);
  });
});
