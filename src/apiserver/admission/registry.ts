/** Every admission plugin by Kubernetes' name, in the order in which they are asked. Adding one is a file and a line here. A plugin without a decision
 *  of its own in this table is part of the server elsewhere, and is named so that it can be turned off.
 *  Mirrors Kubernetes v1.34 pkg/kubeapiserver/options/plugins.go. */

import { defaultIngressClass, defaultStorageClass } from './default-classes.ts';
import { limitRanger } from './limit-ranger.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';
import { nodeRestriction } from './node-restriction.ts';
import type { AdmissionPlugin } from './plugin.ts';
import { podSecurity } from './pod-security/pod-security.ts';
import { runtimeClass } from './runtime-class.ts';
import { serviceAccount } from './service-account.ts';

const elsewhere = (name: string, isDefault = true): AdmissionPlugin => ({ name, isDefault, resources: [] });

export const PLUGINS: readonly AdmissionPlugin[] = [
  namespaceLifecycle,
  limitRanger,
  serviceAccount,
  nodeRestriction,
  // admit.ts
  elsewhere('TaintNodesByCondition'),
  podSecurity,
  // admit.ts
  elsewhere('Priority'),
  elsewhere('DefaultTolerationSeconds'),
  defaultStorageClass,
  runtimeClass,
  defaultIngressClass,
  // webhooks/dispatcher.ts, policies/validating-policies.ts
  elsewhere('MutatingAdmissionWebhook'),
  elsewhere('ValidatingAdmissionPolicy'),
  elsewhere('ValidatingAdmissionWebhook'),
  // quota/evaluator.ts
  elsewhere('ResourceQuota'),
];

export const PLUGIN_NAMES: readonly string[] = PLUGINS.map(({ name }) => name);
