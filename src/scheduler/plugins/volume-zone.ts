/** A volume labelled with a zone or region is used from nodes of that zone. Mirrors kube-scheduler v1.34 plugins/volumezone. */

import type { Pod } from '#api';
import type { CycleState, EnqueueExtensions, FilterPlugin, Handle, PreFilterPlugin, PreFilterResult } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import { type LabelMap, nodeLabels, podNamespace, REGION_LABEL, ZONE_LABEL } from '../pod-fields.ts';
import { ifClaimed } from '../pod-hints.ts';
import { ADD, type EventRegistration, UPDATE, UPDATE_NODE_LABEL } from '../queueing-events.ts';
import { SKIP, type Status, unresolvable } from '../status.ts';
import {
  claimClass,
  claimNotFound,
  claimsOf,
  type PersistentVolume,
  type StorageClass,
  storageClassesOf,
  volumesOf,
} from '../storage-objects.ts';

const CONFLICT = unresolvable('node(s) had no available volume zone');

const BETA_ZONE = 'failure-domain.beta.kubernetes.io/zone';
const BETA_REGION = 'failure-domain.beta.kubernetes.io/region';
const TOPOLOGY_LABELS = [BETA_ZONE, BETA_REGION, ZONE_LABEL, REGION_LABEL];
const GA_LABEL: Readonly<Record<string, string>> = { [BETA_ZONE]: ZONE_LABEL, [BETA_REGION]: REGION_LABEL };

interface VolumeTopology {
  readonly key: string;
  readonly values: readonly string[];
}

/** getPVTopologies: 'a__b' means either; a label with an empty part is ignored (LabelZonesToSet). */
function topologiesOf(volume: PersistentVolume): VolumeTopology[] {
  const labels = (volume.metadata?.labels ?? {}) as LabelMap;
  const topologies: VolumeTopology[] = [];
  for (const key of TOPOLOGY_LABELS) {
    const text = labels[key];
    if (text === undefined) continue;
    const values = text.split('__').map((value) => value.trim());
    if (!values.includes('')) topologies.push({ key, values });
  }
  return topologies;
}

const STATE_KEY = 'PreFilterVolumeZone';

export class VolumeZone implements PreFilterPlugin, FilterPlugin, EnqueueExtensions {
  readonly name = 'VolumeZone';

  preFilter(state: CycleState, pod: Pod, handle: Handle): PreFilterResult | undefined {
    const topologies: VolumeTopology[] = [];
    for (const { persistentVolumeClaim } of pod.spec?.volumes ?? []) {
      if (persistentVolumeClaim === undefined) continue;
      const found = this.#ofClaim(pod, persistentVolumeClaim.claimName, handle);
      if (!Array.isArray(found)) return { status: found as Status };
      topologies.push(...(found as VolumeTopology[]));
    }
    if (topologies.length === 0) return { status: SKIP };
    state.write(STATE_KEY, topologies);
    return undefined;
  }

  #ofClaim(pod: Pod, name: string, handle: Handle): VolumeTopology[] | Status {
    if (name === '') return unresolvable('PersistentVolumeClaim had no name');
    const claim = claimsOf(handle).get(`${podNamespace(pod)}/${name}`);
    if (claim === undefined) return unresolvable(claimNotFound(name));
    const volumeName = claim.spec?.volumeName ?? '';
    if (volumeName !== '') {
      const volume = volumesOf(handle).get(volumeName);
      return volume === undefined ? unresolvable(`persistentvolume "${volumeName}" not found`) : topologiesOf(volume);
    }
    const className = claimClass(claim);
    if (className === '') return unresolvable('PersistentVolumeClaim had no pv name and storageClass name');
    const storageClass = storageClassesOf(handle).get(className);
    if (storageClass === undefined) return unresolvable(`storageclass.storage.k8s.io "${className}" not found`);
    if (storageClass.volumeBindingMode === undefined) return unresolvable(`VolumeBindingMode not set for StorageClass "${className}"`);
    return storageClass.volumeBindingMode === 'WaitForFirstConsumer' ? [] : unresolvable('PersistentVolume had no name');
  }

  filter(state: CycleState, _pod: Pod, { node }: NodeInfo): Status | undefined {
    const labels = nodeLabels(node);
    // A cluster of one zone may have no labels at all.
    if (!TOPOLOGY_LABELS.some((key) => labels[key] !== undefined)) return undefined;
    for (const { key, values } of state.read<VolumeTopology[]>(STATE_KEY) ?? []) {
      const value = labels[key] ?? labels[GA_LABEL[key] ?? key];
      if (value === undefined || !values.includes(value)) return CONFLICT;
    }
    return undefined;
  }

  eventsToRegister(): readonly EventRegistration[] {
    return [
      {
        resource: 'StorageClass',
        action: ADD,
        hint: (_pod, _before, after) => ((after as StorageClass).volumeBindingMode === 'WaitForFirstConsumer' ? 'Queue' : 'QueueSkip'),
      },
      { resource: 'Node', action: ADD | UPDATE_NODE_LABEL },
      {
        resource: 'PersistentVolumeClaim',
        action: ADD | UPDATE,
        hint: (pod, _before, after) => ifClaimed(pod, after, (_pod, volume) => volume.persistentVolumeClaim?.claimName),
      },
      {
        resource: 'PersistentVolume',
        action: ADD | UPDATE,
        hint: (_pod, before, after) => {
          if (before === undefined) return 'Queue';
          const text = (topologies: VolumeTopology[]): string => topologies.map(({ key, values }) => `${key}=${values.join()}`).join(';');
          return text(topologiesOf(before)) === text(topologiesOf(after as PersistentVolume)) ? 'QueueSkip' : 'Queue';
        },
      },
    ];
  }
}
