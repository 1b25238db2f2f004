/** etcd's refusals: gRPC code and exact text (api/v3rpc/rpctypes/error.go, 3.6). */

export interface EtcdError {
  /** gRPC status code by name and by number. */
  readonly name: string;
  readonly code: number;
  readonly message: string;
}

function refusal(name: string, code: number, text: string): EtcdError {
  return { name, code, message: `etcdserver: ${text}` };
}

export const EMPTY_KEY = refusal('InvalidArgument', 3, 'key is not provided');
export const KEY_NOT_FOUND = refusal('InvalidArgument', 3, 'key not found');
export const VALUE_PROVIDED = refusal('InvalidArgument', 3, 'value is provided');
export const LEASE_PROVIDED = refusal('InvalidArgument', 3, 'lease is provided');
export const TOO_MANY_OPERATIONS = refusal('InvalidArgument', 3, 'too many operations in txn request');
export const DUPLICATE_KEY = refusal('InvalidArgument', 3, 'duplicate key given in txn request');
export const REQUEST_TOO_LARGE = refusal('InvalidArgument', 3, 'request is too large');
export const COMPACTED = refusal('OutOfRange', 11, 'mvcc: required revision has been compacted');
export const FUTURE_REVISION = refusal('OutOfRange', 11, 'mvcc: required revision is a future revision');
export const NO_SPACE = refusal('ResourceExhausted', 8, 'mvcc: database space exceeded');
export const CORRUPT = refusal('DataLoss', 15, 'corrupt cluster');
export const LEASE_NOT_FOUND = refusal('NotFound', 5, 'requested lease not found');
export const LEASE_EXISTS = refusal('FailedPrecondition', 9, 'lease already exists');
export const LEASE_TTL_TOO_LARGE = refusal('OutOfRange', 11, 'too large lease TTL');
export const NO_LEADER = refusal('Unavailable', 14, 'no leader');
export const NOT_LEADER = refusal('FailedPrecondition', 9, 'not leader');
export const TIMEOUT = refusal('Unavailable', 14, 'request timed out');
export const BAD_TRANSFEREE = refusal('FailedPrecondition', 9, 'bad leader transferee');
export const MEMBER_EXISTS = refusal('FailedPrecondition', 9, 'member ID already exist');
export const MEMBER_NOT_FOUND = refusal('NotFound', 5, 'member not found');
export const MEMBER_NOT_LEARNER = refusal('FailedPrecondition', 9, 'can only promote a learner member');
export const LEARNER_NOT_READY = refusal('FailedPrecondition', 9, 'can only promote a learner member which is in sync with leader');
export const TOO_MANY_LEARNERS = refusal('FailedPrecondition', 9, 'too many learner members in cluster');
export const UNHEALTHY = refusal('Unavailable', 14, 'unhealthy cluster');
export const LEARNER_CANNOT = refusal('Unavailable', 14, 'rpc not supported for learner');
