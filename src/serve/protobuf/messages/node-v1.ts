/** Messages of node/v1 as of Kubernetes v1.34: number, name and type of each field. Written by test/interop/protobuf. */

export const NODE_V1: Readonly<Record<string, string>> = {
  Overhead: '1 podFixed? {}Quantity',
  RuntimeClass: '1 metadata meta/v1.ObjectMeta, 2 handler string, 3 overhead? *Overhead, 4 scheduling? *Scheduling',
  Scheduling: '1 nodeSelector? {}string, 2 tolerations? []core/v1.Toleration',
};
