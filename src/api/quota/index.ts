/** Quotas: what objects take of them, which of them a quota is about, and lists of amounts. */
export { missingAmounts } from './pod-usage.ts';
export * from './resource-list.ts';
export { isInScopes, type ScopeRequirement, scopesOf } from './scopes.ts';
export { countedResource, quotaNamesFor, quotaUsage, usageOf } from './usage.ts';
