/** Luck belongs to its cause: every draw is keyed by (seed, purpose, entity), never by who draws it or when. */

/** A hashed purpose; make it once at module level with `purpose('kubelet/pull')`. */
export type Purpose = number & { readonly unit?: 'purpose' };

/** A sequence of draws for one cause. */
export interface Stream {
  /** Uniform in [0, 1), 32 bits of it. */
  next(): number;
}

/** The run's luck. Keys are integers; hash names with `hashName`. */
export interface Chance {
  /** One draw in [0, 1) that depends on the seed and its keys alone. */
  uniform(purpose: Purpose, a?: number, b?: number, c?: number): number;
  /** A stream (sfc32 seeded by a hash of seed and keys). */
  stream(purpose: Purpose, a?: number, b?: number, c?: number): Stream;
  /** A scenario-level stream: seedrandom's alea, by name. */
  scenario(name: string): Stream;
}

/** A distribution as a scenario writes it. Durations and sizes keep the unit of the field that holds it. */
export type Distribution =
  | number
  | { readonly uniform: { readonly min: number; readonly max: number } }
  | { readonly exponential: { readonly mean: number; readonly min?: number } }
  | { readonly normal: { readonly mean: number; readonly sd: number; readonly min?: number } }
  | { readonly lognormal: { readonly p50: number; readonly p99: number; readonly min?: number; readonly max?: number } }
  | { readonly weibull: { readonly scale: number; readonly shape: number } }
  | { readonly empirical: readonly (readonly [quantile: number, value: number])[] };
