/** When answers of API servers may have been lost: while a server was down, cut off, or at the end of a link that loses. What an asker does not know to have
 *  happened it asks for again (kubernetes v1.34 pkg/controller/replicaset/replica_set.go, manageReplicas, counts a failed create as not made). */

import type { HostId, Incident, WorldChange } from '#sim';

/** Simulated microseconds. */
export interface Interval {
  readonly from: number;
  readonly until: number;
}

/** `servers`: the API servers' hosts; a crash elsewhere loses no answers of theirs. */
export function lostAnswers(changes: readonly WorldChange[], servers: readonly HostId[]): readonly Interval[] {
  const ends = (change: WorldChange): number => {
    const end = changes.find((later) => {
      if (later.at < change.at) return false;
      if (change.change === 'tell')
        return later.change === 'tell' && losingShare(later) === 0 && later.to.hosts?.join() === change.to.hosts?.join();
      if (change.change === 'crash') return later.change === 'restart' && later.hosts.hosts?.join() === change.hosts.hosts?.join();
      return later.change === 'heal' && 'id' in change && later.id === change.id;
    });
    // What nothing ends loses answers to the end of the run; of a server that stays down only those that were on their way.
    return end?.at ?? (change.change === 'crash' ? change.at : Number.POSITIVE_INFINITY);
  };
  const found = changes.flatMap((change) => {
    const isLosing =
      change.change === 'crash'
        ? (change.hosts.hosts ?? servers).some((host) => servers.includes(host))
        : (losingShare(change) ?? 0) > 0 || change.change === 'partition' || (change.change === 'link' && change.loss !== undefined);
    const late = latest(change, servers);
    return isLosing || late >= GIVEN_UP ? [{ from: change.at, until: ends(change) + late }] : [];
  });
  // What was lost in one is made up for in the next that begins before anybody has recovered: they are one.
  const joined: { from: number; until: number }[] = [];
  for (const { from, until } of found) {
    const last = joined.at(-1);
    if (last !== undefined && from <= last.until + RECOVERY) last.until = Math.max(last.until, until);
    else joined.push({ from, until });
  }
  return joined;
}

/** How late a server may hear what was done: its askers give up before it can answer. */
function latest(change: WorldChange, servers: readonly HostId[]): number {
  if (change.change !== 'link' || change.extraLatency === undefined) return 0;
  if (![...(change.from.hosts ?? servers), ...(change.to.hosts ?? servers)].some((host) => servers.includes(host))) return 0;
  return typeof change.extraLatency === 'number' ? change.extraLatency : RECOVERY;
}
/** The shortest time-out of a component of the control plane: half the renew deadline of its lease (kubernetes v1.34 client-go leaderelection). */
const GIVEN_UP = 5_000_000;

/** Of a fault that repeats requests whose answers it loses. */
function losingShare(change: WorldChange): number | undefined {
  if (change.change !== 'tell' || change.message.kind !== 'Incident') return undefined;
  const { what, share } = change.message as Incident;
  return what === 'answers-lost' ? share : undefined;
}

const RECOVERY = 45_000_000;
