/** The tongue: objects, quantities, selectors; requests, responses, watch events, errors. Pure data. */
export * from './calendar-time.ts';
export * from './cel/device-selector.ts';
export * from './cel/schema-rule.ts';
export * from './cel/semver-library.ts';
export * from './device-objects.ts';
export * from './names.ts';
export * from './object-size.ts';
export * from './objects.ts';
export * from './patch/index.ts';
export * from './pod-resources.ts';
export * from './protocol.ts';
export * from './quantity.ts';
export * from './quota/index.ts';
export * from './resources.ts';
export * from './selectors.ts';
export * from './status.ts';
export * from './taints.ts';
