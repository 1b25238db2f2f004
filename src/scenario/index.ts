/** Scenarios: their schema, workloads and faults. */
export {};
