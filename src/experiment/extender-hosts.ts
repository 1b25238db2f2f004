/** Extenders as hosts, and who is configured to ask them: those of a scheduler's own configuration, else those that the scenario or --extender brings. */

import type { ClientConfig } from '#client';
import type { Mistake, Place } from '#scenario';
import {
  type ExtenderConfiguration,
  type ExtenderHostConfig,
  type ExtenderPlacement,
  type KubeSchedulerConfiguration,
  pluginPoints,
  readKubeSchedulerConfiguration,
} from '#scheduler';
import type { HostId, HostSpec } from '#sim';
import type { ExtenderFunction, LoadedExtender } from './extender-files.ts';

export interface PlacedExtender extends LoadedExtender {
  readonly host: HostId;
}

export function placeExtenders(
  loaded: readonly LoadedExtender[],
  client: ClientConfig,
  where: Pick<HostSpec, 'group' | 'zone'>,
  add: (host: HostSpec) => HostId,
): readonly PlacedExtender[] {
  return loaded.map((extender, index) => {
    const { plan, href } = extender;
    const name = `extender-${index}`;
    const config: ExtenderHostConfig = { name: plan.urlPrefix, module: href, latency: plan.latency, failures: plan.failures, client };
    return { ...extender, host: add({ name, program: 'extender', config, ...where, cores: 4 }) };
  });
}

/** Where a configuration's fields stand. */
type PlaceOf = (path: readonly (string | number)[]) => Place;

const VERBS: readonly (readonly [ExtenderFunction, 'filterVerb' | 'prioritizeVerb' | 'preemptVerb' | 'bindVerb'])[] = [
  ['filter', 'filterVerb'],
  ['prioritize', 'prioritizeVerb'],
  ['preempt', 'preemptVerb'],
  ['bind', 'bindVerb'],
];

/** A slash at the end makes no difference, as upstream. */
export const isSameUrl = (a: string, b: string): boolean => a.replace(/\/+$/, '') === b.replace(/\/+$/, '');

/** The extenders of one scheduler. `isNamed` tells which of the placed ones some configuration names: the others belong to every scheduler. */
export function extendersOf(
  configuration: KubeSchedulerConfiguration | undefined,
  placeOf: PlaceOf,
  placed: readonly PlacedExtender[],
  isNamed: (urlPrefix: string) => boolean,
  mistakes: Mistake[],
): readonly ExtenderPlacement[] {
  const own = (configuration?.extenders ?? []).flatMap((extender, i) => {
    const found = placed.find(({ plan }) => isSameUrl(plan.urlPrefix, extender.urlPrefix));
    if (found === undefined) {
      const how = `give it a file with --extender ${extender.urlPrefix}=./my-extender.ts, or under cluster.extenders`;
      mistakes.push({
        ...placeOf(['extenders', i, 'urlPrefix']),
        message: `extenders[${i}].urlPrefix: nobody answers at ${extender.urlPrefix}: ${how}`,
      });
      return [];
    }
    checkFunctions(found, extender, mistakes);
    return [{ configuration: extender, host: found.host }];
  });
  const free = placed.filter(({ plan }) => !isNamed(plan.urlPrefix));
  return [...own, ...free.flatMap((extender) => freeStanding(extender, mistakes))];
}

function checkFunctions({ plan, functions }: PlacedExtender, configuration: ExtenderConfiguration, mistakes: Mistake[]): void {
  for (const [name, verb] of VERBS)
    if ((configuration[verb] ?? '') !== '' && !functions.includes(name))
      mistakes.push({
        file: plan.module,
        message: `exports no function '${name}', which the ${verb} '${configuration[verb]}' of ${plan.urlPrefix} calls`,
      });
}

/** Configured by what stands beside its file; without any verb, by the functions that the file has. */
function freeStanding(extender: PlacedExtender, mistakes: Mistake[]): ExtenderPlacement[] {
  const { plan, functions, host } = extender;
  const verbs = VERBS.some(([, verb]) => plan.settings[verb] !== undefined) ? [] : VERBS.filter(([name]) => functions.includes(name));
  const written = {
    ...Object.fromEntries(verbs.map(([name, verb]) => [verb, name])),
    ...(functions.includes('prioritize') ? { weight: 1 } : {}),
    ...plan.settings,
    urlPrefix: plan.urlPrefix,
  };
  const file = { apiVersion: 'kubescheduler.config.k8s.io/v1', kind: 'KubeSchedulerConfiguration', extenders: [written] };
  const reading = readKubeSchedulerConfiguration(file, pluginPoints());
  if ('errors' in reading) {
    mistakes.push(...reading.errors.map(({ text }) => ({ ...plan.place, message: text.replace('extenders[0]', 'extender') })));
    return [];
  }
  const configuration = reading.configuration.extenders[0] as ExtenderConfiguration;
  checkFunctions(extender, configuration, mistakes);
  return [{ configuration, host }];
}
