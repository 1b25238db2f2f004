/** From a scenario's schedulers to hosts: configuration files are judged here, where it is known which plugins exist, and replicas get their lease. */

import type { ClientConfig } from '#client';
import { type ClientLimits, type LeaderElectionPlan, type Mistake, type Place, type SchedulerPlan, UserError } from '#scenario';
import {
  type ConfigurationError,
  checkLeaderElection,
  DEFAULT_LEADER_ELECTION,
  type KubeSchedulerConfiguration,
  type LeaderElectionSettings,
  PluginError,
  PluginSetError,
  Profile,
  pluginPoints,
  profilesOf,
  readKubeSchedulerConfiguration,
  registeredPlugins,
  type SchedulerConfig,
} from '#scheduler';
import type { Duration } from '#sim';
import { extendersOf, isSameUrl, type PlacedExtender } from './extender-hosts.ts';

/** One replica. */
export interface SchedulerInstance {
  readonly name: string;
  /** Nothing leaves it sooner than this after what it hears. */
  readonly egressFloor: Duration;
  readonly config: SchedulerConfig;
}

export interface SchedulerOptions {
  /** Names of registered plugins of one's own. */
  readonly plugins?: readonly string[];
  readonly featureGates?: Readonly<Record<string, boolean>>;
  readonly extenders?: readonly PlacedExtender[];
  /** How long attempts take. */
  readonly cost?: 'model' | 'measured';
}

interface Judged {
  readonly plan: SchedulerPlan;
  /** Of the instance. */
  readonly name: string;
  readonly schedulerNames: readonly string[];
  readonly configuration?: KubeSchedulerConfiguration;
  readonly limits: ClientLimits;
  readonly election?: LeaderElectionSettings;
}

/** The replicas of all schedulers, in order. Throws UserError with all that is wrong. */
export function schedulerInstances(
  plans: readonly SchedulerPlan[],
  client: (limits: ClientLimits) => ClientConfig,
  { plugins = [], featureGates, extenders = [], cost = 'model' }: SchedulerOptions = {},
): readonly SchedulerInstance[] {
  const judged = judge(plans, plugins);
  const mistakes: Mistake[] = [];
  const named = judged.flatMap(({ configuration }) => (configuration?.extenders ?? []).map(({ urlPrefix }) => urlPrefix));
  const placements = new Map(
    judged.map(({ plan, configuration }) => {
      const placeOf = (path: readonly (string | number)[]): Place => plan.configuration?.placeOf(path) ?? plan.place;
      return [
        plan,
        extendersOf(configuration, placeOf, extenders, (url) => named.some((other) => isSameUrl(url, other)), mistakes),
      ] as const;
    }),
  );
  if (mistakes.length > 0) throw new UserError(mistakes);
  return judged.flatMap(({ plan, name, schedulerNames, configuration, limits, election }) => {
    const asked = placements.get(plan) ?? [];
    const host = name === 'default-scheduler' ? 'kube-scheduler' : name;
    const config: SchedulerConfig = {
      client: client(limits),
      schedulerName: schedulerNames[0] as string,
      ...(configuration === undefined ? {} : { configuration }),
      ...(plan.percentageOfNodesToScore === undefined ? {} : { percentageOfNodesToScore: plan.percentageOfNodesToScore }),
      ...(featureGates === undefined ? {} : { featureGates }),
      ...(asked.length === 0 ? {} : { extenders: asked }),
      ...(cost === 'model' ? {} : { cost }),
      ...(plugins.length === 0 || configuration !== undefined ? {} : { plugins }),
    };
    return Array.from({ length: plan.replicas }, (_, replica) => {
      const identity = plan.replicas === 1 ? host : `${host}-${replica}`;
      if (election === undefined) return { name: identity, egressFloor: plan.reaction ?? 0, config };
      const { leaseDuration, renewDeadline, retryPeriod, resourceName = host } = election;
      return {
        name: identity,
        egressFloor: plan.reaction ?? 0,
        config: { ...config, leaderElection: { name: resourceName, identity, leaseDuration, renewDeadline, retryPeriod } },
      };
    });
  });
}

/** The same judgement without building anything. */
export function checkSchedulers(plans: readonly SchedulerPlan[], plugins: readonly string[] = []): void {
  judge(plans, plugins);
}

function judge(plans: readonly SchedulerPlan[], plugins: readonly string[]): readonly Judged[] {
  const mistakes: Mistake[] = [];
  const judged = plans.flatMap((plan) => judgeOne(plan, plugins, mistakes));
  if (mistakes.length > 0) throw new UserError(mistakes);
  mistakes.push(...namesTwice(judged), ...runNowhere(judged, plugins));
  if (mistakes.length > 0) throw new UserError(mistakes);
  return judged;
}

function judgeOne(plan: SchedulerPlan, plugins: readonly string[], mistakes: Mistake[]): Judged[] {
  const configuration = configurationOf(plan, mistakes);
  if (plan.configuration !== undefined && configuration === undefined) return [];
  const schedulerNames = configuration?.profiles.map((profile) => profile.schedulerName) ?? [plan.name ?? 'default-scheduler'];
  const qps = plan.qps ?? configuration?.qps ?? 50;
  const burst = plan.burst ?? Math.max(configuration?.burst ?? 100, plan.qps ?? 0);
  const election = electionOf(plan, configuration, mistakes);
  makeOnce(plan, configuration, plugins, mistakes);
  return [
    {
      plan,
      name: plan.name ?? (schedulerNames[0] as string),
      schedulerNames,
      ...(configuration === undefined ? {} : { configuration }),
      limits: { qps, burst },
      ...(election === undefined ? {} : { election }),
    },
  ];
}

function configurationOf(
  { configuration: source, percentageOfNodesToScore }: SchedulerPlan,
  mistakes: Mistake[],
): KubeSchedulerConfiguration | undefined {
  if (source === undefined) return undefined;
  const reading = readKubeSchedulerConfiguration(source.value, pluginPoints());
  if ('errors' in reading) {
    mistakes.push(...reading.errors.map(({ path, text }) => ({ ...source.placeOf(path), message: text })));
    return undefined;
  }
  const { configuration } = reading;
  return percentageOfNodesToScore === undefined ? configuration : { ...configuration, percentageOfNodesToScore };
}

/** A plugin that does not take its arguments says so before anything runs. */
function makeOnce(
  plan: SchedulerPlan,
  configuration: KubeSchedulerConfiguration | undefined,
  plugins: readonly string[],
  mistakes: Mistake[],
): void {
  const registry = registeredPlugins();
  const config = {
    client: { user: '', servers: [], qps: 0, burst: 0 },
    plugins,
    ...(configuration === undefined ? {} : { configuration }),
  };
  let profile = 0;
  try {
    for (const spec of profilesOf(config)) {
      new Profile(spec, registry);
      profile++;
    }
  } catch (error) {
    // Sets that cannot be built come from plugins that join the default profile: a second queue sort.
    if (!(error instanceof PluginError || error instanceof PluginSetError)) throw error;
    mistakes.push({ ...placeOfArgs(plan, profile, error.message), message: error.message });
  }
}

/** The arguments of the plugin that the message is about, or the profile. */
function placeOfArgs({ configuration, place }: SchedulerPlan, profile: number, message: string): Place {
  const { profiles } = (configuration?.value ?? {}) as { profiles?: { pluginConfig?: { name?: string }[] }[] };
  const index = profiles?.[profile]?.pluginConfig?.findIndex(({ name }) => name !== undefined && message.includes(`plugin ${name} `)) ?? -1;
  return configuration?.placeOf(index < 0 ? ['profiles', profile] : ['profiles', profile, 'pluginConfig', index]) ?? place;
}

/** Undefined where there is nobody to compete with and nobody asked for it: a lease more or less changes nothing then. */
function electionOf(
  plan: SchedulerPlan,
  configuration: KubeSchedulerConfiguration | undefined,
  mistakes: Mistake[],
): LeaderElectionSettings | undefined {
  const written: LeaderElectionPlan = plan.leaderElection ?? {};
  const settings = { ...(configuration?.leaderElection ?? DEFAULT_LEADER_ELECTION), ...written };
  if (!settings.leaderElect) return undefined;
  if (plan.replicas === 1 && plan.leaderElection === undefined && configuration?.leaderElection.isWritten !== true) return undefined;
  const errors: ConfigurationError[] = [];
  checkLeaderElection(settings, ['leaderElection'], errors);
  mistakes.push(...errors.map(({ text }) => ({ ...plan.place, message: text })));
  return settings;
}

/** Schedulers that would be taken for one another: by pods, or by their lease. */
function namesTwice(judged: readonly Judged[]): Mistake[] {
  const mistakes: Mistake[] = [];
  const once = (name: string, what: string, seen: Set<string>, { plan }: Judged): void => {
    if (seen.has(name)) mistakes.push({ ...plan.place, message: `two schedulers ${what} '${name}'` });
    seen.add(name);
  };
  const answered = new Set<string>();
  const named = new Set<string>();
  const leased = new Set<string>();
  for (const each of judged) {
    for (const name of each.schedulerNames) once(name, 'answer for the schedulerName', answered, each);
    if (!mistakes.some((mistake) => mistake.line === each.plan.place.line)) once(each.name, 'are named', named, each);
    const lease = each.election?.resourceName;
    if (lease !== undefined) once(lease, 'compete for the Lease', leased, each);
  }
  return mistakes;
}

/** A plugin that no profile names was surely not meant to be idle. */
function runNowhere(judged: readonly Judged[], plugins: readonly string[]): Mistake[] {
  if (judged.some(({ configuration }) => configuration === undefined)) return [];
  const running = new Set<string>();
  for (const { configuration } of judged)
    for (const { plugins: points } of configuration?.profiles ?? [])
      for (const enabled of Object.values(points)) for (const { name } of enabled) running.add(name);
  const idle = plugins.filter((name) => !running.has(name));
  const file = judged[0]?.plan.configuration?.file;
  return idle.map((name) => ({
    ...(file === undefined ? {} : { file }),
    message: `plugin ${name} runs in no profile: name it there, for instance under plugins.multiPoint.enabled`,
  }));
}
