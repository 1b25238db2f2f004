/** The pod of a workload entry: a few lines of YAML become a v1 PodTemplateSpec. One object, shared by reference by all that come of it. */

import type { PodTemplateSpec } from '#api';
import {
  behaviourAnnotations,
  behaviourFields,
  type CountFields,
  type DependenceFields,
  type LoadFields,
  type MemoryFields,
} from './behaviour.ts';
import {
  count,
  duration,
  durationDistribution,
  fields,
  type JsonSchema,
  kubernetes,
  list,
  quantity,
  stringMap,
  text,
} from './schema-pieces.ts';
import { parseDuration } from './units.ts';

export interface ProbeFields {
  readonly initialDelay?: string;
  readonly period?: string;
  readonly failureThreshold?: number;
  readonly successThreshold?: number;
}

export interface PodFields {
  readonly containers?: number;
  readonly initContainers?: number;
  readonly cpu?: string | number;
  readonly memory?: string | number;
  readonly resources?: Readonly<Record<string, string | number>>;
  readonly limits?: Readonly<Record<string, string | number>>;
  readonly image?: string | readonly string[];
  readonly imageVariants?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly object[];
  readonly affinity?: object;
  readonly topologySpreadConstraints?: readonly object[];
  readonly schedulerName?: string;
  readonly priorityClassName?: string;
  readonly terminationGracePeriod?: string;
  readonly readinessProbe?: ProbeFields;
  readonly livenessProbe?: ProbeFields;
  readonly startupProbe?: ProbeFields;
  readonly runtime?: unknown;
  readonly startup?: unknown;
  readonly failures?: string;
  readonly crashEvery?: unknown;
  readonly load?: LoadFields;
  readonly memoryUse?: MemoryFields;
  readonly log?: { readonly rate: number; readonly lines?: readonly string[] };
  readonly diskUse?: MemoryFields & { readonly volume?: string };
  readonly inodeUse?: CountFields & { readonly volume?: string };
  readonly processUse?: CountFields;
  readonly dependsOn?: DependenceFields;
  readonly flap?: { readonly up: string; readonly down: string };
  readonly preStop?: string;
  readonly stop?: unknown;
  readonly spec?: Readonly<Record<string, unknown>>;
}

const probe = (what: string): JsonSchema =>
  fields(what, {
    initialDelay: duration('before the first probe (default 0s)'),
    period: duration('between probes (default 10s)'),
    failureThreshold: count('failures in a row that count (default 3)', 1),
    successThreshold: count('successes in a row that count (default 1)', 1),
  });

export const podFields: Readonly<Record<string, JsonSchema>> = {
  containers: count('containers a pod (default 1)', 1, 100),
  initContainers: count('init containers a pod (default 0)', 0, 100),
  cpu: quantity('CPU request of each container (default 100m)'),
  memory: quantity('memory request of each container (default 128Mi)'),
  resources: {
    type: 'object',
    additionalProperties: quantity('amount'),
    description: 'further requests of each container (extended resources)',
  },
  limits: { type: 'object', additionalProperties: quantity('amount'), description: 'limits of each container' },
  image: {
    anyOf: [text('an image'), list(text('an image'), 'an image for each container in turn', 1)],
    description: 'image, or a list of them; sizes stand in `images`',
  },
  imageVariants: count("how many images stand behind '{v}' in an image's name; objects take turns (default 10)", 1, 10_000),
  labels: stringMap('labels of the pods'),
  annotations: stringMap('annotations of the pods'),
  nodeSelector: stringMap('node labels that the pods demand'),
  tolerations: list(kubernetes('v1 Toleration'), 'tolerations'),
  affinity: kubernetes('v1 Affinity'),
  topologySpreadConstraints: list(kubernetes('v1 TopologySpreadConstraint'), 'spreading'),
  schedulerName: text('which scheduler'),
  priorityClassName: text('a PriorityClass'),
  terminationGracePeriod: duration('default 30s'),
  readinessProbe: probe('readiness probe'),
  livenessProbe: probe('liveness probe'),
  startupProbe: probe('startup probe'),
  runtime: durationDistribution('how long each container runs before it exits with 0; without it, for ever'),
  startup: durationDistribution('from a container started to its probes succeeding'),
  failures: { type: 'string', format: 'percent', description: 'share of containers that exit with 1 instead of 0' },
  crashEvery: durationDistribution('containers crash after this long, again and again'),
  ...behaviourFields,
  spec: kubernetes('fields merged into the PodSpec as they are'),
};

/** v1 PodTemplateSpec with label `app: <name>`; `ordinal` is the object's place among those of its entry. How its containers behave stands in its annotations. */
export function podTemplate(name: string, pod: PodFields, restartPolicy: 'Always' | 'OnFailure' | 'Never', ordinal = 0): PodTemplateSpec {
  const labels = { app: name, ...pod.labels };
  const annotations = { ...pod.annotations, ...behaviourAnnotations(name, pod) };
  const grace = pod.terminationGracePeriod === undefined ? 30 : (parseDuration(pod.terminationGracePeriod) ?? 0) / 1e6;
  const images = pod.image === undefined ? ['registry.k8s.io/pause:3.10'] : typeof pod.image === 'string' ? [pod.image] : pod.image;
  const container = (prefix: string, index: number, probes: boolean): Record<string, unknown> => ({
    name: `${prefix}-${index}`,
    image: imageName(images[index % images.length] as string, pod, ordinal),
    resources: {
      requests: { cpu: String(pod.cpu ?? '100m'), memory: String(pod.memory ?? '128Mi'), ...textValues(pod.resources) },
      ...(pod.limits === undefined && pod.resources === undefined
        ? {}
        : { limits: { ...textValues(pod.resources), ...textValues(pod.limits) } }),
    },
    ...(probes ? probesOf(pod) : {}),
    ...(probes && pod.preStop !== undefined ? { lifecycle: { preStop: { sleep: { seconds: wholeSeconds(pod.preStop) } } } } : {}),
  });
  const spec: Record<string, unknown> = {
    ...(pod.initContainers === undefined
      ? {}
      : { initContainers: Array.from({ length: pod.initContainers }, (_, index) => container('init', index, false)) }),
    containers: Array.from({ length: pod.containers ?? 1 }, (_, index) => container('main', index, true)),
    restartPolicy,
    terminationGracePeriodSeconds: Math.round(grace),
    ...given(pod, ['nodeSelector', 'tolerations', 'affinity', 'topologySpreadConstraints', 'schedulerName', 'priorityClassName']),
    ...pod.spec,
  };
  return { metadata: { labels, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) }, spec } as unknown as PodTemplateSpec;
}

/** 'app-{v}:1' -> 'app-7:1' for the eighth object. */
export const imageName = (image: string, pod: PodFields, ordinal: number): string =>
  image.replaceAll('{v}', String(ordinal % (pod.imageVariants ?? 10)));

function given(pod: PodFields, keys: readonly (keyof PodFields)[]): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const key of keys) if (pod[key] !== undefined) out[key] = pod[key];
  return out;
}

function textValues(amounts: Readonly<Record<string, string | number>> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(amounts ?? {}).map(([name, amount]) => [name, String(amount)]));
}

function probesOf(pod: PodFields): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const key of ['readinessProbe', 'livenessProbe', 'startupProbe'] as const) {
    const written = pod[key];
    if (written === undefined) continue;
    out[key] = {
      httpGet: { path: '/', port: 8080 },
      initialDelaySeconds: wholeSeconds(written.initialDelay ?? '0s'),
      periodSeconds: Math.max(1, wholeSeconds(written.period ?? '10s')),
      failureThreshold: written.failureThreshold ?? 3,
      successThreshold: written.successThreshold ?? 1,
    };
  }
  return out;
}

const wholeSeconds = (written: string): number => Math.round((parseDuration(written) ?? 0) / 1e6);
