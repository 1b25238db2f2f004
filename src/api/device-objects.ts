/** Objects of resource.k8s.io/v1: device classes, claims, templates and slices (Kubernetes v1.34, dynamic resource allocation). */

export type { IAllocationResult as AllocationResult } from 'kubernetes-models/resource.k8s.io/v1/AllocationResult';
export type { IDevice as Device } from 'kubernetes-models/resource.k8s.io/v1/Device';
export type { IDeviceAllocationConfiguration as DeviceAllocationConfiguration } from 'kubernetes-models/resource.k8s.io/v1/DeviceAllocationConfiguration';
export type { IDeviceAttribute as DeviceAttribute } from 'kubernetes-models/resource.k8s.io/v1/DeviceAttribute';
export type { IDeviceClaim as DeviceClaim } from 'kubernetes-models/resource.k8s.io/v1/DeviceClaim';
export type { IDeviceClass as DeviceClass } from 'kubernetes-models/resource.k8s.io/v1/DeviceClass';
export type { IDeviceConstraint as DeviceConstraint } from 'kubernetes-models/resource.k8s.io/v1/DeviceConstraint';
export type { IDeviceRequest as DeviceRequest } from 'kubernetes-models/resource.k8s.io/v1/DeviceRequest';
export type { IDeviceRequestAllocationResult as DeviceRequestAllocationResult } from 'kubernetes-models/resource.k8s.io/v1/DeviceRequestAllocationResult';
export type { IDeviceSelector as DeviceSelector } from 'kubernetes-models/resource.k8s.io/v1/DeviceSelector';
export type { IDeviceSubRequest as DeviceSubRequest } from 'kubernetes-models/resource.k8s.io/v1/DeviceSubRequest';
export type { IDeviceTaint as DeviceTaint } from 'kubernetes-models/resource.k8s.io/v1/DeviceTaint';
export type { IDeviceToleration as DeviceToleration } from 'kubernetes-models/resource.k8s.io/v1/DeviceToleration';
export type { IExactDeviceRequest as ExactDeviceRequest } from 'kubernetes-models/resource.k8s.io/v1/ExactDeviceRequest';
export type { IResourceClaim as ResourceClaim } from 'kubernetes-models/resource.k8s.io/v1/ResourceClaim';
export type { IResourceClaimConsumerReference as ResourceClaimConsumerReference } from 'kubernetes-models/resource.k8s.io/v1/ResourceClaimConsumerReference';
export type { IResourceClaimTemplate as ResourceClaimTemplate } from 'kubernetes-models/resource.k8s.io/v1/ResourceClaimTemplate';
export type { IResourceSlice as ResourceSlice } from 'kubernetes-models/resource.k8s.io/v1/ResourceSlice';

/** Keeps a claim until nothing holds its devices any more. */
export const CLAIM_FINALIZER = 'resource.kubernetes.io/delete-protection';
/** On a generated claim: the name of the pod's entry that it was made for. */
export const POD_CLAIM_ANNOTATION = 'resource.kubernetes.io/pod-claim-name';
/** Most pods (or others) that may share a claim. */
export const RESERVED_FOR_MAX = 256;
/** Most devices in one claim's allocation. */
export const ALLOCATION_RESULTS_MAX = 32;
