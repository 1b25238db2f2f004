/** What a branch changes, and when: the difference between the world that was and the one that is to be from an instant on, put into acts that the running
 *  world can take: components restart with their new configuration, faults come or stay away, users ask for other things. Whatever would have changed the
 *  past, or is a machine that was not there, is refused. */

import { isDeepStrictEqual } from 'node:util';
import { UserError } from '#scenario';
import type { HostId, HostSpec, Instant, Message, WorldChange } from '#sim';
import type { BuiltWorld } from './build-world.ts';
import type { ObserverConfig } from './observer.ts';
import { lossesInstead } from './observer.ts';
import { requestsBefore, type WorkloadClientConfig, workloadInstead } from './workload-client.ts';

export interface BranchPlan {
  readonly at: Instant;
  /** Components that restart, with what they restart as. */
  readonly restarts: ReadonlyMap<HostId, HostSpec>;
  /** What befalls the world from then on. */
  readonly changes: readonly WorldChange[];
  readonly messages: readonly { readonly to: HostId; readonly message: Message }[];
  /** In words, for people. */
  readonly acts: readonly string[];
}

/** Programs that an operator can start again with other flags. */
const RESTARTABLE: ReadonlySet<string> = new Set([
  'apiserver',
  'scheduler',
  'controller-manager',
  'etcd',
  'kubelet',
  'webhook',
  'extender',
  'metrics-server',
  'cloud',
  'own-controller',
]);

export function branchPlan(base: BuiltWorld, other: BuiltWorld, at: Instant): BranchPlan {
  const [was, is] = [base.world, other.world];
  if (was.seed !== is.seed) refuse('seed', 'belongs to the past too');
  if (was.epoch !== is.epoch) refuse('epoch', 'belongs to the past too');
  if (was.bucket !== is.bucket) refuse('bucket', 'belongs to the past too');
  if (is.until <= at) refuse('duration', `ends the run before --at (${at / 1e6} s)`);
  sameMachines(was.hosts, is.hosts);
  if (!isDeepStrictEqual(was.links, is.links))
    refuse('cluster.network', "belongs to the machines' cables: add a slowNetwork fault instead");
  const restarts = new Map<HostId, HostSpec>();
  const changes: WorldChange[] = [];
  const messages: { to: HostId; message: Message }[] = [];
  const acts: string[] = [];
  is.hosts.forEach((host, id) => {
    const before = was.hosts[id] as HostSpec;
    if (!isDeepStrictEqual(before.disk, host.disk) && host.disk !== undefined) {
      changes.push({ at, change: 'disk', hosts: { hosts: [id] }, fsync: host.disk.fsync });
      acts.push(`the disk of ${host.name} changes`);
    }
    if (isDeepStrictEqual(before.config, host.config)) return;
    if (host.program === 'observer') return;
    if (host.program === 'workload-client') {
      messages.push({ to: id, message: otherWork(before.config as WorkloadClientConfig, host.config as WorkloadClientConfig, base, at) });
      acts.push('users ask for other things');
      return;
    }
    if (!RESTARTABLE.has(host.program))
      throw UserError.at({}, `--set: ${host.name} cannot begin to do other things in the middle of its life`);
    restarts.set(id, host);
  });
  if (restarts.size > 0) acts.push(`restarted with the new configuration: ${named([...restarts.values()])}`);
  changes.push(...[...restarts.keys()].map((id): WorldChange => ({ at, change: 'restart', hosts: { hosts: [id] } })));
  changes.push(...otherFaults(was.changes, is.changes, at, acts));
  tellObserver(base, other, at, messages);
  // Heals nothing: a mark on the axis of time.
  if (acts.length > 0) changes.push({ at, change: 'heal', id: 'branch', label: `branch: ${acts.join('; ')}` });
  return { at, restarts, changes, messages, acts };
}

function refuse(path: string, why: string): never {
  throw UserError.at({}, `--set ${path}: ${why}; a branch changes what comes after --at only`);
}

function sameMachines(was: readonly HostSpec[], is: readonly HostSpec[]): void {
  const names = new Set(was.map(({ name }) => name));
  const more = is.find(({ name }) => !names.has(name));
  if (more !== undefined)
    throw UserError.at({}, `--set: adds a machine ('${more.name}') that was not there: a branch keeps the machines of its past`);
  const rest = new Set(is.map(({ name }) => name));
  const gone = was.find(({ name }) => !rest.has(name));
  if (gone !== undefined)
    throw UserError.at({}, `--set: takes a machine away ('${gone.name}'): a branch keeps the machines of its past (a fault can strike it)`);
  is.forEach((host, id) => {
    const before = was[id] as HostSpec;
    for (const part of ['name', 'program', 'group', 'zone', 'egressFloor', 'cores', 'clock'] as const)
      if (!isDeepStrictEqual(before[part], host[part]))
        throw UserError.at({}, `--set: changes the ${part} of ${before.name}, which cannot change in the middle of its life`);
    if (before.disk?.bytesPerSecond !== host.disk?.bytesPerSecond)
      throw UserError.at(
        {},
        `--set: changes the disk of ${before.name} in another way than its fsync, which cannot change in the middle of its life`,
      );
  });
}

/** Those that had struck by then must be the same: nobody can undo them. */
function otherFaults(was: readonly WorldChange[], is: readonly WorldChange[], at: Instant, acts: string[]): readonly WorldChange[] {
  const struck = (all: readonly WorldChange[]): readonly WorldChange[] => all.filter((change) => change.at < at);
  const [before, now] = [struck(was), struck(is)];
  const odd = now.find((change, index) => !isDeepStrictEqual(change, before[index])) ?? before[now.length];
  if (odd !== undefined)
    throw UserError.at(
      {},
      `--set faults: changes what struck at ${odd.at / 1e6} s (${odd.label ?? odd.change}), before --at (${at / 1e6} s)`,
    );
  const [old, next] = [was.slice(before.length), is.slice(now.length)];
  if (!isDeepStrictEqual(old, next)) acts.push('other faults strike');
  return next;
}

function otherWork(was: WorkloadClientConfig, is: WorkloadClientConfig, base: BuiltWorld, at: Instant): Message {
  const [before, now] = [was, is].map((config) => requestsBefore(config, base.world.seed, at)) as [readonly object[], readonly object[]];
  const odd = now.findIndex((request, index) => !isDeepStrictEqual(request, before[index]));
  const first = (odd < 0 ? before[now.length] : now[odd]) as
    | { readonly at: Instant; readonly verb: string; readonly resource: string }
    | undefined;
  if (first !== undefined)
    throw UserError.at(
      {},
      `--set workload: changes what users asked for at ${first.at / 1e6} s (${first.verb} ${first.resource}), before --at (${at / 1e6} s)`,
    );
  return workloadInstead(
    is,
    is.namespaces.filter((name) => !was.namespaces.includes(name)),
  );
}

function tellObserver(base: BuiltWorld, other: BuiltWorld, at: Instant, messages: { to: HostId; message: Message }[]): void {
  const to = base.world.hosts.findIndex(({ program }) => program === 'observer');
  if (to < 0 || isDeepStrictEqual(base.losses, other.losses)) return;
  const { losses } = (other.world.hosts[to] as HostSpec).config as ObserverConfig;
  messages.push({
    to,
    message: lossesInstead(
      at,
      losses.filter((loss) => loss.at >= at),
    ),
  });
}

function named(hosts: readonly HostSpec[]): string {
  const names = hosts.map(({ name }) => name);
  return names.length <= 4 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
}
