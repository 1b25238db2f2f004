/** The data plane, thin: clients of Services, what each of their nodes knows of the endpoints, and what became of requests. */
export { choose as endpointsInUse, type KnownEndpoint } from './endpoint-choice.ts';
export { PROGRAMMING_SECONDS, ServiceProxy } from './service-proxy.ts';
export * from './traffic-batch.ts';
export { TrafficClients } from './traffic-clients.ts';
export type { TrafficConfig, TrafficPlan, TrafficStretch } from './traffic-plan.ts';
