/** The controllers of kube-controller-manager, one file each. */
export { DeploymentController } from './deployment.ts';
export { ReplicaSetController } from './replicaset.ts';
