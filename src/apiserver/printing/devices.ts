/** Dynamic resource allocation. Mirrors Kubernetes v1.34 pkg/printers/internalversion/printers.go (resource.k8s.io). */

import type { KubeObject } from '#api';
import { AGE, ageOf, NAME, nameOf, type Printer, text } from './printer.ts';

/** Device classes and claim templates. */
export const named: Printer = {
  columns: [NAME, AGE],
  cells: (object, now) => [nameOf(object), ageOf(object, now)],
};

interface Claim extends KubeObject {
  readonly status?: { readonly allocation?: object; readonly reservedFor?: readonly unknown[] };
}

function stateOf({ metadata, status }: Claim): string {
  const isDeleted = metadata?.deletionTimestamp !== undefined;
  const states = isDeleted ? ['deleted'] : [];
  if (status?.allocation !== undefined) {
    states.push('allocated');
    if ((status.reservedFor ?? []).length > 0) states.push('reserved');
  } else if (!isDeleted) states.push('pending');
  return states.join(',');
}

export const claims: Printer<Claim> = {
  columns: [NAME, text('State'), AGE],
  cells: (object, now) => [nameOf(object), stateOf(object), ageOf(object, now)],
};

interface Slice extends KubeObject {
  readonly spec?: { readonly nodeName?: string; readonly driver?: string; readonly pool?: { readonly name?: string } };
}

export const slices: Printer<Slice> = {
  columns: [NAME, text('Node'), text('Driver'), text('Pool'), AGE],
  cells: (object, now) => [
    nameOf(object),
    object.spec?.nodeName ?? '',
    object.spec?.driver ?? '',
    object.spec?.pool?.name ?? '',
    ageOf(object, now),
  ],
};
