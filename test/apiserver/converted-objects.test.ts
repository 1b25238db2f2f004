import { describe, expect, it } from 'vitest';
import { accepted, responded } from '../../src/apiserver/custom-resources/conversion/converted-objects.ts';

const foo = { apiVersion: 'example.com/v1', kind: 'Foo', metadata: { name: 'a', uid: 'u', generation: 3 } };
const sent = [foo, { ...foo, metadata: { name: 'b' } }];
const success = { status: 'Success' };
const about = 'conversion webhook for example.com/v1, Kind=Foo ';

describe('the response of a conversion webhook', () => {
  it.each([
    [undefined, 'failed: no response provided'],
    [{ uid: 'other', result: success }, 'failed: expected response.uid="x", got "other"'],
    [{ uid: 'x' }, "failed: response.result.status was '', not 'Success'"],
    [{ uid: 'x', result: { status: 'Failed' } }, "failed: response.result.status was 'Failed', not 'Success'"],
    [{ uid: 'x', result: success }, 'returned 0 objects, expected 2'],
    [{ uid: 'x', result: success, convertedObjects: [1, 2, 3] }, 'returned 3 objects, expected 2'],
  ])('is refused: %j', (response, message) => {
    expect(() => responded('x', response, sent)).toThrow(about + message);
  });
  it('tells the index where several were sent', () => {
    const wrong = { apiVersion: 'example.com/v2', kind: 'Foo', metadata: { name: 'c', uid: 'u' } };
    expect(() => accepted(foo, wrong, 'example.com/v2', 1, true)).toThrow(
      `${about}returned invalid converted object at index 1: must have the same name: a != c`,
    );
  });
  it('gives labels and annotations; all other metadata stays', () => {
    const answer = {
      apiVersion: 'example.com/v2',
      kind: 'Foo',
      metadata: { name: 'a', uid: 'u', generation: 9, annotations: { x: 'y' } },
      n: 1,
    };
    expect(accepted(foo, answer, 'example.com/v2', 0, false)).toEqual({
      ...answer,
      metadata: { name: 'a', uid: 'u', generation: 3, annotations: { x: 'y' } },
    });
  });
});
