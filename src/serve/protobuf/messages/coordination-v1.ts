/** Messages of coordination/v1 as of Kubernetes v1.34: number, name and type of each field. Written by test/interop/protobuf. */

export const COORDINATION_V1: Readonly<Record<string, string>> = {
  Lease: '1 metadata meta/v1.ObjectMeta, 2 spec LeaseSpec',
  LeaseSpec:
    '1 holderIdentity? *string, 2 leaseDurationSeconds? *int32, 3 acquireTime? *MicroTime, 4 renewTime? *MicroTime, 5 leaseTransitions? *int32, 6 strategy? *string, 7 preferredHolder? *string',
};
