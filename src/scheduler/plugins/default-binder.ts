/** Binds by POST to the pod's binding subresource. Mirrors kube-scheduler v1.34 plugins/defaultbinder. */

import type { Pod } from '#api';
import type { Plugin } from '../framework.ts';
import { podName, podNamespace, podUid } from '../pod-fields.ts';

export class DefaultBinder implements Plugin {
  readonly name = 'DefaultBinder';

  /** The v1 Binding. */
  binding(pod: Pod, nodeName: string) {
    return {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: podName(pod), namespace: podNamespace(pod), uid: podUid(pod) },
      target: { kind: 'Node', name: nodeName },
    };
  }
}
