import { describe, expect, it } from 'vitest';
import { type Call, create, play, pod } from './lab.ts';

const ask = (verb: 'list' | 'watch', options: object): Call => ({ verb, resource: 'pods', namespace: 'default', options });

describe('options of lists and watches that do not go together', () => {
  it.each([
    ['list', { resourceVersionMatch: 'Exact' }, 'resourceVersionMatch is forbidden unless resourceVersion is provided'],
    ['list', { resourceVersionMatch: 'Exact', resourceVersion: '0' }, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'],
    ['list', { resourceVersionMatch: 'X', resourceVersion: '1' }, 'Unsupported value: "X": supported values: "Exact", "NotOlderThan", ""'],
    ['list', { sendInitialEvents: true }, 'sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list'],
    ['watch', { sendInitialEvents: true }, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'],
    [
      'watch',
      { resourceVersionMatch: 'NotOlderThan', resourceVersion: '1' },
      'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    ],
  ] as const)('%s %j', (verb, options, text) => {
    const { answers } = play([ask(verb, options)]);
    expect(answers[0]).toMatchObject({ code: 422, object: { reason: 'Invalid', details: { group: 'meta.k8s.io', kind: 'ListOptions' } } });
    expect(answers[0]?.object.message).toMatch(/^ListOptions\.meta\.k8s\.io "" is invalid: /);
    expect(answers[0]?.object.message).toContain(text);
  });

  it('a resourceVersion that is no number', () => {
    const { answers } = play([
      create('pods', pod('a')),
      { verb: 'get', resource: 'pods', namespace: 'default', name: 'a', options: { resourceVersion: 'x' } },
    ]);
    expect(answers[1]).toMatchObject({
      code: 400,
      object: { message: 'Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax' },
    });
  });
});
