/** `cloudErrors`: calls of the provider's API (disks are made, attached, ... by it) fail at a rate; those who call try again, later each time. */

import { incident, type WorldChange } from '#sim';
import { atField, type FaultKind, forField } from '../fault.ts';
import { fields, oneOf, percent } from '../schema-pieces.ts';
import { parseDuration, parsePercent } from '../units.ts';

const CALLS = ['provision', 'delete', 'attach', 'detach', 'resize', 'snapshot', 'deleteSnapshot'] as const;

interface CloudErrorsSpec {
  readonly at: string;
  readonly for?: string;
  readonly call?: (typeof CALLS)[number];
  readonly share?: string;
}

/** From nobody in particular: the first host of the world. */
const OUTSIDE = { hosts: [0] };

export const cloudErrors: FaultKind<CloudErrorsSpec> = {
  name: 'cloudErrors',
  schema: fields(
    "calls of the cloud provider's API fail",
    { at: atField, for: forField, call: oneOf(CALLS, 'only these calls (default: all)'), share: percent('of the calls (default 100 %)') },
    ['at'],
  ),
  mistake: (_spec, { cloud }) =>
    cloud === undefined ? 'finds nobody who calls the provider in this cluster (cluster.storage)' : undefined,
  changes(spec, { topology: { cloud } }): readonly WorldChange[] {
    if (cloud === undefined) return [];
    const at = parseDuration(spec.at) ?? 0;
    const what = `cloud-errors/${spec.call ?? ''}`;
    const to = { hosts: [cloud] };
    const share = spec.share === undefined ? 1 : (parsePercent(spec.share) ?? 0);
    const label = spec.call === undefined ? 'cloud API' : `cloud API, ${spec.call}`;
    const begin: WorldChange = { at, change: 'tell', hosts: OUTSIDE, to, message: incident(what, share), label: `${label}: errors` };
    if (spec.for === undefined) return [begin];
    const end = at + (parseDuration(spec.for) ?? 0);
    return [begin, { at: end, change: 'tell', hosts: OUTSIDE, to, message: incident(what, 0), label: `${label}: well` }];
  },
};
