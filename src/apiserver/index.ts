/** The API server: registry, validation, watch cache, admission. */
export type { ApiServerConfig, EtcdEndpoints } from './config.ts';
export { type Costs as ApiServerCosts, DEFAULT_COSTS as API_SERVER_COSTS } from './costs.ts';
export { humanDuration } from './printing/human-duration.ts';
export type { Cell, Column, Printer } from './printing/printer.ts';
export { printerOf } from './printing/printers.ts';
export {
  asPartialObjectMetadata,
  asPartialObjectMetadataList,
  asTable,
  type IncludeObject,
  partialEvent,
  type Table,
  type TableOptions,
  type TableRow,
  tableEvent,
} from './printing/table.ts';
export { ApiServer } from './server.ts';
