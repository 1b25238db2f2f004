/** Studies: many runs, and what they say together. */

/** For threads and workers, which have no door to the room of scenarios. */
export { UserError } from '#scenario';
export * from './capacity.ts';
export * from './capacity-answers.ts';
export { checkAutoscaling } from './capacity-autoscaled.ts';
export * from './capacity-plan.ts';
export { checkArms } from './check-arms.ts';
export * from './ci-run.ts';
export * from './compare.ts';
export * from './compare-arms.ts';
export * from './fail-if.ts';
export * from './fewest.ts';
export * from './journal.ts';
export * from './merge-journals.ts';
export * from './read-result.ts';
export { type FoundStudy, readStudy, type StudyName } from './read-study.ts';
export * from './result-schema.ts';
export * from './run-trials.ts';
export * from './sides.ts';
export * from './study-metrics.ts';
export * from './study-schemas.ts';
export * from './sweep.ts';
export * from './sweep-plan.ts';
export * from './trial.ts';
export * from './trial-key.ts';
export * from './trial-wire.ts';
export { changeText, comparisonCells, digits, intervalText, inUnit, judgementOf } from './verdict-words.ts';
