/** The API server: registry, validation, watch cache, request path. */
export {};
