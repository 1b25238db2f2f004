/** As whom each controller writes when the manager is told to use service accounts (--use-service-account-credentials): the accounts to which the
 *  bootstrap policy binds their roles. Mirrors kubernetes v1.34 cmd/kube-controller-manager/app (the names given to ClientOrDie). */

const ACCOUNTS: Readonly<Record<string, string>> = {
  daemonset: 'daemon-set-controller',
  'node-lifecycle': 'node-controller',
  'taint-eviction': 'node-controller',
  'pod-garbage-collector': 'pod-garbage-collector',
  'garbage-collector': 'generic-garbage-collector',
  serviceaccount: 'service-account-controller',
  horizontalpodautoscaling: 'horizontal-pod-autoscaler',
  'horizontal-pod-autoscaler': 'horizontal-pod-autoscaler',
  replicationcontroller: 'replication-controller',
  'replication-controller': 'replication-controller',
  'persistentvolume-binder': 'persistent-volume-binder',
  'persistentvolume-attach-detach': 'attachdetach-controller',
  'persistentvolume-expander': 'expand-controller',
  'persistentvolumeclaim-protection': 'pvc-protection-controller',
  'persistentvolume-protection': 'pv-protection-controller',
  endpoints: 'endpoint-controller',
};

export const accountUserOf = (controller: string): string =>
  `system:serviceaccount:kube-system:${ACCOUNTS[controller] ?? `${controller}-controller`}`;
