/** KubeSchedulerConfiguration v1, read unchanged: strict decoding, defaults, validation with upstream's texts, plugins resolved per extension point.
 *  Mirrors kube-scheduler v1.34 pkg/scheduler/apis/config/{v1/defaults.go,validation/validation.go}. */

import { type ConfigurationError, duplicate, invalidValue, type Path, required } from './field-path.ts';
import { checkRawLeaderElection, type LeaderElectionSettings, leaderElectionOf, type RawLeaderElection } from './leader-election.ts';
import { checkArgs, defaultedArgs, type PluginArgs } from './plugin-args.ts';
import {
  EXTENSION_POINTS,
  mergePlugins,
  type PluginRegistry,
  type PluginSet,
  PluginSetError,
  type Plugins,
  type ResolvedPlugins,
  resolvePlugins,
} from './plugin-sets.ts';
import { CONFIGURATION_SHAPE, checkShape } from './shape.ts';

export const API_VERSION = 'kubescheduler.config.k8s.io/v1';
export const KIND = 'KubeSchedulerConfiguration';

/** An HTTP extender as the file writes it. */
export interface ExtenderConfiguration {
  readonly urlPrefix: string;
  readonly filterVerb?: string;
  readonly preemptVerb?: string;
  readonly prioritizeVerb?: string;
  readonly weight?: number;
  readonly bindVerb?: string;
  readonly httpTimeout?: string;
  readonly nodeCacheCapable?: boolean;
  readonly managedResources?: readonly { readonly name: string; readonly ignoredByScheduler?: boolean }[];
  readonly ignorable?: boolean;
}

/** The file as written, once its shape is known to be right. */
interface RawConfiguration {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly parallelism?: number;
  readonly leaderElection?: RawLeaderElection;
  readonly clientConnection?: { readonly qps?: number; readonly burst?: number };
  readonly percentageOfNodesToScore?: number;
  readonly podInitialBackoffSeconds?: number;
  readonly podMaxBackoffSeconds?: number;
  readonly profiles?: readonly RawProfile[];
  readonly extenders?: readonly ExtenderConfiguration[];
}
interface RawProfile {
  readonly schedulerName?: string;
  readonly percentageOfNodesToScore?: number;
  readonly plugins?: Plugins;
  readonly pluginConfig?: readonly { readonly name?: string; readonly args?: Readonly<Record<string, unknown>> }[];
}

export interface Profile {
  readonly schedulerName: string;
  /** Overrides the configuration's. */
  readonly percentageOfNodesToScore?: number;
  readonly plugins: ResolvedPlugins;
  /** Every default plugin's arguments, defaulted; and those of other plugins as the file has them. */
  readonly args: PluginArgs;
}

export interface KubeSchedulerConfiguration {
  readonly parallelism: number;
  readonly qps: number;
  readonly burst: number;
  readonly leaderElection: LeaderElectionSettings;
  /** 0: upstream's adaptive formula. */
  readonly percentageOfNodesToScore: number;
  readonly podInitialBackoffSeconds: number;
  readonly podMaxBackoffSeconds: number;
  readonly profiles: readonly Profile[];
  readonly extenders: readonly ExtenderConfiguration[];
}

/** Either a configuration, or all that is wrong with the file. */
export type Reading = { readonly configuration: KubeSchedulerConfiguration } | { readonly errors: readonly ConfigurationError[] };

/** Plugins of releases before this one (validation.go, invalidPluginsByVersion). */
const REMOVED = new Set(['AzureDiskLimits', 'CinderLimits', 'EBSLimits', 'GCEPDLimits']);
const removed = (path: Path, name: string): ConfigurationError =>
  invalidValue(path, name, `was invalid in version "${API_VERSION}" (KubeSchedulerConfiguration is version "${API_VERSION}")`);

function checkPercentage(value: number | undefined, path: Path, errors: ConfigurationError[]): void {
  if (value !== undefined && (value < 0 || value > 100)) errors.push(invalidValue(path, value, 'not in valid range [0-100]'));
}

function checkPluginSet(set: PluginSet | undefined, path: Path, errors: ConfigurationError[]): void {
  set?.enabled?.forEach(({ name = '', weight }, i) => {
    if (name === '') errors.push(required([...path, 'enabled', i, 'name']));
    if (REMOVED.has(name)) errors.push(removed([...path, 'enabled', i], name));
    // Upstream lets a negative weight through and multiplies by it; here it is refused.
    if (weight !== undefined && weight < 0)
      errors.push(invalidValue([...path, 'enabled', i, 'weight'], weight, 'must be greater than or equal to 0'));
  });
}

function checkProfile(profile: RawProfile, path: Path, errors: ConfigurationError[]): void {
  if (profile.schedulerName === '') errors.push(required([...path, 'schedulerName']));
  checkPercentage(profile.percentageOfNodesToScore, [...path, 'percentageOfNodesToScore'], errors);
  for (const point of ['multiPoint', ...EXTENSION_POINTS] as const)
    checkPluginSet(profile.plugins?.[point], [...path, 'plugins', point], errors);
  const seen = new Set<string>();
  profile.pluginConfig?.forEach(({ name = '', args }, i) => {
    const at = [...path, 'pluginConfig', i];
    if (seen.has(name)) errors.push(duplicate(at, name));
    seen.add(name);
    if (REMOVED.has(name)) errors.push(removed(at, name));
    else checkArgs(name, args, [...at, 'args'], errors);
  });
}

const queueSortText = (profile: RawProfile | undefined): string =>
  JSON.stringify(profile?.plugins?.queueSort?.enabled?.map(({ name }) => name) ?? []);

function checkProfiles(profiles: readonly RawProfile[], errors: ConfigurationError[]): void {
  const first = new Map<string, number>();
  profiles.forEach((profile, i) => {
    checkProfile(profile, ['profiles', i], errors);
    const name = profile.schedulerName ?? '';
    if (profiles.length > 1 && profile.schedulerName === undefined) errors.push(required(['profiles', i, 'schedulerName']));
    const earlier = first.get(name);
    if (earlier !== undefined && name !== '')
      errors.push({
        path: ['profiles', i, 'schedulerName'],
        text: `profiles[${i}].schedulerName: Duplicate value: "profiles[${earlier}].schedulerName"`,
      });
    else first.set(name, i);
    if (i > 0 && queueSortText(profile) !== queueSortText(profiles[0]))
      errors.push(
        invalidValue(['profiles', i, 'plugins', 'queueSort'], profile.plugins?.queueSort ?? {}, 'must be the same for all profiles'),
      );
  });
}

function checkExtenders(extenders: readonly ExtenderConfiguration[], errors: ConfigurationError[]): void {
  const managed = new Set<string>();
  extenders.forEach((extender, i) => {
    if (extender.urlPrefix === undefined || extender.urlPrefix === '') errors.push(required(['extenders', i, 'urlPrefix']));
    if ((extender.prioritizeVerb ?? '') !== '' && (extender.weight ?? 0) <= 0)
      errors.push(invalidValue(['extenders', i, 'weight'], extender.weight ?? 0, 'must have a positive weight applied to it'));
    extender.managedResources?.forEach(({ name }, j) => {
      const at = ['extenders', i, 'managedResources', j, 'name'];
      if (!name.includes('/') || name.includes('kubernetes.io/'))
        errors.push(invalidValue(at, name, 'is an invalid extended resource name'));
      if (managed.has(name)) errors.push(invalidValue(at, name, 'duplicate extender managed resource name'));
      managed.add(name);
    });
  });
  const binders = extenders.filter(({ bindVerb }) => (bindVerb ?? '') !== '').length;
  if (binders > 1)
    errors.push(invalidValue(['extenders'], `found ${binders} extenders implementing bind`, 'only one extender can implement bind'));
}

function checkVersion(raw: RawConfiguration, errors: ConfigurationError[]): void {
  if (raw.apiVersion !== API_VERSION) errors.push(invalidValue(['apiVersion'], raw.apiVersion ?? '', `expected "${API_VERSION}"`));
  if (raw.kind !== KIND) errors.push(invalidValue(['kind'], raw.kind ?? '', `expected "${KIND}"`));
}

function check(raw: RawConfiguration, errors: ConfigurationError[]): void {
  const burst = raw.clientConnection?.burst ?? 100;
  if (burst < 0) errors.push(invalidValue(['clientConnection', 'burst'], burst, 'must be non-negative'));
  checkRawLeaderElection(raw.leaderElection, ['leaderElection'], errors);
  if (raw.parallelism !== undefined && raw.parallelism <= 0)
    errors.push(invalidValue(['parallelism'], raw.parallelism, 'should be an integer value greater than zero'));
  checkProfiles(raw.profiles ?? [], errors);
  checkPercentage(raw.percentageOfNodesToScore, ['percentageOfNodesToScore'], errors);
  const initial = raw.podInitialBackoffSeconds ?? 1;
  const most = raw.podMaxBackoffSeconds ?? 10;
  if (initial <= 0) errors.push(invalidValue(['podInitialBackoffSeconds'], initial, 'must be greater than 0'));
  if (most < initial)
    errors.push(invalidValue(['podMaxBackoffSeconds'], most, 'must be greater than or equal to PodInitialBackoffSeconds'));
  checkExtenders(raw.extenders ?? [], errors);
}

function profileOf(raw: RawProfile, registry: PluginRegistry): Profile {
  const schedulerName = raw.schedulerName ?? 'default-scheduler';
  const given = new Map((raw.pluginConfig ?? []).map(({ name = '', args }) => [name, args]));
  const args: Record<string, unknown> = {};
  for (const name of registry.keys()) args[name] = defaultedArgs(name, given.get(name));
  return {
    schedulerName,
    ...(raw.percentageOfNodesToScore === undefined ? {} : { percentageOfNodesToScore: raw.percentageOfNodesToScore }),
    plugins: resolvePlugins(mergePlugins(raw.plugins), registry, schedulerName),
    args,
  };
}

/** Where the file names the plugin that cannot be used. */
function namedAt(plugins: Plugins | undefined, { plugin, point }: PluginSetError): Path {
  for (const set of [point, 'multiPoint'] as const) {
    const index = set === undefined ? -1 : (plugins?.[set]?.enabled ?? []).findLastIndex(({ name }) => name === plugin);
    if (set !== undefined && index >= 0) return [set, 'enabled', index];
  }
  return [];
}

/** A field without a value is one that is not there; an entry without one is empty. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => (item === null ? {} : withoutNulls(item)));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
  return Object.fromEntries(kept.map(([key, member]) => [key, withoutNulls(member)]));
}

/** Reads a decoded file (YAML or JSON) against the plugins that exist. Never throws on bad input. */
export function readKubeSchedulerConfiguration(file: unknown, registry: PluginRegistry): Reading {
  const errors: ConfigurationError[] = [];
  if (typeof file !== 'object' || file === null || Array.isArray(file)) return { errors: [{ path: [], text: `expected a ${KIND}` }] };
  const raw = withoutNulls(file) as RawConfiguration;
  // Of another version every field might be another one.
  checkVersion(raw, errors);
  if (errors.length > 0) return { errors };
  checkShape(file, CONFIGURATION_SHAPE, [], errors);
  if (errors.length === 0) check(raw, errors);
  if (errors.length > 0) return { errors };
  const profiles: Profile[] = [];
  const given = raw.profiles ?? [];
  for (const [i, profile] of (given.length === 0 ? [{}] : given).entries()) {
    try {
      profiles.push(profileOf(profile, registry));
    } catch (error) {
      if (!(error instanceof PluginSetError)) throw error;
      errors.push({ path: ['profiles', i, 'plugins', ...namedAt(profile.plugins, error)], text: `profiles[${i}]: ${error.message}` });
    }
  }
  if (errors.length > 0) return { errors };
  return {
    configuration: {
      parallelism: raw.parallelism ?? 16,
      // 0 is what nobody set; below 0 lifts the limit, which a client's config writes as 0.
      qps: Math.max(0, raw.clientConnection?.qps || 50),
      burst: raw.clientConnection?.burst || 100,
      leaderElection: leaderElectionOf(raw.leaderElection),
      percentageOfNodesToScore: raw.percentageOfNodesToScore ?? 0,
      podInitialBackoffSeconds: raw.podInitialBackoffSeconds ?? 1,
      podMaxBackoffSeconds: raw.podMaxBackoffSeconds ?? 10,
      profiles,
      extenders: raw.extenders ?? [],
    },
  };
}
