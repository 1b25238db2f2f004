/** NamespaceLifecycle: some namespaces must not be deleted. That nothing is made where there is no namespace, or a dying one, is asked in verbs/create.ts.
 *  Mirrors apiserver v1.34 pkg/admission/plugin/namespace/lifecycle/admission.go. */

import { refusedBy } from './attributes.ts';
import type { AdmissionPlugin } from './plugin.ts';

const IMMORTAL: ReadonlySet<string> = new Set(['default', 'kube-system', 'kube-public']);

export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  isDefault: true,
  resources: ['namespaces'],
  validate(_core, attributes) {
    if (attributes.verb !== 'DELETE' || !IMMORTAL.has(attributes.name)) return undefined;
    return refusedBy(attributes, 'this namespace may not be deleted');
  },
};
