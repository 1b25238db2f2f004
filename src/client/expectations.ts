/** What a controller has asked for and not yet seen. Mirrors kubernetes v1.34 pkg/controller/controller_utils.go: ControllerExpectations for creations,
 *  UIDTrackingControllerExpectations for deletions (tracked by object key, as upstream's PodKey is). */

import type { Duration, Instant } from '#sim';
import { MINUTE } from '#sim';

/** ExpectationsTimeout. */
const TIMEOUT: Duration = 5 * MINUTE;

interface Expected {
  creations: number;
  deletions: Set<string> | undefined;
  since: Instant;
}

export class Expectations {
  readonly #byKey = new Map<string, Expected>();

  /** Adds to what is expected of a key. */
  expect(key: string, creations: number, deletions: readonly string[], now: Instant): void {
    let expected = this.#byKey.get(key);
    if (expected === undefined) this.#byKey.set(key, (expected = { creations: 0, deletions: undefined, since: now }));
    expected.since = now;
    expected.creations = Math.max(0, expected.creations) + creations;
    if (deletions.length > 0) {
      expected.deletions ??= new Set();
      for (const deletion of deletions) expected.deletions.add(deletion);
    }
  }

  creationObserved(key: string): void {
    const expected = this.#byKey.get(key);
    if (expected !== undefined && expected.creations > 0) expected.creations--;
  }

  deletionObserved(key: string, deleted: string): void {
    this.#byKey.get(key)?.deletions?.delete(deleted);
  }

  /** Whether all was seen, or so long has passed that the controller had better look for itself. */
  satisfied(key: string, now: Instant): boolean {
    const expected = this.#byKey.get(key);
    if (expected === undefined) return true;
    if (expected.creations <= 0 && (expected.deletions === undefined || expected.deletions.size === 0)) return true;
    return now - expected.since > TIMEOUT;
  }

  forget(key: string): void {
    this.#byKey.delete(key);
  }
}
