/** What etcd spends, in microseconds unless the name says otherwise. 'Measured' is etcd 3.6.7 on a loopback of this project's reference
 *  machine (etcd.json, medians); what stands on no measurement is marked assumed. */

import { type DiskSpec, type Duration, MILLISECOND } from '#sim';

/** WAL fdatasync of a quiet SSD: lognormal, median 122 us, sigma 0.233 (measured: model.wal_fsync_quiet); p99 = 122 * exp(2.326 * 0.233). */
export const QUIET_SSD: DiskSpec = { fsync: { lognormal: { p50: 122, p99: 210 } }, bytesPerSecond: 200_000_000 };

/** The same disk beside busy jobs: the measured quantiles of model.wal_fsync_loaded. */
export const LOADED_SSD: DiskSpec = {
  fsync: {
    empirical: [
      [0, 50],
      [0.1, 103],
      [0.25, 128],
      [0.5, 173],
      [0.75, 190],
      [0.9, 1_000],
      [0.95, 4_000],
      [0.99, 11_000],
      [1, 28_000],
    ],
  },
  bytesPerSecond: 200_000_000,
};

/** Time of one call that is waiting, not work: gRPC hand-overs between goroutines at both ends. Measured: a serializable read of one key takes
 *  244 us in all (rpc_and_server_cpu); less READ_CPU and loopback. */
export const RPC_LATENCY: Duration = 160;
/** CPU of reading one key. Published: 185,758 serializable reads/s on 8 vCPU = 43 us of a core, rounded up for the slower reference machine. */
export const READ_CPU: Duration = 60;
/** A linearizable read first confirms its index. Measured: 266 us against 244 us on one member. */
export const READ_INDEX_LATENCY: Duration = 22;
/** CPU of taking in one proposal. Published: 44,341 puts/s on 8 vCPU = 180 us of a core for a put in all; the rest is APPLY_CPU. */
export const PROPOSE_CPU: Duration = 110;
/** CPU of applying one proposal. Measured: etcd_server_apply_duration p50 52 us. */
export const APPLY_CPU: Duration = 52;
/** CPU of a value's bytes on its way through (decoding, log, backend). Measured: a put of 4 KiB takes 76-128 us more than one of 256 B, of which
 *  the disk's bandwidth explains 20 us. */
export const WRITE_KIB_CPU: Duration = 14;
/** A proposal's way from the queue through the Raft loop to the disk and from there to the applier. Measured as what is left: a put of 256 B takes
 *  427-628 us; RPC_LATENCY, loopback, the disk's 122 us and APPLY_CPU explain 374 us. */
export const PROPOSE_LATENCY: Duration = 60;

/** CPU of listing: an object and its size. Measured: 8.2-9.0 us an object of 1 KiB (list_per_KiB_object_us); the split is assumed. */
export const LIST_OBJECT_CPU: Duration = 1.5;
export const LIST_KIB_CPU: Duration = 6.7;
/** CPU of visiting a key that is only counted. Assumed. */
export const COUNT_KEY_CPU: Duration = 0.1;

/** CPU of one message to one watcher, and of one event in it. Fitted to the middle of the runs on one member, in which the median of 1,000 watchers hears
 *  12.7-29.2 ms after the put's call, and that of 100 after 3.1-4.3 ms; those on three members are predicted from it. */
export const WATCH_MESSAGE_CPU: Duration = 38;
export const WATCH_EVENT_CPU: Duration = 2;
/** From the end of a transaction to the stream's send loop. Measured: one watcher hears 1.29-1.69 ms after the call of a put that takes 0.43-0.63 ms. */
export const WATCH_LATENCY: Duration = 1_300;

/** WAL bytes of a proposal besides its key and value: record frame, Raft entry, request header. Assumed. */
export const WAL_ENTRY_BYTES = 96;

/** Physical compaction goes in batches with a pause between (etcd: compaction batch limit 1,000, sleep 10 ms). */
export const COMPACTION_BATCH = 1_000;
export const COMPACTION_PAUSE: Duration = 10_000;
/** CPU of one revision in it. Measured: 519 ms for about 33,000 revisions, of which 330 ms are pauses. */
export const COMPACTION_REVISION_CPU: Duration = 5.7;

/** The lessor looks for expired leases this often (lease: expiredLeaseRetryInterval and its 500 ms loop; measured lag uniform in 0-500 ms). */
export const LEASE_CHECK_INTERVAL: Duration = 500_000;
/** It revokes at most so many at one look (lease: leaseRevokeRate 1,000 a second, half of it a look). */
export const LEASE_REVOKES_PER_CHECK = 500;

/** Raft's tick and its timeouts in ticks: heartbeat 100 ms, election 1 s, as etcd's defaults (etcd.json: settings). */
export const TICK: Duration = 100 * MILLISECOND;
export const HEARTBEAT_TICKS = 1;
export const ELECTION_TICKS = 10;
/** A linearizable read asks again after so long (etcd: readIndexRetryTime, 500 ms). */
export const READ_INDEX_RETRY_TICKS = 5;
/** etcd's request timeout: 5 s and two election timeouts. */
export const REQUEST_TIMEOUT_TICKS = 70;
/** --snapshot-count and the entries kept for slow followers (etcd 3.6: 10,000 and 5,000). */
export const SNAPSHOT_COUNT = 10_000;
export const SNAPSHOT_CATCH_UP_ENTRIES = 5_000;

/** One way between two members besides the link: stream writer, kernel, stream reader. Measured: a linearizable read on three members takes
 *  516-533 us against 266-345 us on one, which is one such round trip. */
export const PEER_LATENCY: Duration = 90;
/** CPU of sending or taking in one message. Assumed. */
export const PEER_CPU: Duration = 8;
/** More for a message with entries. Measured as what is left: a put on three members takes 1,361-1,458 us against 427-628 us on one; three logs
 *  share one disk there. */
export const APPEND_LATENCY: Duration = 620;

/** Defragmentation rewrites what is in use and holds everything else up meanwhile. Assumed: bytes a second. */
export const DEFRAGMENT_BYTES_PER_SECOND = 100_000_000;
/** Time without a leader after which a member ends the watches of clients that require one (api/v3rpc: three election timeouts). */
export const NO_LEADER_PATIENCE: Duration = 3_000_000;

/** What HashKV takes a key. assumed */
export const HASH_KEY_CPU = 2;
