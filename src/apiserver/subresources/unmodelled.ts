/** Subresources that lead into containers and machines. Nothing runs there that could write, listen or be attached to, so they answer that they are
 *  not modelled, instead of pretending that they do not exist (docs/fidelity.md). */

import type { Resource, StatusObject } from '#api';

const UNMODELLED: Readonly<Record<Resource, ReadonlySet<string>>> = {
  pods: new Set(['attach', 'exec', 'log', 'portforward', 'proxy']),
  services: new Set(['proxy']),
  nodes: new Set(['proxy']),
};

/** 501 for what discovery lists and this cluster does not have. */
export function unmodelled(resource: Resource, subresource: string, name: string): StatusObject | undefined {
  if (!UNMODELLED[resource]?.has(subresource)) return undefined;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    message: `${resource}/${subresource} is not modelled: containers of simulated nodes run no programs`,
    reason: 'NotImplemented',
    details: { name, kind: resource },
    code: 501,
  };
}
