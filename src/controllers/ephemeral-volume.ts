/** Makes the claims of pods' generic ephemeral volumes; they are owned by their pods and go with them. Mirrors kubernetes v1.34
 *  pkg/controller/volume/ephemeral/controller.go. */

import type { PersistentVolumeClaim, Pod } from '#api';
import type { Controller, InformerEvent, Plan, RequestSpec, View, WatchSpec } from '#client';
import { controllerOf, controllerReference } from './owner-references.ts';
import { CLAIMS } from './volume-marks.ts';

const NONE: readonly string[] = [];

export class EphemeralVolumeController implements Controller {
  readonly name = 'ephemeral-volume';
  readonly queue = 'ephemeral_volume';
  readonly component = 'ephemeral_volume';
  /** --concurrent-ephemeralvolume-syncs. */
  readonly workers: number;
  readonly watches: readonly WatchSpec[] = [
    { resource: 'pods', keys: podKeys },
    { resource: CLAIMS, keys: claimKeys },
  ];

  constructor(workers = 5) {
    this.workers = workers;
  }

  reconcile(key: string, view: View): Plan {
    const pod = view.lister<Pod>('pods').get(key);
    if (pod === undefined || pod.metadata?.deletionTimestamp !== undefined) return {};
    const { namespace, name: podName } = pod.metadata ?? {};
    const requests: RequestSpec[] = [];
    for (const { name: volumeName, ephemeral } of pod.spec?.volumes ?? []) {
      if (ephemeral === undefined) continue;
      const name = `${podName}-${volumeName}`;
      const present = view.lister<PersistentVolumeClaim>(CLAIMS).get(`${namespace}/${name}`);
      if (present !== undefined) {
        if (controllerOf(present)?.uid !== pod.metadata?.uid)
          return { failed: `PVC ${namespace}/${name} was not created for pod ${namespace}/${podName} (pod is not owner)` };
        continue;
      }
      const { metadata, spec } = ephemeral.volumeClaimTemplate ?? { spec: undefined };
      const { labels, annotations } = metadata ?? {};
      const body = {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name, namespace, labels, annotations, ownerReferences: [controllerReference('v1', 'Pod', pod)] },
        spec,
      };
      requests.push({ verb: 'create', resource: CLAIMS, namespace, body, discardBody: true });
    }
    return { requests };
  }
}

function podKeys({ type, key, object, previous }: InformerEvent): readonly string[] {
  const { metadata, spec } = object as Pod;
  if (type === 'delete' || previous !== undefined || spec?.volumes === undefined || metadata?.deletionTimestamp !== undefined) return NONE;
  return spec.volumes.some(({ ephemeral }) => ephemeral !== undefined) ? [key] : NONE;
}

/** A claim that went while its pod is there is made again. */
function claimKeys({ type, object }: InformerEvent): readonly string[] {
  const owner = type === 'delete' ? controllerOf(object) : undefined;
  return owner?.kind === 'Pod' ? [`${object.metadata?.namespace}/${owner.name}`] : NONE;
}
