/** What requests cost the API server's cores, in microseconds of CPU. The decisions are real; these durations are a model.
 *
 *  Anchor: etcd + kube-apiserver + scheduler + controller manager 1.34 with fake nodes spend about 35 ms of CPU a pod over its life (10,000 pods,
 *  5,000 nodes, measured). Of these roughly half is the API server's (assumed): about 7 writes and 40 watch deliveries a pod. How that half is split
 *  over verbs is assumed; so every number here is marked `assumed`, and only their sum rests on a measurement. */

export interface Costs {
  /** Authentication, authorization, routing, flow control of any request. assumed */
  readonly request: number;
  /** A guarded write: decode, admission, validation, encode, etcd client. assumed */
  readonly write: number;
  /** Added for each KiB of the object written. assumed */
  readonly writePerKib: number;
  /** A get. assumed */
  readonly get: number;
  /** A list, before its objects. assumed */
  readonly list: number;
  /** Encoding one object of a list. assumed */
  readonly listPerObject: number;
  /** Looking at an object of the cache that the selector leaves out. assumed */
  readonly listPerScanned: number;
  /** Setting up a watch. assumed */
  readonly watch: number;
  /** Decoding an event from etcd and storing it in the watch cache. assumed */
  readonly cachePerEvent: number;
  /** Encoding an event once for all its watchers. assumed */
  readonly encodePerEvent: number;
  /** Handing an event to one watcher (dispatch, frame, socket write). assumed */
  readonly sendPerWatcher: number;
  /** Applying a patch, besides the write. assumed */
  readonly patch: number;
}

export const DEFAULT_COSTS: Costs = {
  request: 150,
  write: 900,
  writePerKib: 60,
  get: 150,
  list: 300,
  listPerObject: 12,
  listPerScanned: 1,
  watch: 200,
  cachePerEvent: 40,
  encodePerEvent: 60,
  sendPerWatcher: 20,
  patch: 150,
};
