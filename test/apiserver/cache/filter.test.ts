import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api';
import { compileFilter, type Filter, isOpen, isStatus, matches, requiredValue } from '../../../src/apiserver/cache/filter.ts';
import type { ResourceDescriptor } from '../../../src/apiserver/registry/descriptor.ts';

const descriptor = {
  fields: { 'spec.nodeName': (object: { spec?: { nodeName?: string } }) => object.spec?.nodeName ?? '' },
} as unknown as ResourceDescriptor;
const filterOf = (namespace?: string, options?: object): Filter => {
  const filter = compileFilter(descriptor, namespace, options);
  if (isStatus(filter)) throw new Error('not a filter');
  return filter;
};
const object = (name: string, namespace: string | undefined, nodeName: string, labels?: object): KubeObject =>
  ({ metadata: { name, namespace, labels }, spec: { nodeName } }) as unknown as KubeObject;
const a = object('a', 'one', 'n1', { app: 'x' });
const b = object('b', 'one', 'n2', { app: 'y' });
const c = object('c', 'two', 'n1');
const bare = { spec: {} } as unknown as KubeObject;
const through = (namespace?: string, options?: object): string =>
  [a, b, c, bare]
    .filter((each) => matches(filterOf(namespace, options), each))
    .map((each) => each.metadata?.name ?? '-')
    .join('');

describe('what a list or watch wants', () => {
  it('is a namespace, labels and fields, all of them at once', () => {
    expect([through(), through(''), through('one'), through('three')]).toEqual(['abc-', 'abc-', 'ab', '']);
    expect([
      through(undefined, { labelSelector: 'app=x' }),
      through(undefined, { labelSelector: '!app' }),
      through('two', { labelSelector: 'app' }),
    ]).toEqual(['a', 'c-', '']);
    expect([through(undefined, { fieldSelector: 'spec.nodeName=n1' }), through(undefined, { fieldSelector: 'spec.nodeName!=n1' })]).toEqual(
      ['ac', 'b-'],
    );
    expect(through('one', { fieldSelector: 'spec.nodeName=n1,metadata.name!=b', labelSelector: 'app in (x, y)' })).toBe('a');
    expect([
      through(undefined, { fieldSelector: 'metadata.namespace=one' }),
      through(undefined, { fieldSelector: 'metadata.name=c' }),
      through(undefined, { fieldSelector: 'metadata.name=,metadata.namespace=' }),
    ]).toEqual(['ab', 'c', '-']);
    expect(through(undefined, { labelSelector: '', fieldSelector: '' })).toBe('abc-');
    expect(matches(filterOf('one'), {} as KubeObject)).toBe(false);
    expect([
      matches(filterOf(undefined, { fieldSelector: 'metadata.name=' }), {} as KubeObject),
      matches(filterOf(undefined, { labelSelector: 'app' }), {} as KubeObject),
      matches(filterOf(undefined, { fieldSelector: 'metadata.namespace=' }), {} as KubeObject),
    ]).toEqual([true, false, true]);
  });

  it('lets everything through when it asks for nothing', () => {
    expect(
      [
        filterOf(),
        filterOf(''),
        filterOf('one'),
        filterOf('', { labelSelector: 'a' }),
        filterOf('', { fieldSelector: 'metadata.name=a' }),
      ].map(isOpen),
    ).toEqual([true, true, false, false, false]);
  });

  it('answers 400 to a selector that cannot be read or names a field that cannot be selected', () => {
    const answer = (options: object): unknown => compileFilter(descriptor, undefined, options);
    expect(answer({ fieldSelector: 'spec.colour=red' })).toMatchObject({
      kind: 'Status',
      code: 400,
      reason: 'BadRequest',
      message: 'field label not supported: spec.colour',
    });
    expect(answer({ labelSelector: 'app in (' })).toMatchObject({ kind: 'Status', code: 400 });
    expect(compileFilter({} as ResourceDescriptor, undefined, { fieldSelector: 'spec.nodeName=n1' })).toMatchObject({ code: 400 });
    expect([isStatus(answer({ labelSelector: 'app in (' }) as object), isStatus(filterOf())]).toEqual([true, false]);
    const broken = {
      get fields(): never {
        throw new RangeError('not a matter of selectors');
      },
    } as unknown as ResourceDescriptor;
    expect(() => compileFilter(broken, undefined, { fieldSelector: 'spec.nodeName=n1' })).toThrow('not a matter of selectors');
  });

  it('says which value a field must have, where one must', () => {
    const filter = filterOf('one', { fieldSelector: 'metadata.name!=b,spec.nodeName=n1' });
    expect([
      requiredValue(filter, 'spec.nodeName'),
      requiredValue(filter, 'metadata.name'),
      requiredValue(filter, 'metadata.namespace'),
    ]).toEqual(['n1', undefined, undefined]);
  });
});
