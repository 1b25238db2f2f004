/** What a scenario may set of KubeletConfiguration (kubelet.config.k8s.io/v1beta1) beyond its commonest fields, under the names there. */

import { bytes, count, duration, fields, type JsonSchema, kubernetes, list, number, oneOf, percent, text } from './schema-pieces.ts';
import { parseBytes, parseDuration, parsePercent } from './units.ts';

const integer = (description: string): JsonSchema => ({ type: 'integer', minimum: -2_147_483_648, maximum: 2_147_483_647, description });

/** The kubelet's names of its signals, and short ones for the two that are most asked for. */
const SIGNALS: Readonly<Record<string, string>> = {
  memory: 'memory.available',
  imageFs: 'imagefs.available',
  'memory.available': 'memory.available',
  'imagefs.available': 'imagefs.available',
  'imagefs.inodesFree': 'imagefs.inodesFree',
  'nodefs.available': 'nodefs.available',
  'nodefs.inodesFree': 'nodefs.inodesFree',
  'pid.available': 'pid.available',
};

const bySignal = (what: string, of: (signal: string) => JsonSchema): JsonSchema =>
  fields(what, Object.fromEntries(Object.entries(SIGNALS).map(([name, signal]) => [name, of(signal)])));
const amount = (signal: string): JsonSchema => ({
  anyOf: [
    percent(signal),
    signal.endsWith('available') && signal !== 'pid.available' ? bytes(signal) : { ...count(signal, 0), description: signal },
  ],
  description: signal === 'pid.available' ? 'PIDs, a number or percent' : `${signal}: an amount, or percent`,
});
const thresholds = (what: string): JsonSchema => bySignal(what, amount);

export const kubeletFields: Readonly<Record<string, JsonSchema>> = {
  evictionHard: thresholds(
    'pods are evicted at once when less is available (what is not named: memory.available 100Mi, nodefs.available 10 %, nodefs.inodesFree 5 %, imagefs.available 15 %, imagefs.inodesFree 5 %)',
  ),
  evictionSoft: thresholds('pods are evicted when less is available for evictionSoftGracePeriod'),
  evictionSoftGracePeriod: {
    anyOf: [duration('of all signals'), bySignal('by signal', (signal) => duration(signal))],
    description: 'default 90s',
  },
  evictionMaxPodGracePeriod: duration('of the pods that a soft threshold takes (default 0s)'),
  evictionMinimumReclaim: thresholds('how much more than the threshold must be free again'),
  evictionPressureTransitionPeriod: duration('how long a pressure condition outlives its cause (default 5m)'),
  imageGCHighThresholdPercent: count('default 85', 0, 100),
  imageGCLowThresholdPercent: count('default 80', 0, 100),
  imageFs: bytes('size of the disk of images and containers (default 100GB)'),
  nodeFs: bytes('size of a disk of its own for logs and emptyDirs (default: they lie on the one of images)'),
  maxPids: count('kernel.pid_max (default 32768)', 1),
  podPidsLimit: count('processes that a pod may have (default: no limit)', 1),
  networkBandwidth: bytes('bytes a second that the node sends and receives (default 1.25GB)'),
  registryPullQPS: number('pulls a second of one node (default 5; 0 lifts the limit)'),
  registryBurst: count('default 10', 1),
  registryLimit: fields(
    "the registry's own limit for the address of one node: beyond it pulls get 429 (default: none)",
    { pulls: count('how many', 1), per: duration('in how long (default 6h)') },
    ['pulls'],
  ),
  pullFailures: percent('share of pulls that fail'),
  shutdownGracePeriod: duration('how long a node that shuts down waits for its pods (default 0s)'),
  shutdownGracePeriodCriticalPods: duration('how much of that is for critical ones'),
  shutdownGracePeriodByPodPriority: list(
    fields('a group of pods', { priority: integer('this priority and above'), shutdownGracePeriod: duration('how long they have') }, [
      'priority',
      'shutdownGracePeriod',
    ]),
    'in place of the two above',
    1,
  ),
  stages: list(
    { anyOf: [text('a file of Stages beside the scenario'), kubernetes('a Stage')], description: 'a file, or a Stage' },
    "KWOK's Stages (kwok.x-k8s.io/v1alpha1), read as what pods and nodes do",
    1,
  ),
  configMapAndSecretChangeDetectionStrategy: oneOf(
    ['Watch', 'Cache', 'Get'],
    'how ConfigMaps and Secrets are kept up to date: watched (default), read when needed and good for a minute, or read each time',
  ),
  crashLoopBackOffMax: duration('longest pause between restarts (maxContainerRestartPeriod; default 5m)'),
  containerLogMaxSize: bytes('of one log file (default 10Mi)'),
  containerLogMaxFiles: count('how many files of a container are kept (default 5)', 2),
};

type Written = Readonly<Record<string, unknown>>;

/** By the kubelet's names: bytes or a number, or percent. */
function amounts(written: unknown): Readonly<Record<string, unknown>> | undefined {
  if (written === undefined) return undefined;
  const read = (value: unknown): unknown => {
    const share = typeof value === 'string' ? parsePercent(value) : undefined;
    return share === undefined ? parseBytes(value) : { percent: share * 100 };
  };
  return Object.fromEntries(Object.entries(written as Written).map(([name, value]) => [SIGNALS[name] as string, read(value)]));
}

/** As the kubelet room names them: seconds, bytes, percents. */
export function kubeletSettings(written: Written): Readonly<Record<string, unknown>> {
  const settings: Record<string, unknown> = {};
  const set = (name: string, value: unknown): void => {
    if (value !== undefined) settings[name] = value;
  };
  const seconds = (value: unknown): number | undefined => {
    const parsed = value === undefined ? undefined : parseDuration(value);
    return parsed === undefined ? undefined : parsed / 1e6;
  };
  const size = (value: unknown): number | undefined => (value === undefined ? undefined : parseBytes(value));
  for (const name of ['evictionHard', 'evictionSoft', 'evictionMinimumReclaim']) set(name, amounts(written[name]));
  const grace = written['evictionSoftGracePeriod'];
  if (grace !== undefined) {
    const each = typeof grace === 'object' ? (grace as Written) : Object.fromEntries(Object.keys(SIGNALS).map((signal) => [signal, grace]));
    set(
      'evictionSoftGraceSeconds',
      Object.fromEntries(Object.entries(each).map(([name, value]) => [SIGNALS[name] as string, seconds(value) ?? 0])),
    );
  }
  set('evictionMaxPodGraceSeconds', seconds(written['evictionMaxPodGracePeriod']));
  set('evictionPressureTransitionSeconds', seconds(written['evictionPressureTransitionPeriod']));
  for (const name of ['imageGCHighThresholdPercent', 'imageGCLowThresholdPercent', 'registryBurst', 'containerLogMaxFiles'])
    set(name, written[name]);
  set('configMapAndSecretChangeDetectionStrategy', written['configMapAndSecretChangeDetectionStrategy']);
  set('imageFsBytes', size(written['imageFs']));
  set('nodeFsBytes', size(written['nodeFs']));
  set('maxPids', written['maxPids']);
  set('podPidsLimit', written['podPidsLimit']);
  set('networkBytesPerSecond', size(written['networkBandwidth']));
  set('registryPullQps', written['registryPullQPS']);
  const limit = (written['registryLimit'] ?? {}) as Written;
  set('registryLimitPulls', limit['pulls']);
  set('registryLimitSeconds', seconds(limit['per']));
  set('pullFailureProbability', written['pullFailures'] === undefined ? undefined : parsePercent(written['pullFailures']));
  set('shutdownGracePeriodSeconds', seconds(written['shutdownGracePeriod']));
  set('shutdownGracePeriodCriticalPodsSeconds', seconds(written['shutdownGracePeriodCriticalPods']));
  const groups = written['shutdownGracePeriodByPodPriority'] as readonly Written[] | undefined;
  set(
    'shutdownGracePeriodByPodPriority',
    groups?.map(({ priority, shutdownGracePeriod }) => ({ priority, seconds: seconds(shutdownGracePeriod) ?? 0 })),
  );
  set('crashLoopBackOffMaxSeconds', seconds(written['crashLoopBackOffMax']));
  set('containerLogMaxBytes', size(written['containerLogMaxSize']));
  return settings;
}
