import { describe, expect, it } from 'vitest';
import { findUntoleratedTaint, type Taint, type Toleration, tolerates } from '#api';

const taint: Taint = { key: 'k', value: 'v', effect: 'NoSchedule' };

describe('tolerations', () => {
  it.each<[Toleration, boolean]>([
    [{ key: 'k', operator: 'Equal', value: 'v', effect: 'NoSchedule' }, true],
    [{ key: 'k', value: 'v' }, true],
    [{ key: 'k', operator: 'Exists' }, true],
    [{ operator: 'Exists' }, true],
    [{ key: 'k', operator: 'Equal', value: 'w' }, false],
    [{ key: 'k', operator: 'Exists', effect: 'NoExecute' }, false],
    [{ key: 'other', operator: 'Exists' }, false],
  ])('%j -> %s', (toleration, expected) => expect(tolerates(toleration, taint)).toBe(expected));

  it('finds the first untolerated taint of the effects asked for', () => {
    const soft: Taint = { key: 's', effect: 'PreferNoSchedule' };
    expect(findUntoleratedTaint([soft, taint], [], ['NoSchedule', 'NoExecute'])).toBe(taint);
    expect(findUntoleratedTaint([soft], undefined, ['NoSchedule'])).toBeUndefined();
  });
});
