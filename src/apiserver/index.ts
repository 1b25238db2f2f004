/** The API server: registry, validation, watch cache, admission. */
export type { ApiServerConfig, EtcdEndpoints } from './config.ts';
export { type Costs as ApiServerCosts, DEFAULT_COSTS as API_SERVER_COSTS } from './costs.ts';
export { ApiServer } from './server.ts';
