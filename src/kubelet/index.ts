/** The node: kubelet, runtime, images, probes. */
export {};
