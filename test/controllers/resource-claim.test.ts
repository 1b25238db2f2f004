import { describe, expect, it } from 'vitest';
import type { ResourceClaim } from '#api';
// What becomes of a claim is a function of its own, without a door.
import { newClaim } from '../../src/controllers/pod-claims.ts';
import { releasedClaim, withoutFinalizer } from '../../src/controllers/resource-claim-release.ts';

const FINALIZER = 'resource.kubernetes.io/delete-protection';
const consumer = (uid: string) => ({ resource: 'pods', name: `pod-${uid}`, uid });
const allocation = { devices: { results: [{ request: 'r', driver: 'd', pool: 'p', device: 'x' }] } };

const claim = (users: readonly string[], more: object = {}, finalizers: readonly string[] = [FINALIZER]): ResourceClaim =>
  ({
    metadata: { name: 'c', namespace: 'default', finalizers, ...more },
    spec: {},
    status: { allocation, ...(users.length > 0 ? { reservedFor: users.map(consumer) } : {}) },
  }) as unknown as ResourceClaim;

describe('a claim whose consumers go', () => {
  it('keeps its devices while one is left', () => {
    expect(releasedClaim(claim(['a', 'b']), [consumer('b')])?.status).toEqual({ allocation, reservedFor: [consumer('b')] });
  });

  it('gives its devices up with the last', () => {
    expect(releasedClaim(claim(['a']), [])?.status).toEqual({});
  });

  it('that others allocated keeps its devices all the same', () => {
    expect(releasedClaim(claim(['a'], {}, []), [])?.status).toEqual({ allocation });
  });

  it('is left alone when nobody went', () => {
    expect(releasedClaim(claim(['a']), [consumer('a')])).toBeUndefined();
    expect(releasedClaim(claim([]), [])).toBeUndefined();
  });

  it('is freed when it is deleted while nobody uses it', () => {
    const deleted = { deletionTimestamp: '2026-01-01T00:00:00Z' };
    expect(releasedClaim(claim([], deleted), [])?.status).toEqual({});
    expect(withoutFinalizer(claim([], deleted)).metadata?.finalizers).toEqual([]);
    expect(releasedClaim(claim(['a'], deleted), [consumer('a')])).toBeUndefined();
  });
});

describe('the name of a generated claim', () => {
  const named = (pod: string, entry: string): string =>
    newClaim({ metadata: { name: pod, uid: 'u' } } as never, entry, { spec: { spec: {} } } as never).metadata?.generateName ?? '';

  it('is that of pod and entry, each cut in proportion when both are too long', () => {
    expect(named('web-0', 'gpu')).toBe('web-0-gpu-');
    const long = named('p'.repeat(60), 'e'.repeat(20));
    expect(long).toBe(`${'p'.repeat(41)}-${'e'.repeat(13)}`);
    expect(long.length).toBeLessThanOrEqual(57);
  });
});
