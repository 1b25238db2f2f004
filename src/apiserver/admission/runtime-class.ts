/** RuntimeClass: a pod of a class gets the class's overhead, node selector and tolerations. Mirrors Kubernetes v1.34
 *  plugin/pkg/admission/runtimeclass/admission.go. */

import { deepEqual, forbidden, type KubeObject, type Pod, type PodSpec, type RuntimeClass, type StatusObject, type Toleration } from '#api';
import type { Core, Operation } from '../core.ts';
import type { AdmissionPlugin } from './plugin.ts';

const RESOURCE = 'runtimeclasses.node.k8s.io';

/** The pod's own tolerations, then those of the class that it does not have (tolerations.MergeTolerations). */
function mergedTolerations(own: PodSpec['tolerations'], more: readonly Toleration[] | undefined): PodSpec['tolerations'] {
  const missing = (more ?? []).filter((one) => !(own ?? []).some((known) => deepEqual(known, one)));
  return missing.length === 0 ? own : [...(own ?? []), ...missing];
}

function withClass(pod: Pod, { overhead, scheduling }: RuntimeClass, refuse: (why: string) => StatusObject): Pod | StatusObject {
  const spec = pod.spec as PodSpec;
  const fixed = overhead?.podFixed;
  if (spec.overhead !== undefined && fixed !== undefined && !deepEqual(spec.overhead, fixed))
    return refuse("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
  const selector = { ...spec.nodeSelector };
  for (const [key, value] of Object.entries(scheduling?.nodeSelector ?? {})) {
    if (selector[key] !== undefined && selector[key] !== value)
      return refuse(`conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${selector[key]}`);
    selector[key] = value;
  }
  const tolerations = mergedTolerations(spec.tolerations, scheduling?.tolerations);
  return {
    ...pod,
    spec: {
      ...spec,
      ...(fixed === undefined ? {} : { overhead: fixed }),
      ...(Object.keys(selector).length === 0 ? {} : { nodeSelector: selector }),
      ...(tolerations === undefined ? {} : { tolerations }),
    },
  };
}

export const runtimeClass: AdmissionPlugin = {
  name: 'RuntimeClass',
  isDefault: true,
  resources: ['pods'],
  mutate(core: Core, _operation: Operation, object: KubeObject): KubeObject | StatusObject {
    const pod = object as Pod;
    const name = pod.spec?.runtimeClassName;
    const refuse = (why: string): StatusObject => forbidden('pods', pod.metadata?.name || pod.metadata?.generateName || 'Unknown', why);
    if (!name) {
      if (pod.spec?.overhead === undefined) return object;
      return refuse('pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
    }
    const state = core.resource(RESOURCE);
    const found = state?.cache.get(state.prefix + name) as RuntimeClass | undefined;
    if (found === undefined) return refuse(`pod rejected: RuntimeClass "${name}" not found`);
    return withClass(pod, found, refuse);
  },
};
