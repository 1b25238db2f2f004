import { expect, it } from 'vitest';
import { ExpiredWatches } from '../../../src/experiment/wire/expired-watches.ts';

it('counts watches that ended because nobody remembers what came since', () => {
  const expired = new ExpiredWatches();
  const told = (type: string, object: object): void =>
    expired.before({ kind: 'WatchEvents', id: 1, sequence: 0, events: [{ type, object }] } as never);
  told('ERROR', { kind: 'Status', code: 410 });
  told('ERROR', { kind: 'Status', code: 500 });
  told('ADDED', { kind: 'Pod', code: 410 });
  expired.before({ kind: 'ApiResponse', code: 410 } as never);
  expect(expired.count).toBe(1);
});
