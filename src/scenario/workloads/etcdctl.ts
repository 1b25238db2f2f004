/** `etcdctl`: what an operator does to etcd itself at an instant. */

import type { Duration, Instant } from '#sim';
import type { EtcdClusterPlan } from '../etcd-plan.ts';
import { count, duration, fields, oneOf, text } from '../schema-pieces.ts';
import { parseDuration } from '../units.ts';
import type { WorkloadEntry, WorkloadKind } from '../workload.ts';

export const ETCDCTL_COMMANDS = ['compact', 'defragment', 'disarm', 'moveLeader', 'restore', 'snapshot', 'status'] as const;
export type EtcdctlCommand = (typeof ETCDCTL_COMMANDS)[number];

interface EtcdctlSpec {
  readonly at: string;
  readonly every?: string;
  readonly do: EtcdctlCommand;
  readonly member?: number;
  readonly cluster?: string;
}

export interface EtcdctlPlan {
  readonly at: Instant;
  /** Absent: once. */
  readonly every: Duration | undefined;
  readonly command: EtcdctlCommand;
  /** Absent: all members for defragment and restore, any for the others. */
  readonly member: number | undefined;
  readonly cluster: string;
}

export const etcdctl: WorkloadKind<EtcdctlSpec> = {
  name: 'etcdctl',
  schema: fields(
    'what an operator does to etcd itself',
    {
      at: duration('when'),
      every: duration('again and again after so long (default: once)'),
      do: oneOf(
        ETCDCTL_COMMANDS,
        'compact at the present revision, defragment, disarm all alarms, hand the lead over, save a snapshot, restore the last one on all members that lost their disks, ask how it is',
      ),
      member: count(
        'which member, from 0 (default: all for defragment and restore; the next one after the leader for moveLeader; else member 0)',
      ),
      cluster: text('of the etcd cluster with this name (default: the main one)'),
    },
    ['at', 'do'],
  ),
  requests: () => [],
};

/** What is wrong with an entry once it is known which members there are; undefined when nothing is. */
export function etcdctlMistake(written: unknown, clusters: readonly EtcdClusterPlan[]): string | undefined {
  const { cluster, every, member = 0 } = etcdctlPlan(written);
  if (every !== undefined && every < 1_000_000) return "'every' is below 1s";
  const of = clusters.find(({ name }) => name === cluster);
  if (of === undefined) return `no etcd cluster is named '${cluster}'`;
  return member < of.members ? undefined : `wants etcd member ${member}, the last one is ${of.members - 1}`;
}

export const isEtcdctl = ({ kind }: WorkloadEntry): boolean => kind === etcdctl.name;

export function etcdctlPlan(written: unknown): EtcdctlPlan {
  const { at, every, do: command, member, cluster = '' } = written as EtcdctlSpec;
  return { at: parseDuration(at) ?? 0, every: parseDuration(every), command, member, cluster };
}
