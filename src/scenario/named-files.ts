/** The files that a scenario names besides itself: traces, schedulers' configurations, KWOK stages, extenders' modules. */

import { dirname, isAbsolute, resolve } from 'node:path';

type Written = Readonly<Record<string, unknown>>;

/** Absolute paths, in the order of the scenario. `file` is the scenario's own. */
export function namedFiles(source: unknown, file: string): readonly string[] {
  const { cluster = {}, workload = [] } = (source ?? {}) as { readonly cluster?: Written; readonly workload?: readonly Written[] };
  const list = (written: unknown): readonly Written[] => (Array.isArray(written) ? (written as readonly Written[]) : []);
  const stages = (cluster['kubelets'] as Written | undefined)?.['stages'];
  const named = [
    ...list(workload).map((entry) => (entry['trace'] as Written | undefined)?.['file']),
    ...list(cluster['schedulers']).map(({ config }) => config),
    ...(Array.isArray(stages) ? stages : [stages]),
    ...list(cluster['extenders']).map(({ module }) => module),
  ].filter((name) => typeof name === 'string');
  return [...new Set(named.map((name) => (isAbsolute(name) ? name : resolve(dirname(file), name))))];
}
