/** Leases and the keys that hang on them: what etcd 3.6 keeps in server/lease/lessor.go. Time comes in as an argument, in microseconds. */

import { type Instant, SECOND } from '#sim';

export interface Lease {
  readonly id: number;
  /** Granted seconds; etcd's minimum already applied. */
  readonly ttlSeconds: number;
  expiry: Instant;
  readonly keys: Set<string>;
}

/** etcd refuses longer ones (lease.MaxLeaseTTL). */
export const MAX_LEASE_TTL_SECONDS = 9_000_000_000;
/** One and a half election timeouts, rounded up to whole seconds (storage: MinLeaseTTL; default election timeout 1 s). */
export const MIN_LEASE_TTL_SECONDS = 2;

export class LeaseTable {
  private readonly leases = new Map<number, Lease>();

  get size(): number {
    return this.leases.size;
  }

  get(id: number): Lease | undefined {
    return this.leases.get(id);
  }

  /** Ids, in ascending order. */
  ids(): number[] {
    return [...this.leases.keys()].sort((a, b) => a - b);
  }

  grant(id: number, ttlSeconds: number, now: Instant): Lease {
    const ttl = Math.max(ttlSeconds, MIN_LEASE_TTL_SECONDS);
    const lease: Lease = { id, ttlSeconds: ttl, expiry: now + ttl * SECOND, keys: new Set() };
    this.leases.set(id, lease);
    return lease;
  }

  /** Starts the lease's term anew; absent when there is no such lease. */
  renew(id: number, now: Instant): Lease | undefined {
    const lease = this.leases.get(id);
    if (lease !== undefined) lease.expiry = now + lease.ttlSeconds * SECOND;
    return lease;
  }

  /** A new leader gives each lease its whole term again: it cannot know what was left (lessor.Promote). */
  renewAll(now: Instant): void {
    for (const lease of this.leases.values()) lease.expiry = now + lease.ttlSeconds * SECOND;
  }

  copy(): LeaseTable {
    const copy = new LeaseTable();
    copy.become(this);
    return copy;
  }

  /** Takes over the content of another table, which stays as it is. */
  become(other: LeaseTable): void {
    this.leases.clear();
    for (const lease of other.leases.values()) this.leases.set(lease.id, { ...lease, keys: new Set(lease.keys) });
  }

  /** Removes a lease. Its keys, in key order, are the caller's to delete. */
  remove(id: number): string[] {
    const lease = this.leases.get(id);
    if (lease === undefined) return [];
    this.leases.delete(id);
    return [...lease.keys].sort();
  }

  /** Leases whose term is over, in the order of their granting. */
  expired(now: Instant): Lease[] {
    const over: Lease[] = [];
    for (const lease of this.leases.values()) if (lease.expiry <= now) over.push(lease);
    return over;
  }

  attach(id: number, key: string): void {
    this.leases.get(id)?.keys.add(key);
  }

  detach(id: number, key: string): void {
    this.leases.get(id)?.keys.delete(key);
  }
}
