/** The data plane, thin: clients of Services, what each of their nodes knows of the endpoints, and what became of requests. */
export * from './traffic-batch.ts';
export { TrafficClients } from './traffic-clients.ts';
export type { TrafficConfig, TrafficPlan, TrafficStretch } from './traffic-plan.ts';
