/** Rules of etcd 3.6 that a guess gets wrong, each with its own small case. */
import { describe, expect, it } from 'vitest';
import { EtcdServer } from '#etcd';

function filled(...keys: string[]): EtcdServer {
  const server = new EtcdServer();
  for (const key of keys) server.execute('put', { key, value: key });
  return server;
}

describe('EtcdServer', () => {
  it('begins at revision 1 and lets revision 0 be compacted once', () => {
    const server = new EtcdServer();
    expect(server.execute('range', { key: 'a' }).resp).toEqual({ header: { revision: 1 } });
    expect(server.execute('compact', {}).err).toBeUndefined();
    expect(server.execute('compact', {}).err?.message).toBe('etcdserver: mvcc: required revision has been compacted');
  });

  it('uses no revision for what changes nothing', () => {
    const server = filled('a');
    expect(server.execute('delete_range', { key: 'b' }).resp).toEqual({ header: { revision: 2 } });
    server.execute('lease_grant', { ID: 5, TTL: 60 });
    expect(server.execute('lease_revoke', { ID: 5 }).resp).toEqual({ header: { revision: 2 } });
  });

  it('accepts a deletion to the last key beside a put of a later key, and gives both one revision', () => {
    const server = filled('a', 'b');
    const success = [{ request_delete_range: { key: 'a', range_end: '\0' } }, { request_put: { key: 'b', value: '2' } }];
    expect(server.execute('txn', { success }).resp?.['header']).toEqual({ revision: 4 });
    expect(server.execute('range', { key: 'a', range_end: '\0' }).resp).toMatchObject({
      count: 1,
      kvs: [{ key: 'b', create_revision: 4, mod_revision: 4, version: 1 }],
    });
  });

  it('refuses to crash as the real one does: a put with ignore_value after its key was deleted in the same transaction', () => {
    const server = filled('a');
    const success = [{ request_delete_range: { key: 'a', range_end: '\0' } }, { request_put: { key: 'a', ignore_value: true } }];
    expect(() => server.execute('txn', { success })).toThrow('a real etcd 3.6 crashes on it');
  });

  it('compares a missing key as 0, but never its value', () => {
    const server = new EtcdServer();
    const succeeded = (compare: object) =>
      server.execute('txn', { compare: [{ key: 'x', result: 'EQUAL', ...compare }] }).resp?.['succeeded'];
    expect(succeeded({ target: 'VERSION' })).toBe(true);
    expect(succeeded({ target: 'VALUE', value: '' })).toBeUndefined();
  });

  it('ends a watch that starts below the compacted revision', () => {
    const server = filled('a', 'b', 'c');
    server.execute('compact', { revision: 4 });
    server.execute('watch_create', { stream: 0, key: 'a', start_revision: 3, watch_id: 9 });
    expect(server.takeWatchMessages().map(({ resp }) => resp)).toEqual([
      { header: { revision: 4 }, watch_id: 9, created: true },
      { header: {}, watch_id: 9, canceled: true, compact_revision: 4 },
    ]);
    server.execute('watch_progress', { stream: 0 });
    expect(server.takeWatchMessages()).toEqual([]);
  });
});
