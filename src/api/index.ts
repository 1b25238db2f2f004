/** The tongue: objects, quantities, selectors; requests, responses, watch events, errors. Pure data. */
export * from './objects.ts';
export * from './protocol.ts';
