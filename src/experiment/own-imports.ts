/** Files of users' own import 'wavetank/controller' and 'wavetank/plugin' wherever they lie: the package need not be installed beside them. */

import { registerHooks } from 'node:module';

const OFFERED: Readonly<Record<string, readonly [room: string, file: string]>> = {
  'wavetank/controller': ['#client', './controller-authors'],
  'wavetank/plugin': ['#scheduler', './plugin-authors'],
};

let isOffering = false;

/** Once a thread; what Node finds by itself it goes on finding. */
export function offerOwnImports(): void {
  if (isOffering) return;
  isOffering = true;
  registerHooks({
    resolve(specifier, context, next) {
      const offered = OFFERED[specifier];
      if (offered === undefined) return next(specifier, context);
      try {
        return next(specifier, context);
      } catch {
        const [room, file] = offered;
        const door = import.meta.resolve(room);
        return { url: new URL(`${file}${door.endsWith('.ts') ? '.ts' : '.js'}`, door).href, shortCircuit: true };
      }
    },
  });
}
