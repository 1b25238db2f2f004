/** What a container does once it runs. A pod says so by annotations; what it leaves out comes from the kubelet's settings.
 *
 *  `wavetank.dev/behaviour`: a BehaviourSpec in JSON, for all containers, with overrides by name under `containers`:
 *      {"runSeconds": {"lognormal": {"p50": 60, "p99": 300}}, "exitCode": {"0": 0.9, "1": 0.1},
 *       "containers": {"sidecar": {"runSeconds": "forever", "probes": {"readiness": {"failAfterSeconds": 120, "failForSeconds": 30}}}}}
 *  Short forms for all containers, a number or a distribution in JSON: `wavetank.dev/run-seconds`, `/exit-code`, `/ready-after-seconds`,
 *  `/start-seconds`, `/stop-seconds`; `wavetank.dev/depends-on: db,cache` names Services.
 *  Of KWOK's own Stages their delays by annotation: `pod-ready.stage.kwok.x-k8s.io/delay` and `/jitter-delay`, the same of pod-complete and pod-delete.
 *  `wavetank.dev/workload` and `wavetank.dev/ordinal` name the cause of the pod's luck (luck.ts). */

import type { Distribution } from '#sim';
import type { Dependence } from './service-dependence.ts';

/** When a probe of one type fails although the container serves. Times count from the container's start. */
export interface ProbeBehaviour {
  /** It begins to fail after this long (default: never) ... */
  readonly failAfterSeconds?: number;
  /** ... and fails for this long (default: for good). */
  readonly failForSeconds?: number;
  /** It succeeds and fails in turns, beginning with success. */
  readonly flap?: { readonly upSeconds: number; readonly downSeconds: number };
}

/** CPU that rises and falls: lowest and highest milli-cores, how long one turn takes, when in it the peak comes. */
export interface CpuWave {
  readonly lowMilli: number;
  readonly highMilli: number;
  readonly periodSeconds: number;
  readonly peakSeconds: number;
}

/** A number that grows from the container's start on. */
export interface CountBehaviour {
  readonly start?: number;
  readonly growthPerSecond?: number;
  readonly max?: number;
}

/** Lines at an even pace, the given ones in turns. */
export interface LogBehaviour {
  readonly linesPerSecond: number;
  readonly lines?: readonly string[];
}

export interface ContainerBehaviour {
  /** From the runtime's start to the process's end; 'forever' for a server. */
  readonly runSeconds?: Distribution | 'forever';
  /** With which code it ends: one code, or probabilities by code ({"0": 0.9, "137": 0.1}). */
  readonly exitCode?: number | Readonly<Record<string, number>>;
  /** How long after its start all probes fail (warm-up). */
  readonly readyAfterSeconds?: Distribution;
  /** Replaces the node's time for CreateContainer and StartContainer. */
  readonly startSeconds?: Distribution;
  /** From SIGTERM to the end; the grace period cuts it short with SIGKILL (137). */
  readonly stopSeconds?: Distribution;
  /** Exit code after SIGTERM; 143 for a process that does not handle it, 0 for one that does. */
  readonly stopExitCode?: number;
  /** How long lifecycle hooks take, when the container has them. */
  readonly postStartSeconds?: number;
  readonly preStopSeconds?: number;
  /** They fail: a container whose postStart does is killed and restarted. */
  readonly postStartFails?: boolean;
  readonly preStopFails?: boolean;
  readonly probes?: { readonly startup?: ProbeBehaviour; readonly readiness?: ProbeBehaviour; readonly liveness?: ProbeBehaviour };
  /** Working set: what it begins with, how it grows, where it stops growing. Bytes. */
  readonly memory?: { readonly startBytes?: number; readonly growthBytesPerSecond?: number; readonly maxBytes?: number };
  /** What it writes to the node's disk, into its own layer or an emptyDir of its pod. Bytes. */
  readonly disk?: {
    readonly startBytes?: number;
    readonly growthBytesPerSecond?: number;
    readonly maxBytes?: number;
    readonly volume?: string;
  };
  /** Files that it makes, in its own layer or an emptyDir of its pod. */
  readonly inodes?: CountBehaviour & { readonly volume?: string };
  /** Processes that it has, itself included; one that says nothing is one. */
  readonly processes?: CountBehaviour;
  /** CPU it would use if nothing held it back, in milli-cores; a wave goes with the time of day. */
  readonly cpuMilli?: number | CpuWave;
  /** What one request to its Service takes: CPU, time besides, and what comes and goes over the network. */
  readonly perRequest?: {
    readonly cpuSeconds?: number;
    readonly seconds?: Distribution;
    readonly requestBytes?: number;
    readonly responseBytes?: number;
  };
  /** What it writes to its log beside its start and end, the HTTP probes and the requests that it answers. */
  readonly log?: LogBehaviour;
  /** It goes on listening after SIGTERM, until it ends. */
  readonly servesAfterTerm?: boolean;
  /** Services that it needs: names ('db', 'db,cache', a list), or more in detail (service-dependence.ts). */
  readonly dependsOn?: string | readonly string[] | Dependence;
  /** Every pull of its image fails (a wrong name, a private registry). */
  readonly pullFails?: boolean;
}

export interface BehaviourSpec extends ContainerBehaviour {
  readonly containers?: Readonly<Record<string, ContainerBehaviour>>;
}

export const BEHAVIOUR_ANNOTATION = 'wavetank.dev/behaviour';
const SHORT_FORMS: readonly (readonly [annotation: string, field: keyof ContainerBehaviour])[] = [
  ['wavetank.dev/run-seconds', 'runSeconds'],
  ['wavetank.dev/exit-code', 'exitCode'],
  ['wavetank.dev/ready-after-seconds', 'readyAfterSeconds'],
  ['wavetank.dev/start-seconds', 'startSeconds'],
  ['wavetank.dev/stop-seconds', 'stopSeconds'],
  ['wavetank.dev/depends-on', 'dependsOn'],
];

/** KWOK's Stages whose delay an annotation may give, and what they are here. */
const STAGES: readonly (readonly [prefix: string, field: keyof ContainerBehaviour])[] = [
  ['pod-ready.stage.kwok.x-k8s.io', 'startSeconds'],
  ['pod-complete.stage.kwok.x-k8s.io', 'runSeconds'],
  ['pod-delete.stage.kwok.x-k8s.io', 'stopSeconds'],
];

const NONE: BehaviourSpec = {};
// Replicas share their template's annotations: parsed once per distinct text, then once per distinct object.
const byText = new Map<string, unknown>();
const byAnnotations = new WeakMap<object, BehaviourSpec>();

/** JSON, or the bare text when it is none ('forever'). */
function parse(text: string): unknown {
  let value = byText.get(text);
  if (value === undefined) {
    try {
      value = JSON.parse(text) as unknown;
    } catch {
      value = text;
    }
    byText.set(text, value);
  }
  return value;
}

/** What the annotations say; an annotation that is no JSON object says nothing. */
export function annotatedBehaviour(annotations: Readonly<Record<string, string>> | undefined): BehaviourSpec {
  if (annotations === undefined) return NONE;
  const known = byAnnotations.get(annotations);
  if (known !== undefined) return known;
  let spec: BehaviourSpec = NONE;
  const text = annotations[BEHAVIOUR_ANNOTATION];
  if (text !== undefined) {
    const value = parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) spec = value as BehaviourSpec;
  }
  for (const [annotation, field] of SHORT_FORMS) {
    const short = annotations[annotation];
    if (short !== undefined) spec = { ...spec, [field]: parse(short) };
  }
  for (const [prefix, field] of STAGES) {
    const delay = stageDelay(annotations[`${prefix}/delay`], annotations[`${prefix}/jitter-delay`]);
    if (delay !== undefined) spec = { ...spec, [field]: delay };
  }
  byAnnotations.set(annotations, spec);
  return spec;
}

/** From the delay up to the jitter, which is a limit. */
export function stageDelay(delay: string | undefined, jitter: string | undefined): Distribution | undefined {
  const [least, most] = [goSeconds(delay), goSeconds(jitter)];
  if (least === undefined || most === undefined) return least ?? most;
  return most > least ? { uniform: { min: least, max: most } } : most;
}

const UNITS: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 0.001, us: 1e-6, ns: 1e-9 };

/** A duration as Go writes it, '1m30s'; undefined when it is none. */
function goSeconds(text: string | undefined): number | undefined {
  if (text === undefined || !/^(\d+(\.\d+)?(h|ms|m|us|ns|s))+$/.test(text)) return undefined;
  let seconds = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|us|ns|s)/g))
    seconds += Number(amount) * (UNITS[unit as string] ?? 0);
  return seconds;
}

// Keyed by the annotated spec, then by container name: the merged behaviour is shared by all replicas.
const merged = new WeakMap<BehaviourSpec, WeakMap<BehaviourSpec, Map<string, ContainerBehaviour>>>();

/** One container's behaviour: its own entry over the pod's over the settings'. */
export function containerBehaviour(annotated: BehaviourSpec, settings: BehaviourSpec, container: string): ContainerBehaviour {
  let bySettings = merged.get(annotated);
  if (bySettings === undefined) merged.set(annotated, (bySettings = new WeakMap()));
  let byName = bySettings.get(settings);
  if (byName === undefined) bySettings.set(settings, (byName = new Map()));
  let found = byName.get(container);
  if (found === undefined) {
    found = { ...settings, ...settings.containers?.[container], ...annotated, ...annotated.containers?.[container] };
    byName.set(container, found);
  }
  return found;
}

/** The code a draw picks: probabilities are taken in the order of the codes' numbers; what they leave of 1 is code 0. */
export function exitCodeOf(exitCode: ContainerBehaviour['exitCode'], draw: number): number {
  if (exitCode === undefined) return 0;
  if (typeof exitCode === 'number') return exitCode;
  let below = 0;
  // Integer-like keys iterate in ascending order (ECMAScript OrdinaryOwnPropertyKeys).
  for (const code of Object.keys(exitCode)) {
    below += exitCode[code] as number;
    if (draw < below) return Number(code);
  }
  return 0;
}
