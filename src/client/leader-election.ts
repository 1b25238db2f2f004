/** Lease-based leader election. Mirrors client-go v1.34 tools/leaderelection/leaderelection.go: a candidate believes another's lease for 15 s after it last
 *  saw it change (by its own clock: skew is harmless), a leader renews every 2 s and gives up 10 s after its last success. */

import type { Lease } from '#api';
import { rfc3339Micro } from '#api';
import type { Context, Duration, Instant } from '#sim';
import { purpose, SECOND } from '#sim';
import type { Client } from './api-client.ts';
import type { Outcome, RequestSpec } from './contract.ts';
import type { Lane } from './lane.ts';
import type { Tenant } from './tenant.ts';
import { clientTimer } from './tenant.ts';

export interface LeaderElectionConfig {
  /** 'kube-controller-manager'; the Lease is in kube-system. */
  readonly name: string;
  /** Tells the candidates apart (hostname_uuid upstream). */
  readonly identity: string;
  readonly leaseDuration?: Duration;
  readonly renewDeadline?: Duration;
  readonly retryPeriod?: Duration;
}

const LEASES = 'leases.coordination.k8s.io';
const NAMESPACE = 'kube-system';
const JITTER = purpose('client/leader-election');

export class LeaderElector implements Tenant {
  readonly #client: Client<unknown>;
  readonly #config: LeaderElectionConfig;
  readonly #lane: Lane;
  readonly #tenant: number;
  readonly #leaseDuration: Duration;
  readonly #renewDeadline: Duration;
  readonly #retryPeriod: Duration;
  readonly #started: (ctx: Context) => void;
  readonly #stopped: (ctx: Context) => void;
  #observed: Lease | undefined;
  #observedAt: Instant = 0;
  #renewedAt: Instant = 0;
  #draws = 0;
  #isOver = false;
  isLeader = false;

  /** `started` and `stopped` are called once each; upstream's process exits when it stops leading, and so should the host. */
  constructor(client: Client<unknown>, config: LeaderElectionConfig, started: (ctx: Context) => void, stopped: (ctx: Context) => void) {
    this.#client = client;
    this.#config = config;
    this.#started = started;
    this.#stopped = stopped;
    this.#leaseDuration = config.leaseDuration ?? 15 * SECOND;
    this.#renewDeadline = config.renewDeadline ?? 10 * SECOND;
    this.#retryPeriod = config.retryPeriod ?? 2 * SECOND;
    // Each request of the elector must end well before the deadline (rest config's Timeout = renewDeadline / 2).
    this.#lane = client.lane({ qps: 0, burst: 0, timeout: Math.floor(this.#renewDeadline / 2) });
    this.#tenant = client.attach(this);
  }

  start(ctx: Context): void {
    this.#read(ctx);
  }

  #call(spec: RequestSpec, ctx: Context): void {
    this.#client.call(ctx, spec, undefined, this, 0, this.#lane);
  }

  #read(ctx: Context): void {
    this.#call({ verb: 'get', resource: LEASES, namespace: NAMESPACE, name: this.#config.name }, ctx);
  }

  timer(_tag: number, ctx: Context): void {
    if (this.#isOver) return;
    if (!this.isLeader) return this.#read(ctx);
    if (ctx.now - this.#renewedAt >= this.#renewDeadline) return this.#stop(ctx);
    // A leader tries the update at once with what it last wrote.
    this.#write(ctx);
  }

  answered(outcome: Outcome<unknown>, ctx: Context): void {
    if (this.#isOver) return;
    const { verb } = outcome.request;
    if (verb === 'get') return this.#wasRead(outcome, ctx);
    if (outcome.code === 200 || outcome.code === 201) return this.#held(outcome.object as Lease, ctx);
    if (this.isLeader && outcome.code === 409) return this.#read(ctx);
    this.#later(ctx);
  }

  #wasRead(outcome: Outcome<unknown>, ctx: Context): void {
    if (outcome.code === 404) {
      this.#observed = undefined;
      return this.#write(ctx);
    }
    if (outcome.code !== 200) return this.#later(ctx);
    const lease = outcome.object as Lease;
    if (lease.metadata?.resourceVersion !== this.#observed?.metadata?.resourceVersion) this.#observedAt = ctx.now;
    this.#observed = lease;
    const holder = lease.spec?.holderIdentity ?? '';
    const isOthers = holder !== '' && holder !== this.#config.identity;
    if (isOthers && this.isLeader) return this.#stop(ctx);
    if (isOthers && ctx.now - this.#observedAt < this.#leaseDuration) return this.#later(ctx);
    this.#write(ctx);
  }

  #write(ctx: Context): void {
    const observed = this.#observed;
    const now = rfc3339Micro(ctx.clock());
    const isOurs = observed?.spec?.holderIdentity === this.#config.identity;
    const transitions = (observed?.spec?.leaseTransitions ?? 0) + (observed === undefined || isOurs ? 0 : 1);
    const lease: Lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: observed?.metadata ?? { name: this.#config.name, namespace: NAMESPACE },
      spec: {
        holderIdentity: this.#config.identity,
        leaseDurationSeconds: Math.floor(this.#leaseDuration / SECOND),
        acquireTime: isOurs ? observed?.spec?.acquireTime : now,
        renewTime: now,
        leaseTransitions: transitions,
      },
    };
    const { name } = this.#config;
    if (observed === undefined) this.#call({ verb: 'create', resource: LEASES, namespace: NAMESPACE, body: lease }, ctx);
    else this.#call({ verb: 'update', resource: LEASES, namespace: NAMESPACE, name, body: lease }, ctx);
  }

  #held(lease: Lease, ctx: Context): void {
    this.#observed = lease;
    this.#observedAt = ctx.now;
    this.#renewedAt = ctx.now;
    if (!this.isLeader) {
      this.isLeader = true;
      ctx.record.gauge('leader_election_master_status', { name: this.#config.name }).add(1);
      ctx.record.mark(`${this.#config.name}: ${this.#config.identity} leads`);
      this.#started(ctx);
    }
    this.#later(ctx);
  }

  #later(ctx: Context): void {
    if (this.isLeader && ctx.now - this.#renewedAt >= this.#renewDeadline) return this.#stop(ctx);
    // JitterFactor 1.2 while acquiring; a leader's renewals keep their period.
    const jitter = this.isLeader ? 0 : 1.2 * ctx.chance.uniform(JITTER, ctx.self, this.#draws++);
    const delay = Math.floor(this.#retryPeriod * (1 + jitter));
    ctx.after(delay, clientTimer(this.#tenant, 0));
  }

  #stop(ctx: Context): void {
    this.#isOver = true;
    this.isLeader = false;
    ctx.record.gauge('leader_election_master_status', { name: this.#config.name }).add(-1);
    ctx.record.mark(`${this.#config.name}: ${this.#config.identity} lost the lease`);
    this.#stopped(ctx);
  }
}
