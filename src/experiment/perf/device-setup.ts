/** scheduler_perf's operations on devices: a driver's slices for the nodes it manages, and claims allocated before any pod wants them.
 *  Mirrors kubernetes v1.34 test/integration/scheduler_perf/dra.go. */

import type { DeviceClass, KubeObject, ListObject, Node, ResourceClaim, ResourceSlice } from '#api';
import type { ApiClient, RequestSpec } from '#client';
import type { AllocResourceClaims, CreateResourceDriver } from '#scenario';
import { preallocate } from '#scheduler';
import { type Context, purpose } from '#sim';
import type { Pending } from './pending.ts';

type Operation = CreateResourceDriver | AllocResourceClaims;

const CLAIMS = 'resourceclaims.resource.k8s.io';
const SLICES = 'resourceslices.resource.k8s.io';
const CLASSES = 'deviceclasses.resource.k8s.io';
const PICK = purpose('scheduler_perf/allocResourceClaims');

export class DeviceSetup {
  readonly #client: ApiClient<Pending>;
  #operation: Operation | undefined;
  readonly #lists = new Map<string, readonly KubeObject[]>();
  #open = 0;

  constructor(client: ApiClient<Pending>) {
    this.#client = client;
  }

  begin(operation: Operation, ctx: Context): void {
    this.#operation = operation;
    this.#lists.clear();
    for (const resource of operation.op === 'createResourceDriver' ? ['nodes'] : ['nodes', CLAIMS, SLICES, CLASSES]) {
      const namespace = resource === CLAIMS && operation.op === 'allocResourceClaims' ? operation.namespace : '';
      this.#send({ verb: 'list', resource, ...(namespace === '' ? {} : { namespace }) }, resource, ctx);
    }
  }

  #send(request: RequestSpec, list: string, ctx: Context): void {
    this.#open++;
    this.#client.request(ctx, request, { of: 'devices', list });
  }

  /** True when the operation is over; a text says why it failed. */
  answered({ list }: Pending & { readonly of: 'devices' }, object: KubeObject | undefined, ctx: Context): boolean | string {
    this.#open--;
    if (list !== '') this.#lists.set(list, (object as unknown as ListObject<KubeObject>).items);
    if (this.#open > 0) return false;
    if (list === '') return true;
    try {
      for (const request of this.#writes(ctx)) this.#send(request, '', ctx);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    return this.#open === 0;
  }

  #of<T>(resource: string): readonly T[] {
    return (this.#lists.get(resource) ?? []) as readonly T[];
  }

  #writes(ctx: Context): RequestSpec[] {
    const operation = this.#operation as Operation;
    const nodes = this.#of<Node>('nodes');
    if (operation.op === 'createResourceDriver') {
      const names = nodes.map(({ metadata }) => metadata?.name ?? '').filter((name) => matchesGlob(operation.nodes, name));
      return names.map((name) => ({ verb: 'create', resource: SLICES, body: sliceOf(operation, name), discardBody: true }));
    }
    const allocated = preallocate(
      {
        claims: this.#of<ResourceClaim>(CLAIMS),
        nodes,
        slices: this.#of<ResourceSlice>(SLICES),
        classes: this.#of<DeviceClass>(CLASSES),
        featureGates: operation.featureGates,
      },
      (n) => ctx.chance.uniform(PICK, n),
    );
    return allocated.map((claim) => {
      const { namespace, name } = claim.metadata ?? {};
      return { verb: 'update', resource: CLAIMS, subresource: 'status', namespace, name, body: claim, discardBody: true };
    });
  }
}

/** filepath.Match for patterns of text, '*' and '?'. */
function matchesGlob(pattern: string, name: string): boolean {
  const source = [...pattern].map((char) => (char === '*' ? '[^/]*' : char === '?' ? '[^/]' : char.replace(/[.+^${}()|[\]\\]/g, '\\$&')));
  return new RegExp(`^${source.join('')}$`).test(name);
}

function sliceOf({ driver, maxClaimsPerNode }: CreateResourceDriver, node: string): ResourceSlice {
  return {
    apiVersion: 'resource.k8s.io/v1',
    kind: 'ResourceSlice',
    metadata: { name: node },
    spec: {
      driver,
      nodeName: node,
      pool: { name: node, generation: 0, resourceSliceCount: 1 },
      devices: Array.from({ length: maxClaimsPerNode }, (_, i) => ({
        name: `instance-${i}`,
        attributes: {
          model: { string: 'A100' },
          family: { string: 'GPU' },
          driverVersion: { version: '1.2.3' },
          'dra.example.com/numa': { int: i },
        },
        capacity: { memory: { value: '1Gi' } },
      })),
    },
  };
}
