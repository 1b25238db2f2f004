import { describe, expect, it } from 'vitest';
import {
  fieldText,
  matchesFields,
  matchesLabelSelector,
  matchesNodeSelectorTerm,
  matchesSelector,
  parseFieldSelector,
  parseLabelSelector,
  SelectorError,
} from '#api';

const labels = { app: 'web', tier: 'front', weight: '10' };

describe('label selectors', () => {
  it.each([
    ['', true],
    ['app=web', true],
    ['app==web,tier=front', true],
    ['app!=web', false],
    ['missing!=x', true],
    ['app in (api, web)', true],
    ['app notin (api,web)', false],
    ['tier', true],
    ['!tier', false],
    ['!missing', true],
    ['weight>9', true],
    ['weight<9', false],
    ['app>1', false],
  ])('%s -> %s', (text, expected) => {
    expect(matchesSelector(parseLabelSelector(text), labels)).toBe(expected);
  });

  it('refuses what is no label', () => {
    expect(() => parseLabelSelector('a b=c')).toThrow(SelectorError);
    expect(() => parseLabelSelector('app=-x')).toThrow(SelectorError);
  });

  it('a missing selector matches nothing, an empty one everything', () => {
    expect(matchesLabelSelector(undefined, labels)).toBe(false);
    expect(matchesLabelSelector({}, labels)).toBe(true);
    expect(matchesLabelSelector({ matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] }, labels)).toBe(false);
  });

  it('never reads inherited keys', () => {
    expect(matchesSelector(parseLabelSelector('constructor'), {})).toBe(false);
    expect(fieldText({}, 'constructor.name')).toBe('');
  });
});

describe('field selectors', () => {
  const pod = { metadata: { name: 'p' }, spec: { nodeName: 'n1' } };
  it.each([
    ['spec.nodeName=n1', true],
    ['spec.nodeName!=n1', false],
    ['spec.nodeName=', false],
    ['status.phase=', true],
    ['metadata.name==p,spec.nodeName=n1', true],
  ])('%s -> %s', (text, expected) => {
    expect(matchesFields(parseFieldSelector(text), pod)).toBe(expected);
  });
  it('says what it cannot read', () => {
    expect(() => parseFieldSelector('spec.nodeName')).toThrow("invalid selector: 'spec.nodeName'; can't understand 'spec.nodeName'");
  });
});

describe('node selector terms', () => {
  const node = { apiVersion: 'v1' as const, kind: 'Node' as const, metadata: { name: 'n1', labels: { zone: 'a' } } };
  it('an empty term matches nothing', () => expect(matchesNodeSelectorTerm({}, node)).toBe(false));
  it('fields know the name alone', () => {
    expect(matchesNodeSelectorTerm({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }] }, node)).toBe(true);
    const uid = (value: string) =>
      matchesNodeSelectorTerm({ matchFields: [{ key: 'metadata.uid', operator: 'In', values: [value] }] }, node);
    expect(uid('x')).toBe(false);
    // Any other field reads as nothing, as in upstream's set of fields.
    expect(uid('')).toBe(true);
  });
});
