/** Studies: many runs, and what they say together. */

export { checkArms } from './check-arms.ts';
export * from './compare.ts';
export * from './compare-arms.ts';
export * from './fail-if.ts';
export * from './journal.ts';
export * from './read-result.ts';
export * from './run-trials.ts';
export * from './sides.ts';
export * from './study-metrics.ts';
export * from './trial.ts';
export * from './trial-key.ts';
export * from './trial-wire.ts';
export { digits, inUnit } from './verdict-words.ts';
