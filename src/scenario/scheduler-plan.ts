/** `cluster.schedulers`: instances of kube-scheduler, each with its replicas and, where it has one, its KubeSchedulerConfiguration file.
 *  The file is read here and judged where the cluster is built: only there is it known which plugins exist. */

import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import type { Duration } from '#sim';
import { count, duration, fields, flag, type JsonSchema, kubernetes, label, list, number, text } from './schema-pieces.ts';
import { readSource, type Source } from './source.ts';
import { parseDuration } from './units.ts';
import { formatMistake, type Place, printable, UserError } from './user-error.ts';

/** As written; what is not here, the configuration file or Kubernetes' defaults say. */
export interface LeaderElectionPlan {
  readonly leaderElect?: boolean;
  readonly leaseDuration?: Duration;
  readonly renewDeadline?: Duration;
  readonly retryPeriod?: Duration;
  readonly resourceName?: string;
}

export interface SchedulerPlan {
  /** Of the instance; without a configuration also its schedulerName. */
  readonly name?: string;
  /** Written ones go before the configuration's. 0 lifts the limit. */
  readonly qps?: number;
  readonly burst?: number;
  readonly percentageOfNodesToScore?: number;
  /** The least from what it hears of to the request that follows. */
  readonly reaction?: Duration;
  readonly replicas: number;
  readonly leaderElection?: LeaderElectionPlan;
  /** A KubeSchedulerConfiguration, decoded and not yet judged. */
  readonly configuration?: Source;
  /** Where the entry stands, for mistakes that show later. */
  readonly place: Place;
}

export const schedulersSchema: JsonSchema = list(
  fields('a scheduler', {
    name: label('its schedulerName (default default-scheduler); with a configuration, which names its profiles, the name of the instance'),
    qps: number('requests a second (0 lifts the limit; default 50)'),
    burst: count('burst of the token bucket (default 100)'),
    percentageOfNodesToScore: count("0: upstream's formula", 0, 100),
    reaction: duration('the least from what a scheduler hears of to the request that follows (default none but what its work costs)'),
    config: {
      anyOf: [text('a file'), kubernetes('v1 KubeSchedulerConfiguration')],
      description: 'a KubeSchedulerConfiguration v1: the name of a file beside this one, or the object itself',
    },
    replicas: count('instances of which one leads (default 1; 0: no scheduler of ours runs, a real one may)', 0, 10),
    leaderElection: fields("how replicas choose their leader (--leader-elect-*); replaces the configuration's", {
      leaderElect: flag('whether they do (default true where there are several)'),
      leaseDuration: duration('after it others may take over (default 15s)'),
      renewDeadline: duration('after it a leader that cannot renew gives up (default 10s)'),
      retryPeriod: duration('between two tries (default 2s)'),
      resourceName: label('of the Lease in kube-system (default kube-scheduler, or the name)'),
    }),
  }),
  'schedulers',
  1,
);

type Written = Readonly<Record<string, unknown>>;

/** The plans of a valid `cluster.schedulers`. `source` is the scenario's; without one no entry names a file. */
export function schedulerPlans(written: unknown, source?: Source): readonly SchedulerPlan[] {
  return ((written as readonly Written[] | undefined) ?? [{}]).map((entry, index) => {
    const path = ['cluster', 'schedulers', index];
    const election = entry['leaderElection'] as Written | undefined;
    const config = entry['config'];
    const configuration = config === undefined || source === undefined ? undefined : configurationOf(config, source, [...path, 'config']);
    const same = ['name', 'qps', 'burst', 'percentageOfNodesToScore'].filter((key) => entry[key] !== undefined);
    return {
      ...Object.fromEntries(same.map((key) => [key, entry[key]])),
      ...(entry['reaction'] === undefined ? {} : { reaction: parseDuration(entry['reaction']) as Duration }),
      replicas: (entry['replicas'] as number | undefined) ?? 1,
      ...(election === undefined ? {} : { leaderElection: electionPlan(election) }),
      ...(configuration === undefined ? {} : { configuration }),
      place: source?.placeOf(path) ?? {},
    };
  });
}

function electionPlan(written: Written): LeaderElectionPlan {
  return Object.fromEntries(
    Object.entries(written).map(([key, value]) => [key, key === 'leaderElect' || key === 'resourceName' ? value : parseDuration(value)]),
  );
}

function configurationOf(written: unknown, source: Source, path: readonly (string | number)[]): Source {
  const placeOf: Source['placeOf'] = (steps, ofKey) => source.placeOf([...path, ...steps], ofKey);
  if (typeof written !== 'string') return { file: source.file, value: written, headComment: '', placeOf };
  const place = source.placeOf(path);
  const beside = isAbsolute(written) ? written : join(dirname(source.file), written);
  // What --set names may also be meant from where the command runs.
  const file = place.file !== source.file && !existsSync(beside) ? written : beside;
  try {
    return readSource(file);
  } catch (error) {
    const [mistake] = error instanceof UserError ? error.mistakes : [];
    // A mistake inside the file names its own line.
    if (mistake === undefined || mistake.line !== undefined) throw error;
    throw UserError.at(place, `'cluster.schedulers[${path[2]}].config': ${printable(formatMistake({ ...mistake, file }), 300)}`);
  }
}
