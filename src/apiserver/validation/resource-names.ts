/** Kubernetes' own names of resources. Mirrors v1.34 pkg/apis/core/helper/helpers.go (standardResources, standardQuotaResources, integerResources). */

/** Counted in whole objects. */
const OBJECTS = [
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
];

/** IsIntegerResourceName, extended resources aside. */
export const INTEGER_RESOURCES: ReadonlySet<string> = new Set(OBJECTS);

/** What a ResourceQuota may name without a prefix. */
export const QUOTA_RESOURCES: ReadonlySet<string> = new Set([
  'cpu',
  'memory',
  'ephemeral-storage',
  'requests.cpu',
  'requests.memory',
  'requests.ephemeral-storage',
  'requests.storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  ...OBJECTS,
]);

export const STANDARD_RESOURCES: ReadonlySet<string> = new Set([...QUOTA_RESOURCES, 'storage']);
