/** `crashEtcdMember` and `killEtcdLeader`: an etcd process dies; with `for`, it starts again on what its disk has. */

import { CONNECTION_RESET, type WorldChange } from '#sim';
import { atField, type FaultKind, type FaultScope, forField } from '../fault.ts';
import { fields, flag, text } from '../schema-pieces.ts';
import { parseDuration } from '../units.ts';
import { type EtcdSelection, etcdSelectionFields, etcdSelectionMistake, etcdSelector, etcdWords, membersOf } from './etcd-selection.ts';

interface CrashEtcdMemberSpec extends EtcdSelection {
  readonly at: string;
  readonly for?: string;
  readonly machine?: boolean;
}

function crash(spec: CrashEtcdMemberSpec, target: EtcdSelection, { ordinal, topology }: FaultScope): readonly WorldChange[] {
  const at = parseDuration(spec.at) ?? 0;
  const as = `etcd-crash-${ordinal}`;
  const words = etcdWords(target);
  const peers = [...topology.apiServers, ...membersOf(target.cluster ?? '', topology).map(({ id }) => id)];
  const notice = spec.machine === true ? {} : { notice: { to: { hosts: peers }, message: CONNECTION_RESET } };
  const label = spec.machine === true ? `machine of ${words} lost` : `${words} killed`;
  const changes: WorldChange[] = [{ at, change: 'crash', as, hosts: etcdSelector(target, topology), ...notice, label }];
  if (spec.for !== undefined)
    changes.push({ at: at + (parseDuration(spec.for) ?? 0), change: 'restart', hosts: { struckBy: as }, label: `${words} back` });
  return changes;
}

const machine = flag('the whole machine is gone: no connection is closed, peers notice by silence');

export const crashEtcdMember: FaultKind<CrashEtcdMemberSpec> = {
  name: 'crashEtcdMember',
  schema: fields('an etcd member dies (default: member 0)', { at: atField, for: forField, machine, ...etcdSelectionFields }, ['at']),
  mistake: etcdSelectionMistake,
  changes(spec, scope): readonly WorldChange[] {
    const cluster = spec.cluster ?? '';
    const target = spec.role === undefined ? { member: spec.member ?? 0, cluster } : { role: spec.role, cluster };
    return crash(spec, target, scope);
  },
};

export const killEtcdLeader: FaultKind<CrashEtcdMemberSpec> = {
  name: 'killEtcdLeader',
  schema: fields(
    'whoever leads etcd dies',
    { at: atField, for: forField, machine, cluster: text('of the etcd cluster with this name (default: the main one)') },
    ['at'],
  ),
  mistake: (spec, topology) => etcdSelectionMistake({ cluster: spec.cluster ?? '' }, topology),
  changes: (spec, scope) => crash(spec, { role: 'leader', cluster: spec.cluster ?? '' }, scope),
};
