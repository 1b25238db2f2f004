/** Messages of scheduling/v1 as of Kubernetes v1.34: number, name and type of each field. Written by test/interop/protobuf. */

export const SCHEDULING_V1: Readonly<Record<string, string>> = {
  PriorityClass: '1 metadata meta/v1.ObjectMeta, 2 value int32, 3 globalDefault? bool, 4 description? string, 5 preemptionPolicy? *string',
};
