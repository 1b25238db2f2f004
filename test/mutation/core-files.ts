/** The files on which all else rests, and the tests that are to notice when one of them is changed. Each file alone: a mutant is tried on its own tests only. */

export interface CoreFile {
  readonly file: string;
  readonly what: string;
  readonly tests: readonly string[];
}

const ETCD = ['test/etcd/mvcc/*.test.ts', 'test/etcd/conformance.test.ts'];
const RAFT = ['test/etcd/raft/*.test.ts'];
const CACHE = [
  'test/apiserver/watch.test.ts',
  'test/apiserver/watch-continuity.test.ts',
  'test/apiserver/list.test.ts',
  'test/apiserver/list-options.test.ts',
];

export const CORE_FILES: readonly CoreFile[] = [
  { file: 'src/client/work-queue.ts', what: 'work queue', tests: ['test/client/work-queue*.test.ts'] },
  { file: 'src/sim/queue.ts', what: 'event queue', tests: ['test/sim/queue.test.ts'] },
  { file: 'src/etcd/mvcc/key-index.ts', what: 'MVCC: versions of a key', tests: ETCD },
  { file: 'src/etcd/mvcc/store.ts', what: 'MVCC: the store', tests: ETCD },
  { file: 'src/etcd/raft/quorum.ts', what: 'Raft: who has won, what is committed', tests: RAFT },
  { file: 'src/etcd/raft/log.ts', what: 'Raft: the log', tests: RAFT },
  { file: 'src/etcd/raft/progress.ts', what: 'Raft: what a follower has', tests: RAFT },
  { file: 'src/etcd/raft/leadership.ts', what: 'Raft: the leader', tests: RAFT },
  { file: 'src/etcd/raft/raft.ts', what: 'Raft: terms and votes', tests: RAFT },
  { file: 'src/apiserver/cache/window.ts', what: 'watch cache: events kept', tests: CACHE },
  { file: 'src/apiserver/cache/filter.ts', what: 'watch cache: who hears what', tests: CACHE },
  { file: 'src/apiserver/cache/watch-cache.ts', what: 'watch cache: objects', tests: CACHE },
];
