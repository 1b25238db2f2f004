/** openb (Alibaba cluster-trace-gpu-v2023): a row a pod. A share of a card takes a whole one, as the extended resource counts. */

import { GPU_MODEL_LABEL, GPU_RESOURCE } from '../workloads/openb.ts';
import { csvRows, type Row } from './csv-rows.ts';
import { rowImporter } from './importer.ts';
import { labelValue, objectName, type PodItem, type PodShape, traceContainer } from './trace-item.ts';

const NEEDED = ['name', 'cpu_milli', 'memory_mib', 'num_gpu', 'gpu_milli', 'creation_time'];
const IMAGE = 'openb:1';

function podOf(row: Row): PodItem {
  const name = objectName(row.text('name'));
  if (name === '') throw row.mistake("'name' is empty");
  const [at, until] = [row.number('creation_time'), row.optionalNumber('deletion_time')];
  if (until !== undefined && until < at) throw row.mistake(`deletion_time ${until} is before creation_time ${at}`);
  const demand = { cpuMilli: row.number('cpu_milli'), memoryMib: row.number('memory_mib'), gpus: row.number('num_gpu') };
  row.number('gpu_milli');
  return { what: 'pod', at, name, shape: shapeOf(row, demand), demand, line: row.line, ...(until === undefined ? {} : { until }) };
}

function shapeOf(row: Row, { cpuMilli, memoryMib, gpus }: PodItem['demand']): PodShape {
  const qos = labelValue(row.text('qos'));
  const models = row.text('gpu_spec') === '' ? [] : row.text('gpu_spec').split('|');
  const requests = { cpu: `${cpuMilli}m`, memory: `${memoryMib}Mi`, ...(gpus === 0 ? {} : { [GPU_RESOURCE]: String(gpus) }) };
  const terms = [{ matchExpressions: [{ key: GPU_MODEL_LABEL, operator: 'In', values: models }] }];
  return {
    namespace: 'default',
    labels: qos === '' ? {} : { qos },
    spec: {
      containers: [traceContainer(IMAGE, requests)],
      ...(models.length === 0
        ? {}
        : { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } } }),
    },
  };
}

export const openb = rowImporter({
  kind: 'openb',
  description: 'Alibaba cluster-trace-gpu-v2023: its pod list (CSV); its node list goes to --node-list',
  unit: 'pods',
  example: 'wavetank import openb pods.csv.gz --node-list nodes.csv.gz --time-scale 100 -o openb.yaml',
  images: { [IMAGE]: '100MB' },
  async *items([file], { nodeList }, tally) {
    if (nodeList === undefined)
      tally.note('without --node-list the models of cards that pods ask for are left out: no node would have them');
    for await (const row of csvRows(file as string, NEEDED, tally)) {
      const pod = tally.judged(() => podOf(row));
      if (pod === undefined) continue;
      const { affinity: _affinity, ...spec } = pod.shape.spec;
      yield nodeList === undefined ? { ...pod, shape: { ...pod.shape, spec } } : pod;
    }
  },
});
