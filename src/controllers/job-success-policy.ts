/** When some indexes are success enough. Mirrors kubernetes v1.34 pkg/controller/job/success_policy.go; KEP-3998. */

import type { Job } from '#api';
import { parseIndexes } from './job-indexes.ts';

/** The message of the first rule that the succeeded indexes meet. */
export function matchSuccessPolicy({ spec }: Job, succeeded: ReadonlySet<number>): string | undefined {
  const rules = spec?.successPolicy?.rules;
  if (rules === undefined || succeeded.size === 0) return undefined;
  for (const [index, { succeededIndexes, succeededCount }] of rules.entries()) {
    let isMet: boolean;
    if (succeededIndexes === undefined) {
      isMet = succeededCount !== undefined && succeeded.size >= succeededCount;
    } else {
      const wanted = parseIndexes(succeededIndexes, spec?.completions ?? 0);
      if (wanted.size === 0) continue;
      let met = 0;
      for (const one of wanted) if (succeeded.has(one)) met++;
      isMet = met === wanted.size || (succeededCount !== undefined && met >= succeededCount);
    }
    if (isMet) return `Matched rules at index ${index}`;
  }
  return undefined;
}
