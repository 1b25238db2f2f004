/** The API server: registry, validation, watch cache, admission. */
export type { AdmissionReviewAnswer, AdmissionReviewCall, AdmissionReviewRequest } from './admission/webhooks/protocol.ts';
export { AUDIT_LOG } from './audit/audit-log.ts';
export type { ApiServerConfig, EtcdEndpoints } from './config.ts';
export { type Costs as ApiServerCosts, DEFAULT_COSTS as API_SERVER_COSTS } from './costs.ts';
export type { ConversionReviewAnswer, ConversionReviewCall } from './custom-resources/conversion/protocol.ts';
export type { Definition as CustomResourceDefinitionObject } from './custom-resources/definition.ts';
export { answerDocument, type DocumentAnswer, type DocumentRequest, type DocumentSources } from './discovery/answer.ts';
export { type CatalogueEntry, type CatalogueGroup, catalogue } from './discovery/catalogue.ts';
export { metricsText } from './discovery/metrics-text.ts';
export { ETCD_HISTORY, type RecordedCall, type RecordedCalls } from './etcd-history.ts';
export { OpenApi } from './openapi/openapi.ts';
export { pruneUnknownFields } from './openapi/prune-unknown.ts';
export type { Schemas as OpenApiSchemas } from './openapi/schemas.ts';
export { refuseUndeclared, refuseUnknownFields, refuseUnknownInPatch, unknownFields } from './openapi/strict-decoding.ts';
export { refuseMistyped, refuseMistypedPatch } from './openapi/typed-decoding.ts';
export { customPrinter, printerOfDefined } from './printing/custom-columns.ts';
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
