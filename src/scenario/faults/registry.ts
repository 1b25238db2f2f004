/** All kinds of fault by their key in a scenario. */

import type { FaultKind } from '../fault.ts';
import { clockSkew } from './clock-skew.ts';
import { crashApiServer, crashControllerManager, crashScheduler } from './crash-component.ts';
import { crashEtcdMember, killEtcdLeader } from './crash-etcd-member.ts';
import { crashNodes } from './crash-nodes.ts';
import { fillEtcdDisk } from './fill-etcd-disk.ts';
import { partitionEtcdMember } from './partition-etcd-member.ts';
import { partitionNodes } from './partition-nodes.ts';
import { pauseNodes } from './pause-nodes.ts';
import { slowEtcdDisk } from './slow-etcd-disk.ts';
import { slowNetwork } from './slow-network.ts';
import { stallEtcdDisk } from './stall-etcd-disk.ts';

export const FAULTS: readonly FaultKind[] = [
  crashNodes,
  partitionNodes,
  pauseNodes,
  crashApiServer,
  crashScheduler,
  crashControllerManager,
  crashEtcdMember,
  killEtcdLeader,
  partitionEtcdMember,
  stallEtcdDisk,
  slowEtcdDisk,
  fillEtcdDisk,
  slowNetwork,
  clockSkew,
];

const byName = new Map(FAULTS.map((kind) => [kind.name, kind]));

export const faultKind = (name: string): FaultKind | undefined => byName.get(name);
