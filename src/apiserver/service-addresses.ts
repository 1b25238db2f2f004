/** Cluster IPs of services: each is an IPAddress object of its own, so that two servers cannot give out the same one.
 *  Mirrors Kubernetes v1.34 pkg/registry/core/service/ipallocator (MultiCIDRServiceAllocator). */

import { invalid, type KubeObject, rfc3339, type Service, type StatusObject } from '#api';
import type { EtcdResponse } from '#etcd';
import { type Context, purpose } from '#sim';
import type { Core, Operation } from './core.ts';
import type { EtcdWaiter } from './etcd-client.ts';
import { storageFailure, unknownFailure } from './failures.ts';
import { drawUid, hashUser } from './identity.ts';
import { freshMeta } from './object-meta.ts';
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

/** Services that are reached by an address; headless and external ones have none. */
export function needsAddress(operation: Operation): boolean {
  if (operation.resource.info.resource !== 'services' || operation.request.options?.dryRun) return false;
  const spec = (operation.candidate as Service).spec;
  return spec?.type !== 'ExternalName' && spec?.clusterIP !== 'None';
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
    this.address = this.wanted ?? this.free(ctx);
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
    const service = this.operation.candidate as Service;
    const spec = {
      ...service.spec,
      clusterIP: this.address,
      clusterIPs: [this.address],
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
    };
    this.operation.candidate = { ...service, spec } as KubeObject;
    this.taker.granted(undefined, ctx);
  }

  private refusal(): StatusObject {
    const name = this.operation.candidate?.metadata?.name ?? '';
    if (this.wanted === undefined) return unknownFailure('failed to allocate a serviceIP: range is full');
    const why = `failed to allocate IP ${this.wanted}: provided IP is already allocated`;
    return invalid('Service', '', name, [invalidValue('spec.clusterIPs', [this.wanted], why)]);
  }
}

// Nobody waits for a released address.
const NOBODY: EtcdWaiter = { answered() {} };

/** Gives the address of a removed service back. */
export function releaseAddress(core: Core, object: KubeObject | undefined, ctx: Context): void {
  if (object?.kind !== 'Service') return;
  const address = (object as Service).spec?.clusterIP;
  const state = core.resource(RESOURCE);
  if (!address || address === 'None' || state === undefined) return;
  const kv = state.cache.objects.get(keyOf(address));
  if (kv === undefined) return;
  core.etcd.send(state.cluster, { op: 'guarded', key: kv.key, modRevision: kv.modRevision, delete: true }, NOBODY, ctx, 0);
}
