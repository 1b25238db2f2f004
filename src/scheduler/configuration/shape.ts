/** Strict decoding: which fields a configuration type has and of what kind, so that a misspelt key is an error, as kube-scheduler's strict scheme decoder makes it. */

import { type ConfigurationError, type Path, unknownField, wrongType } from './field-path.ts';

/** A field's kind. `any` leaves its content to another check. */
export type Shape =
  | 'string'
  | 'number'
  | 'decimal'
  | 'boolean'
  | 'duration'
  | 'any'
  | { readonly list: Shape }
  | { readonly fields: Readonly<Record<string, Shape>> }
  | { readonly map: Shape };

// Go's time.ParseDuration, as metav1.Duration reads it.
const DURATION = /^[+-]?(?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h))+$|^0$/;

/** Collects faults of `value` against `shape`. */
export function checkShape(value: unknown, shape: Shape, path: Path, errors: ConfigurationError[]): void {
  if (value === undefined || value === null || shape === 'any') return;
  if (typeof shape === 'string') {
    const kind = shape === 'duration' ? 'string' : shape === 'decimal' ? 'number' : shape;
    if (typeof value !== kind) errors.push(wrongType(path, value, shape === 'duration' ? "a duration such as '30s'" : `a ${kind}`));
    else if (shape === 'duration' && !DURATION.test(value as string)) errors.push(wrongType(path, value, "a duration such as '30s'"));
    else if (shape === 'number' && !Number.isInteger(value)) errors.push(wrongType(path, value, 'a whole number'));
    return;
  }
  if ('list' in shape) {
    if (!Array.isArray(value)) errors.push(wrongType(path, value, 'a list'));
    else value.forEach((item, index) => checkShape(item, shape.list, [...path, index], errors));
    return;
  }
  if (typeof value !== 'object' || Array.isArray(value)) {
    errors.push(wrongType(path, value, 'a mapping'));
    return;
  }
  for (const key of Object.keys(value)) {
    const field = 'map' in shape ? shape.map : Object.hasOwn(shape.fields, key) ? shape.fields[key] : undefined;
    if (field === undefined) errors.push(unknownField([...path, key]));
    else checkShape((value as Record<string, unknown>)[key], field, [...path, key], errors);
  }
}

const pluginSet: Shape = {
  fields: {
    enabled: { list: { fields: { name: 'string', weight: 'number' } } },
    disabled: { list: { fields: { name: 'string', weight: 'number' } } },
  },
};

/** KubeSchedulerConfiguration, kubescheduler.config.k8s.io/v1 (k8s.io/kube-scheduler v1.34 config/v1/types.go). */
export const CONFIGURATION_SHAPE: Shape = {
  fields: {
    apiVersion: 'string',
    kind: 'string',
    parallelism: 'number',
    leaderElection: {
      fields: {
        leaderElect: 'boolean',
        leaseDuration: 'duration',
        renewDeadline: 'duration',
        retryPeriod: 'duration',
        resourceLock: 'string',
        resourceName: 'string',
        resourceNamespace: 'string',
      },
    },
    clientConnection: {
      fields: { kubeconfig: 'string', acceptContentTypes: 'string', contentType: 'string', qps: 'decimal', burst: 'number' },
    },
    enableProfiling: 'boolean',
    enableContentionProfiling: 'boolean',
    percentageOfNodesToScore: 'number',
    podInitialBackoffSeconds: 'number',
    podMaxBackoffSeconds: 'number',
    delayCacheUntilActive: 'boolean',
    profiles: {
      list: {
        fields: {
          schedulerName: 'string',
          percentageOfNodesToScore: 'number',
          plugins: {
            fields: {
              multiPoint: pluginSet,
              preEnqueue: pluginSet,
              queueSort: pluginSet,
              preFilter: pluginSet,
              filter: pluginSet,
              postFilter: pluginSet,
              preScore: pluginSet,
              score: pluginSet,
              reserve: pluginSet,
              permit: pluginSet,
              preBind: pluginSet,
              bind: pluginSet,
              postBind: pluginSet,
            },
          },
          pluginConfig: { list: { fields: { name: 'string', args: 'any' } } },
        },
      },
    },
    extenders: {
      list: {
        fields: {
          urlPrefix: 'string',
          filterVerb: 'string',
          preemptVerb: 'string',
          prioritizeVerb: 'string',
          weight: 'number',
          bindVerb: 'string',
          enableHTTPS: 'boolean',
          tlsConfig: { map: 'any' },
          httpTimeout: 'duration',
          nodeCacheCapable: 'boolean',
          managedResources: { list: { fields: { name: 'string', ignoredByScheduler: 'boolean' } } },
          ignorable: 'boolean',
        },
      },
    },
  },
};
