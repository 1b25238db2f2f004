/** An intent that says the same element twice is refused, whoever owns what. */

import { describe, expect, it } from 'vitest';
import { at, type Call, play } from './lab.ts';

const apply = (containers: readonly object[], finalizers?: readonly string[]): Call =>
  at('patch', 'deployments.apps', 'd', {
    patchType: 'apply',
    options: { fieldManager: 'one' },
    body: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd', ...(finalizers === undefined ? {} : { finalizers }) },
      spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: { containers } } },
    },
  });
const about = 'failed to create typed patch object (default/d; apps/v1, Kind=Deployment): ';

describe('applying an element twice', () => {
  it.each([
    [
      'of a list with keys',
      apply([
        { name: 'a', image: 'x' },
        { name: 'a', image: 'y' },
      ]),
      '.spec.template.spec.containers: duplicate entries for key [name="a"]',
    ],
    [
      'of a list inside of one, by defaults of its keys',
      apply([{ name: 'a', image: 'x', ports: [{ containerPort: 80 }, { containerPort: 80, protocol: 'TCP' }] }]),
      '.spec.template.spec.containers[name="a"].ports: duplicate entries for key [containerPort=80,protocol="TCP"]',
    ],
    ['of a set', apply([{ name: 'a', image: 'x' }], ['f/x', 'f/x']), '.metadata.finalizers: duplicate entries for key [="f/x"]'],
  ])('%s', (_, call, message) => {
    const { answers } = play([call, apply([{ name: 'a', image: 'x' }]), call]);
    expect(answers.map(({ code }) => code)).toEqual([500, 201, 500]);
    expect(answers[0]?.object.message).toBe(about + message);
  });
  it('is allowed where the list is one value', () => {
    expect(play([apply([{ name: 'a', image: 'x', args: ['1', '1'] }])]).answers[0]?.code).toBe(201);
  });
});
