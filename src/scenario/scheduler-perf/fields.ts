/** What may stand where in scheduler_perf's files, by field: kubernetes v1.36 test/integration/scheduler_perf (scheduler_perf.go, operations.go), whose strict
 *  decoding refuses unknown fields and values of the wrong type. */

import { parseDuration } from '../units.ts';
import { printable } from '../user-error.ts';

/** What was expected, in words, and whether a value is that. */
interface Shape {
  readonly expected: string;
  accepts(value: unknown): boolean;
}

export type Shapes = Readonly<Record<string, Shape>>;

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): boolean => typeof value === 'string';
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const everyValue = (value: unknown, test: (member: unknown) => boolean): boolean => isMap(value) && Object.values(value).every(test);
const isListOf = (value: unknown, test: (member: unknown) => boolean): boolean => Array.isArray(value) && value.every(test);

const text: Shape = { expected: 'a text', accepts: isText };
const name: Shape = { expected: 'a name', accepts: (value) => typeof value === 'string' && value !== '' };
const texts: Shape = { expected: 'a list of texts', accepts: (value) => isListOf(value, isText) };
const flag: Shape = { expected: 'true or false', accepts: (value) => typeof value === 'boolean' };
const count: Shape = { expected: 'a whole number, 0 or more', accepts: isCount };
const parameter: Shape = {
  expected: "a parameter's name as '$name'",
  accepts: (value) => typeof value === 'string' && /^\$./.test(value),
};
const duration: Shape = { expected: "a duration such as '10s'", accepts: (value) => isText(value) && parseDuration(value) !== undefined };
const map: Shape = { expected: 'a map', accepts: isMap };
const list: Shape = { expected: 'a list with at least one entry', accepts: (value) => Array.isArray(value) && value.length > 0 };
const labels: Shape = {
  expected: 'a map of labels',
  accepts: (value) => everyValue(isMap(value) && isMap(value['matchLabels']) ? value['matchLabels'] : value, isText),
};
const gates: Shape = { expected: 'a map of feature gates to true or false', accepts: (value) => everyValue(value, flag.accepts) };
const oneOf = (...names: readonly string[]): Shape => ({
  expected: names.map((one) => `'${one}'`).join(' or '),
  accepts: (value) => names.includes(value as string),
});

const metricSelector: Shape = {
  expected: "a map with the texts 'name' and 'dataBucket', and 'labels'",
  accepts: (value) =>
    isMap(value) &&
    (value['name'] === undefined || isText(value['name'])) &&
    (value['dataBucket'] === undefined || isText(value['dataBucket'])) &&
    (value['labels'] === undefined || everyValue(value['labels'], isText)),
};

export const CASE: Shapes = {
  name,
  featureGates: gates,
  metricsCollectorConfig: map,
  workloadTemplate: list,
  workloads: list,
  schedulerConfigPath: text,
  defaultPodTemplatePath: text,
  labels: texts,
  defaultThresholdMetricSelector: metricSelector,
};

export const WORKLOAD: Shapes = {
  name,
  params: {
    expected: 'a map of parameters to numbers, texts, true or false',
    accepts: (value) => everyValue(value, (member) => ['number', 'string', 'boolean'].includes(typeof member)),
  },
  labels: texts,
  threshold: {
    expected: 'a number, or a map of topics to numbers',
    accepts: (value) => typeof value === 'number' || everyValue(value, (member) => typeof member === 'number'),
  },
  thresholdMetricSelector: metricSelector,
  featureGates: gates,
};

const counts: Shapes = { count, countParam: parameter };

const createPods: Shapes = {
  ...counts,
  namespace: text,
  podTemplatePath: text,
  collectMetrics: flag,
  skipWaitToCompletion: flag,
  steadyState: flag,
  steadyStateParam: parameter,
  duration,
  durationParam: parameter,
  persistentVolumeTemplatePath: text,
  persistentVolumeClaimTemplatePath: text,
};

/** By opcode. An opcode that is not here cannot be run; its workloads are listed as skipped. */
export const OPERATIONS: Readonly<Record<string, Shapes>> = {
  createNodes: {
    ...counts,
    nodeTemplatePath: text,
    nodeAllocatableStrategy: {
      expected: "a map with 'nodeAllocatable', 'csiNodeAllocatable' or 'migratedPlugins'",
      accepts: (value) =>
        isMap(value) &&
        (value['nodeAllocatable'] === undefined || everyValue(value['nodeAllocatable'], isText)) &&
        (value['csiNodeAllocatable'] === undefined ||
          everyValue(
            value['csiNodeAllocatable'],
            (driver) => isMap(driver) && (driver['count'] === undefined || isCount(driver['count'])),
          )),
    },
    labelNodePrepareStrategy: {
      expected: "a map with the text 'labelKey' and the list 'labelValues'",
      accepts: (value) => isMap(value) && isText(value['labelKey']) && isListOf(value['labelValues'], isText),
    },
    uniqueNodeLabelStrategy: { expected: "a map with the text 'labelKey'", accepts: (value) => isMap(value) && isText(value['labelKey']) },
  },
  createNamespaces: { prefix: text, ...counts, namespaceTemplatePath: text },
  createPods,
  createPodSets: { ...counts, namespacePrefix: text, createPodsOp: map },
  deletePods: { namespace: text, labelSelector: labels, skipWaitToCompletion: flag, deletePodsPerSecond: count },
  churn: { mode: oneOf('create', 'recreate'), number: count, intervalMilliseconds: count, namespace: text, templatePaths: texts },
  createAny: { templatePath: text, namespace: text, ...counts },
  updateAny: { templatePath: text, namespace: text, ...counts, updatePerSecond: count, subresources: texts },
  barrier: { namespaces: texts, labelSelector: labels, stageRequirement: oneOf('Attempted', 'Scheduled') },
  createResourceDriver: { driverName: text, nodes: text, maxClaimsPerNode: count, maxClaimsPerNodeParam: parameter },
  allocResourceClaims: { namespace: text },
  sleep: { duration, durationParam: parameter },
  startCollectingMetrics: { name: text, namespaces: texts, labelSelector: labels },
  stopCollectingMetrics: {},
};

/** createPodsOp inside createPodSets carries its opcode along. */
export const NESTED_CREATE_PODS: Shapes = { opcode: oneOf('createPods'), ...createPods };

/** How a value that was not expected is called. */
export const kindOf = (value: unknown): string =>
  value === null || value === undefined
    ? 'nothing'
    : Array.isArray(value)
      ? 'a list'
      : typeof value === 'object'
        ? 'a map'
        : printable(JSON.stringify(value), 40);

/** What is wrong with a field's value; undefined when nothing is. */
export function mistakeIn(shape: Shape, value: unknown): string | undefined {
  return shape.accepts(value) ? undefined : `expected ${shape.expected}, found ${kindOf(value)}`;
}
