/** Simulated time: whole microseconds, as Kubernetes' MicroTime has them. Safe integers last 285 years. */

/** A moment: microseconds since the run began. */
export type Instant = number & { readonly unit?: 'instant' };
/** A span: microseconds. */
export type Duration = number & { readonly unit?: 'duration' };

export const MICROSECOND: Duration = 1;
export const MILLISECOND: Duration = 1_000;
export const SECOND: Duration = 1_000_000;
export const MINUTE: Duration = 60_000_000;
export const HOUR: Duration = 3_600_000_000;

/** Whole microseconds nearest to a count of milliseconds. */
export const milliseconds = (count: number): Duration => Math.round(count * MILLISECOND);
/** Whole microseconds nearest to a count of seconds. */
export const seconds = (count: number): Duration => Math.round(count * SECOND);
