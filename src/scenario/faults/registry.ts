/** All kinds of fault by their key in a scenario; each can strike once, at a rate, or at the instants of a trace (recurrence.ts). */

import type { FaultKind } from '../fault.ts';
import { clockDrift } from './clock-drift.ts';
import { clockSkew } from './clock-skew.ts';
import { cloudErrors } from './cloud-errors.ts';
import { corruptMember } from './corrupt-member.ts';
import { crashApiServer, crashControllerManager, crashScheduler } from './crash-component.ts';
import { crashContainers } from './crash-containers.ts';
import { crashEtcdMember, killEtcdLeader } from './crash-etcd-member.ts';
import { crashNodes } from './crash-nodes.ts';
import { dnsErrors } from './dns-errors.ts';
import { dropWatches } from './drop-watches.ts';
import { fillEtcdDisk } from './fill-etcd-disk.ts';
import { isolateComponent } from './isolate-component.ts';
import { lagWatch } from './lag-watch.ts';
import { loseEtcdDisk } from './lose-etcd-disk.ts';
import { partitionEtcdMember } from './partition-etcd-member.ts';
import { partitionNodes } from './partition-nodes.ts';
import { pauseComponent } from './pause-component.ts';
import { pauseNodes } from './pause-nodes.ts';
import { rebootNodes } from './reboot-nodes.ts';
import { reclaimSpotNodes } from './reclaim-spot-nodes.ts';
import { recurring } from './recurrence.ts';
import { registryOutage } from './registry-outage.ts';
import { repeatRequests } from './repeat-requests.ts';
import { restartKubelet } from './restart-kubelet.ts';
import { slowComponent } from './slow-component.ts';
import { slowEtcdDisk } from './slow-etcd-disk.ts';
import { slowNetwork } from './slow-network.ts';
import { slowNodes } from './slow-nodes.ts';
import { staleServer } from './stale-server.ts';
import { stallEtcdDisk } from './stall-etcd-disk.ts';
import { tornWrite } from './torn-write.ts';
import { webhookOutage } from './webhook-outage.ts';
import { zoneOutage } from './zone-outage.ts';

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
  corruptMember,
  slowNetwork,
  clockSkew,
  clockDrift,
  cloudErrors,
  crashContainers,
  dnsErrors,
  dropWatches,
  isolateComponent,
  lagWatch,
  loseEtcdDisk,
  pauseComponent,
  rebootNodes,
  reclaimSpotNodes,
  registryOutage,
  repeatRequests,
  restartKubelet,
  slowComponent,
  slowNodes,
  staleServer,
  tornWrite,
  webhookOutage,
  zoneOutage,
].map((kind) => recurring(kind as unknown as FaultKind<object>) as FaultKind);

const byName = new Map(FAULTS.map((kind) => [kind.name, kind]));

export const faultKind = (name: string): FaultKind | undefined => byName.get(name);
