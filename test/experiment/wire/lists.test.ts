import { describe, expect, it } from 'vitest';
import type { Context, Message } from '#sim';
import { CommitLog } from '../../../src/experiment/wire/commit-log.ts';
import { ListJudge } from '../../../src/experiment/wire/lists.ts';

const SERVER = 0;
const USER = 9;
const asked = (id: number, verb: string, options?: object) => [USER, { kind: 'ApiRequest', id, verb, resource: 'pods', options }] as const;
const answered = (id: number, version: number, code = 200) =>
  [SERVER, { kind: 'ApiResponse', id, code, object: { metadata: { resourceVersion: String(version) } } }] as const;

/** Who says what, one after the other; the store is at 20. */
function told(...messages: readonly (readonly [number, object])[]): readonly string[] {
  const found: string[] = [];
  const log = new CommitLog();
  log.revision = 20;
  const judge = new ListJudge(log, (id, _at, message) => found.push(`${id} ${message}`));
  messages.forEach(([source, message], second) => {
    judge.before(message as Message, { now: second, source, self: source === USER ? SERVER : USER } as Context);
  });
  return found;
}

describe('lists', () => {
  it('A6: one that asks for the present sees what was acknowledged before it arrived', () => {
    const written = [asked(1, 'update'), answered(1, 12)];
    expect(told(...written, asked(2, 'list'), answered(2, 11))[0]).toContain('is of version 11, 12 at least was asked for');
    expect(told(...written, asked(2, 'list'), answered(2, 12))).toEqual([]);
    expect(told(asked(2, 'list'), ...written, answered(2, 11))).toEqual([]);
    expect(told(asked(1, 'update'), answered(1, 12, 409), asked(2, 'list'), answered(2, 11))).toEqual([]);
  });

  it('A6: one that asks for a version is no older, and may be what a cache has with 0', () => {
    expect(told(asked(1, 'list', { resourceVersion: '8' }), answered(1, 7))).toHaveLength(1);
    expect(told(asked(1, 'list', { resourceVersion: '8' }), answered(1, 8))).toEqual([]);
    expect(told(asked(1, 'update'), answered(1, 12), asked(2, 'list', { resourceVersion: '0' }), answered(2, 3))).toEqual([]);
  });

  it('A6: none is newer than the store', () => {
    expect(told(asked(1, 'list', { resourceVersion: '0' }), answered(1, 21))[0]).toContain('the store is at 20');
  });
});
