/** Cluster IPs of services: each is an IPAddress object of its own, so that two servers cannot give out the same one.
 *  Mirrors Kubernetes v1.34 pkg/registry/core/service/ipallocator (MultiCIDRServiceAllocator). */

import { type FieldError, internalError, invalid, type KubeObject, rfc3339, type Service, type StatusObject } from '#api';
import type { EtcdResponse } from '#etcd';
import { type Context, purpose } from '#sim';
import type { Core, Operation } from './core.ts';
import type { EtcdWaiter } from './etcd-client.ts';
import { storageFailure, unknownFailure } from './failures.ts';
import { drawUid, hashUser } from './identity.ts';
import { freshMeta } from './object-meta.ts';
import { withoutZeros } from './validation/addresses.ts';
import { invalidValue } from './validation/field-error.ts';

/** --service-cluster-ip-range: 172.30.0.0/16. Nodes and pods have 10.0.0.0/8. */
const PREFIX = '172.30';
const ADDRESSES = 65_536;
/** The first sixteenth or 256 at most is for those who ask for an address by hand (ServiceIPStaticSubrange). */
const STATIC = 256;
const ATTEMPTS_MAX = 64;
const RESOURCE = 'ipaddresses.networking.k8s.io';
const ADDRESS_BYTES = 180;
const DRAW = purpose('apiserver/service-address');

export interface AddressTaker {
  granted(refused: StatusObject | undefined, ctx: Context): void;
}

type Spec = NonNullable<Service['spec']>;

/** Services that are reached by an address; headless and external ones have none. */
const hasAddress = (spec: Spec | undefined): boolean => spec?.type !== 'ExternalName' && spec?.clusterIP !== 'None';

/** Whether a service is to get an address: a new one, and one that was an external name. */
export function needsAddress(operation: Operation, old?: KubeObject): boolean {
  if (operation.resource.info.resource !== 'services' || !hasAddress((operation.candidate as Service).spec)) return false;
  return old === undefined || (old as Service).spec?.type === 'ExternalName';
}

const isInRange = (address: string): boolean => {
  const [a, b, c, d] = address.split('.').map(Number);
  return `${a}.${b}` === PREFIX && !(c === 0 && d === 0) && !(c === 255 && d === 255);
};

function refusedAddress(address: string, clusterIPs: readonly string[] | undefined, why: string): FieldError {
  return invalidValue('spec.clusterIPs', clusterIPs ?? [address], `failed to allocate IP ${address}: ${why}`);
}

/** What stands against the address that a service asks for, whoever else has it: it is not of this cluster. */
export function hopelessAddress(spec: Spec, old: Spec | undefined, isDryRun: boolean): FieldError | undefined {
  const address = spec.clusterIP;
  if (!address || !hasAddress(spec) || (old !== undefined && old.type !== 'ExternalName') || isInRange(address)) return undefined;
  const why = isDryRun
    ? `the provided IP (${address}) is not in the valid range. The range of valid IPs is ${PREFIX}.0.0/16`
    : 'the provided network does not match the current range';
  return refusedAddress(address, spec.clusterIPs, why);
}

const textOf = (index: number): string => `${PREFIX}.${index >>> 8}.${index & 255}`;
const keyOf = (address: string): string => `/registry/ipaddresses/${address}`;

/** Takes an address, the wanted one or any, and writes it into the operation's service. */
export class AddressGrant implements EtcdWaiter {
  private readonly core: Core;
  private readonly operation: Operation;
  private readonly taker: AddressTaker;
  private readonly wanted: string | undefined;
  private attempt = 0;
  private address = '';

  constructor(core: Core, operation: Operation, taker: AddressTaker) {
    this.core = core;
    this.operation = operation;
    this.taker = taker;
    this.wanted = (operation.candidate as Service).spec?.clusterIP || undefined;
  }

  start(ctx: Context): void {
    const { core, operation } = this;
    const state = core.resource(RESOURCE);
    if (state === undefined) return this.taker.granted(unknownFailure('no IPAddress resource'), ctx);
    if (operation.request.options?.dryRun) return this.grant(this.wanted ?? textOf(0), ctx);
    this.address = this.wanted === undefined ? this.free(ctx) : withoutZeros(this.wanted);
    const { metadata } = operation.candidate ?? {};
    const meta = freshMeta({
      name: this.address,
      uid: drawUid(ctx.chance, operation.request.user, operation.request.id, ctx.now, this.address),
      creationTimestamp: rfc3339(ctx.clock()),
      generation: 1,
    });
    meta.labels = { 'ipaddress.kubernetes.io/ip-family': 'IPv4', 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' };
    const parentRef = { group: '', resource: 'services', namespace: metadata?.namespace, name: metadata?.name };
    const value = { apiVersion: state.info.apiVersion, kind: state.info.kind, metadata: meta, spec: { parentRef } };
    const key = keyOf(this.address);
    core.etcd.send(
      state.cluster,
      { op: 'guarded', key, modRevision: 0, put: { key, value, bytes: ADDRESS_BYTES } },
      this,
      ctx,
      core.charge(ctx, core.costs.write),
    );
  }

  /** A draw, and the first free address from there on as far as the cache knows. */
  private free(ctx: Context): string {
    const { request } = this.operation;
    const taken = this.core.resource(RESOURCE)?.cache.objects;
    const span = ADDRESSES - STATIC - 1;
    const first = Math.floor(ctx.chance.uniform(DRAW, hashUser(request.user), request.id, this.attempt) * span);
    for (let i = 0; i < span; i++) {
      const address = textOf(STATIC + ((first + i) % span));
      if (taken?.has(keyOf(address)) !== true) return address;
    }
    return textOf(STATIC + first);
  }

  answered(response: EtcdResponse | undefined, ctx: Context): void {
    const failure = storageFailure(response);
    if (failure !== undefined) return this.taker.granted(failure, ctx);
    if (response?.succeeded !== true) {
      if (this.wanted === undefined && ++this.attempt < ATTEMPTS_MAX) return this.start(ctx);
      return this.taker.granted(this.refusal(), ctx);
    }
    this.grant(this.wanted ?? this.address, ctx);
  }

  private grant(clusterIP: string, ctx: Context): void {
    const service = this.operation.candidate as Service;
    this.operation.candidate = { ...service, spec: { ...service.spec, clusterIP, clusterIPs: [clusterIP] } } as KubeObject;
    this.taker.granted(undefined, ctx);
  }

  private refusal(): StatusObject {
    const name = this.operation.candidate?.metadata?.name ?? '';
    if (this.wanted === undefined) return internalError('failed to allocate a serviceIP: range is full');
    return invalid('Service', '', name, [refusedAddress(this.wanted, undefined, 'provided IP is already allocated')]);
  }
}

// Nobody waits for a released address.
const NOBODY: EtcdWaiter = { answered() {} };

/** Gives the address back that a service had and `next` (undefined: nobody) has not. */
export function releaseAddress(core: Core, object: KubeObject | undefined, ctx: Context, next?: KubeObject): void {
  if (object?.kind !== 'Service') return;
  const address = (object as Service).spec?.clusterIP;
  if (address === (next as Service | undefined)?.spec?.clusterIP) return;
  const state = core.resource(RESOURCE);
  if (!address || address === 'None' || state === undefined) return;
  const kv = state.cache.objects.get(keyOf(withoutZeros(address)));
  if (kv === undefined) return;
  core.etcd.send(state.cluster, { op: 'guarded', key: kv.key, modRevision: kv.modRevision, delete: true }, NOBODY, ctx, 0);
}
