/** `cluster.etcd`: one etcd cluster for all, or several by resource, as an API server's --etcd-servers and --etcd-servers-overrides name them. */

import { resourceInfo } from '#api';
import type { Distribution, Duration } from '#sim';
import { bytes, count, duration, durationDistribution, fields, flag, type JsonSchema, label, list, oneOf, text } from './schema-pieces.ts';
import { parseBytes, parseDuration, parseDurationDistribution } from './units.ts';

/** One cluster: a group of members that agree by Raft, each with a disk of its own. */
export interface EtcdClusterPlan {
  /** '' is the main one. */
  readonly name: string;
  /** What lies here and not in the main cluster. */
  readonly resources: readonly string[];
  readonly members: number;
  readonly fsync?: Distribution;
  readonly cores: number;
  readonly quotaBytes: number;
  /** Whether members compare their data: the leader now and then, a member when it starts again. */
  readonly corruptChecks?: { readonly corruptCheckTime?: Duration; readonly initialCorruptCheck?: boolean };
  /** One way between its members, where that is not the control plane's. */
  readonly memberLatency?: Duration;
}

type Written = Readonly<Record<string, unknown>>;

const GIB = 1024 * 1024 * 1024;
const SIZES: readonly number[] = [1, 3, 5];
const EVENTS = ['events', 'events.events.k8s.io'];

const clusterFields = {
  members: { type: 'integer', description: 'how many members: 1, 3 or 5 (default 1)' },
  fsync: durationDistribution('time of one fsync (default: a quiet SSD)'),
  cores: count('cores of a member (default 8)', 1, 256),
  quota: bytes('--quota-backend-bytes (default 8GiB)'),
  corruptCheckTime: duration('--corrupt-check-time: the leader compares the data of all members so often (default: never)'),
  initialCorruptCheck: flag('members that start again compare their data with their peers and end when they differ (default false)'),
  memberLatency: duration('one way between members (default: as within the control plane)'),
};

export const etcdSchema: JsonSchema = fields('etcd', {
  ...clusterFields,
  events: oneOf(['shared', 'separate'], 'whether events have a cluster of their own, of the same kind (default shared)'),
  overrides: list(
    fields(
      'a cluster for some resources (--etcd-servers-overrides); what it does not say is as in the main one',
      {
        name: label('its members are etcd-<name>-0, ...'),
        resources: list(text('a resource'), 'such as leases.coordination.k8s.io', 1),
        ...clusterFields,
      },
      ['name', 'resources'],
    ),
    'further clusters',
  ),
});

/** What a schema cannot say, by path below `cluster.etcd`. */
export function etcdMistakes(etcd: Written): readonly { readonly path: readonly (string | number)[]; readonly message: string }[] {
  const mistakes: { path: (string | number)[]; message: string }[] = [];
  const overrides = (etcd['overrides'] ?? []) as readonly Written[];
  const taken = new Map<string, string>(etcd['events'] === 'separate' ? EVENTS.map((resource) => [resource, 'events: separate']) : []);
  const names = new Set<string>(etcd['events'] === 'separate' ? ['events'] : []);
  const size = (written: unknown, path: (string | number)[]): void => {
    const message = written === undefined ? undefined : sizeMistake(written as number);
    if (message !== undefined) mistakes.push({ path, message });
  };
  size(etcd['members'], ['members']);
  overrides.forEach((override, at) => {
    const name = String(override['name']);
    size(override['members'], ['overrides', at, 'members']);
    if (names.has(name)) mistakes.push({ path: ['overrides', at, 'name'], message: `two etcd clusters are named '${name}'` });
    names.add(name);
    (override['resources'] as readonly string[]).forEach((resource, index) => {
      const path = ['overrides', at, 'resources', index];
      if (resourceInfo(resource) === undefined) mistakes.push({ path, message: `no resource is called '${resource}'` });
      else if (taken.has(resource)) mistakes.push({ path, message: `'${resource}' already lies in '${taken.get(resource)}'` });
      taken.set(resource, name);
    });
  });
  return mistakes;
}

/** Why there can be no such cluster. */
function sizeMistake(members: number): string | undefined {
  if (SIZES.includes(members)) return undefined;
  const found = `expected 1, 3 or 5 members, found ${members}`;
  if (members < 1) return `${found}; without a member there is no quorum`;
  if (members % 2 === 0) return `${found}; ${members} need a quorum of ${members / 2 + 1} and so bear no more losses than ${members - 1}`;
  return `${found}; each further member makes every write slower`;
}

/** The main cluster, then the others in the order of the scenario. */
export function etcdPlan(etcd: Written): readonly EtcdClusterPlan[] {
  const main = clusterOf('', [], etcd, { name: '', resources: [], members: 1, cores: 8, quotaBytes: 8 * GIB });
  const overrides = (etcd['overrides'] ?? []) as readonly Written[];
  return [
    main,
    ...(etcd['events'] === 'separate' ? [{ ...main, name: 'events', resources: EVENTS }] : []),
    ...overrides.map((override) => {
      const resources = (override['resources'] as readonly string[]).flatMap((resource) => (resource === 'events' ? EVENTS : [resource]));
      return clusterOf(String(override['name']), resources, override, main);
    }),
  ];
}

function clusterOf(name: string, resources: readonly string[], written: Written, otherwise: EtcdClusterPlan): EtcdClusterPlan {
  const fsync = parseDurationDistribution(written['fsync']) ?? otherwise.fsync;
  const memberLatency = parseDuration(written['memberLatency']) ?? otherwise.memberLatency;
  const corruptCheckTime = parseDuration(written['corruptCheckTime']) ?? otherwise.corruptChecks?.corruptCheckTime;
  const initialCorruptCheck = (written['initialCorruptCheck'] as boolean | undefined) ?? otherwise.corruptChecks?.initialCorruptCheck;
  const corruptChecks = {
    ...(corruptCheckTime === undefined ? {} : { corruptCheckTime }),
    ...(initialCorruptCheck === undefined ? {} : { initialCorruptCheck }),
  };
  return {
    name,
    resources,
    members: (written['members'] as number | undefined) ?? otherwise.members,
    cores: (written['cores'] as number | undefined) ?? otherwise.cores,
    quotaBytes: parseBytes(written['quota']) ?? otherwise.quotaBytes,
    ...(Object.keys(corruptChecks).length === 0 ? {} : { corruptChecks }),
    ...(fsync === undefined ? {} : { fsync }),
    ...(memberLatency === undefined ? {} : { memberLatency }),
  };
}
