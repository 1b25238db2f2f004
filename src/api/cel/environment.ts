/** Kubernetes' CEL environment: the library's language with optional values, and the functions that apiserver v1.34 pkg/cel/environment/base.go adds.
 *  The language itself is @marcbachmann/cel-js (docs/decisions.md says why). */

import { Environment } from '@marcbachmann/cel-js';
import { registerAddresses } from './address-library.ts';
import { registerFormats } from './format-library.ts';
import { registerLists } from './list-library.ts';
import { registerPresence } from './presence.ts';
import { registerQuantities } from './quantity-library.ts';
import { registerSemvers } from './semver-library.ts';
import { registerFormatting } from './text-formatting.ts';
import { registerTexts } from './text-library.ts';
import { registerTwoVariables } from './two-variables.ts';
import { registerUrls } from './url-library.ts';

/** A fresh environment; the caller declares its variables. */
export function kubernetesCel(): Environment {
  const environment = new Environment({ unlistedVariablesAreDyn: false, enableOptionalTypes: true });
  registerPresence(environment);
  registerQuantities(environment);
  registerSemvers(environment);
  registerTexts(environment);
  registerLists(environment);
  registerAddresses(environment);
  registerUrls(environment);
  registerFormats(environment);
  registerFormatting(environment);
  registerTwoVariables(environment);
  return environment;
}
