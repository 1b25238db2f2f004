/** The files on which all else rests, and the tests that are to notice when one of them is changed. Each file alone: a mutant is tried on its own tests only. */

export interface CoreFile {
  readonly file: string;
  readonly what: string;
  readonly tests: readonly string[];
}

const EVENTS = ['test/sim/queue.test.ts'];
/** Not the random schedules: cut to a few they do not get far enough to notice much. */
const RAFT = ['test/etcd/raft/transcripts.test.ts', 'test/etcd/raft/raft.test.ts'];
const SCHEDULING_QUEUE = ['test/scheduler/queue/scheduling-queue.test.ts', 'test/scheduler/scheduling-queue.test.ts'];

export const CORE_FILES: readonly CoreFile[] = [
  { file: 'src/sim/queue.ts', what: 'event queue', tests: EVENTS },
  { file: 'src/sim/occupied.ts', what: 'event queue: which buckets have events', tests: ['test/sim/occupied.test.ts'] },
  { file: 'src/sim/bucket-lists.ts', what: 'event queue: buckets', tests: ['test/sim/bucket-lists.test.ts'] },
  { file: 'src/sim/sorted-rows.ts', what: 'event queue: the bucket at hand', tests: ['test/sim/sorted-rows.test.ts'] },
  { file: 'src/sim/block-lists.ts', what: 'event queue: blocks', tests: ['test/sim/block-lists.test.ts'] },
  {
    file: 'src/etcd/mvcc/key-index.ts',
    what: 'MVCC: keys in order',
    tests: ['test/etcd/mvcc/key-index.test.ts', 'test/etcd/mvcc/store.test.ts'],
  },
  { file: 'src/etcd/mvcc/store.ts', what: 'MVCC: the store', tests: ['test/etcd/mvcc/store.test.ts', 'test/etcd/mvcc/watch-hub.test.ts'] },
  { file: 'src/etcd/mvcc/event-log.ts', what: 'MVCC: changes since compaction', tests: ['test/etcd/mvcc/event-log.test.ts'] },
  { file: 'src/etcd/mvcc/watch-hub.ts', what: 'MVCC: watchers', tests: ['test/etcd/mvcc/watch-hub.test.ts'] },
  { file: 'src/etcd/mvcc/watch-index.ts', what: 'MVCC: who watches a key', tests: ['test/etcd/mvcc/watch-hub.test.ts'] },
  { file: 'src/etcd/raft/quorum.ts', what: 'Raft: who has won, what is committed', tests: ['test/etcd/raft/quorum.test.ts'] },
  { file: 'src/etcd/raft/log.ts', what: 'Raft: the log', tests: ['test/etcd/raft/log.test.ts'] },
  { file: 'src/etcd/raft/progress.ts', what: 'Raft: what a follower has', tests: ['test/etcd/raft/progress.test.ts'] },
  { file: 'src/etcd/raft/read-only.ts', what: 'Raft: confirmed reads', tests: ['test/etcd/raft/quorum.test.ts'] },
  { file: 'src/etcd/raft/membership.ts', what: 'Raft: voters and learners', tests: ['test/etcd/raft/quorum.test.ts'] },
  { file: 'src/etcd/raft/leadership.ts', what: 'Raft: the leader', tests: RAFT },
  { file: 'src/etcd/raft/raft.ts', what: 'Raft: terms and votes', tests: RAFT },
  { file: 'src/client/work-queue.ts', what: 'work queue', tests: ['test/client/work-queue*.test.ts'] },
  { file: 'src/scheduler/queue/heap.ts', what: 'scheduling queue: order', tests: ['test/scheduler/queue/heap.test.ts'] },
  {
    file: 'src/scheduler/queue/in-flight-events.ts',
    what: 'scheduling queue: what happened meanwhile',
    tests: ['test/scheduler/queue/in-flight-events.test.ts'],
  },
  {
    file: 'src/scheduler/queue/queued-pod-info.ts',
    what: 'scheduling queue: a pod, its back-off',
    tests: ['test/scheduler/queue/queued-pod-info.test.ts'],
  },
  {
    file: 'src/scheduler/queue/unschedulable-pods.ts',
    what: 'scheduling queue: who waits for a change',
    tests: ['test/scheduler/queue/unschedulable-pods.test.ts'],
  },
  { file: 'src/scheduler/queue/scheduling-queue.ts', what: 'scheduling queue', tests: SCHEDULING_QUEUE },
  { file: 'src/apiserver/cache/window.ts', what: 'watch cache: events kept', tests: ['test/apiserver/cache/window.test.ts'] },
  { file: 'src/apiserver/cache/filter.ts', what: 'watch cache: who hears what', tests: ['test/apiserver/cache/filter.test.ts'] },
  { file: 'src/apiserver/cache/watch-cache.ts', what: 'watch cache: objects', tests: ['test/apiserver/cache/watch-cache.test.ts'] },
  { file: 'src/apiserver/cache/watchers.ts', what: 'watch cache: watchers', tests: ['test/apiserver/cache/watch-cache.test.ts'] },
  { file: 'src/scheduler/node-tree.ts', what: "scheduler's cache: order of nodes", tests: ['test/scheduler/cache.test.ts'] },
  { file: 'src/scheduler/cache.ts', what: "scheduler's cache", tests: ['test/scheduler/cache.test.ts'] },
];
