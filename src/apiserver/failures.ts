/** Answers to failures that the storage layer causes. Texts of apiserver v1.34 pkg/storage/errors and pkg/registry/generic/registry/store.go. */

import { gone, type StatusObject, timeout, tooLarge } from '#api';
import type { EtcdResponse } from '#etcd';

const OUT_OF_RANGE = 11;

/** An error that no one gave a reason (responsewriters.ErrorToAPIStatus): 500, and StatusReasonUnknown is no text at all. */
export const unknownFailure = (message: string): StatusObject => ({
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  message,
  code: 500,
});

export const requestTimeout = (): StatusObject => timeout('request did not complete within requested timeout - context deadline exceeded');

export const EXPIRED_CONTINUE =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';

/** What etcd's refusal (or silence) means to the client; undefined when it answered well. */
export function storageFailure(response: EtcdResponse | undefined): StatusObject | undefined {
  if (response === undefined) return requestTimeout();
  if (response.error === undefined) return undefined;
  if (response.error.code === OUT_OF_RANGE) return gone('The resourceVersion for the provided list is too old.');
  return unknownFailure(response.error.message);
}

/** --max-request-body-bytes: what a request may carry. */
const REQUEST_BYTES_MAX = 3 * 1024 * 1024;
/** clientv3's MaxCallSendMsgSize: what the server may send to etcd. etcd itself draws the line at 1.5 MiB. */
const ETCD_MESSAGE_MAX = 2 * 1024 * 1024;

/** Why an object of so many bytes is not even sent to etcd. */
export function oversize(bytes: number): StatusObject | undefined {
  if (bytes <= ETCD_MESSAGE_MAX) return undefined;
  if (bytes > REQUEST_BYTES_MAX) return tooLarge(`Request entity too large: limit is ${REQUEST_BYTES_MAX}`);
  return unknownFailure(
    `rpc error: code = ResourceExhausted desc = trying to send message larger than max (${bytes} vs. ${ETCD_MESSAGE_MAX})`,
  );
}

/** etcd3's StorageError for a precondition that does not hold. */
export const preconditionText = (key: string, field: 'UID' | 'ResourceVersion', wanted: string, found: string): string =>
  `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: ${field} in precondition: ${wanted}, ${field} in object meta: ${found}`;
